"""Street grid platform: who lives where, in which grid, and related to whom.

Source   MariaDB database `grid`, tables `sys_resident` and `sys_grid`, words instead of codes
Grain    one row per id; some residents were entered twice
Refresh  residents who go are removed from the table
"""

from datetime import datetime, timedelta
from random import Random

from examples.community_a import dirt
from examples.community_a.circumstances import Register
from examples.community_a.families import WORLD_DAY
from examples.community_a.holding import Clerk, Held, Presence, Row, Says
from examples.community_a.people import Person, Town
from examples.community_a.places import COMMUNITY_CODE, GRIDS, Grid, grid_of
from examples.community_a.wordlists import words

PLATFORM, RESIDENTS, GRID_STREAM = "street_grid", "residents", "grids"
TABLE, GRID_TABLE = "sys_resident", "sys_grid"
COLUMNS = words(
    "id resident_name 证件类型 id_card gender birthday nation marriage education mobile address "
    "grid_code resident_type 与户主关系 户主姓名 户主证件号码 tags update_time"
)
MORE = Register(
    PLATFORM,
    {
        "工作单位": "work_unit", "医保类型": "参保类型", "房东姓名": "landlord",
        "房东电话": "landlord_phone", "租住时间": "check_in",
    },
    share=0.8,
)  # fmt: skip
COLUMNS += ["户籍地址", "职业", *MORE.columns.values()]
GRID_COLUMNS = words(
    "grid_code grid_name community_code grid_type worker_name worker_phone 覆盖楼栋 面积_公顷"
)
TWICE = 60
WRONG_TYPES = 25

NATIONS = {
    "01": "汉族", "03": "回族", "04": "藏族", "05": "维吾尔族", "06": "苗族", "07": "彝族",
    "11": "满族", "15": "土家族", "33": "羌族",
}  # fmt: skip
MARRIAGES = {"10": "未婚", "20": "已婚", "30": "丧偶", "40": "离婚"}
SCHOOLS = {
    "10": "研究生", "20": "大学本科", "30": "大学专科", "40": "中等职业", "60": "普通高中",
    "70": "初中", "80": "小学", "90": "其他",
}  # fmt: skip
TYPES = {"1": "户籍常住", "2": "人户分离", "3": "流动人口", "4": "港澳台人员", "5": "境外人员"}
PAPERS = {"111": "居民身份证", "414": "护照", "553": "外国人永久居留身份证"}
RELATIONS = {
    "02": "户主", "10": "配偶", "11": "夫", "12": "妻", "20": "子", "21": "独生子", "22": "长子",
    "23": "次子", "30": "女", "31": "独生女", "32": "长女", "33": "次女", "39": "其他女儿",
    "51": "父", "52": "母", "53": "公公", "54": "婆婆", "55": "岳父", "56": "岳母", "60": "祖辈",
}  # fmt: skip
WORK = {
    "13": "专业技术人员", "17": "职员", "24": "工人", "31": "学生", "51": "自由职业",
    "54": "个体经营", "70": "无业", "80": "退休", "90": "其他",
}  # fmt: skip
SHOWN_TAGS = ("党员", "流动党员", "出国", "退役军人", "残疾", "低保", "低边", "行动不便")


def hold(town: Town, presence: Presence, seed: int) -> list[Held]:
    """Every row of both tables."""
    clerk = Clerk(PLATFORM, presence, seed)
    people = [p for p in town.people if p.id in presence.grid]
    clerk.rng.shuffle(people)
    rows = [_row(clerk, person, place + 1) for place, person in enumerate(people)]
    settled = [h for h in rows if h.person and h.person.counted and h.says.id_status == "valid"]
    for place, held in enumerate(clerk.rng.sample(settled, TWICE)):
        if held.person:
            rows.append(_second_row(clerk, held, held.person, 20_001 + place))
    for place in range(3):
        key = str(30_001 + place)
        empty: Row = dict.fromkeys(COLUMNS) | {"id": key, "resident_name": "", "id_card": "-"}
        empty |= {"address": "龙港花园3-2-501", "update_time": "2026-06-01 08:00:00"}
        rows.append(Held(PLATFORM, RESIDENTS, key, empty, fate="quarantined"))
    _mistake_types(clerk, rows)
    return rows + [_grid_row(clerk, grid) for grid in GRIDS]


