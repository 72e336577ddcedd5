"""Core: each raw batch in the standard's fields, beside it what was set aside.

A core file is a pure function of its raw file, the mapping's version and the day of the pull, so
it is written once, and written again only when the mapping changes.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from hub.settings import Home
from warehouse.duck import parquet, read_arrow, write_parquet


@dataclass(frozen=True)
class CoreFiles:
    """The two files of one standardised batch."""

    accepted: Path
    aside: Path

    def exist(self) -> bool:
        """Whether both are there, whole. `aside` is written first."""
        return self.accepted.is_file() and self.aside.is_file()


def core_files(home: Home, raw_path: str, mapping_version: str) -> CoreFiles:
    """Name the core files of the raw file at `raw_path` (below data/)."""
    raw = Path(raw_path)
    folder = home.data / "core" / Path(*raw.parts[1:-1])
    stem = f"{raw.stem}-{mapping_version}"
    return CoreFiles(folder / f"{stem}.parquet", folder / f"{stem}.aside.parquet")


def read_raw(home: Home, connection: duckdb.DuckDBPyConnection, raw_path: str) -> pl.DataFrame:
    """Read one raw file, every cell text, in the order of the pull."""
    table = read_arrow(
        connection, f"SELECT * FROM {parquet(home, [home.data / raw_path])} ORDER BY _row"
    )
    return pl.DataFrame(table)


def write_core(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    files: CoreFiles,
    core: pl.DataFrame,
    aside: pl.DataFrame,
) -> None:
    """Store a standardised batch; both files are whole or absent."""
    _write(home, connection, aside, files.aside)
    _write(home, connection, core, files.accepted)


def _write(
    home: Home, connection: duckdb.DuckDBPyConnection, frame: pl.DataFrame, path: Path
) -> None:
    table: pa.Table = frame.to_arrow()
    connection.register("core_batch", table)
    try:
        write_parquet(home, connection, "SELECT * FROM core_batch", path)
    finally:
        connection.unregister("core_batch")
