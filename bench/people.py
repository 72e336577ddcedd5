"""The people behind the records: numbers, telephones, households, homes. Made from a seed at once.

A household lives in one flat; a compound has at most 11 buildings of 72 flats, and every four of
its buildings are a grid.
"""

import numpy as np
import polars as pl

from bench.names import given_names, surnames

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
AREAS = (510108, 511325, 511023, 510182, 511623, 511381, 513433, 510921, 500101, 522427, 411627)
AREA_SHARES = (0.45, *[0.055] * 10)
MOBILES = (138, 139, 136, 137, 158, 159, 188, 187, 135, 189, 181, 133, 153, 186)
SIZES, SIZE_SHARES = (1, 2, 3, 4, 5), (0.22, 0.32, 0.26, 0.13, 0.07)
FLATS, PER_UNIT, PER_BUILDING, FLOOR_FLATS = 792, 24, 72, 4
PLACES = tuple("龙港青桂锦江昭觉驷马杉板荆竹双林万科蓝光富森首创恒大保利华润北湖桃源泰和")
ENDS = ("花园", "苑", "家园", "新村", "公寓", "名城")
ROADS = ("昭觉寺横路", "青龙场上街", "荆翠路", "致强环街", "驷马桥路", "杉板桥南街", "双林中横路")
FIRST_YEAR, LAST_YEAR = 1930, 2024
Random = np.random.Generator


def make_people(rng: Random, count: int) -> pl.DataFrame:
    """`count` persons, one a row."""
    sizes = rng.choice(SIZES, count, p=SIZE_SHARES)
    household = np.repeat(np.arange(count), sizes)[:count]
    first = np.searchsorted(household, household)  # the row of each one's head
    place = np.arange(count) - first  # 0 head, 1 spouse, 2 and 3 children, 4 parent
    male, year = _sexes_and_years(rng, first, place)
    birth = np.minimum(year, LAST_YEAR) * 10_000 + rng.integers(1, 13, count) * 100
    birth += rng.integers(1, 29, count)
    own = surnames(rng, count)
    surname = pl.select(
        pl.when(pl.lit(np.isin(place, (2, 3)))).then(own[first]).otherwise(own)
    ).to_series()
    frame = pl.DataFrame(
        {
            "name": surname + given_names(rng, count),
            "id_number": identity_numbers(rng, birth, male),
            "sex": pl.Series(np.where(male, "1", "2")),
            "birth": pl.Series(birth).cast(pl.String).str.to_date("%Y%m%d"),
            "phone": _phones(rng, count, place, first, year),
            "household_no": pl.Series(household).cast(pl.String).str.zfill(9),
            "relation": _relations(place, male),
            "minor": year > LAST_YEAR - 18,
        }
    )
    heads = frame.select(head_name="name", head_id_number="id_number")[first]
    return pl.concat([frame, heads, _facts(rng, count), homes(household)], how="horizontal")