def _row(clerk: Clerk, person: Person, key: int) -> Held:
    rng = clerk.rng
    partly = person.id in clerk.presence.full_in_district
    weak = {"missing": 0.5, "masked": 0.25, "truncated": 0.25}
    text, status = clerk.number(person, weak if partly else {})
    home = person.home
    row: Row = {
        "id": str(key),
        "resident_name": clerk.name(person),
        "证件类型": PAPERS[person.id_type] if clerk.chance(0.8) or person.id_type != "111" else "",
        "id_card": text,
        "gender": {"1": "男", "2": "女"}[person.sex],
        "birthday": dirt.day(rng, person.birth) if clerk.chance(0.7) else dirt.blank(rng),
        "nation": _nation(clerk, person),
        "marriage": MARRIAGES[person.marital] if clerk.chance(0.7) else dirt.blank(rng),
        "education": SCHOOLS[person.education] if clerk.chance(0.7) else dirt.blank(rng),
        "mobile": clerk.phone(person.phone),
        "address": dirt.address(home, rng.choice(dirt.ADDRESS_STYLES)),
        "grid_code": grid_of(home) if clerk.chance(0.9) else dirt.blank(rng),
        "resident_type": TYPES[person.residence_type],
        "tags": _tags(clerk, person),
        "update_time": _moment(clerk, 1, 900),
    }
    row |= _relation(clerk, person) | MORE.row(person)
    row |= _hukou_and_work(Random(f"{PLATFORM}:{person.id}"), person)
    says = Says(person.name, person.id_number, status, person.phone, home.key)
    return Held(PLATFORM, RESIDENTS, str(key), row, person=person, says=says)


def _hukou_and_work(rng: Random, person: Person) -> Row:
    """Asked at the door, and told by most."""
    work = WORK.get(person.employment, "")
    return {
        "户籍地址": person.hukou_address if rng.random() < 0.8 else dirt.blank(rng),
        "职业": work if rng.random() < 0.7 else dirt.blank(rng),
    }


def _nation(clerk: Clerk, person: Person) -> str | None:
    if clerk.chance(0.002):
        return "穿青人"
    word = NATIONS[person.ethnicity]
    return word if clerk.chance(0.7) else word.removesuffix("族")


def _relation(clerk: Clerk, person: Person) -> Row:
    """Relation to the head, and who that is: name, number, or both."""
    head = clerk.presence.head_of(person)
    if head is person:
        own = clerk.chance(0.5)
        word = "户主" if clerk.chance(0.85) else "本人"
        number = person.id_number if own and person.id_status == "valid" else None
        return {"与户主关系": word, "户主姓名": person.name if own else "", "户主证件号码": number}
    draw = clerk.rng.random()
    name = clerk.name(head) if draw < 0.75 else None
    number = (
        dirt.number(clerk.rng, head.id_number or "", 0.05) if draw > 0.35 else dirt.blank(clerk.rng)
    )
    return {"与户主关系": RELATIONS[person.relation], "户主姓名": name, "户主证件号码": number}


def _tags(clerk: Clerk, person: Person) -> str | None:
    shown = [one.label for one in person.labels if one.label in SHOWN_TAGS]
    known = [tag for tag in shown if tag == "出国" or clerk.chance(0.6)]
    return ",".join(known) if known else dirt.blank(clerk.rng)


def _second_row(clerk: Clerk, held: Held, person: Person, key: int) -> Held:
    """The same resident entered again earlier, without the household."""
    home = person.home
    row = held.row | {
        "id": str(key),
        "resident_name": clerk.name(person),
        "address": dirt.address(home, clerk.rng.choice(dirt.ADDRESS_STYLES)),
        "与户主关系": None,
        "户主姓名": None,
        "户主证件号码": None,
        "tags": "",
        "update_time": _moment(clerk, 1000, 1500),
    }
    return Held(PLATFORM, RESIDENTS, str(key), row, person=person, says=held.says)


def _mistake_types(clerk: Clerk, rows: list[Held]) -> None:
    """Some who registered here lately are still called 流动人口; the district knows better."""
    own = [h for h in rows if h.person and h.person.counted and h.person.residence_type == "1"]
    for held in clerk.rng.sample(own, WRONG_TYPES):
        held.row["resident_type"] = TYPES["3"]


def _grid_row(clerk: Clerk, grid: Grid) -> Held:
    row: Row = {
        "grid_code": grid.code,
        "grid_name": grid.name,
        "community_code": COMMUNITY_CODE,
        "grid_type": {"1": "基础网格", "2": "专属网格"}[grid.type_code],
        "worker_name": grid.worker_name,
        "worker_phone": dirt.phone(clerk.rng, grid.worker_phone, 0.4),
        "覆盖楼栋": grid.buildings,
        "面积_公顷": grid.area_hectare,
    }
    return Held(PLATFORM, GRID_STREAM, grid.code, row)


def _moment(clerk: Clerk, first: int, last: int) -> str:
    day = WORLD_DAY - timedelta(days=clerk.rng.randint(first, last))
    moment = datetime(day.year, day.month, day.day, 8) + timedelta(
        seconds=clerk.rng.randrange(36_000)
    )
    return f"{moment:%Y-%m-%d %H:%M:%S}"
