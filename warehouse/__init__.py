"""Raw, core, brain, snapshot: everything that is stored, and the only home of DuckDB."""