def _sexes_and_years(
    rng: Random, first: np.ndarray, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    count = len(first)
    head_male = (rng.random(count) < 0.7)[first]
    male = np.where(
        place == 0, head_male, np.where(place == 1, ~head_male, rng.random(count) < 0.5)
    )
    head_year = rng.integers(1945, 1999, count)[first]
    shift = np.select(
        [place == 0, place == 1, place == 4],
        [0, rng.integers(-5, 6, count), rng.integers(-30, -21, count)],
        rng.integers(22, 36, count),
    )
    return male, np.clip(head_year + shift, FIRST_YEAR, LAST_YEAR)


def identity_numbers(rng: Random, birth: np.ndarray, male: np.ndarray) -> pl.Series:
    """Valid 18-character numbers, none twice. `birth` is YYYYMMDD."""
    numbers = np.zeros(len(birth), np.int64)
    again = np.arange(len(birth))
    while len(again):
        area = rng.choice(AREAS, len(again), p=AREA_SHARES)
        sequence = rng.integers(1, 500, len(again)) * 2 - male[again]
        numbers[again] = area * 10**11 + birth[again] * 1000 + sequence
        _, once = np.unique(numbers, return_index=True)
        again = np.setdiff1d(np.arange(len(numbers)), once)
    total = sum(numbers // 10 ** (16 - nth) % 10 * weight for nth, weight in enumerate(WEIGHTS))
    check = pl.Series(list(CHECKS))[np.asarray(total) % 11]
    return pl.Series(numbers).cast(pl.String) + check


def mobile_numbers(rng: Random, count: int) -> pl.Series:
    """Mobile numbers, hardly any twice."""
    prefix = rng.choice(MOBILES, count).astype(np.int64)
    return pl.Series(prefix * 10**8 + rng.integers(0, 10**8, count)).cast(pl.String)


def _phones(
    rng: Random, count: int, place: np.ndarray, first: np.ndarray, year: np.ndarray
) -> pl.Series:
    """Grown-ups have their own (or none), six in ten minors the head's."""
    own = mobile_numbers(rng, count)
    minor, draw = year > LAST_YEAR - 18, rng.random(count)
    frame = pl.DataFrame({"own": own, "head": own[first], "minor": minor & (place > 0), "u": draw})
    return frame.select(
        pl.when(~pl.col("minor") & (pl.col("u") < 0.94))
        .then("own")
        .when(pl.col("minor") & (pl.col("u") < 0.6))
        .then("head")
    )["own"]


def _relations(place: np.ndarray, male: np.ndarray) -> pl.Series:
    """Codes of GB/T 4761."""
    child, parent = np.where(male, "20", "30"), np.where(male, "51", "52")
    return pl.Series(
        np.select([place == 0, place == 1, place == 4], ["02", "10", parent], child)
    ).cast(pl.String)


def _facts(rng: Random, count: int) -> pl.DataFrame:
    def drawn(values: str, *shares: float) -> pl.Series:
        return pl.Series(values.split())[rng.choice(len(shares), count, p=shares)]

    return pl.DataFrame(
        {
            "ethnicity": drawn("01 05 07 11", 0.96, 0.01, 0.02, 0.01),
            "marital": drawn("10 20 30 40", 0.27, 0.62, 0.06, 0.05),
            "education": drawn("20 30 60 70 80", 0.18, 0.17, 0.2, 0.27, 0.18),
            "political": drawn("13 01 03", 0.86, 0.09, 0.05),
            "employment": drawn("80 27 30", 0.3, 0.5, 0.2),
            "residence_type": drawn("1 2 3", 0.55, 0.08, 0.37),
            "label": drawn("低保 残疾 退役军人 志愿者 -", 0.01, 0.02, 0.02, 0.03, 0.92),
        }
    )


def homes(household: np.ndarray) -> pl.DataFrame:
    """Compound, road, door_no, building, unit, room, grid_code of each household number."""
    compound, flat = household // FLATS, household % FLATS
    building, unit = flat // PER_BUILDING, flat % PER_BUILDING // PER_UNIT
    floor = flat % PER_UNIT // FLOOR_FLATS + 1
    room = floor * 100 + flat % FLOOR_FLATS + 1

    def text(numbers: np.ndarray) -> pl.Series:
        return pl.Series(numbers).cast(pl.String)

    return pl.DataFrame(
        {
            "compound": compound_names(compound),
            "road": pl.Series(ROADS)[compound % len(ROADS)],
            "door_no": text(compound // len(ROADS) * 6 + 1),
            "building": text(building + 1),
            "unit": text(unit + 1),
            "room": text(room),
            "grid_code": grid_codes(compound, building // 4),
        }
    )


def compound_names(compound: np.ndarray) -> pl.Series:
    """A name for each compound number, all different."""
    size = len(PLACES)
    first = pl.Series(PLACES)[compound % size]
    second = pl.Series(PLACES)[(compound // size + compound * 7) % size]
    end = pl.Series(ENDS)[compound // size % len(ENDS)]
    phase = pl.Series(["", *(f"{n}期" for n in "一二三四五六七八九")])[compound // size**2 % 10]
    return pl.DataFrame({"name": first + second + end + phase})["name"]


def grid_codes(compound: np.ndarray, part: np.ndarray) -> pl.Series:
    """15 digits: a community of 30 compounds, and three grids a compound."""
    community = 510108_000_000 + compound // 30 + 1001
    return pl.Series(community * 1000 + compound % 30 * 3 + part + 1).cast(pl.String)


def make_grids(people: pl.DataFrame) -> pl.DataFrame:
    """One row a grid that somebody lives in: its code, name and buildings as text."""
    return (
        people.group_by("grid_code", "compound")
        .agg(
            pl.col("building").cast(pl.Int64).min().alias("low"),
            pl.col("building").cast(pl.Int64).max().alias("high"),
        )
        .sort("grid_code")
        .select(
            "grid_code",
            grid_name=pl.col("compound") + "第" + pl.col("grid_code").str.slice(12) + "网格",
            community_code=pl.col("grid_code").str.slice(0, 12),
            buildings=pl.format("{}{}-{}栋", "compound", "low", "high"),
        )
    )
