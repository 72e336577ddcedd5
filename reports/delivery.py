"""Delivering a run of an extract: to SFTP, S3, or a table of an exchange database.

A run lies in its own folder first; what was not delivered before, because the network or the
machine failed, is delivered with the next run, the oldest first. Nothing is delivered twice:
the manifest goes last, and a run whose manifest is there (its batch, in a database) is skipped.
"""

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import polars as pl
import sqlalchemy as sa

from connectors.database_drivers import missing_driver, with_tls
from connectors.remote_files import RemoteFolder
from hub.errors import ConfigError, HubError, SourceDownError
from hub.platform import Platform
from hub.platform_connections import FilesConnection
from hub.settings import Home
from reports.extract_file import Extract, ToTable, out_folder
from warehouse.duck import memory, parquet, write_parquet

MANIFEST = "manifest.json"
CHANGED = ("change", "redirected_to")
"""Columns that a table has from the first full extract on, where changes follow it."""
CHUNK = 5_000
WRITTEN: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("charset", "utf8mb4"), ("engine", "InnoDB"))
}
"""Whatever the server's own: any character, and a batch whole or not at all."""


def log_path(home: Home, one: Extract, name: str) -> Path:
    """Where a run is on file: what was given to whom, and where it has been delivered."""
    return home.data / "extracts" / one.extract / f"{name}.json"


def keep_for_delivery(home: Home, one: Extract, given: pl.DataFrame, name: str) -> None:
    """Keep the rows of a run, encrypted, until they are in every table that they go to."""
    if any(isinstance(each, ToTable) for each in one.deliver):
        path = _rows_path(home, one, name)
        with memory(home) as connection:
            connection.register("given", given.to_arrow())
            write_parquet(home, connection, "SELECT * FROM given", path)


def deliver_waiting(home: Home, one: Extract) -> list[str]:
    """Deliver every run that has not yet arrived everywhere; return the names of those that have.

    A place that fails keeps no other place waiting; what is older arrives there first.

    Raises:
        SourceDownError: a place is not reachable; what is left is delivered the next time.
        SourceRefusedError: an account or a host key was refused.
        ConfigError: a setting is wrong, or a table has not the columns of the extract.
    """
    arrived = []
    failed: dict[str, HubError] = {}
    for log in sorted((home.data / "extracts" / one.extract).glob(f"{one.extract}-*.json")):
        told: dict[str, Any] = json.loads(log.read_text(encoding="utf-8"))
        folder = _folder(home, one, told)
        if not folder.is_dir():
            _rows_path(home, one, log.stem).unlink(missing_ok=True)  # killed before it was whole
        if not one.deliver or not folder.is_dir() or told.get("delivered"):
            continue
        if told["recipient"]["department"] != one.recipient.department:
            continue  # the file has been readdressed: what was for another stays here
        there = set(told.get("arrived_at", ()))
        meant = [each for each in one.deliver if _can_go(home, one, each, log.stem)]
        for each in meant:
            place = place_of(each)
            if place in there or place in failed:
                continue
            try:
                _to_place(home, one, each, told, folder)
            except HubError as error:
                failed[place] = error
            else:
                there.add(place)
        whole = there >= set(map(place_of, meant))
        _note(log, told | {"arrived_at": sorted(there)} | ({"delivered": True} if whole else {}))
        if whole:
            _rows_path(home, one, log.stem).unlink(missing_ok=True)
            arrived.append(log.stem)
    if failed:
        raise next(iter(failed.values()))
    return arrived


def _folder(home: Home, one: Extract, run: dict[str, Any]) -> Path:
    """Where a run lies, also when the home has been moved since."""
    noted = Path(str(run["folder"]))
    return noted if noted.is_dir() else out_folder(home, one) / noted.name


def _can_go(home: Home, one: Extract, to: FilesConnection | ToTable, name: str) -> bool:
    """Whether a run can go to a place: a table needs its rows, kept while one waits for them."""
    return not isinstance(to, ToTable) or _rows_path(home, one, name).is_file()


def lacks(home: Home, one: Extract, run: dict[str, Any]) -> bool:
    """Whether a place that the extract names now has not had a run, and cannot have it."""
    folder = _folder(home, one, run)
    over = run.get("delivered") or not folder.is_dir()
    missing = [each for each in one.deliver if place_of(each) not in run.get("arrived_at", ())]
    return any(over or not _can_go(home, one, each, folder.name) for each in missing)


def place_of(to: FilesConnection | ToTable) -> str:
    """What a place is known by in the log: no address stands there."""
    told = f"{to.url} {to.table}" if isinstance(to, ToTable) else f"{to.path}"
    return sha256(told.encode()).hexdigest()[:16]


def _to_place(
    home: Home, one: Extract, to: FilesConnection | ToTable, told: dict[str, Any], folder: Path
) -> None:
    if isinstance(to, ToTable):
        _to_table(home, one, to, told, folder.name)
    else:
        _to_folder(home, one, to, folder)


