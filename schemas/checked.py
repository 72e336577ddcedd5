"""Pandera, whose models and checks the standard is written with.

It reads and checks Polars frames only; without pandas it imports in a third of the time.
"""

from hub.imports import without

with without("pandas"):
    import pandera.polars as pa

__all__ = ["pa"]
