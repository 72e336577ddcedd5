"""智慧村社通: app users, party members, staff, repair reports, by an exchange database.

Source   PostgreSQL database `village_link`: a batch table and a detail table per stream
Grain    one detail row per change; the last operation (I, U, D) on a key holds
Refresh  a batch a night; the batch table says how many rows it has, and when it is complete
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from examples.community_a import dirt
from examples.community_a.holding import Clerk, Held, Presence, Row, Says
from examples.community_a.people import Person, Town
from examples.community_a.wordlists import words

PLATFORM = "village_link"
USERS, PARTY, STAFF, TICKETS = "users", "party", "staff", "tickets"
BATCHES = ("20261028001", "20261029001", "20261030001")
TAGS = ("志愿者", "退役军人", "出租户")
MEMBERSHIPS = ("党员", "流动党员", "流出党员")
POSTS = ("两委", "工作人员", "专职社工")
COLUMNS = {
    USERS: words("yhid xm sfzh sjh dz bq"),
    PARTY: words("dyid xm sfzh sjh dylb dzb rdrq"),
    STAFF: words("gzid xm sfzh sjh zw"),
    TICKETS: words("gdid yhid xm sjh dz lx nr sbsj bjsj clzt"),
}
REPORTED = 240  # tickets; every sixth came by telephone, from somebody without an account
FAULTS = {
    "水电": ("厨房水管漏水", "楼道灯不亮", "水表走得快"),
    "公共设施": ("单元门关不上", "电梯有异响", "健身器材松动"),
    "环境": ("垃圾没有及时清运", "楼顶有人堆杂物", "下水道返味"),
    "邻里": ("楼上夜里太吵", "门口停满电动车"),
}
OPENED = datetime(2026, 5, 6, 8, 20)
CANCELLED = 20  # accounts closed again
CHANGED = 60  # accounts that gave another telephone later


@dataclass(frozen=True)
class Change:
    """One detail row."""

    batch: str
    operation: str
    row: Row


def hold(town: Town, presence: Presence, seed: int) -> list[Held]:
    """What holds after the last batch; closed accounts have the fate `deleted`."""
    clerk = Clerk(PLATFORM, presence, seed)
    here = [p for p in town.people if p.counted]
    users = [p for p in here if any(map(p.has, TAGS)) or (p.age > 15 and clerk.chance(0.07))]
    rows = [_user(clerk, person, place) for place, person in enumerate(users)]
    party = [p for p in here if p.has("党员")]
    rows += [_member(clerk, person, place) for place, person in enumerate(party)]
    staff = [p for p in here if p.has("两委") or p.has("工作人员")]
    rows += [_staff(clerk, person, place) for place, person in enumerate(staff)]
    rows += _closed(clerk, here)
    empty: Row = {"yhid": "U99999", "xm": "/", "sfzh": "无", "sjh": None, "dz": "", "bq": ""}
    tickets = _tickets(rows, here, seed)
    return [*rows, Held(PLATFORM, USERS, "U99999", empty, fate="quarantined"), *tickets]


def changes(held: list[Held], stream: str) -> list[Change]:
    """The detail rows behind the records of a stream, in the order of the batches."""
    mine = [one for one in held if one.stream == stream]
    first = [Change(BATCHES[0], "I", _as_first_typed(one, place)) for place, one in enumerate(mine)]
    later = [
        Change(BATCHES[1], "U", one.row)
        for place, one in enumerate(mine)
        if one.fate == "kept" and place < CHANGED
    ]
    gone = [Change(BATCHES[2], "D", one.row) for one in mine if one.fate == "deleted"]
    return first + later + gone


def _as_first_typed(held: Held, place: int) -> Row:
    """A row that is changed later had no telephone at first."""
    return held.row | {"sjh": ""} if place < CHANGED else held.row


def _closed(clerk: Clerk, here: list[Person]) -> list[Held]:
    people = clerk.rng.sample([p for p in here if p.age > 15 and not p.labels], CANCELLED)
    rows = [_user(clerk, person, 8_000 + place) for place, person in enumerate(people)]
    return [Held(PLATFORM, USERS, r.key, r.row, person=r.person, fate="deleted") for r in rows]


def _user(clerk: Clerk, person: Person, place: int) -> Held:
    key = f"U{place + 1:05d}"
    tags = [tag for tag in TAGS if person.has(tag)]
    held = _known(clerk, person, USERS, key, "yhid")
    held.row["bq"] = "|".join(tags)
    return held


def _member(clerk: Clerk, person: Person, place: int) -> Held:
    held = _known(clerk, person, PARTY, f"D{place + 1:03d}", "dyid")
    membership = next(one for one in person.labels if one.label == "党员")
    held.row["dylb"] = "、".join(one for one in MEMBERSHIPS if person.has(one))
    held.row["dzb"] = membership.detail
    held.row["rdrq"] = f"{membership.since:%Y.%m.%d}"
    return held


def _staff(clerk: Clerk, person: Person, place: int) -> Held:
    held = _known(clerk, person, STAFF, f"G{place + 1:02d}", "gzid")
    held.row["zw"] = "/".join(post for post in POSTS if person.has(post))
    return held


def _tickets(rows: list[Held], here: list[Person], seed: int) -> list[Held]:
    """What was reported: by an account, or by telephone with a name; where, as it was told."""
    rng = Random(f"{seed}:{PLATFORM}:{TICKETS}")
    users = [one for one in rows if one.stream == USERS and one.fate == "kept"]
    callers = [one for one in here if one.phone and one.age > 15]
    made = []
    for place in range(REPORTED):
        user = rng.choice(users) if place % 6 else None
        person = user.person if user and user.person else rng.choice(callers)
        kind = rng.choice(tuple(FAULTS))
        opened = OPENED + timedelta(minutes=997 * place)
        done = rng.random() < 0.85
        closed = opened + timedelta(hours=rng.randrange(2, 90))
        key = f"GD{place + 1:06d}"
        row: Row = {
            "gdid": key, "yhid": user.key if user else "", "xm": "" if user else person.name,
            "sjh": "" if user else person.phone,
            "dz": dirt.address(person.home, rng.choice(("compact", "units", "hall", "both"))),
            "lx": kind, "nr": rng.choice(FAULTS[kind]), "sbsj": f"{opened:%Y-%m-%d %H:%M:%S}",
            "bjsj": f"{closed:%Y-%m-%d %H:%M:%S}" if done else "",
            "clzt": "已办结" if done else "处理中",
        }  # fmt: skip
        made.append(Held(PLATFORM, TICKETS, key, row, person=person))
    return made


def _known(clerk: Clerk, person: Person, stream: str, key: str, key_column: str) -> Held:
    text, status = clerk.number(person, {"missing": 0.2})
    addressed = "dz" in COLUMNS[stream]
    phone, home = clerk.contact(person, status, stale=0.3, gaps=0.1 if addressed else 0)
    if not addressed:
        phone, home = person.phone, None
        if status != "valid" and phone is None:
            text, status = person.id_number, "valid"
    row: Row = {key_column: key, "xm": clerk.name(person), "sfzh": text, "sjh": clerk.phone(phone)}
    if addressed:
        style = clerk.rng.choice(("compact", "units", "hall", "both", "road"))
        row["dz"] = dirt.address(home, style) if home else dirt.vague(clerk.rng, person.home)
    number = person.id_number if status in ("valid", "check_failed", "other") else None
    says = Says(person.name, number, status, phone, home.key if home else None)
    return Held(PLATFORM, stream, key, row, person=person, says=says)
