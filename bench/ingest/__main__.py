"""`python -m bench.ingest`: measure, and print the table."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.ingest.sources import KINDS, Sources, make_sources, password_file
from bench.measure import ChildFailedError, Measured, measured_command
from cli.init import make_home

DLT = ("dlt[filesystem,parquet,sql_database]", "pandas", "pymysql", "psycopg2-binary")
INSTALL = "install"
MORE = 10
"""Times as many rows the second time, where memory is to be flat."""
FLAT = 1.25  # the peak of ten times the rows may be so many times the peak of the first
SCANNERS = ("duckdb-extension-postgres-scanner", "duckdb-extension-mysql-scanner")
TIMES_COPY = 1.5  # the hub may take so many times DuckDB's own COPY
RATES = {"csv": 300_000, "excel": 35_000, "json": 100_000}  # rows a second aimed at
STREAM = """
platform: {kind}
title: {kind}
owner: {{level: street, department: bench}}
connection: {connection}
streams:
  people:
    key: [id]
    increment: snapshot
    entity: resident
    {where}
    map:
      {{name: xm, id_number: sfz, sex_code: xb, birth_date: csrq, phone: dh,
        residence_address: dz, household_no: jf, relation_code: gx, grid_code: bz}}
"""


@dataclass(frozen=True)
class Line:
    """One way on one source; `ratio` above 1 misses the aim."""

    kind: str
    way: str
    rows: int
    seconds: float
    peak_mb: float
    ratio: float | None = None
    beside_dlt: float | None = None  # how many times as long dlt took


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what was asked for."""
    given = _parser().parse_args(arguments)
    if not set(given.only) <= set(KINDS):
        raise SystemExit(f"--only takes {', '.join(KINDS)}")
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{given.rows:,} rows, {os.cpu_count()} cores, load {load}")
    folder = Path(tempfile.mkdtemp(prefix="hub-ingest-"))
    folder.chmod(0o755)  # the servers' own accounts must pass
    try:
        if given.flat:
            print(flat(given, folder))
        else:
            print(table(list(run(given, folder))))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(given: argparse.Namespace, folder: Path) -> Iterator[Line]:
    """Yield a line a source and way, each the median of `--repeat` runs in turn."""
    if given.dlt == INSTALL:
        given.dlt = _dlt(folder / "dlt-environment")
    rows = {kind: given.excel_rows if kind == "excel" else given.rows for kind in given.only}
    extras = None if given.skip_copy else given.extras or _extras(folder)
    sources = make_sources(folder, rows, given.servers)
    try:
        for kind in given.only:
            yield from _measure(given, folder, sources, (kind, extras))
    finally:
        sources.stop()


def flat(given: argparse.Namespace, folder: Path) -> str:
    """The hub alone, then on ten times the rows: how the peak of its memory grew."""
    made = []
    for times in (1, MORE):
        more = argparse.Namespace(**vars(given))
        more.rows, more.excel_rows = given.rows * times, given.excel_rows * times
        more.repeat, more.skip_copy, more.dlt = 1, True, None
        into = folder / f"times-{times}"
        into.mkdir(mode=0o755)
        made.append(list(run(more, into)))
        shutil.rmtree(into, ignore_errors=True)
    grown = [
        f"{one.kind}: peak {one.peak_mb:,.0f} MB at {one.rows:,} rows, {other.peak_mb:,.0f} MB at "
        f"{other.rows:,}: {other.peak_mb / one.peak_mb:.2f} times"
        f"{'' if other.peak_mb <= FLAT * one.peak_mb else ' — NOT FLAT'}"
        for one, other in zip(*made, strict=True)
    ]
    return "\n".join([table([one for lines in made for one in lines]), *grown])


def _measure(
    given: argparse.Namespace, folder: Path, sources: Sources, what: tuple[str, Path | None]
) -> Iterator[Line]:
    kind, extras = what
    ways = ["hub"]
    ways += ["copy"] if kind in ("postgres", "mariadb") and extras is not None else []
    ways += ["dlt"] if given.dlt is not None and kind != "excel" else []
    runs: dict[str, list[Measured]] = {way: [] for way in ways}
    for nth in range(given.repeat):
        for way in ways:  # in turn, so that a slow minute is a slow minute for all
            out = folder / f"{kind}-{way}-{nth}"
            spec = _spec(sources, kind, out, extras)
            try:
                runs[way].append(measured_command(_command(way, spec, given.dlt)))
            except ChildFailedError:
                if way == "hub":
                    raise
                print(f"NOT MEASURED: {way} on {kind} failed; see above", file=sys.stderr)
            shutil.rmtree(out, ignore_errors=True)
    seconds = {
        way: median(one.answer["seconds"] for one in found) for way, found in runs.items() if found
    }
    for way, took in seconds.items():
        rows = runs[way][0].answer["rows"]
        peak = max(one.peak_mb for one in runs[way])
        aim = _aim(kind, rows, seconds) if way == "hub" else None
        beside = seconds["dlt"] / took if way == "hub" and "dlt" in seconds else None
        yield Line(kind, way, rows, took, peak, took / aim if aim else None, beside)


