"""更正: what somebody says is wrong about a resident, and what waits to be decided of that."""

from typing import Any

import duckdb

from hub.errors import NotFoundError
from hub.settings import Home
from ledger import Ledger
from ledger.feedback import open_feedback
from security.keys import read_keys
from security.policy import Access
from serving.reading.resident import shown_value
from serving.reading.wording import title
from serving.reading.work import residents_inside

Row = dict[str, Any]
KINDS = {
    "wrong": "不对", "outdated": "过时了", "died": "人已去世", "moved": "已搬走",
    "unknown": "查无此人", "request": "本人申请更正",
}  # fmt: skip


def sealing_key(home: Home) -> str:
    """The key under which proposed values are kept."""
    return str(read_keys(home.secrets, encryption=True).data)


def waiting_feedback(
    connection: duckdb.DuckDBPyConnection, access: Access, home: Home, ledger: Ledger
) -> list[Row]:
    """What waits, of residents of the scope, the oldest first, as the access may see it.

    Raises:
        NotAllowedError: the role settles nothing.
    """
    access.require("review")
    found = open_feedback(ledger, sealing_key(home))
    mine = residents_inside(connection, access, {one["resident_id"] for one in found})
    return [
        {
            "number": one["feedback"], "resident_id": one["resident_id"],
            "field": title(one["field"]), "kind": KINDS.get(one["kind"], one["kind"]),
            "proposed": shown_value(access, one["field"], one["proposed"]),
            "by": one["actor"].partition(":")[2] or one["actor"], "at": one["at"],
        }
        for one in found
        if one["resident_id"] in mine
    ]  # fmt: skip


def feedback_inside(
    connection: duckdb.DuckDBPyConnection, access: Access, home: Home, ledger: Ledger, number: int
) -> Row:
    """The one of that number, if it waits and its resident is of the scope.

    Raises:
        NotFoundError: it does not, or is not.
    """
    for one in waiting_feedback(connection, access, home, ledger):
        if one["number"] == number:
            return one
    raise NotFoundError("no such open feedback", zh="没有这条待处理的更正：可能已经有人处理了。")
