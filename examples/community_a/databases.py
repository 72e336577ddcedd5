"""The database platforms: two on PostgreSQL, one on MariaDB, or SQLite files in their stead.

Each platform has its own database and a read-only account, as a real one would give us.
"""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from examples.community_a import servers
from examples.community_a.holding import Held, Row
from examples.community_a.platforms import district_population, street_grid, village_link

READER = "hub_reader"
DATABASES = {
    district_population.PLATFORM: ("postgresql", "district"),
    village_link.PLATFORM: ("postgresql", "village_link"),
    street_grid.PLATFORM: ("mariadb", "grid"),
}


@dataclass(frozen=True)
class Database:
    """One platform's database: the account that fills it, and the reader's URL."""

    platform: str
    admin: sa.URL
    reader_url: str  # without the password

    def engine(self) -> sa.Engine:
        """A connection pool of the account that may write."""
        return sa.create_engine(self.admin, poolclass=sa.NullPool)


def start(home: Path) -> dict[str, Database]:
    """Start the servers, and make databases and readers that are not there yet."""
    folder = home / ".platforms"
    there = servers.installed()
    started: dict[str, servers.Server] = {}
    if there["postgresql"]:
        started["postgresql"] = servers.start_postgres(folder)
    if there["mariadb"]:
        started["mariadb"] = servers.start_mariadb(folder)
    found = {}
    for platform, (kind, name) in DATABASES.items():
        if kind in started:
            found[platform] = _on_server(home, platform, started[kind], name)
        else:
            url = sa.URL.create("sqlite", database=str(folder / f"{platform}.db"))
            found[platform] = Database(
                platform, url, f"sqlite:///{{home}}/.platforms/{platform}.db"
            )
    return found


def _admin(server: servers.Server) -> sa.Engine:
    url = sa.make_url(server.url).set(password=server.password)
    return sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")


def stop(home: Path) -> None:
    """Stop the servers that run below the home."""
    folder = home / ".platforms"
    for name, pid_file, attach in (
        ("postgres", "postmaster.pid", servers.start_postgres),
        ("mariadb", "server.pid", servers.start_mariadb),
    ):
        state = folder / f"{name}.json"
        if not state.exists():
            continue
        data = Path(json.loads(state.read_text(encoding="utf-8"))["data"])
        if (data / pid_file).exists():  # else it is down already
            attach(folder).stop()


def secret(home: Path, name: str) -> str:
    """A password in the home's secrets, made at its first use, mode 0600."""
    path = home / "secrets" / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(16) + "\n", encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


def _on_server(home: Path, platform: str, server: servers.Server, name: str) -> Database:
    password = secret(home, platform)
    engine = _admin(server)
    admin = engine.url
    with engine.connect() as connection:
        make = _make_postgres if admin.drivername.startswith("postgresql") else _make_mariadb
        make(connection, name, password)
    mine = admin.set(database=name)
    reader = sa.URL.create(
        admin.drivername,
        username=f"{READER}_{name}",
        host=admin.host,
        port=admin.port,
        database=name,
        query=admin.query,
    )
    return Database(platform, mine, reader.render_as_string())


def _make_postgres(connection: sa.Connection, name: str, password: str) -> None:
    reader = f"{READER}_{name}"
    roles = sa.text("SELECT 1 FROM pg_roles WHERE rolname = :name")
    verb = "ALTER" if connection.execute(roles, {"name": reader}).scalar() else "CREATE"
    connection.exec_driver_sql(f"{verb} ROLE {reader} LOGIN PASSWORD '{password}'")
    known = sa.text("SELECT 1 FROM pg_database WHERE datname = :name")
    if not connection.execute(known, {"name": name}).scalar():
        connection.exec_driver_sql(f"CREATE DATABASE {name}")


def _make_mariadb(connection: sa.Connection, name: str, password: str) -> None:
    connection.exec_driver_sql(f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4")
    account = f"'{READER}_{name}'@'127.0.0.1'"
    connection.exec_driver_sql(f"CREATE OR REPLACE USER {account} IDENTIFIED BY '{password}'")
    connection.exec_driver_sql(f"GRANT SELECT ON {name}.* TO {account}")


def load(database: Database, held: list[Held]) -> None:
    """Put the records of the platform into its tables, and nothing else."""
    with database.engine().begin() as connection:
        for name, columns, rows in _tables(database.platform, held):
            table = sa.Table(name, sa.MetaData(), *columns)
            table.drop(connection, checkfirst=True)
            table.create(connection)
            if rows:
                connection.execute(table.insert(), rows)
        if connection.dialect.name == "postgresql":
            reader = f"{READER}_{DATABASES[database.platform][1]}"
            connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}")


def _tables(platform: str, held: list[Held]) -> list[tuple[str, list[sa.Column[Any]], list[Row]]]:
    """(name, columns, rows) of every table; columns are of the types an office chose."""
    if platform == district_population.PLATFORM:
        rows = [one.row for one in held]
        return [(district_population.TABLE, _columns(district_population.COLUMNS, "RYBH"), rows)]
    if platform == street_grid.PLATFORM:
        return [
            (name, _columns(names, names[0]), [one.row for one in held if one.stream == stream])
            for name, names, stream in (
                (street_grid.TABLE, street_grid.COLUMNS, street_grid.RESIDENTS),
                (street_grid.GRID_TABLE, street_grid.GRID_COLUMNS, street_grid.GRID_STREAM),
            )
        ]
    return [table for stream in village_link.COLUMNS for table in _exchange(stream, held)]


def _exchange(stream: str, held: list[Held]) -> list[tuple[str, list[sa.Column[Any]], list[Row]]]:
    changes = village_link.changes(held, stream)
    names = village_link.COLUMNS[stream]
    details: list[Row] = [{"pch": c.batch, "czlx": c.operation, **c.row} for c in changes]
    sizes = {no: sum(c.batch == no for c in changes) for no in village_link.BATCHES}
    batches: list[Row] = [
        {"pch": no, "sjl": str(size), "zt": "1"} for no, size in sizes.items() if size
    ]
    return [
        (f"exch_{stream}", _columns(["pch", "czlx", *names], "pch", names[0]), details),
        (f"exch_{stream}_batch", _columns(["pch", "sjl", "zt"], "pch"), batches),
    ]


KINDS: dict[str, Any] = {
    "update_time": sa.DateTime().with_variant(sa.String(19), "sqlite"),
    "SWRQ": sa.Date().with_variant(sa.String(10), "sqlite"),
    "QCRQ": sa.Date().with_variant(sa.String(10), "sqlite"),
    "CSRQ": sa.CHAR(8),
    "id": sa.BigInteger(),
    "sjl": sa.Integer(),
    "zt": sa.SmallInteger(),
    "面积_公顷": sa.Numeric(6, 2).with_variant(sa.String(8), "sqlite"),
}


def _columns(names: list[str], *keys: str) -> list[sa.Column[Any]]:
    return [
        sa.Column(
            name, KINDS.get(name, sa.String(120)), primary_key=name in keys, autoincrement=False
        )
        for name in names
    ]
