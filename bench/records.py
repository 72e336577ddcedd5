"""What each of the six platforms holds of the people: one frame of text a stream.

Every platform knows its own share of the people, one in a hundred of them twice. Two rows in a
thousand say nothing of anybody, one in a thousand of the door entries has another's key: both
kinds must be set aside.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from bench.dirt import OFFICE, STYLES, Clerk, flat
from bench.people import make_grids, make_people, mobile_numbers

SHARES = {
    "district": 0.30,  # PostgreSQL
    "grid": 0.25,  # MariaDB
    "property": 0.10,  # signed HTTP API
    "door": 0.18,  # GB18030 CSV
    "care": 0.15,  # JSON lines
    "civil": 0.02,  # Excel
}
"""Of all records, how many each platform holds."""
TWICE, NOBODY, WRONG_KEY = 0.01, 0.002, 0.001
FIRST_MOMENT, LAST_MOMENT = 1_640_995_200, 1_782_864_000  # 2022-01-01, 2026-07-01
CHANGE_MOMENT = "2026-10-01 08:00:00"
ETHNICITIES = {"01": "汉族", "05": "维吾尔族", "07": "彝族", "11": "满族"}
MARITAL = {"10": "未婚", "20": "已婚", "30": "丧偶", "40": "离婚"}
SCHOOLS = {"20": "大学本科", "30": "大专", "60": "高中", "70": "初中", "80": "小学"}
STAYS = {"1": "户籍常住", "2": "人户分离", "3": "流动人口"}
SEXES = {"1": "男", "2": "女"}
RELATIONS = {"02": "户主", "10": "配偶", "20": "子", "30": "女", "51": "父", "52": "母"}


@dataclass(frozen=True)
class Held:
    """What one platform holds. `rows` has its key in the first column."""

    platform: str
    rows: pl.DataFrame
    phone: str  # the column that changes when a record does
    moment: str | None = None  # the column that says when it changed
    aside: int = 0  # rows that must be set aside

    @property
    def key(self) -> str:
        """The key column."""
        return self.rows.columns[0]


@dataclass(frozen=True)
class World:
    """The people, and what the platforms hold of them."""

    people: pl.DataFrame
    held: dict[str, Held]
    grids: pl.DataFrame

    @property
    def records(self) -> int:
        """Rows of residents at all platforms."""
        return sum(one.rows.height for one in self.held.values())

    @property
    def aside(self) -> int:
        """How many of them must be set aside."""
        return sum(one.aside for one in self.held.values())


def make_world(records: int, seed: int) -> World:
    """A population of `records` / 3, held about three times over."""
    rng = np.random.default_rng(seed)
    people = make_people(rng, max(records // 3, 1))
    held = {}
    for platform, share in SHARES.items():
        rows = round(records * share)
        clerk = Clerk(people[_chosen(rng, people.height, rows)], rng)
        held[platform] = _with_nobodies(rng, WRITE[platform](clerk))
    return World(people, held, make_grids(people))


def change(world: World, share: float, seed: int) -> tuple[World, dict[str, pl.DataFrame]]:
    """Give that share of every platform's records another telephone.

    Returns the world after it, and the rows that changed.
    """
    rng = np.random.default_rng(seed)
    after, changed = {}, {}
    for platform, one in world.held.items():
        once = one.rows.select(~pl.col(one.key).is_duplicated()).to_series()
        rows = once.arg_true().to_numpy()
        chosen = rng.choice(rows, round(one.rows.height * share), replace=False)
        mark = np.zeros(one.rows.height, bool)
        mark[chosen] = True
        news = pl.Series(mobile_numbers(rng, one.rows.height))
        columns = [_where(mark, news, one.phone)]
        if one.moment:
            moments = pl.Series([CHANGE_MOMENT]).new_from_index(0, one.rows.height)
            columns.append(_where(mark, moments, one.moment))
        made = one.rows.with_columns(columns)
        after[platform], changed[platform] = replace(one, rows=made), made.filter(pl.Series(mark))
    return World(world.people, after, world.grids), changed


def _where(mark: np.ndarray, value: pl.Series, column: str) -> pl.Expr:
    return pl.when(pl.lit(pl.Series(mark))).then(pl.lit(value)).otherwise(column).alias(column)


def _chosen(rng: np.random.Generator, people: int, rows: int) -> np.ndarray:
    """Whom a platform's rows are about: most people once, one in a hundred twice, shuffled."""
    again = min(round(rows * TWICE), rows - 1)
    once = rng.choice(people, min(rows - again, people), replace=False)
    every = np.concatenate([once, rng.choice(once, rows - len(once))])
    rng.shuffle(every)
    return every


def _with_nobodies(rng: np.random.Generator, one: Held) -> Held:
    """Take name and number from some rows, so that they must be set aside."""
    nobody = rng.random(one.rows.height) < NOBODY
    key, name, number = one.rows.columns[:3]
    if one.rows[key].is_duplicated().any():  # set aside for their key already
        nobody &= ~one.rows[key].is_duplicated().to_numpy()
    blank = pl.Series(["", None, "无"])[rng.integers(0, 3, one.rows.height)]
    rows = one.rows.with_columns(_where(nobody, blank, name), _where(nobody, blank, number))
    return replace(one, rows=rows, aside=one.aside + int(nobody.sum()))


def _keys(rows: int, prefix: str = "") -> pl.Expr:
    return pl.lit(prefix + pl.Series(np.arange(1, rows + 1)).cast(pl.String).str.zfill(9))


def _moments(clerk: Clerk) -> pl.Expr:
    seconds = np.sort(clerk.rng.integers(FIRST_MOMENT, LAST_MOMENT, clerk.frame.height))
    return pl.lit(pl.from_epoch(pl.Series(seconds)).dt.strftime("%Y-%m-%d %H:%M:%S"))


