"""What is measured, in a process of its own: `python -m bench.ingest.child hub|copy SPEC.json`.

Prints one line of JSON: seconds without imports, rows.
"""

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any


def hub(spec: dict[str, Any]) -> dict[str, Any]:
    """One stream into raw: compared, hashed, written encrypted, committed."""
    from connectors import open_connector
    from hub.settings import open_home
    from ledger import open_ledger
    from pipelines.pull import pull_stream
    from warehouse.duck import memory

    home = open_home(Path(spec["home"]))
    platform = home.platforms()[spec["kind"]]
    open_connector(platform, home.root).close()  # imports what this kind of source needs
    with memory(home):
        pass  # DuckDB's extension is read from disk once, as the copy has done before its clock
    ledger = open_ledger(home.data / "ledger.sqlite")
    started = perf_counter()
    pull = pull_stream(home, ledger, platform, "people", lambda *_: None)
    seconds = perf_counter() - started
    stored = sum(batch.rows for batch in ledger.batches())
    ledger.close()
    if not pull.read == pull.stored == stored:
        raise SystemExit(f"{pull.read} read, {pull.stored} stored, {stored} in batches")
    return {"seconds": seconds, "rows": stored}


def copy(spec: dict[str, Any]) -> dict[str, Any]:
    """DuckDB's own scanner, straight into one Parquet file."""
    sys.path.append(spec["extras"])
    from importlib.resources import files

    import duckdb

    scanner = {"postgres": "postgres_scanner", "mariadb": "mysql_scanner"}[spec["kind"]]
    package = Path(str(files(f"duckdb_extension_{scanner}")))
    (extension,) = package.glob(f"extensions/v{duckdb.__version__}/*.duckdb_extension")
    folder = Path(spec["out"])
    connection = duckdb.connect(config={"extension_directory": str(folder / "extensions")})
    connection.install_extension(str(extension), force_install=True)
    connection.load_extension(scanner)
    kind = scanner.split("_", maxsplit=1)[0]
    connection.execute(f"ATTACH '{spec['address']}' AS source (TYPE {kind}, READ_ONLY)")
    started = perf_counter()
    ((rows,),) = connection.execute(
        f"COPY (SELECT * FROM source.{spec['table']}) TO '{folder / 'copy.parquet'}' "
        "(FORMAT parquet, COMPRESSION zstd)"
    ).fetchall()
    return {"seconds": perf_counter() - started, "rows": rows}


def main() -> None:
    """Do what the first argument names with what the second describes."""
    spec = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    print(json.dumps({"hub": hub, "copy": copy}[sys.argv[1]](spec)))


if __name__ == "__main__":
    main()
