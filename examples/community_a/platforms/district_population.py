"""District population exchange database: everyone registered, most of the floating.

Source   PostgreSQL database `district`, table `"T_RKXX"`, pinyin initials, GB codes
Grain    one row per RYBH; a few people have an annulled second row (SCBZ = 1)
Refresh  rows change `update_time`; nothing is ever removed
"""

from datetime import datetime, timedelta

from examples.community_a import dirt
from examples.community_a.circumstances import Register
from examples.community_a.families import WORLD_DAY
from examples.community_a.holding import Clerk, Held, Presence, Row, Says
from examples.community_a.numbers import HOME_AREA
from examples.community_a.people import Person, Town
from examples.community_a.wordlists import words

PLATFORM, STREAM = "district_population", "persons"
TABLE = "T_RKXX"
COLUMNS = words(
    "RYBH XM ZJLX GMSFHM XB CSRQ MZ GJ HYZK WHCD ZZMM CYZK LXDH HJDZ XZZ JZLX HH YHZGX SWRQ QCRQ "
    "SCBZ update_time"
)
MORE = Register(
    PLATFORM,
    {
        "工作单位": "FWCS", "户口性质": "HKXZ", "监护人姓名": "JHRXM", "监护人证件号码": "JHRSFZH",
        "监护人电话": "JHRLXDH", "父亲姓名": "FQXM", "母亲姓名": "MQXM", "来本地日期": "LBDRQ",
        "租住时间": "ZZRQ", "房东姓名": "FDXM", "房东电话": "FDLXDH", "责任民警": "ZRMJ",
    },
)  # fmt: skip
COLUMNS += MORE.columns.values()
ANNULLED = 40


def hold(town: Town, presence: Presence, seed: int) -> list[Held]:
    """Every row of the table, annulled and nameless ones included."""
    clerk = Clerk(PLATFORM, presence, seed)
    people = [p for p in town.people if p.id in presence.district]
    clerk.rng.shuffle(people)
    rows = [_row(clerk, person, place) for place, person in enumerate(people)]
    for place, held in enumerate(clerk.rng.sample(rows, ANNULLED)):
        row = held.row | {"RYBH": _key(90_000 + place), "SCBZ": "1", "HH": None}
        row["update_time"] = "2024-03-05 09:00:00"
        rows.append(
            Held(PLATFORM, STREAM, _key(90_000 + place), row, person=held.person, fate="deleted")
        )
    for place in range(2):
        empty: Row = dict.fromkeys(COLUMNS) | {"RYBH": _key(95_000 + place), "SCBZ": "0"}
        empty |= {"XM": " ", "GMSFHM": "无", "update_time": "2026-05-05 10:11:12"}
        rows.append(Held(PLATFORM, STREAM, _key(95_000 + place), empty, fate="quarantined"))
    return rows


def _row(clerk: Clerk, person: Person, place: int) -> Held:
    rng = clerk.rng
    text, status = clerk.number(person, {})
    phone, home = clerk.contact(person, status, stale=0.4, gaps=0.2)
    if person.id in clerk.presence.full_in_district:
        phone, home = person.phone, person.home
    registered = person.residence_type in "12"
    away = person.residence_type == "2"
    street = rng.choice(("科华北路62号", "玉林南路9号", "双林路140号"))
    elsewhere = f"{rng.choice(('成都市武侯区', '成都市锦江区'))}{street}{rng.randint(1, 9)}栋"
    household = clerk.presence.households[person.household]
    style = rng.choice(("road", "road", "long", "both", "units"))
    address = elsewhere if away else dirt.address(home, style) if home else dirt.blank(rng)
    row: Row = {
        "RYBH": _key(place),
        "XM": dirt.name(rng, person.name, 0.02),
        "ZJLX": person.id_type,
        "GMSFHM": text,
        "XB": "3" if clerk.chance(0.001) else person.sex,
        "CSRQ": f"{person.birth:%Y%m%d}",
        "MZ": "99" if clerk.chance(0.001) else person.ethnicity,
        "GJ": person.nationality,
        "HYZK": person.marital if clerk.chance(0.9) else dirt.blank(rng),
        "WHCD": person.education if clerk.chance(0.9) else dirt.blank(rng),
        "ZZMM": person.political,
        "CYZK": person.employment if clerk.chance(0.8) else dirt.blank(rng),
        "LXDH": clerk.phone(phone),
        "HJDZ": person.hukou_address,
        "XZZ": address,
        "JZLX": person.residence_type,
        "HH": household.number if registered else rng.choice((None, "")),
        "YHZGX": person.relation if registered else None,
        "SWRQ": f"{person.died_on:%Y-%m-%d}" if person.died_on else None,
        "QCRQ": f"{person.left_on:%Y-%m-%d}" if person.left_on else None,
        "SCBZ": "0",
        "update_time": _moment(clerk, person),
    }
    row |= MORE.row(person)
    says = Says(
        person.name, person.id_number, status, phone, home.key if home and not away else None
    )
    return Held(PLATFORM, STREAM, _key(place), row, person=person, says=says)


def _key(place: int) -> str:
    return f"{HOME_AREA}{place + 1:08d}"


def _moment(clerk: Clerk, person: Person) -> str:
    latest = person.died_on or person.left_on or WORLD_DAY - timedelta(clerk.rng.randint(1, 1500))
    moment = datetime(latest.year, latest.month, latest.day) + timedelta(
        seconds=clerk.rng.randint(28_800, 64_800)
    )
    return f"{moment:%Y-%m-%d %H:%M:%S}"
