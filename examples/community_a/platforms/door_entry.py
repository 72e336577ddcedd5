"""Door-entry vendor: who has a card for which door.

Source   `door_entry/门禁人员.csv`, GB18030, comma, written over every night
Grain    one row per 卡号; some people carry two cards
Refresh  whole file; numbers stand behind an apostrophe or a tab, so that Excel leaves them alone
"""

import csv
import io
from datetime import timedelta
from pathlib import Path

from examples.community_a import dirt
from examples.community_a.families import WORLD_DAY
from examples.community_a.holding import Clerk, Held, Presence, Row, Says
from examples.community_a.people import Person, Town
from examples.community_a.wordlists import words

PLATFORM, STREAM = "door_entry", "cards"
FILE = "门禁人员.csv"
COLUMNS = words("卡号 姓名 证件号码 手机号 性别 小区 房号 开卡日期 状态")
TWICE = 70


def hold(town: Town, presence: Presence, seed: int) -> list[Held]:
    """Every card."""
    clerk = Clerk(PLATFORM, presence, seed)
    people = [p for p in town.people if clerk.chance(_share(p))]
    people = [p for p in people if p.phone or not presence.away(p)]
    rows = [_row(clerk, person, place) for place, person in enumerate(people)]
    for place, person in enumerate(clerk.rng.sample([p for p in people if p.counted], TWICE)):
        rows.append(_row(clerk, person, 70_000 + place))
    for place in range(4):
        key = _key(80_000 + place)
        empty: Row = dict.fromkeys(COLUMNS) | {"卡号": key, "小区": "东华苑", "状态": "正常"}
        empty |= {"手机号": "", "房号": "1-1-101", "姓名": "　", "证件号码": "'"}
        rows.append(Held(PLATFORM, STREAM, key, empty, fate="quarantined"))
    return rows


def write(held: list[Held], folder: Path) -> None:
    """The CSV file, in one go."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(one.row for one in held)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(text.getvalue().encode("gb18030"))


def _share(person: Person) -> float:
    if not person.present:
        return 0.3
    if person.residence_type == "2":
        return 0.1
    return 0.66 if person.age >= 12 else 0.2


def _row(clerk: Clerk, person: Person, place: int) -> Held:
    rng = clerk.rng
    text, status = clerk.number(person, {"missing": 0.3, "truncated": 0.06})
    phone, home = clerk.contact(person, status)
    compound = home.compound.name if home else ""
    if home and clerk.chance(0.05):
        compound = f"{home.compound.road}{home.compound.door}号"
    if status != "missing" and text:
        text = rng.choice(("'", "'", "\t", "")) + text
    opened = WORLD_DAY - timedelta(days=rng.randint(1, 2500))
    row: Row = {
        "卡号": _key(place),
        "姓名": clerk.name(person),
        "证件号码": text or "",
        "手机号": clerk.phone(phone) or "",
        "性别": {"1": "1-男", "2": "2-女"}[person.sex] if clerk.chance(0.8) else "",
        "小区": compound,
        "房号": dirt.inside(rng, home) if home else "",
        "开卡日期": dirt.day(rng, opened),
        "状态": "正常",
    }
    number = person.id_number if status in ("valid", "check_failed", "other") else None
    says = Says(person.name, number, status, phone, home.key if home else None)
    return Held(PLATFORM, STREAM, _key(place), row, person=person, says=says)


def _key(place: int) -> str:
    return f"C{place + 1:07d}"
