"""How fast sources come into raw: `python -m bench.ingest`, beside DuckDB's own COPY and dlt."""
