"""How fast forms are filled and extracts written, beside DuckDB's own COPY."""
