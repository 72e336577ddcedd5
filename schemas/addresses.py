"""One parser for every spelling of an address: road, door, compound, building, unit, room, floor.

The text is taken apart from both ends: divisions and road with its door number from the front,
room, floor, unit and building from the back; what is left between is the compound.
A room of one or two digits on a stated floor is written in full: `3楼6号` is room 306.
"""

import polars as pl

from schemas.blanks import HAN, known_series
from schemas.numerals import NUMERAL, arabic
from schemas.paths import once_per_value, only_where, two_paths

PARTS = ("road", "door_no", "compound", "building", "unit", "room", "floor")
ADDRESS = pl.Struct(dict.fromkeys(PARTS, pl.String))

N = rf"(?:[0-9]{{1,5}}[A-Z]?|[A-Z][0-9]{{0,4}}|[{NUMERAL}]{{1,6}}|[甲乙丙丁])"
BUILDING_MARK = r"(?:号楼|号栋|号幢|栋楼|栋|幢|座|#)"
A_MARK = r"(?:号楼|号栋|号幢|栋|幢|座|#|单元|门|楼|层|室|号|房|户)"
ROAD_END = (
    r"(?:大道|路|街|巷|道|弄|胡同)(?:[东南西北中]?[一二三四五六七八九十0-9]+段|[东南西北中]段)?"
)
PLACE_END = rf"(?:{ROAD_END}|段|[村里坝沟湾坡院场]|组)"

TO_RESPELL = rf"[^{HAN}A-Z0-9\-]|[^0-9A-Z]-|-[^0-9A-Z]|^-|-$|第|楼"
"""Anything but Han, capitals, digits and a dash between two of these; and two ambiguous words."""
BACK = rf"([0-9A-Z{NUMERAL}甲乙丙丁东南西北中\-栋幢座号楼单元门梯层室房户#]*)$"
"""The longest end that could be a house number."""

PROVINCE = r"^(?:中国)?(?:[\p{Han}]{2,3}省|[\p{Han}]{2,8}自治区)-?"
CITY = r"^[\p{Han}]{2,6}?(?:市|自治州|地区)-?([^街口场路巷道花])"
NOT_A_DISTRICT = "小社园校院厂片宅活舍属业景"  # 小区, 社区, 园区…
NOT_ALONE = NOT_A_DISTRICT + "东南西北中一二三四五六七八九十"  # 东区 is a district only in a city
DISTRICT_IN_CITY = rf"^[\p{{Han}}]{{1,4}}?[\p{{Han}}&&[^{NOT_A_DISTRICT}]](?:区|县|旗)-?"
DISTRICT = rf"^[\p{{Han}}]{{1,4}}?[\p{{Han}}&&[^{NOT_ALONE}]](?:区|县)-?"
STREET = r"^[\p{Han}]{2,7}?(?:街道办事处|街道办|街道)-?"
TOWN = r"^[\p{Han}]{2,5}?[镇乡]-?([^路街])"
COMMUNITY = (
    r"^([\p{Han}]{2,10}?)"
    r"(?:社区居民委员会|社区居委会|社区居委|居民委员会|居委会|社区|村民委员会|村委会)-?"
)
GRID = r"^(?:第?[0-9一二三四五六七八九十]+网格)-?"

ROAD_AND_DOOR = (
    rf"^((?:[\p{{Han}}A-Z0-9·]{{1,15}}?){PLACE_END})-?((?:甲|乙)?{N}(?:-[0-9]{{1,3}})?)号院?"
    r"(?:-?附-?([0-9]+)号?)?((?:[^楼栋幢].*)?)$"
)
ROAD_DASH_DOOR = (
    rf"^([\p{{Han}}]{{1,12}}?{ROAD_END})([0-9]{{1,4}})()-"
    rf"((?:{N}-){{2}}{N}[室号]?|{N}{BUILDING_MARK}.*)$"
)
TAIL = (
    rf"^(.*?)-?(?:({N})(?:{BUILDING_MARK}-?|-))?"
    rf"(?:((?:{N}|[东南西北中]))(?:(?:单元|门|梯)-?|-))?"
    rf"(?:({N})(?:(?:楼|层)-?|-))?(?:({N})(室|号室|号房|号|房|户)?)?$"
)
INNER_BUILDING = rf"^(.*?)({N}){BUILDING_MARK}(.*)$"
ROAD_THEN_COMPOUND = (
    r"^([\p{Han}]{2,10}?(?:大道|路|街|巷)(?:[东南西北中]?[一二三四五六七八九十0-9]+段)?)"
    r"([\p{Han}A-Z]{3,}.*)$"
)
SECTION = r"^[东南西北中]?[一二三四五六七八九十0-9]+段"
FULL_WORD = (
    r"^(.+(?:花园|苑|园|庭|府|城|居|湾|家园|公寓|公馆|庄|阁|轩|郡|都|邸|墅|筑|岸|坊|里|名座))小区$"
)
PHASES = {f"{n}期": f"{c}期" for n, c in enumerate("一二三四五六七八九", 1)}
SECTIONS = {f"{n}段": f"{c}段" for n, c in enumerate("一二三四五六七八九", 1)}


