"""Things that happen at the platforms after the first day, each with what it must change.

Every change is made at a real platform, by the account that fills it. `make(home, "restore")` puts
everything back; what a watermark must notice gets today's time again.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa

from examples.community_a import databases, dirt, run, truth
from examples.community_a.numbers import Numbers
from examples.community_a.places import Dwelling, all_dwellings, grid_of
from examples.community_a.platforms import (
    district_population,
    door_entry,
    property_vendor,
    street_grid,
    village_link,
)
from hub.errors import NotFoundError

LOG = "changes.json"
NEWCOMER = "向晓楠"
CORRECTED = "向昱霏"


@dataclass(frozen=True)
class Expected:
    """What a change must do to the hub after its next run."""

    happened: str  # Chinese, for people; holds no name and no number
    platform: str
    keys: tuple[str, ...] = ()  # record keys touched
    person_id: str | None = None  # of the truth
    delta: dict[str, int] = field(default_factory=dict)  # of the published numbers; others stay
    grids: dict[str, int] = field(default_factory=dict)  # residents by grid: how many more
    error: str | None = None  # the class of hub.errors that the pull must end with

    def told(self) -> str:
        """For the officer at the screen."""
        names = {"residents": "常住人口", "registered": "户籍人口", "households": "常住户"}
        moved = [f"{names[k]} {n:+d}" for k, n in self.delta.items()]
        moved += [f"网格 {code} {n:+d}" for code, n in self.grids.items()]
        after = "、".join(moved) if moved else "各项总数不变"
        held = "；数据大脑应当拒绝这次数据并报警" if self.error else ""
        return f"{self.happened}（平台 {self.platform}）。同步后：{after}{held}。"


@dataclass(frozen=True)
class Change:
    """Something that can happen."""

    title: str
    make: Callable[["Scene"], Expected]


class Scene:
    """The running platforms of a home, and the truth to choose from."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.folder = run.platforms_folder(self.home)
        if not (self.folder / "loaded.json").exists():
            raise NotFoundError(
                f"{home}: the demonstration was never started here",
                zh="这个目录里还没有演示平台：请先运行 start。",
            )
        self.databases = databases.start(self.home)
        judge = run.truth_folder(self.home)
        self.people = pl.read_parquet(judge / "persons.parquet")
        records = pl.read_parquet(judge / "records.parquet")
        self.records = records.filter(pl.col("fate") == "kept")

    def execute(self, platform: str, *statements: sa.Executable) -> None:
        """Run the statements at the platform, in one transaction."""
        with self.databases[platform].engine().begin() as connection:
            for statement in statements:
                connection.execute(statement)

    def key_of(self, person_id: str, platform: str, stream: str) -> str:
        """The person's first record there."""
        mine = self.records.filter(person_id=person_id, platform=platform, stream=stream)
        return str(mine["record_key"].sort()[0])

    def empty_flat(self) -> Dwelling:
        """A flat in which no record ever saw anybody."""
        known = set(self.records["room"]) | set(_room_keys(self.people))
        return next(flat for flat in all_dwellings() if flat.key not in known)

    def standing(self) -> pl.DataFrame:
        """Residents who stand in both registers with a valid number, not heads, without labels."""
        both = (
            self.records.filter(pl.col("id_status") == "valid")
            .filter(pl.col("platform").is_in(["district_population", "street_grid"]))
            .group_by("person_id")
            .agg(pl.col("platform").n_unique().alias("registers"))
        )
        here = self.people.join(both, on="person_id").filter(pl.col("registers") == 2)
        plain = (pl.col("relation_code") != "02") & (pl.col("labels").list.len() == 0)
        grown = pl.col("birth_date") < date(1996, 1, 1)
        return here.filter("resident", plain & grown).sort("person_id")


def make(home: Path, name: str) -> Expected:
    """Let `name` happen; or restore.

    Raises:
        NotFoundError: no such change, or no demonstration in the home.
    """
    if name not in CHANGES:
        raise NotFoundError(
            f"no change is called {name!r}",
            zh=f"没有这个变化。可以用的有：{'、'.join(CHANGES)}。",
        )
    scene = Scene(home)
    expected = CHANGES[name].make(scene)
    if name != "restore":
        done = [*_log(scene.folder), {"name": name, "keys": list(expected.keys)}]
        (scene.folder / LOG).write_text(json.dumps(done, ensure_ascii=False), encoding="utf-8")
    return expected


def _death(scene: Scene) -> Expected:
    person = scene.standing().filter(residence_type_code="1").row(0, named=True)
    key = _district(scene, person["person_id"], SWRQ=_now()[:10])
    return Expected(
        "区公安登记了一位户籍居民死亡",
        district_population.PLATFORM,
        (key,),
        person["person_id"],
        {"residents": -1, "registered": -1},
    )


