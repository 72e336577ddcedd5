"""Encryption comes from the wheel's extension; after it a connection takes nothing unsigned."""

from importlib.resources import files
from pathlib import Path

import duckdb
import pytest

from hub.settings import Home, HubSettings
from security.keys import create_keys
from warehouse.duck import connect, literal

SIGNATURE = 256  # bytes, at the end of the file


@pytest.fixture
def home(tmp_path: Path) -> Home:
    create_keys(tmp_path / "secrets")
    return Home(tmp_path, HubSettings(name="test"))


def test_a_forged_extension_is_refused(home: Home, tmp_path: Path) -> None:
    (wheel,) = Path(str(files("duckdb_extension_httpfs"))).glob("extensions/*/*.duckdb_extension")
    content = wheel.read_bytes()
    forged = tmp_path / "httpfs.duckdb_extension"
    forged.write_bytes(content[:-SIGNATURE] + bytes(SIGNATURE))
    with duckdb.connect(config={"allow_unsigned_extensions": True}) as anyone:
        anyone.execute(f"LOAD {literal(forged)}")
    with connect(home) as connection:
        # httpfs itself is loaded already, and is not looked at again: another of that file
        other = forged.rename(tmp_path / "parquet_too.duckdb_extension")
        with pytest.raises(duckdb.IOException, match="signature"):
            connection.execute(f"LOAD {literal(other)}")
        with pytest.raises(duckdb.InvalidInputException, match="while database is running"):
            connection.execute("SET allow_unsigned_extensions = true")


def test_what_is_encrypted_is_encrypted(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "brain.duckdb"
    with connect(home) as connection:
        loaded = connection.execute(
            "SELECT extension_name FROM duckdb_extensions() WHERE loaded"
        ).fetchall()
        assert ("httpfs",) in loaded
        connection.execute(f"ATTACH {literal(path)} AS b (ENCRYPTION_KEY 'k')")
        connection.execute("CREATE TABLE b.t AS SELECT '龙港花园' AS address")
    assert "龙港花园".encode() not in path.read_bytes()
