"""A database as the connectors see it: opened read-only, reflected, and streamed as text.

Three ways to stream, one result. PostgreSQL: ADBC's binary COPY straight into Arrow. MySQL and
MariaDB: the texts as the server sends them, cut apart a block at a time. All others: SQLAlchemy,
block by block.
Memory is bounded by the block, whatever the table's size.
"""

import sqlite3
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import adbc_driver_postgresql.dbapi
import pyarrow as pa
import sqlalchemy as sa
from pymysql.cursors import SSCursor
from sqlalchemy.dialects import postgresql
from sqlalchemy.pool import NullPool

from connectors.chunk import text_schema, text_table
from connectors.database_drivers import missing_driver, tls_context, with_tls
from connectors.database_errors import translated
from connectors.dialects import as_text, sent_text, session_settings
from connectors.mysql_rows import rows_of
from hub.errors import ConfigError, SourceChangedError
from hub.platform import Platform
from hub.platform_connections import DatabaseAddress, Tls

CONNECT_SECONDS = 15
BLOCK_ROWS = 50_000


class DatabaseSource:
    """One database of one platform; a connection is opened for each statement and closed after."""

    def __init__(self, platform: Platform, home: Path) -> None:
        settings = platform.connection
        assert isinstance(settings, DatabaseAddress)  # noqa: S101 - caller
        self.title, self.timezone = platform.title, platform.timezone
        self.timeout = settings.statement_timeout
        try:
            url = sa.make_url(settings.url.replace("{home}", str(home)))
            if settings.password:
                url = url.set(password=settings.password.read(home))
            self.url = with_tls(url, settings.tls, home)
            self.engine = _engine(self.url, home, tls=settings.tls)
        except (ImportError, sa.exc.NoSuchModuleError) as error:
            raise missing_driver(platform, settings.url, error) from None
        except (sa.exc.ArgumentError, ValueError) as error:
            raise ConfigError(
                f"{platform.platform}: connection.url cannot be used ({type(error).__name__})",
                zh=f"平台「{platform.title}」的连接地址 url 用不了：请核对写法，"
                "例如 postgresql+psycopg://账号@主机/库名。",
            ) from None
        self.home, self.tls = home, settings.tls
        self.dialect = self.engine.dialect.name
        sa.event.listen(self.engine, "connect", self._prepare)

    def close(self) -> None:
        """Let go of the engine; open streams close with their generators."""
        self.engine.dispose()

    def write(self, statements: Iterable[sa.Update], where: str) -> None:
        """Run statements in one transaction: the only way in which a platform is written to.

        Raises:
            SourceRefusedError: the account may not.
        """
        engine = _engine(self.url, self.home, tls=self.tls, write=True)
        try:
            with translated(self.title, where), engine.begin() as connection:
                for one in session_settings(self.dialect, "", self.timezone, self.timeout):
                    if "standard_conforming" in one or "TimeZone" in one or "time_zone" in one:
                        connection.exec_driver_sql(one)
                for statement in statements:
                    connection.execute(statement)
        finally:
            engine.dispose()

    def ask(self, statement: sa.Executable, where: str) -> list[Any]:
        """All rows of a small question."""
        with translated(self.title, where), self.engine.connect() as connection:
            return list(connection.execute(statement))

    def table(self, name: str, where: str) -> sa.Table:
        """The table or view as it is now, with the columns' types.

        Raises:
            SourceChangedError: there is none of that name.
        """
        schema, _, bare = name.rpartition(".")
        with (
            translated(self.title, where),
            self.engine.connect() as connection,
            warnings.catch_warnings(),
        ):
            # a type that SQLAlchemy does not know is read as text like every other
            warnings.simplefilter("ignore", sa.exc.SAWarning)
            try:
                found = sa.inspect(connection).get_columns(bare, schema=schema or None)
            except sa.exc.NoSuchTableError:
                found = []
        if not found:
            raise SourceChangedError(
                f"{where}: no table {name}, or no right to see it",
                zh=f"「{self.title}」{where} 找不到表 {name}：它可能被删除、改名，或账号无权查看。"
                "请与平台的管理员确认后修改平台文件的 table。",
            )
        columns: list[sa.Column[Any]] = [
            sa.Column(one["name"], one["type"], nullable=one["nullable"]) for one in found
        ]
        return sa.Table(bare, sa.MetaData(), *columns, schema=schema or None)

    def stream(self, columns: Sequence[sa.Column[Any]], rest: sa.Select[Any]) -> Iterator[pa.Table]:
        """The rows that `rest` (from, where, order, limit) selects, `columns` as text."""
        if self.dialect == "postgresql" and self.engine.driver == "psycopg":
            yield from self._stream_postgres(columns, rest)
        elif self.dialect in ("mysql", "mariadb"):
            yield from self._stream_mysql(columns, rest)
        else:
            yield from self._stream_any(columns, rest)

    def _stream_postgres(
        self, columns: Sequence[sa.Column[Any]], rest: sa.Select[Any]
    ) -> Iterator[pa.Table]:
        texts = [sent_text(one, "postgresql").label(one.name) for one in columns]
        statement = rest.with_only_columns(*texts)
        plain = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call] # SQLAlchemy
        sql = str(statement.compile(dialect=plain, compile_kwargs={"literal_binds": True}))
        url = self.url.set(drivername="postgresql").update_query_dict(
            {"connect_timeout": str(CONNECT_SECONDS)}
        )
        # SQLAlchemy leaves a blank in a password as it is; libpq wants it encoded
        address = url.render_as_string(hide_password=False).replace(" ", "%20")
        schema = text_schema(one.name for one in columns)
        with (
            adbc_driver_postgresql.dbapi.connect(address, autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            for setting in session_settings("postgresql", "", self.timezone, self.timeout):
                cursor.execute(setting)
            cursor.execute("SELECT current_setting('server_encoding')")
            ((encoding,),) = cursor.fetchall()
            cursor.execute(sql)
            with cursor.fetch_record_batch() as reader:
                for batch in reader:
                    if encoding == "SQL_ASCII":  # the server does not know what its texts are
                        batch.validate(full=True)
                    yield pa.Table.from_batches([batch]).cast(schema)

    def _stream_mysql(
        self, columns: Sequence[sa.Column[Any]], rest: sa.Select[Any]
    ) -> Iterator[pa.Table]:
        texts = [sent_text(one, self.dialect).label(one.name) for one in columns]
        statement = rest.with_only_columns(*texts)
        sql = str(statement.compile(self.engine, compile_kwargs={"literal_binds": True}))
        with closing(self.engine.raw_connection()) as connection:
            driver: Any = connection.driver_connection
            cursor = driver.cursor(SSCursor)
            try:
                cursor.execute("SET character_set_results = utf8mb4")  # whatever the URL says
                cursor.execute(sql, ())  # the empty tuple halves SQLAlchemy's doubled % signs
                yield from rows_of(driver, [one.name for one in columns])
            finally:
                # the socket is closed: the driver would read what is left of the answer from it
                if cursor._result:
                    cursor._result.unbuffered_active = False
                connection.invalidate()

    def _stream_any(
        self, columns: Sequence[sa.Column[Any]], rest: sa.Select[Any]
    ) -> Iterator[pa.Table]:
        names = [one.name for one in columns]
        with self.engine.connect() as connection:
            ask = connection.execution_options(stream_results=True)
            with ask.execute(self._texts(columns, rest)) as result:
                for block in result.partitions(BLOCK_ROWS):
                    yield text_table(names, list(zip(*block, strict=True)))

    def _texts(self, columns: Sequence[sa.Column[Any]], rest: sa.Select[Any]) -> sa.Select[Any]:
        return rest.with_only_columns(*(as_text(c, self.dialect).label(c.name) for c in columns))

    def _prepare(self, connection: Any, _record: object) -> None:  # noqa: ANN401 - any driver's
        """Make a new session read-only and bounded."""
        with closing(connection.cursor()) as cursor:
            version = ""
            if self.dialect in ("mysql", "mariadb"):
                cursor.execute("SELECT VERSION()")
                version = str(cursor.fetchone()[0])
            for setting in session_settings(self.dialect, version, self.timezone, self.timeout):
                cursor.execute(setting)
        connection.commit()


def _engine(url: sa.URL, home: Path, *, tls: Tls | None, write: bool = False) -> sa.Engine:
    backend = url.get_backend_name()
    if backend == "sqlite":
        # SQLite would create a file that is not there; relative paths start at the hub home
        mode = "rw" if write else "ro"
        address = f"file:{quote(str(home / (url.database or '')))}?mode={mode}"

        def opened() -> sqlite3.Connection:
            return sqlite3.connect(address, uri=True, timeout=30, check_same_thread=False)

        return sa.create_engine(
            "sqlite://", creator=opened, poolclass=NullPool, hide_parameters=True
        )
    arguments: dict[str, object] = {}
    if backend in ("postgresql", "mysql", "mariadb"):
        arguments["connect_timeout"] = CONNECT_SECONDS
    if backend == "postgresql":
        arguments["client_encoding"] = "utf8"  # of SQL_ASCII the driver would make no text
    if backend in ("mysql", "mariadb") and "charset" not in url.query:
        url = url.update_query_dict({"charset": "utf8mb4"})
    if backend in ("mysql", "mariadb") and tls is not None:
        arguments["ssl"] = tls_context(tls, home)
    return sa.create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
