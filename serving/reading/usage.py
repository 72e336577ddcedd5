"""Which extracts hold a resident, and who has looked: the way of a record out of the hub."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.settings import Home
from ledger import Ledger
from ledger.audit_check import events
from ledger.door_tables import EventRow
from ledger.seen import showing
from reports.extract_file import load_extracts
from reports.extract_run import runs_of
from reports.form_file import load_forms
from security.policy import Access
from warehouse.duck import memory, parquet, write_parquet

Row = dict[str, Any]


def used_by(home: Home, resident_id: str) -> list[Row]:
    """Extracts and forms whose last run held the resident: title, recipient, purpose, when."""
    found: list[Row] = []
    for one in load_extracts(home):
        path = home.data / "extracts" / one.extract / "last.parquet"
        if one.count_by or not path.is_file() or not _holds(home, path, resident_id):
            continue
        for run in runs_of(home, one.extract)[-1:]:
            found.append({
                "title": one.title, "recipient": one.recipient.department,
                "purpose": one.purpose, "at": datetime.fromisoformat(run["made_at"]),
            })  # fmt: skip
    for form in load_forms(home):
        path = _form_path(home, form.form)
        if path.is_file() and _holds(home, path, resident_id):
            at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            found.append({"title": form.title or form.form, "recipient": form.department,
                          "purpose": form.basis or "填表", "at": at})  # fmt: skip
    return found


@dataclass(frozen=True)
class Spared:
    """How often a form was filled, and the cells that nobody typed again."""

    filled: int = 0
    cells: int = 0

    def __add__(self, other: "Spared") -> "Spared":
        return Spared(self.filled + other.filled, self.cells + other.cells)


def forms_spared(home: Home, ledger: Ledger, access: Access) -> dict[str, Spared]:
    """What filling each registered form inside the scope has spared, by the form's name."""
    query = sa.select(EventRow.detail).where(EventRow.action == "form", EventRow.outcome == "ok")
    found = {form.form: Spared() for form in load_forms(home)}
    with ledger.engine.connect() as connection:
        for told in connection.execute(query).scalars():
            scope, form = told.get("scope") or "*", told.get("form")
            if form in found and (access.whole or scope.startswith(tuple(access.scope))):
                found[form] += Spared(1, told.get("answered") or 0)
    return found


def note_form_use(home: Home, form: str, residents: Collection[str]) -> None:
    """Keep whose data the last filling of a form held."""
    import pyarrow as pa

    path = _form_path(home, form)
    with memory(home) as connection:
        connection.register("used", pa.table({"resident_id": sorted(residents)}))
        write_parquet(home, connection, "SELECT resident_id FROM used", path)


def _form_path(home: Home, form: str) -> Path:
    return home.data / "forms" / form / "last.parquet"


def _holds(home: Home, path: Path, resident_id: str) -> bool:
    with memory(home) as connection:
        query = f"SELECT count(*) FROM {parquet(home, [path])} WHERE resident_id = ?"
        return bool(connection.execute(query, [resident_id]).fetchall()[0][0])


def who_looked(ledger: Ledger, access: Access, ids: Collection[str]) -> tuple[int, list[Row]]:
    """How often a resident was looked at, and by whom for those who may know it.

    `ids`: every id that they had.
    """
    alone = EventRow.subject.in_(ids) & (EventRow.outcome == "ok") & (EventRow.action == "look")
    mine = showing(ledger, *ids) & alone
    with ledger.engine.connect() as connection:
        number = connection.execute(
            sa.select(sa.func.count()).select_from(EventRow).where(mine)
        ).scalar_one()
    if not (access.may("audit") or access.may("rights")):
        return number, []
    return number, events(ledger, subject=list(ids), limit=20)
