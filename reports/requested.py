"""Corrections that were asked for and that a steward accepted: the platform `requested`.

A value is never written over: an accepted correction is one more record about the person, pulled,
standardised and joined as any platform's, with a trust of its own. It counts as the newest word
unless hub.yaml names owners for the field; `owners: {phone: [requested, …]}` lets it go first.
What no field holds (an extra) is kept as an answer is: the newest word, from now on.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from hub.errors import ConfigError
from hub.settings import Home
from ledger import Ledger
from reports.answers_in import checked_values
from reports.collected import (
    ANSWERED,
    COLLECTED,
    COLUMNS,
    Source,
    keep_collected,
    write_answers,
)
from schemas.extras import extras

REQUESTED = Source(
    "requested", "corrections", "更正申请（已复核）", "数据专员",
    "已采纳的更正申请，和别的平台一样取数、归一、认人；可信程度由 hub.yaml 的 owners 定。",
)  # fmt: skip
CORRECTED = (*ANSWERED, "name", "residence_address")
"""What a request can correct: a number is the police's, and who somebody is hangs on it."""


def may_correct(field: str) -> bool:
    """Whether an accepted value of the field becomes a record of the platform, or an answer."""
    return field in CORRECTED or is_extra(field)


def is_extra(field: str) -> bool:
    """Whether it is an extra of the standard's list: a correction of it counts at once."""
    kind, _, title = field.partition(":")
    return kind == "other" and title in extras()


def file_correction(
    home: Home, person: Mapping[str, Any], field: str, value: str, moment: datetime
) -> None:
    """Leave an accepted correction for the platform's next pull; of an extra, beside the snapshot.

    Args:
        home: The hub home.
        person: The golden row of whom it is about.
        field: One that `may_correct` names.
        value: What it should be, as it was written.
        moment: When it was accepted.

    Raises:
        ConfigError: the value cannot be understood.
    """
    read = checked_values(field, [value], date.today())[0]
    if not read:
        raise ConfigError(
            f"correction of {field} cannot be understood",
            zh="申请的值看不懂（日期、代码或号码的写法不对）：请不采纳，让对方改写后重新提出。",
        )
    if is_extra(field):
        told = (str(person["resident_id"]), field, read, "更正申请", moment)
        keep_collected(home, pl.DataFrame([told], schema=COLLECTED, orient="row"), moment)
        return
    row: dict[str, str | None] = dict.fromkeys(COLUMNS)
    valid = person.get("id_status") == "valid"
    row |= {
        "resident_id": str(person["resident_id"]), "item": field,
        "name": None if valid else person.get("name"),
        "id_number": person.get("id_number") if valid else None,
        "residence_address": None if valid else person.get("residence_address"),
    }  # fmt: skip
    row[field] = read
    frame = pl.DataFrame([row], schema=dict.fromkeys(COLUMNS, pl.String))
    write_answers(home, frame, moment, REQUESTED)


def sweep_requests(home: Home, ledger: Ledger) -> None:
    """Drop the clear files of corrections that were pulled: what they say lies in raw."""
    pulled = ledger.last_pulls().get((REQUESTED.platform, REQUESTED.stream))
    if pulled is None or pulled.status != "complete":
        return
    for path in (home.root / REQUESTED.platform).glob(f"{REQUESTED.stream}-2*.csv"):
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < pulled.started_at:
            path.unlink(missing_ok=True)
