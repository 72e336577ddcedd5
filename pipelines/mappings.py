"""A stream's mapping as this home uses it: held to the home's own table of divisions."""

from datetime import date
from functools import lru_cache
from pathlib import Path

from hub.platform import Platform
from hub.settings import Home
from schemas.divisions import DivisionCodes, read_divisions
from schemas.mapping import Mapping, compile_mapping


def mapping_of(home: Home, platform: Platform, stream: str) -> Mapping:
    """Check and compile the map of one stream.

    Raises:
        NotFoundError: the platform has no such stream.
        ConfigError: the map or divisions.csv is wrong.
    """
    return compile_mapping(platform, stream, _codes(home))


def _codes(home: Home) -> DivisionCodes | None:
    path = home.root / "divisions.csv"
    if not path.is_file():
        return None
    looked = path.stat()
    return _read(path, looked.st_mtime_ns, looked.st_size, date.today())


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int, _size: int, day: date) -> DivisionCodes | None:
    """Read once a change and day."""
    return DivisionCodes.of(read_divisions(path), day)