def parse_address(text: pl.Expr) -> pl.Expr:
    """Struct `ADDRESS`; a part that is not written is null. Numbers are Arabic, letters capital."""
    return text.map_batches(_addresses, return_dtype=ADDRESS, is_elementwise=True)


def address_part(name: str, text: pl.Expr) -> pl.Expr:
    """One part from a column of its own, as the parser writes it: `07栋` as 7, `10号` as 10."""
    bare = text.str.to_uppercase().str.replace_all(r"\s+", "")
    if name == "road":
        return _road_name(bare)
    if name == "compound":
        return _compound_name(bare)
    number = bare.str.extract(rf"^第?({N}){A_MARK}?$")
    return arabic(pl.coalesce(number, bare.str.strip_suffix("号")))


def _road_name(road: pl.Expr) -> pl.Expr:
    return road.str.replace_many(SECTIONS)


def _compound_name(compound: pl.Expr) -> pl.Expr:
    named = compound.str.strip_chars("-").str.replace_many(PHASES).str.replace(FULL_WORD, "$1")
    return pl.when(named.str.len_bytes() > 0).then(named)


def _addresses(text: pl.Series) -> pl.Series:
    return once_per_value(text, _parsed).to_struct(text.name)


def _parsed(text: pl.Series) -> pl.DataFrame:
    frame = _one_spelling(known_series(text)).alias("rest").to_frame()
    frame = _without_divisions(frame)
    frame = _road_and_door(frame)
    frame = _from_the_back(frame)
    return _in_place(frame).select(_settled())


def _one_spelling(text: pl.Series) -> pl.Series:
    """Upper case; blanks and punctuation as `-`, and that only between numbers or letters."""
    odd = text.str.contains(TO_RESPELL)
    return two_paths(text, ~odd, fast=_as_is, slow=_respelled)["text"]


def _as_is(text: pl.Series) -> pl.DataFrame:
    return text.alias("text").to_frame()


def _respelled(text: pl.Series) -> pl.DataFrame:
    flat = pl.col("text").str.to_uppercase().str.replace(r"\([^()0-9A-Z]*\)$", "")
    flat = flat.str.replace_all(r"[()【】\[\]《》\"'“”‘’]", "")
    flat = flat.str.replace_all(r"[\s\-—–‐−~_,、。;:|/\\]+", "-").str.replace_all("#楼", "#")
    flat = flat.str.replace_all(r"-([^0-9A-Z\-])", "$1").str.replace_all(r"([^0-9A-Z\-])-", "$1")
    flat = flat.str.strip_chars("-").str.replace(r"([0-9][室号]?)#$", "$1")
    flat = flat.str.replace_all(rf"第([0-9{NUMERAL}])", "$1")
    flat = flat.str.replace(rf"({N})楼({N}单元)", "${1}栋$2")
    return text.alias("text").to_frame().select(flat)


def _without_divisions(frame: pl.DataFrame) -> pl.DataFrame:
    """Province, city, district, street, community and grid off the front.

    Only the words before the first number can name them, and those repeat.
    """
    words = frame["rest"].str.extract(r"^([^0-9A-Z\-]*)")
    parted = once_per_value(words, _place_after_divisions)
    numbers = pl.col("rest").str.slice(pl.col("words").str.len_chars())
    rest = pl.col("place") + numbers
    return pl.concat([frame, words.alias("words").to_frame(), parted], how="horizontal").select(
        "community", rest=rest.str.replace(GRID, "")
    )


def _place_after_divisions(words: pl.Series) -> pl.DataFrame:
    frame = words.alias("words").to_frame()
    # a character behind, so that a pattern may look at what follows
    whole = pl.col("words") + "0"
    frame = frame.select(whole=whole, city=whole.str.replace(PROVINCE, "").str.replace(CITY, "$1"))
    in_city = pl.col("city").str.len_bytes() < pl.col("whole").str.len_bytes()
    frame = frame.with_columns(
        district=pl.when(in_city)
        .then(pl.col("city").str.replace(DISTRICT_IN_CITY, ""))
        .otherwise(pl.col("city").str.replace(DISTRICT, ""))
    )
    in_district = pl.col("district").str.len_bytes() < pl.col("whole").str.len_bytes()
    street = pl.col("district").str.replace(STREET, "")
    frame = frame.select(
        street=pl.when(in_district).then(street.str.replace(TOWN, "$1")).otherwise(street)
    )
    place = pl.col("street").str.replace(COMMUNITY, "")
    return frame.select(
        community=pl.col("street").str.extract(COMMUNITY), place=place.str.strip_suffix("0")
    )


def _road_and_door(frame: pl.DataFrame) -> pl.DataFrame:
    frame = _road_parts(frame, pl.col("rest").str.extract_groups(ROAD_AND_DOOR))
    dashed = pl.col("road").is_null() & pl.col("rest").str.contains(rf"{ROAD_END}[0-9]{{1,4}}-")
    return only_where(
        frame, dashed, lambda f: _road_parts(f, pl.col("rest").str.extract_groups(ROAD_DASH_DOOR))
    )


