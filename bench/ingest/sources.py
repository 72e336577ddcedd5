"""The same people in every kind of source: two servers, a GB18030 CSV, a workbook, JSON pages."""

import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from bench.databases import Database, start_databases

COLUMNS = ("id", "xm", "sfz", "xb", "csrq", "dh", "dz", "jf", "gx", "bz")
KINDS = ("postgres", "mariadb", "csv", "excel", "json")
PAGE = 10_000
TYPES = (
    "id bigint primary key, xm varchar(20), sfz char(18), xb smallint, csrq date, "
    "dh varchar(11), dz varchar(60), jf decimal(12,2), gx timestamp, bz text"
)
POSTGRES = """
    SELECT i, '张' || chr(19968 + mod(i, 5000)), lpad((i::bigint * 7919)::text, 18, '5'),
        1 + mod(i, 2),
        date '1940-01-01' + mod(i, 30000), '138' || lpad(i::text, 8, '0'),
        '青龙街道龙港花园' || mod(i, 99) || '栋' || mod(i, 7) || '单元' || mod(i, 3000) || '号',
        (mod(i, 100000)) / 100.0, timestamp '2024-01-01 00:00:00' + i * interval '1 second',
        CASE WHEN mod(i, 10) = 0 THEN '备注' || i END
    FROM generate_series(1, {rows}) i"""
MARIADB = """
    SELECT seq, concat('张', convert(char(19968 + mod(seq, 5000) USING ucs2) USING utf8mb4)),
        lpad(seq * 7919, 18, '5'), 1 + mod(seq, 2),
        date '1940-01-01' + interval mod(seq, 30000) day,
        concat('138', lpad(seq, 8, '0')),
        concat('青龙街道龙港花园', mod(seq, 99), '栋', mod(seq, 7), '单元', mod(seq, 3000), '号'),
        (mod(seq, 100000)) / 100, timestamp '2024-01-01 00:00:00' + interval seq second,
        CASE WHEN mod(seq, 10) = 0 THEN concat('备注', seq) END
    FROM seq_1_to_{rows}"""


@dataclass
class Sources:
    """What runs, and how each is reached. Stop it whatever happens."""

    folder: Path
    databases: dict[str, Database] = field(default_factory=dict)
    api: subprocess.Popen[bytes] | None = None
    api_url: str = ""
    stops: list[Callable[[], None]] = field(default_factory=list)

    def stop(self) -> None:
        """Stop every server that was started here."""
        if self.api is not None:
            self.api.kill()
            self.api.wait()
        while self.stops:
            self.stops.pop()()


def make_sources(folder: Path, rows: dict[str, int], servers: Path | None = None) -> Sources:
    """Start and fill the sources of the kinds in `rows` with so many rows each."""
    sources = Sources(folder)
    try:
        if {"postgres", "mariadb"} & rows.keys():
            stops = sources.stops if servers is None else []
            found = start_databases(servers or folder / "servers", stops)
            sources.databases = {"postgres": found["district"], "mariadb": found["grid"]}
        for kind in ("postgres", "mariadb"):
            if kind in rows:
                _fill(sources.databases[kind], rows[kind])
        if "csv" in rows:
            people(rows["csv"]).write_csv(folder / "people.utf8", null_value="")
            _as_gb18030(folder / "people.utf8", folder / "people.csv")
        if "excel" in rows:
            _write_workbook(people(rows["excel"]), folder / "people.xlsx")
        if "json" in rows:
            _start_api(sources, rows["json"])
    except BaseException:
        sources.stop()
        raise
    return sources


def people(rows: int) -> pl.DataFrame:
    """The rows of the tables, as text."""
    i = pl.int_range(1, rows + 1, eager=True).alias("i").to_frame()
    n = pl.col("i")
    return i.select(
        id=n.cast(pl.String),
        xm=pl.lit("张") + (n % 5000).map_elements(lambda k: chr(19968 + k), pl.String),
        sfz=(n * 7919).cast(pl.String).str.pad_start(18, "5"),
        xb=(1 + n % 2).cast(pl.String),
        csrq=(pl.date(1940, 1, 1) + pl.duration(days=n % 30_000)).cast(pl.String),
        dh=pl.lit("138") + n.cast(pl.String).str.zfill(8),
        dz=pl.format("青龙街道龙港花园{}栋{}单元{}号", n % 99, n % 7, n % 3000),
        jf=pl.format("{}.{}", n % 100_000 // 100, (n % 100).cast(pl.String).str.zfill(2)),
        gx=(pl.datetime(2024, 1, 1) + pl.duration(seconds=n)).dt.strftime("%Y-%m-%d %H:%M:%S"),
        bz=pl.when(n % 10 == 0).then(pl.format("备注{}", n)),
    )


def _fill(database: Database, rows: int) -> None:
    select = (POSTGRES if database.postgres else MARIADB).format(rows=rows)
    database.run("DROP TABLE IF EXISTS people", f"CREATE TABLE people ({TYPES})")
    database.run(f"INSERT INTO people {select}")
    if database.postgres:
        database.run("ANALYZE people")


def _as_gb18030(given: Path, made: Path) -> None:
    with given.open(encoding="utf-8") as read, made.open("w", encoding="gb18030") as write:
        while block := read.read(1 << 22):
            write.write(block)
    given.unlink()


def _write_workbook(rows: pl.DataFrame, path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("名册")
    sheet.append(list(COLUMNS))
    for row in rows.iter_rows():
        sheet.append(row)
    book.save(path)


def _start_api(sources: Sources, rows: int) -> None:
    """Serve pages from a process of their own, made beforehand."""
    pages = sources.folder / "pages"
    pages.mkdir()
    for number, piece in enumerate(people(rows).iter_slices(PAGE), 1):
        body = {"code": 0, "total": rows, "data": piece.to_dicts()}
        text = json.dumps(body, ensure_ascii=False)
        (pages / f"{number}.json").write_text(text, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "bench.ingest.page_server", str(pages), str(port)]
    sources.api = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    sources.api_url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the page server did not come up")


def password_file(home: Path, kind: str, password: str) -> str:
    """Keep a password where a platform file may point; its place below the home."""
    path = home / "secrets" / kind
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(password or secrets.token_hex(4), encoding="utf-8")
    return f"secrets/{kind}"