def _aim(kind: str, rows: int, seconds: dict[str, float]) -> float | None:
    """Seconds that the hub may take."""
    if kind in RATES:
        return rows / RATES[kind]
    return seconds["copy"] * TIMES_COPY if "copy" in seconds else None


def _spec(sources: Sources, kind: str, out: Path, extras: Path | None) -> Path:
    """A fresh home that knows the source, and what the other ways must know of it."""
    home = out / "home"
    make_home(home, "ingest")
    spec: dict[str, Any] = {"kind": kind, "home": str(home), "out": str(out), "extras": str(extras)}
    connection: dict[str, object] = {"kind": "files", "path": str(sources.folder)}
    where = "files: people.csv"
    if kind in sources.databases:
        one = sources.databases[kind]
        secret = password_file(home, kind, one.password)
        connection = {"kind": "database", "url": one.reader_url, "password": {"file": secret}}
        where = "table: people"
        reader = one.admin.set(username="bench_reader", password=one.password)
        drivers = {"postgres": "postgresql+psycopg2", "mariadb": "mysql+pymysql"}
        spec["dlt_url"] = reader.set(drivername=drivers[kind]).render_as_string(False)
        names = {"postgres": "dbname", "mariadb": "database"}
        spec["address"] = (
            f"host={reader.host} port={reader.port} user=bench_reader "
            f"password={one.password} {names[kind]}={reader.database}"
        )
        spec["table"] = "public.people" if kind == "postgres" else f"{reader.database}.people"
    elif kind == "json":
        pager = {"page": "page", "size": "size", "rows": 10_000, "stop": "total"}
        envelope = {"ok": "code", "items": "data", "total": "total"}
        connection = {"kind": "http_api", "url": sources.api_url}
        connection |= {"pager": pager, "envelope": envelope}
        where, spec["api"] = "path: /", sources.api_url
    else:
        name = {"csv": "people.csv", "excel": "people.xlsx"}[kind]
        where, spec["file"] = f"files: {name}", str(sources.folder / name)
    text = STREAM.format(kind=kind, connection=json.dumps(connection), where=where)
    (home / "platforms" / f"{kind}.yaml").write_text(text, encoding="utf-8")
    path = out / "spec.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(spec), encoding="utf-8")
    return path


def _command(way: str, spec: Path, dlt_python: Path | str | None) -> list[str]:
    if way == "dlt":
        return [str(dlt_python), str(Path(__file__).with_name("with_dlt.py")), str(spec)]
    return [sys.executable, "-P", "-m", "bench.ingest.child", way, str(spec)]


def _dlt(folder: Path) -> Path | None:
    """A Python with dlt in an environment that is thrown away; None, said aloud, if it fails."""
    uv = [sys.executable, "-m", "uv"]
    made = subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(folder)], check=False)
    python = folder / "bin" / "python"
    command = [*uv, "pip", "install", "-q", "--python", str(python), *DLT]
    if made.returncode == 0 and subprocess.run(command, check=False).returncode == 0:
        return python
    print("NOT MEASURED: dlt, since it could not be installed")
    return None


def _extras(folder: Path) -> Path | None:
    """DuckDB's scanners, put into a folder of their own; None, said aloud, where that fails."""
    import duckdb

    target = folder / "extras"
    wanted = [f"{one}=={duckdb.__version__}" for one in SCANNERS]
    command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--no-deps"]
    done = subprocess.run([*command, "--target", str(target), *wanted], check=False)
    if done.returncode == 0:
        return target
    print("NOT MEASURED: DuckDB's own COPY, since its scanners could not be installed")
    return None


def table(lines: Sequence[Line]) -> str:
    """One line a source and way."""
    titles = (
        *(("rows", 12), ("seconds", 10), ("rows/s", 12), ("peak MB", 9), ("of aim", 8)),
        ("dlt takes", 11),
    )
    made = [f"{'source':<10}{'way':<6}" + "".join(f"{name:>{width}}" for name, width in titles)]
    for one in lines:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        beside = "" if one.beside_dlt is None else f"{one.beside_dlt:.1f} times"
        made.append(
            f"{one.kind:<10}{one.way:<6}{one.rows:>12,}{one.seconds:>10.2f}"
            f"{one.rows / one.seconds:>12,.0f}{one.peak_mb:>9,.0f}{ratio:>8}{beside:>11}"
        )
    return "\n".join(made)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--excel-rows", type=int, default=100_000)
    parser.add_argument("--only", type=_names, default=KINDS, help=",".join(KINDS))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--extras", type=Path, help="a folder with DuckDB's scanner packages")
    parser.add_argument("--skip-copy", action="store_true", help="measure the hub alone")
    parser.add_argument(
        "--dlt", nargs="?", const=INSTALL, help="beside dlt: in the Python given, or installed"
    )
    parser.add_argument("--flat", action="store_true", help="memory at --rows and at ten times it")
    parser.add_argument("--servers", type=Path, help="where database servers run already")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


if __name__ == "__main__":
    main()
