"""The two database platforms: filled in bulk, read through an account that may only read."""

import io
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import polars as pl
import psycopg
import pymysql
import sqlalchemy as sa

from bench.records import Held
from examples.community_a.servers import start_mariadb, start_postgres

DATABASE, READER = "bench", "bench_reader"
TABLES = {"district": "T_RKXX", "grid": "sys_resident"}
MARIADB_LINE = "FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n'"


@dataclass
class Database:
    """One platform's database; `admin` is the URL, with its password, of who may write."""

    platform: str
    admin: sa.URL
    password: str  # the reader's

    @property
    def reader_url(self) -> str:
        """What the platform file says."""
        one = self.admin
        driver, place, query = one.drivername, (one.host, one.port, one.database), one.query
        return sa.URL.create(driver, READER, None, *place, query).render_as_string()

    @property
    def postgres(self) -> bool:
        """Otherwise it is MariaDB."""
        return self.admin.get_backend_name() == "postgresql"

    def run(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        engine = sa.create_engine(self.admin, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()

    def create(self) -> None:
        """Make the database and the reader's account."""
        if self.postgres:
            server = Database(self.platform, self.admin.set(database="postgres"), "")
            server.run(
                f"DROP DATABASE IF EXISTS {DATABASE}",
                f"DROP ROLE IF EXISTS {READER}",
                f"CREATE DATABASE {DATABASE}",
                f"CREATE ROLE {READER} LOGIN PASSWORD '{self.password}'",
            )
            self.run(f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {READER}")
        else:
            account = f"'{READER}'@'127.0.0.1'"
            server = Database(self.platform, self.admin.set(database="information_schema"), "")
            server.run(
                f"CREATE OR REPLACE DATABASE {DATABASE} CHARACTER SET utf8mb4",
                f"CREATE OR REPLACE USER {account} IDENTIFIED BY '{self.password}'",
                f"GRANT SELECT ON {DATABASE}.* TO {account}",
            )

    def fill(self, held: Held) -> None:
        """Make the table of the platform, with an index on its watermark."""
        table = TABLES[self.platform]
        self.run(self._table(table, held.rows, held.key, held.moment))
        self._load(table, held.rows)
        self.run(
            f"CREATE INDEX changed_at ON {self._q(table)} ({held.moment}, {self._q(held.key)})"
        )
        if self.postgres:
            self.run(f"ANALYZE {self._q(table)}")

    def fill_grids(self, grids: pl.DataFrame) -> None:
        """Make the table of grids."""
        self.run(self._table("sys_grid", grids, "grid_code", None))
        self._load("sys_grid", grids)

    def change(self, held: Held, rows: pl.DataFrame) -> None:
        """Give the records in `rows` their new telephone and time."""
        table, news = self._q(TABLES[self.platform]), self._q("news")
        columns = [held.key, held.phone, held.moment or ""]
        self.run(f"DROP TABLE IF EXISTS {news}")
        self.run(self._table("news", rows.select(columns), held.key, held.moment))
        self._load("news", rows.select(columns))
        key, phone, moment = map(self._q, columns)
        if self.postgres:
            self.run(
                f"UPDATE {table} t SET {phone} = n.{phone}, {moment} = n.{moment} "
                f"FROM {news} n WHERE n.{key} = t.{key}"
            )
        else:
            self.run(
                f"UPDATE {table} t JOIN {news} n ON n.{key} = t.{key} "
                f"SET t.{phone} = n.{phone}, t.{moment} = n.{moment}"
            )
        self.run(f"DROP TABLE {news}")

    def _table(self, table: str, rows: pl.DataFrame, key: str, moment: str | None) -> str:
        kinds = {key: "VARCHAR(20)", "id": "BIGINT"}
        if moment:
            kinds[moment] = "TIMESTAMP" if self.postgres else "DATETIME"
        columns = ", ".join(f"{self._q(c)} {kinds.get(c, 'VARCHAR(120)')}" for c in rows.columns)
        return f"CREATE TABLE {self._q(table)} ({columns}, PRIMARY KEY ({self._q(key)}))"

    def _q(self, name: str) -> str:
        return f'"{name}"' if self.postgres else f"`{name}`"

    def _load(self, table: str, rows: pl.DataFrame) -> None:
        """All rows at once: COPY, or LOAD DATA from a file of ours."""
        if self.postgres:
            text = io.BytesIO()
            rows.write_csv(text, include_header=False, null_value="\\N")
            address = self.admin.set(drivername="postgresql").render_as_string(hide_password=False)
            copy = f"COPY {self._q(table)} FROM STDIN (FORMAT csv, NULL '\\N')"
            with (
                psycopg.connect(address) as connection,
                connection.cursor() as cursor,
                cursor.copy(copy) as stream,
            ):
                stream.write(text.getbuffer())
            return
        with NamedTemporaryFile(suffix=".tsv") as file:
            rows.write_csv(
                file, include_header=False, null_value="\\N", separator="\t", quote_style="never"
            )
            file.flush()
            load = f"LOAD DATA LOCAL INFILE '{file.name}' INTO TABLE {self._q(table)} "
            self._mariadb(load + "CHARACTER SET utf8mb4 " + MARIADB_LINE)

    def _mariadb(self, statement: str) -> None:
        url = self.admin
        connection: Any = pymysql.connect(
            host=url.host, port=url.port or 0, user=url.username, password=str(url.password),
            database=url.database, charset="utf8mb4", local_infile=True, autocommit=True,
        )  # fmt: skip
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)


def start_databases(folder: Path, stops: list[Callable[[], None]]) -> dict[str, Database]:
    """Start both servers below `folder`, or attach to those that run there already.

    How to stop each is added to `stops`.

    Raises:
        SourceDownError: one is not installed, or did not come up.
    """
    found = {}
    for platform, begin in (("district", start_postgres), ("grid", start_mariadb)):
        server = begin(folder)
        stops.append(server.stop)
        admin = sa.make_url(server.url).set(password=server.password, database=DATABASE)
        found[platform] = Database(platform, admin, secrets.token_hex(16))
        found[platform].create()
    return found
