"""Who used a record: whom an extract or a form held at its last run, and whom only before.

Beside `last.parquet`, which holds them by `resident_id`, stands `before.parquet`: who is no longer
there, and when they last were.
"""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from hub.settings import Home
from warehouse.duck import literal, memory, parquet, read_arrow, write_parquet

LAST, BEFORE = "last.parquet", "before.parquet"


def keep_departed(home: Home, folder: Path, held: pl.Series, at: str) -> None:
    """Before `last.parquet` is replaced: keep who is in it, and not among those held from now on.

    Done twice it keeps the same.

    Args:
        home: The hub home.
        folder: What is kept of the extract or form.
        held: The residents' ids that this run holds.
        at: When the last run was, in ISO 8601.
    """
    last, before = folder / LAST, folder / BEFORE
    if not last.is_file():
        return
    departed = _read(home, last, "resident_id").with_columns(used_at=pl.lit(at))
    if before.is_file():
        departed = pl.concat([departed, _read(home, before, "resident_id, used_at")])
    held_now = held.rename("resident_id").to_frame()
    departed = departed.join(held_now, on="resident_id", how="anti")
    if before.is_file() or not departed.is_empty():
        told = departed.group_by("resident_id", maintain_order=True).agg(pl.col("used_at").max())
        with memory(home) as connection:
            connection.register("departed", told.to_arrow())
            write_parquet(home, connection, "SELECT * FROM departed", before)


def _read(home: Home, path: Path, columns: str) -> pl.DataFrame:
    with memory(home) as connection:
        found = read_arrow(connection, f"SELECT {columns} FROM {parquet(home, [path])}")
    return pl.DataFrame(found)


def last_use(home: Home, folder: Path, ids: Collection[str], at: str) -> str | None:
    """When the extract or form last held one of a resident's ids; None if it never did.

    `at`: when the last run was.
    """
    asked = ", ".join(map(literal, ids))
    told = {LAST: f"count(*) > 0, {literal(at)}", BEFORE: "count(*) > 0, max(used_at)"}
    for name, found in told.items():
        if not (folder / name).is_file():
            continue
        with memory(home) as connection:
            ((held, when),) = connection.execute(
                f"SELECT {found} FROM {parquet(home, [folder / name])} "
                f"WHERE resident_id IN ({asked})"
            ).fetchall()
        if held:
            return str(when)
    return None
