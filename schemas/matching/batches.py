"""An exchange database 前置库: which table announces the batches of which, by their columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from hub.reflected import ReflectedTable
from schemas.matching.proposal import StreamProposal
from schemas.matching.seen import Seen, look

LIKELY = 0.5
MOST_COLUMNS = 15
READY = re.compile(r"^(?:zt|status|state|ready|is_ready|jxzt|wcbz|状态|是否就绪)$", re.IGNORECASE)
Place = dict[str, Any]


def batch_places(tables: Sequence[ReflectedTable], *, today: date) -> dict[str, Place]:
    """Of each table that comes in batches: the settings that say so. Empty where none does."""
    about = {
        one.name: place
        for one in tables
        if len(one.columns) <= MOST_COLUMNS and (place := _announces(one, today)) is not None
    }
    found = {}
    for table in tables:
        if table.name in about:
            continue
        columns = {one.name for one in table.columns}
        fitting = [name for name, place in about.items() if place["batch_no"] in columns]
        chosen = _nearest(table.name, fitting)
        if chosen:
            found[table.name] = {"batch_table": chosen, **about[chosen]}
    return found


def in_batches(one: StreamProposal, place: Place) -> StreamProposal:
    """The same stream, pulled batch by batch."""
    key = [name for name in one.settings.get("key", ()) if name != place["batch_no"]]
    settings = {**one.settings, "increment": "batches"} | ({"key": key} if key else {})
    remarks = {**one.remarks, "increment": "有批次表：一批一批取，条数对得上才取"}
    table = replace(one.table, place={**place, **one.table.place})
    return replace(one, table=table, settings=settings, remarks=remarks)


def _announces(table: ReflectedTable, today: date) -> Place | None:
    seen = look(table, today=today)
    number, rows = _of(seen, "batch_no"), _of(seen, "row_count")
    if number is None or rows is None:
        return None
    place = {"batch_no": number.column.name, "batch_rows": rows.column.name}
    ready = next((s for s in seen if READY.match(s.column.name)), None)
    if ready is not None and "1" in ready.profile.counts:
        place["batch_ready"] = ready.column.name
    return place


def _of(seen: Sequence[Seen], attribute: str) -> Seen | None:
    likely = [one for one in seen if one.chance(attribute) >= LIKELY]
    return max(likely, key=lambda one: one.chance(attribute), default=None)


def _nearest(name: str, among: Sequence[str]) -> str | None:
    """The batch table whose name begins as the table's does; the only one there is."""
    alike = {one: _common(name, one) for one in among}
    best = max(alike, key=lambda one: alike[one], default=None)
    if best is None or len(among) == 1 or alike[best] >= min(len(name), len(best)) * 0.6:
        return best
    return None


def _common(left: str, right: str) -> int:
    pairs: Mapping[int, bool] = {
        at: a == b for at, (a, b) in enumerate(zip(left.lower(), right.lower(), strict=False))
    }
    return next((at for at, same in pairs.items() if not same), len(pairs))