def _moved_out(scene: Scene) -> Expected:
    person = scene.standing().filter(residence_type_code="3").row(0, named=True)
    key = _district(scene, person["person_id"], QCRQ=_now()[:10])
    return Expected(
        "区公安登记了一位流动人口离开",
        district_population.PLATFORM,
        (key,),
        person["person_id"],
        {"residents": -1},
    )


def _corrected_name(scene: Scene) -> Expected:
    person = scene.standing().filter(residence_type_code="1").row(1, named=True)
    key = _district(scene, person["person_id"], XM=CORRECTED)
    happened = "区公安更正了一位居民的姓名，网格平台还是旧名"
    return Expected(happened, district_population.PLATFORM, (key,), person["person_id"])


def _move(scene: Scene) -> Expected:
    """A tenants' household moves; every vague record of theirs gives the telephone."""
    household = _movable(scene)
    flat, before = scene.empty_flat(), household["grid_code"][0]
    keys = tuple(
        scene.key_of(person, street_grid.PLATFORM, street_grid.RESIDENTS)
        for person in household["person_id"]
    )
    address = dirt.address(flat, "units")
    values: dict[str, Any] = {"address": address, "grid_code": grid_of(flat), "update_time": _now()}
    table = _table(street_grid.TABLE, "id", *values)
    where = table.c.id.in_([int(key) for key in keys])
    scene.execute(street_grid.PLATFORM, table.update().where(where).values(values))
    count = len(keys)
    grids = {before: -count, grid_of(flat): count} if before != grid_of(flat) else {}
    return Expected(
        f"一户租住家庭（{count} 人）搬到社区内另一套房",
        street_grid.PLATFORM,
        keys,
        household["person_id"][0],
        grids=grids,
    )


def _new_tenant(scene: Scene) -> Expected:
    flat, born = scene.empty_flat(), date(1991, 5, 17)
    number = Numbers(Random("newcomer")).identity("513822", born, "2")  # an area nobody else has
    row: dict[str, Any] = dict.fromkeys(street_grid.COLUMNS) | {
        "id": 40_001,
        "resident_name": NEWCOMER,
        "id_card": number,
        "gender": "女",
        "nation": "汉族",
        "mobile": "19900001234",
        "address": dirt.address(flat, "hall"),
        "grid_code": grid_of(flat),
        "resident_type": "流动人口",
        "与户主关系": "户主",
        "update_time": _now(),
    }
    table = _table(street_grid.TABLE, *row)
    scene.execute(street_grid.PLATFORM, table.insert().values(row))
    return Expected(
        "网格员登记了一位新租客，独自成户",
        street_grid.PLATFORM,
        ("40001",),
        delta={"residents": 1, "households": 1},
        grids={grid_of(flat): 1},
    )


def _deleted_row(scene: Scene) -> Expected:
    """Somebody whom only the grid platform knows goes away."""
    alone = scene.records.group_by("person_id").agg(pl.len(), pl.col("platform").first())
    only = alone.filter(len=1, platform=street_grid.PLATFORM).select("person_id")
    others = scene.people.filter(pl.col("resident") & (pl.col("relation_code") != "02"))
    unlabelled = others.filter(pl.col("labels").list.len() == 0)
    person = unlabelled.join(only, on="person_id").sort("person_id").row(0, named=True)
    key = scene.key_of(person["person_id"], street_grid.PLATFORM, street_grid.RESIDENTS)
    table = _table(street_grid.TABLE, "id")
    scene.execute(street_grid.PLATFORM, table.delete().where(table.c.id == int(key)))
    return Expected(
        "网格平台删除了一位已搬走的租客",
        street_grid.PLATFORM,
        (key,),
        person["person_id"],
        {"residents": -1},
        {person["grid_code"]: -1},
    )


def _empty_table(scene: Scene) -> Expected:
    scene.execute(street_grid.PLATFORM, _table(street_grid.TABLE, "id").delete())
    return Expected("网格平台的居民表被清空", street_grid.PLATFORM, error="HeldError")


def _half_table(scene: Scene) -> Expected:
    table = _table(street_grid.TABLE, "id")
    scene.execute(street_grid.PLATFORM, table.delete().where(table.c.id % 2 == 0))
    return Expected("网格平台的居民表少了一半", street_grid.PLATFORM, error="HeldError")