def _road_parts(frame: pl.DataFrame, groups: pl.Expr) -> pl.DataFrame:
    """Columns community, road, door_no, rest; from a pattern's road, door, annex and rest."""
    frame = frame.select("community", "rest", groups=groups)
    road, door, annex, behind = (pl.col("groups").struct[i] for i in range(4))
    number = arabic(door)
    return frame.select(
        "community",
        road=road,
        door_no=pl.when(annex.str.len_bytes() > 0).then(number + "附" + annex).otherwise(number),
        rest=pl.when(road.is_not_null()).then(behind.str.strip_chars("-")).otherwise("rest"),
    )


def _from_the_back(frame: pl.DataFrame) -> pl.DataFrame:
    """House numbers off the end; few are not another compound's too."""
    back = frame["rest"].str.extract(BACK)
    frame = pl.concat([frame, once_per_value(back, _house_numbers)], how="horizontal")
    front = pl.col("rest").str.head(pl.col("rest").str.len_chars() - pl.col("length"))
    return frame.drop("rest", "length", "head").with_columns(
        frame.select(compound=front + pl.col("head"))
    )


def _house_numbers(back: pl.Series) -> pl.DataFrame:
    frame = back.alias("back").to_frame().with_columns(tail=pl.col("back").str.extract_groups(TAIL))
    head, building, unit, floor, room, mark = (pl.col("tail").struct[i] for i in range(6))
    only_room = building.is_null() & unit.is_null() & floor.is_null()
    short = only_room & room.str.contains(rf"^[0-9{NUMERAL}]{{1,2}}$|^[A-Z]$")
    house = short & (mark.is_null() | (mark == "号"))
    return frame.select(
        length=pl.col("back").str.len_chars(),
        head=head,
        building=pl.when(house).then(room).otherwise(building),
        unit=unit,
        floor=floor,
        room=pl.when(~house.fill_null(value=False)).then(room),
    )


def _in_place(frame: pl.DataFrame) -> pl.DataFrame:
    """Move what ended up in the compound to where it belongs."""
    compound, building = pl.col("compound"), pl.col("building")
    nameless = building.is_null() | (pl.col("unit").is_null() & pl.col("room").is_null())
    buried = nameless & compound.str.contains(rf"{N}{BUILDING_MARK}")
    named = compound.str.contains("[A-Z]$") & building.str.contains("^[A-Z][0-9]")
    roadless = pl.col("road").is_null() & compound.str.contains("[路街巷道弄]|胡同")
    frame = only_where(frame, buried, _dig_out_the_building)
    frame = only_where(frame, named, _give_back_the_letter)
    return only_where(frame, roadless, _part_road_and_compound)


def _dig_out_the_building(frame: pl.DataFrame) -> pl.DataFrame:
    """`龙港花园7栋商铺3号`: the building is 7; a bare last number was no building."""
    inner = pl.col("compound").str.extract_groups(INNER_BUILDING)
    return frame.with_columns(
        compound=inner.struct[0],
        building=inner.struct[1],
        unit=pl.coalesce("unit", inner.struct[2].str.extract(rf"({N})单元")),
    )


def _give_back_the_letter(frame: pl.DataFrame) -> pl.DataFrame:
    """`COCO7栋`: the letter belongs to the name."""
    return frame.with_columns(
        compound=pl.col("compound") + pl.col("building").str.head(1),
        building=pl.col("building").str.slice(1),
    )


def _part_road_and_compound(frame: pl.DataFrame) -> pl.DataFrame:
    """A road without a door number, alone or before a compound's name."""
    both = pl.col("compound").str.extract_groups(ROAD_THEN_COMPOUND)
    road, behind = both.struct[0], both.struct[1]
    split = road.is_not_null() & ~behind.str.contains(SECTION)
    whole = pl.col("compound").str.contains(rf"{ROAD_END}$")
    return frame.with_columns(
        road=pl.when(whole).then("compound").when(split).then(road),
        compound=pl.when(whole).then(None).when(split).then(behind).otherwise("compound"),
    )


def _settled() -> list[pl.Expr]:
    """The seven parts in their final spelling."""
    named = _compound_name(pl.col("compound"))
    nameless = pl.col("road").is_null() & named.is_null() & pl.col("building").is_not_null()
    floor, room = arabic(pl.col("floor")), arabic(pl.col("room"))
    short = floor.str.contains(r"^[0-9]{1,2}$") & room.str.contains(r"^[0-9]{1,2}$")
    return [
        _road_name(pl.col("road")),
        pl.col("door_no"),
        pl.when(nameless).then(pl.col("community") + "社区").otherwise(named).alias("compound"),
        arabic(pl.col("building")).alias("building"),
        arabic(pl.col("unit")).alias("unit"),
        pl.when(short).then(floor + room.str.zfill(2)).otherwise(room).alias("room"),
        floor.alias("floor"),
    ]