def _note(log: Path, told: dict[str, Any]) -> None:
    temporary = log.with_suffix(".tmp")
    temporary.write_text(json.dumps(told, ensure_ascii=False, indent=2) + os.linesep, "utf-8")
    temporary.replace(log)


def _rows_path(home: Home, one: Extract, name: str) -> Path:
    return home.data / "extracts" / one.extract / f"{name}.rows.parquet"


def _as_platform(one: Extract, connection: object) -> Platform:
    """The recipient's place, as connectors know places."""
    return Platform.model_construct(
        platform=f"extract_{one.extract}", title=one.recipient.department, connection=connection
    )


def _to_folder(home: Home, one: Extract, to: FilesConnection, folder: Path) -> None:
    remote = RemoteFolder(_as_platform(one, to), home.root)
    with closing(remote), _reported(one), remote.errors():
        target = f"{remote.root}/{folder.name}"
        if remote.system.exists(f"{target}/{MANIFEST}"):
            return
        remote.system.makedirs(target, exist_ok=True)
        names = sorted(path.name for path in folder.iterdir() if path.name != MANIFEST)
        for name in (*names, MANIFEST):
            remote.system.put_file(str(folder / name), f"{target}/{name}")


def _to_table(home: Home, one: Extract, to: ToTable, told: dict[str, Any], name: str) -> None:
    """Insert the run's rows and, last, its batch, in one transaction."""
    rows = _read_rows(home, one, name)
    names = [*rows.columns, *(name for name in CHANGED if name not in rows.columns)]
    columns = [
        sa.Column(name, sa.Text) for name in (names if one.mode == "changes" else rows.columns)
    ]
    meta = sa.MetaData()
    number = sa.Column("batch_no", sa.String(64), index=True)
    table = sa.Table(to.table, meta, number, *columns, **WRITTEN)
    batches = sa.Table(
        f"{to.table}_batch", meta, sa.Column("batch_no", sa.String(64), primary_key=True),
        sa.Column("row_count", sa.BigInteger), sa.Column("mode", sa.String(16)),
        sa.Column("made_at", sa.DateTime), sa.Column("watermark", sa.String(64)),
        **WRITTEN,
    )  # fmt: skip
    with _reported(one):
        engine = _engine(home, one, to)
        meta.create_all(engine)
        _refuse_other_columns(one, engine, table)
        with engine.begin() as connection:
            known = sa.select(batches.c.batch_no).where(batches.c.batch_no == name)
            if connection.execute(known).first() is not None:
                return
            for part in rows.iter_slices(CHUNK):
                lines = [{"batch_no": name, **row} for row in part.iter_rows(named=True)]
                connection.execute(table.insert(), lines)
            connection.execute(batches.insert().values(
                batch_no=name, row_count=rows.height, mode=told["mode"],
                made_at=datetime.fromisoformat(told["made_at"]).replace(tzinfo=None),
                watermark=told["watermark"],
            ))  # fmt: skip


def _refuse_other_columns(one: Extract, engine: sa.Engine, table: sa.Table) -> None:
    """The table was there before, made for other columns: no network to look at, nor a right."""
    there = {str(each["name"]).casefold() for each in sa.inspect(engine).get_columns(table.name)}
    lacking = [each.name for each in table.columns if each.name.casefold() not in there]
    if lacking:
        raise ConfigError(
            f"extract {one.extract}: the table lacks {len(lacking)} columns",
            zh=f"“{one.title}”已经做好，但{one.recipient.department}的表 {table.name} 没有这几列："
            f"{'、'.join(lacking)}。请对方加上，或在 deliver 里另写一个 table；"
            "改好后下次运行自动补送。",
        )


def _read_rows(home: Home, one: Extract, name: str) -> pl.DataFrame:
    with memory(home) as connection:
        query = f"SELECT * FROM {parquet(home, [_rows_path(home, one, name)])}"
        found = connection.execute(query).to_arrow_table()
    return cast(pl.DataFrame, pl.from_arrow(found)).select(pl.all().cast(pl.String))


def _engine(home: Home, one: Extract, to: ToTable) -> sa.Engine:
    url = sa.make_url(to.url.replace("{home}", str(home.root)))
    if to.password is not None:
        url = url.set(password=to.password.read(home.root))
    try:
        return sa.create_engine(
            with_tls(url, to.tls, home.root), poolclass=sa.NullPool, hide_parameters=True
        )
    except (ImportError, sa.exc.NoSuchModuleError) as error:
        raise missing_driver(_as_platform(one, to), to.url, error) from None


@contextmanager
def _reported(one: Extract) -> Iterator[None]:
    """Say that the place failed, without its address or any value."""
    try:
        yield
    except (OSError, EOFError, sa.exc.SQLAlchemyError) as error:
        raise SourceDownError(
            f"extract {one.extract}: delivery failed ({type(error).__name__})",
            zh=f"“{one.title}”已经做好，但没有送到{one.recipient.department}："
            "请检查网络、地址和写入权限；下次运行会自动补送，不会重复。",
        ) from None