def _cut_file(scene: Scene) -> Expected:
    path = scene.folder / door_entry.PLATFORM / door_entry.FILE
    content = path.read_bytes()
    half = content.index(b"\r\n", len(content) // 2)
    path.write_bytes(content[: half - 20])  # in the middle of a row
    return Expected("门禁名单文件只传了一半", door_entry.PLATFORM, error="SourceChangedError")


def _api_down(scene: Scene) -> Expected:
    run.stop_api(scene.home)
    return Expected("物业公司的接口停了", property_vendor.PLATFORM, error="SourceDownError")


def _new_batch(scene: Scene) -> Expected:
    return _batch(scene, missing=0)


def _short_batch(scene: Scene) -> Expected:
    return _batch(scene, missing=3)


def _batch(scene: Scene, *, missing: int) -> Expected:
    """A user of the app writes the name with a blank; the batch may announce more than it has."""
    users = scene.records.filter(
        platform=village_link.PLATFORM, stream=village_link.USERS, id_status="valid"
    )
    user = users.sort("record_key").row(0, named=True)
    details = sa.table(
        "exch_users", *map(sa.column, ("pch", "czlx", *village_link.COLUMNS[village_link.USERS]))
    )
    batches = sa.table("exch_users_batch", *map(sa.column, ("pch", "sjl", "zt")))
    engine = scene.databases[village_link.PLATFORM].engine()
    with engine.begin() as connection:
        last = (
            sa.select(details).where(details.c.yhid == user["record_key"]).order_by(details.c.pch)
        )
        row = dict(connection.execute(last).mappings().all()[-1])
        newest = connection.execute(sa.select(sa.func.max(batches.c.pch))).scalar_one()
        number = str(int(newest) + 1)
        row |= {"pch": number, "czlx": "U", "xm": f" {row['xm']}"}
        connection.execute(details.insert().values(row))
        connection.execute(batches.insert().values(pch=number, sjl=1 + missing, zt=1))
    happened = "村社通送来新的一批" + (f"，但比登记的少 {missing} 条" if missing else "")
    error = "SourceChangedError" if missing else None
    return Expected(
        happened, village_link.PLATFORM, (user["record_key"],), user["person_id"], error=error
    )


def _restore(scene: Scene) -> Expected:
    """Everything as on the first day; batches that were delivered stay, with their true size."""
    made = truth.generate()
    run.load(scene.home, made, scene.databases, but=village_link.PLATFORM)
    touched = [key for one in _log(scene.folder) for key in one["keys"]]
    table = _table(district_population.TABLE, "RYBH", "update_time")
    again = table.update().where(table.c.RYBH.in_(touched)).values(update_time=_now())
    scene.execute(district_population.PLATFORM, again)
    batches = sa.table("exch_users_batch", *map(sa.column, ("pch", "sjl")))
    late = batches.c.pch.not_in(village_link.BATCHES)
    scene.execute(village_link.PLATFORM, batches.update().where(late).values(sjl=1))
    run.start_api(scene.home)
    (scene.folder / LOG).unlink(missing_ok=True)
    return Expected("各平台已恢复到第一天的样子", "全部")


def _district(scene: Scene, person_id: str, **values: object) -> str:
    """Change the person's row at the district, now."""
    key = scene.key_of(person_id, district_population.PLATFORM, district_population.STREAM)
    table = _table(district_population.TABLE, "RYBH", "update_time", *values)
    statement = table.update().where(table.c.RYBH.in_([key])).values(update_time=_now(), **values)
    scene.execute(district_population.PLATFORM, statement)
    return key


def _movable(scene: Scene) -> pl.DataFrame:
    """A tenants' household of two or more whose records all have a number or the telephone."""
    vague = scene.records.join(scene.people, on="person_id", suffix="_true").filter(
        (pl.col("id_status") != "valid") & (pl.col("phone") != pl.col("phone_true")).fill_null(True)
    )
    doubled = scene.records.filter(platform=street_grid.PLATFORM).filter(
        pl.col("person_id").is_duplicated()
    )
    fixed = scene.people.filter(
        pl.col("person_id").is_in(vague["person_id"].to_list())
        | pl.col("person_id").is_in(doubled["person_id"].to_list())
        | (pl.col("residence_type_code") != "3")
        | (pl.col("id_status") != "valid")
        | ~pl.col("resident")
    )
    free = scene.people.filter(~pl.col("household").is_in(fixed["household"].to_list()))
    large = free.filter(pl.len().over("household") >= 2).sort("household", "person_id")
    return large.filter(pl.col("household") == large["household"][0])


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns))


def _room_keys(people: pl.DataFrame) -> list[str]:
    parts = ["compound", "building", "unit", "room"]
    return people.select(pl.concat_str(parts, separator="|")).to_series().to_list()


def _now() -> str:
    """Local time of the platforms, in whole seconds, as every database reads it."""
    return f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}"


def _log(folder: Path) -> list[dict[str, Any]]:
    path = folder / LOG
    if not path.exists():
        return []
    done: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return done


CHANGES = {
    "move": Change("一户搬家", _move),
    "death": Change("一人去世", _death),
    "moved_out": Change("一人离开", _moved_out),
    "new_tenant": Change("新租客", _new_tenant),
    "corrected_name": Change("姓名更正", _corrected_name),
    "deleted_row": Change("删除一行", _deleted_row),
    "empty_table": Change("清空一张表", _empty_table),
    "half_table": Change("一张表少一半", _half_table),
    "cut_file": Change("文件传了一半", _cut_file),
    "api_down": Change("接口停了", _api_down),
    "new_batch": Change("新的一批", _new_batch),
    "short_batch": Change("批次缺行", _short_batch),
    "restore": Change("全部恢复", _restore),
}