def _district(clerk: Clerk) -> Held:
    """The district's population database: codes, nearly whole."""
    left = pl.when(clerk.chance(0.004)).then(pl.lit("2025-11-02"))
    rows = clerk.frame.select(
        RYBH=_keys(clerk.frame.height, "R"),
        XM=clerk.name(0.01),
        GMSFHM=clerk.number(0.03),
        XB=pl.col("sex"),
        CSRQ=pl.col("birth").dt.strftime("%Y%m%d"),
        MZ=pl.col("ethnicity"),
        GJ=pl.lit("156"),
        HYZK=clerk.code("marital", {}, 0.05),
        WHCD=clerk.code("education", {}, 0.1),
        ZZMM=clerk.code("political", {}, 0.1),
        CYZK=clerk.code("employment", {}, 0.2),
        LXDH=clerk.phone(0.25),
        HJDZ=clerk.address(("both",), 0.05),
        XZZ=clerk.address(OFFICE, 0.03),
        JZLX=pl.col("residence_type"),
        HH=pl.lit("H") + pl.col("household_no"),
        YHZGX=pl.col("relation"),
        QCRQ=left,
        update_time=_moments(clerk),
        SCBZ=pl.lit("0"),
    )
    return Held("district", rows, phone="LXDH", moment="update_time")


def _grid(clerk: Clerk) -> Held:
    """The street's grid platform: words, many hands."""
    rows = clerk.frame.select(
        id=pl.lit(pl.Series(np.arange(1, clerk.frame.height + 1)).cast(pl.String)),
        resident_name=clerk.name(),
        id_card=clerk.number(0.12),
        gender=pl.col("sex").replace(SEXES),
        birthday=clerk.gaps(0.3, clerk.day()),
        nation=clerk.code("ethnicity", ETHNICITIES, 0.05),
        marriage=clerk.code("marital", MARITAL, 0.3),
        education=clerk.code("education", SCHOOLS, 0.3),
        mobile=clerk.phone(0.1),
        address=clerk.address(STYLES, 0.02),
        grid_code=clerk.gaps(0.1, pl.col("grid_code")),
        resident_type=pl.col("residence_type").replace(STAYS),
        relation=clerk.code("relation", RELATIONS, 0.05),
        head_name=clerk.gaps(0.25, pl.col("head_name")),
        head_card=clerk.gaps(0.35, pl.col("head_id_number")),
        tags=clerk.gaps(0.05, pl.col("label").replace({"-": None})),
        update_time=_moments(clerk),
    )
    return Held("grid", rows, phone="mobile", moment="update_time")


def _property(clerk: Clerk) -> Held:
    """The property vendor: numbers masked, owners and tenants of its compounds."""
    rows = clerk.frame.select(
        ownerId=_keys(clerk.frame.height, "OW"),
        ownerName=clerk.name(),
        idCardNo=clerk.number(0.15, masked=True),
        mobile=clerk.phone(0.04),
        gender=pl.col("sex").replace(SEXES),
        communityName=clerk.mixed(0.05, pl.col("compound"), pl.format("{}{}号", "road", "door_no")),
        roomName=flat(clerk, 0.02),
    )
    return Held("property", rows, phone="mobile")


def _door(clerk: Clerk) -> Held:
    """The door-entry vendor: cards, some keys given twice."""
    rows = clerk.frame.select(
        **{
            "卡号": _keys(clerk.frame.height, "C"),
            "姓名": clerk.name(),
            "证件号码": clerk.number(0.25),
            "性别": pl.col("sex").replace(SEXES),
            "手机号": clerk.phone(0.06),
            "小区": pl.col("compound"),
            "房号": flat(clerk, 0.03),
        }
    )
    height = rows.height
    wrong = np.arange(1, height)[clerk.rng.random(height - 1) < WRONG_KEY]
    wrong = wrong[np.diff(wrong, prepend=-1) > 1]  # three rows of one key would be another matter
    keys = rows["卡号"].to_numpy().copy()
    keys[wrong] = keys[wrong - 1]
    rows = rows.with_columns(pl.Series("卡号", keys, pl.String))
    return Held("door", rows, phone="手机号", aside=len(wrong))


def _care(clerk: Clerk) -> Held:
    """The elderly-care vendor: nested objects, no codes."""
    rows = clerk.frame.select(
        id=_keys(clerk.frame.height, "E"),
        name=clerk.name(),
        idCard=clerk.number(0.18),
        gender=pl.col("sex").replace(SEXES),
        birth=clerk.gaps(0.1, clerk.day()),
        phone=clerk.phone(0.05),
        address=clerk.address(STYLES, 0.03),
        tags=clerk.gaps(0.05, pl.col("label").replace({"-": None})),
    )
    return Held("care", rows, phone="phone")


def _civil(clerk: Clerk) -> Held:
    """The civil-affairs roster: whole, except for what nobody knew."""
    rows = clerk.frame.select(
        **{
            "证号": _keys(clerk.frame.height, "川A低保"),
            "姓名": clerk.name(0.1),
            "身份证号": clerk.number(0.1),
            "性别": pl.col("sex").replace(SEXES),
            "出生日期": clerk.day(),
            "家庭住址": clerk.address(OFFICE, 0.02),
            "联系人": pl.col("head_name"),
            "手机": clerk.phone(0.1),
            "救助类别": pl.lit("低保"),
        }
    )
    return Held("civil", rows, phone="手机")


WRITE = {
    "district": _district,
    "grid": _grid,
    "property": _property,
    "door": _door,
    "care": _care,
    "civil": _civil,
}
