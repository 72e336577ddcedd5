"""The same sources through dlt, into Parquet: `PYTHON bench/ingest/with_dlt.py SPEC.json`.

Run by an interpreter that has dlt; imports nothing of ours. Its fastest documented ways: Arrow
batches for databases, its own CSV reader for files, its REST client for pages.
"""

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any


def main() -> None:
    """Load, and print one line of JSON."""
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    import dlt

    pipeline = dlt.pipeline(
        pipeline_name="ingest",
        pipelines_dir=spec["out"] + "/dlt",
        destination=dlt.destinations.filesystem(bucket_url=spec["out"] + "/dlt-out"),
        dataset_name="raw",
    )
    import dlt.sources.filesystem
    import dlt.sources.helpers.rest_client
    import dlt.sources.sql_database

    source = {"postgres": _database, "mariadb": _database, "csv": _csv, "json": _json}[spec["kind"]]
    started = perf_counter()
    pipeline.run(source(spec), loader_file_format="parquet", table_name="people")
    seconds = perf_counter() - started
    import pyarrow.parquet as pq

    files = Path(spec["out"] + "/dlt-out").rglob("people/*.parquet")
    print(
        json.dumps({"seconds": seconds, "rows": sum(pq.read_metadata(f).num_rows for f in files)})
    )


def _database(spec: dict[str, Any]) -> Any:  # noqa: ANN401 - dlt's resource
    from dlt.sources.sql_database import sql_table

    return sql_table(
        credentials=spec["dlt_url"], table="people", backend="pyarrow", chunk_size=100_000
    )


def _csv(spec: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
    from dlt.sources.filesystem import filesystem, read_csv

    path = Path(spec["file"])
    found = filesystem(bucket_url=path.parent.as_uri(), file_glob=path.name)
    return found | read_csv(chunksize=100_000, encoding="gb18030", dtype=str)


def _json(spec: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
    from dlt.sources.helpers.rest_client import RESTClient
    from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator

    paginator = PageNumberPaginator(base_page=1, page_param="page", total_path=None)
    return RESTClient(spec["api"], paginator=paginator, data_selector="data").paginate("/")


if __name__ == "__main__":
    main()
