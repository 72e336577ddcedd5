"""更正: what somebody says is wrong about a resident, and what waits to be decided of that."""

from datetime import UTC, datetime
from typing import Any, Literal

import duckdb

from hub.errors import NotFoundError
from hub.settings import Home
from ledger import Ledger
from ledger.feedback import decide_feedback, open_feedback
from reports.requested import file_correction, is_extra, may_correct
from schemas.entities import FIELDS
from security.keys import read_keys
from security.policy import Access
from serving.reading.wording import title
from serving.reading.work import residents_inside, shown_or_hidden
from warehouse.answers import rows

Row = dict[str, Any]
Verdict = Literal["accepted", "refused"]
Filed = Literal["", "with the sync", "now"]
"""From when on an accepted value counts; never, if nothing was filed."""
KINDS = {
    "wrong": "不对", "outdated": "过时了", "died": "人已去世", "moved": "已搬走",
    "unknown": "查无此人", "request": "本人申请更正",
}  # fmt: skip


def is_correctable(field: str) -> bool:
    """Whether somebody may say of it that it is wrong: a resident's field, or an extra."""
    return field in FIELDS["resident"] or is_extra(field)


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
            "field": title(one["field"]), "of": one["field"],
            "kind": KINDS.get(one["kind"], one["kind"]),
            "proposed": shown_or_hidden(access, one["field"], one["proposed"]),
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


def settle_feedback(
    connection: duckdb.DuckDBPyConnection, home: Home, ledger: Ledger, settled: tuple[int, Verdict],
    by: str,
) -> Filed:  # fmt: skip
    """Close one; return from when on its value counts.

    Raises:
        NotFoundError: none of that number waits.
        ConfigError: the value cannot be understood; it goes on waiting.
    """
    number, verdict = settled
    waits = {one["feedback"]: one for one in open_feedback(ledger, sealing_key(home))}
    one = waits.get(number)
    filed: Filed = ""
    if one and verdict == "accepted" and one["proposed"] and may_correct(one["field"]):
        found = rows(
            connection, "SELECT * FROM resident WHERE resident_id = $id", {"id": one["resident_id"]}
        )
        for person in found:  # none, if they are gone since
            file_correction(home, person, one["field"], one["proposed"], datetime.now(UTC))
            filed = "now" if is_extra(one["field"]) else "with the sync"
    decide_feedback(ledger, number, verdict, by)
    return filed
