"""DuckDB connections and Parquet files of one home, encrypted unless the home says otherwise.

Written for what DuckDB 1.5 and 2.0 both accept: whole results are fetched, one cursor a unit of
work, no `fetch_arrow_table`. The httpfs extension comes from its wheel, since a site has no
internet; its OpenSSL is what makes encrypted files as fast as plain ones.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from hub.errors import ConfigError
from hub.settings import Home
from security.keys import read_keys

if TYPE_CHECKING:  # slow to import, and only its name is needed
    import pyarrow as pa

PARQUET_KEY = "hub"
FEW = 1_000
"""Different values of a column, up to which a file has a dictionary of them: to look for one among
names, numbers and addresses takes a third of the time of writing, and finds none."""


@contextmanager
def memory(home: Home, *, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a scratch connection that can read and write the home's Parquet files."""
    connection = connect(home, threads=threads)
    try:
        yield connection
    finally:
        connection.close()


def connect(home: Home, *, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open an in-memory connection with the home's key, limits and spill folder.

    With one thread a statement is run by whoever calls. With more, DuckDB's client polls while
    another thread works, which costs a core wherever a statement is too small to be shared: for
    pieces of some 100,000 rows, one is best.
    """
    keys = read_keys(home.secrets, encryption=home.settings.encryption)
    spill = home.data / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={
            "temp_directory": str(spill),
            "temp_file_encryption": home.settings.encryption,
            "memory_limit": home.settings.memory,
            "allow_unsigned_extensions": keys.data is not None,  # until `_load_crypto` is done
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
            # row groups are compressed as they fill, by every thread, not by one at the end
            "write_buffer_row_group_count": 2,
        }
    )
    if threads is not None:
        connection.execute(f"SET threads = {threads}")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    if keys.data is not None:
        _load_crypto(connection)
        connection.execute(f"PRAGMA add_parquet_key('{PARQUET_KEY}', '{keys.data}')")
    return connection


def _load_crypto(connection: duckdb.DuckDBPyConnection) -> None:
    """Load httpfs out of its wheel; then nothing more that is unsigned.

    Its file is a part of the installed program, like DuckDB itself, and pip checked its hash. To
    check its signature as well is to hash 20 MB at every connection: a tenth of a second.
    """
    connection.execute(f"LOAD {literal(_extension())}")
    connection.execute("SET allow_unsigned_extensions = false")


@cache
def _extension() -> Path:
    wheel = Path(str(files("duckdb_extension_httpfs")))
    (file,) = wheel.glob(f"extensions/v{duckdb.__version__}/httpfs.duckdb_extension")
    return file


def attach(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    read_only: bool,
    name: str = "brain",
) -> None:
    """Attach a DuckDB file of the home under a name, and use it.

    Raises:
        ConfigError: the key does not fit, or `encryption` was changed under existing data.
    """
    keys = read_keys(home.secrets, encryption=home.settings.encryption)
    options = [f"ENCRYPTION_KEY '{keys.data}'"] if keys.data else []
    # what is written is nobody's until it is published whole, so a log to recover it is not kept
    options += ["READ_ONLY" if read_only else "RECOVERY_MODE no_wal_writes"]
    try:
        connection.execute(f"ATTACH {literal(path)} AS {name} ({', '.join(options)})")
    except (duckdb.InvalidInputException, duckdb.CatalogException) as error:
        raise ConfigError(
            f"{path.name} cannot be opened with the home's key ({type(error).__name__})",
            zh="数据打不开：密钥文件 secrets/data.key 与数据不匹配，或 hub.yaml 的 encryption "
            "在已有数据后被改过。请恢复原来的密钥文件和设置。",
        ) from None
    connection.execute(f"USE {name}")


def write_parquet(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    query: str,
    path: Path,
    facts: Mapping[str, str] | None = None,
) -> int:
    """Write `query` to `path` so that it is there whole or not at all; return its rows.

    Temporary name, fsync, rename, fsync of the folder. `facts` go into the file's metadata.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    options = ["FORMAT parquet", "COMPRESSION zstd", "COMPRESSION_LEVEL 1"]
    options.append(f"DICTIONARY_SIZE_LIMIT {FEW}")
    if home.settings.encryption:
        options.append(f"ENCRYPTION_CONFIG {{footer_key: '{PARQUET_KEY}'}}")
    if facts:
        pairs = ", ".join(f"{name}: {literal(value)}" for name, value in facts.items())
        options.append(f"KV_METADATA {{{pairs}}}")
    rows = connection.execute(
        f"COPY ({query}) TO {literal(temporary)} ({', '.join(options)})"
    ).fetchall()[0][0]
    publish(temporary, path)
    return int(rows)


def publish(temporary: Path, path: Path) -> None:
    """Make a finished file durable, then visible under its name."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def parquet(home: Home, paths: Sequence[Path], *, filename: bool = False) -> str:
    """The SQL table function that reads `paths`; every column asked for must be in each of them.

    (`union_by_name` together with encryption ends in an internal error in DuckDB 1.5, its issue
    21508.)
    """
    arguments = [f"[{', '.join(map(literal, paths))}]"]
    arguments += ["filename = true"] if filename else []
    if home.settings.encryption:
        arguments.append(f"encryption_config = {{footer_key: '{PARQUET_KEY}'}}")
    return f"read_parquet({', '.join(arguments)})"


def read_arrow(connection: duckdb.DuckDBPyConnection, query: str) -> "pa.Table":
    """Run `query`, a plain SELECT, and return its whole result.

    As a relation it is made by all threads; what `execute` returns is fetched by one.
    """
    return connection.sql(query).to_arrow_table()


def literal(value: str | Path) -> str:
    """An SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"


def name(column: str) -> str:
    """An SQL identifier."""
    return '"' + column.replace('"', '""') + '"'
