"""Which extracts hold a resident, and who has looked: the way of a record out of the hub."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from hub.settings import Home
from ledger import Ledger
from ledger.audit_check import events
from ledger.door_tables import EventRow
from ledger.seen import showing
from reports.extract_file import load_extracts
from reports.extract_run import runs_of
from reports.form_file import load_forms
from reports.uses import LAST, keep_departed, last_use
from security.policy import Access
from warehouse.duck import memory, write_parquet

Row = dict[str, Any]


def used_by(home: Home, ids: Collection[str]) -> list[Row]:
    """Extracts and forms that held the resident: title, recipient, purpose, when they last did.

    `ids`: every id that they had.
    """
    found: list[Row] = []
    for one in load_extracts(home):
        folder = home.data / "extracts" / one.extract
        for run in [] if one.count_by else runs_of(home, one.extract)[-1:]:
            if at := last_use(home, folder, ids, str(run["made_at"])):
                found.append(
                    {
                        "title": one.title,
                        "recipient": one.recipient.department,
                        "purpose": one.purpose,
                        "at": datetime.fromisoformat(at),
                    }
                )
    for form in load_forms(home):
        folder = _form_folder(home, form.form)
        if at := last_use(home, folder, ids, _filled_at(folder)):
            found.append(
                {
                    "title": form.title or form.form,
                    "recipient": form.department,
                    "purpose": form.basis or "填表",
                    "at": datetime.fromisoformat(at),
                }
            )
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
    """Keep whose data this filling of a form held, and whose the one before."""
    folder = _form_folder(home, form)
    held = pl.Series("resident_id", sorted(residents), dtype=pl.String)
    keep_departed(home, folder, held, _filled_at(folder))
    with memory(home) as connection:
        connection.register("used", held.to_frame().to_arrow())
        write_parquet(home, connection, "SELECT resident_id FROM used", folder / LAST)


def _form_folder(home: Home, form: str) -> Path:
    return home.data / "forms" / form


def _filled_at(folder: Path) -> str:
    """When a form was last filled, in ISO 8601; blank if it never was."""
    path = folder / LAST
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat() if path.is_file() else ""


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
