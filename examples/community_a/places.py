"""The ground: nine compounds, seven grids of 30 hectares, and every flat in them."""

from dataclasses import dataclass

COMMUNITY_CODE = "510108019006"
COMMUNITY_NAME = "甲社区"
STREET = "青龙街道"
DISTRICT = "成华区"
CITY = "成都市"


@dataclass(frozen=True)
class Compound:
    """A 小区: one gate on one road, and its buildings."""

    name: str
    road: str
    door: str
    buildings: int
    units: int
    floors: int
    flats: int  # per floor and unit


COMPOUNDS = (
    Compound("龙港花园", "昭觉寺横路", "10", 12, 2, 6, 2),
    Compound("青龙苑", "昭觉寺横路", "22", 6, 3, 6, 2),
    Compound("昭青家园", "昭觉寺南路", "58", 8, 2, 7, 2),
    Compound("赛云台小区", "赛云台东一路", "6", 6, 2, 11, 2),
    Compound("银杏雅居", "赛云台南路", "19", 3, 1, 18, 4),
    Compound("东华苑", "青龙横街", "7", 5, 3, 6, 2),
    Compound("金枫小区", "致强路", "88", 3, 2, 16, 3),
    Compound("锦泰苑", "致力路", "9", 4, 2, 6, 2),
    Compound("青福公寓", "青龙横街", "21", 1, 1, 20, 8),
)


@dataclass(frozen=True)
class Dwelling:
    """A flat."""

    compound: Compound
    building: str
    unit: str
    room: str

    @property
    def key(self) -> str:
        """`compound|building|unit|room`: what every spelling of the address means."""
        return f"{self.compound.name}|{self.building}|{self.unit}|{self.room}"


@dataclass(frozen=True)
class Grid:
    """A 网格: which buildings it covers, in words and in full."""

    number: int
    name: str
    type_code: str  # 1 基础网格 2 专属网格
    area_hectare: str
    buildings: str
    covers: tuple[tuple[str, int, int], ...]  # compound, first and last building
    worker_name: str
    worker_phone: str

    @property
    def code(self) -> str:
        """Community code and three digits."""
        return f"{COMMUNITY_CODE}{self.number:03d}"


def _grid(number: int, area: str, covers: str, worker: str, phone: str) -> Grid:
    parts = []
    for text in covers.split("、"):
        name, _, numbers = text.rstrip("栋").rpartition("/")
        first, _, last = numbers.partition("-")
        parts.append((name, int(first), int(last or first)))
    words = "一二三四五六七"
    kind = "2" if number == 7 else "1"
    title = f"{COMMUNITY_NAME}第{words[number - 1]}网格"
    return Grid(number, title, kind, area, covers.replace("/", ""), tuple(parts), worker, phone)


GRIDS = (
    _grid(1, "5.2", "龙港花园/1-8栋", "罗晓蓉", "13880010001"),
    _grid(2, "4.6", "龙港花园/9-12栋、青龙苑/1-3栋", "唐建平", "13880010002"),
    _grid(3, "4.9", "青龙苑/4-6栋、昭青家园/1-8栋", "冯丽君", "13880010003"),
    _grid(4, "4.1", "赛云台小区/1-6栋", "邓启明", "13880010004"),
    _grid(5, "4.3", "银杏雅居/1-3栋、东华苑/1-5栋", "谭雪莲", "13880010005"),
    _grid(6, "4.8", "金枫小区/1-3栋、锦泰苑/1-4栋", "袁志勇", "13880010006"),
    _grid(7, "2.1", "青福公寓/1栋", "潘云霞", "13880010007"),
)

_GRID_OF = {
    (name, str(building)): grid.code
    for grid in GRIDS
    for name, first, last in grid.covers
    for building in range(first, last + 1)
}


def grid_of(dwelling: Dwelling) -> str:
    """The code of the grid that covers the building."""
    return _GRID_OF[dwelling.compound.name, dwelling.building]


def all_dwellings() -> list[Dwelling]:
    """Every flat of the community, 1,932 of them."""
    return [
        Dwelling(c, str(building), str(unit), f"{floor}{flat:02d}")
        for c in COMPOUNDS
        for building in range(1, c.buildings + 1)
        for unit in range(1, c.units + 1)
        for floor in range(1, c.floors + 1)
        for flat in range(1, c.flats + 1)
    ]
