"""Who used a record: whom an extract or a form held at its last run, and whom only before.

Beside `last.parquet`, which holds them by `resident_id`, stands `before.parquet`: who is no longer
there, and when they last were.
"""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from hub.settings import Home
from warehouse.duck import literal, memory, parquet, write_parquet

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
    told = f"SELECT resident_id, {literal(at)} AS used_at FROM {parquet(home, [last])}"
    if before.is_file():
        told += f" UNION ALL SELECT resident_id, used_at FROM {parquet(home, [before])}"
    with memory(home) as connection:
        connection.register("held", held.rename("resident_id").to_frame().to_arrow())
        connection.execute(f"""
            CREATE TABLE departed AS SELECT resident_id, max(used_at) AS used_at
            FROM ({told}) ANTI JOIN held USING (resident_id) GROUP BY resident_id""")
        if before.is_file() or connection.execute("FROM departed LIMIT 1").fetchone():
            write_parquet(home, connection, "SELECT resident_id, used_at FROM departed", before)


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
