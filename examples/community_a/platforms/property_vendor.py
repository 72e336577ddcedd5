"""Property vendor: owners, families and tenants of the managed flats, behind a signed HTTP API.

Source   `GET /open/owners` of `api_server.py`, which serves the file written here
Grain    one record per ownerId; an owner of two flats has two
Refresh  everything, page by page; numbers are masked, telephones are not; faces come along
"""

import base64
import json
from pathlib import Path

from examples.community_a import dirt
from examples.community_a.holding import Clerk, Held, Presence, Row, Says
from examples.community_a.people import Person, Town

PLATFORM, STREAM = "property_vendor", "owners"
FILE = "property_vendor.json"
TWICE = 45


def hold(town: Town, presence: Presence, seed: int) -> list[Held]:
    """Every record of the vendor."""
    clerk = Clerk(PLATFORM, presence, seed)
    people = [p for p in town.people if clerk.chance(_share(p)) and _reachable(clerk, p)]
    rows = [_row(clerk, person, place) for place, person in enumerate(people)]
    for place, person in enumerate(clerk.rng.sample([p for p in people if p.counted], TWICE)):
        rows.append(_row(clerk, person, 50_000 + place))
    for place in range(2):
        key = _key(60_000 + place)
        empty: Row = {"ownerId": key, "ownerName": "", "idCardNo": "", "mobile": "13800000000"}
        empty |= {"communityName": "青龙苑", "roomName": "3-1-101", "gender": "", "face": None}
        rows.append(Held(PLATFORM, STREAM, key, empty | {"ownerType": "业主"}, fate="quarantined"))
    return rows


def write(held: list[Held], folder: Path) -> None:
    """The vendor's own store, which its server reads."""
    rows = [one.row for one in held]
    text = json.dumps(rows, ensure_ascii=False)
    (folder / FILE).write_text(text, encoding="utf-8")


def _share(person: Person) -> float:
    if not person.present:
        return 0.5
    if person.residence_type == "2":
        return 0.25
    return 0.8 if person.age >= 18 else 0.25


def _reachable(clerk: Clerk, person: Person) -> bool:
    return person.phone is not None or not clerk.presence.away(person)


def _row(clerk: Clerk, person: Person, place: int) -> Held:
    rng = clerk.rng
    text, status = clerk.number(person, {"missing": 0.15, "masked": 0.85})
    if status in ("check_failed", "other") and text:
        text, status = (dirt.masked(text), "masked") if len(text) == 18 else (None, "missing")
    phone, home = clerk.contact(person, status)
    compound = home.compound.name if home else dirt.blank(rng)
    if home and clerk.chance(0.05):
        compound = f"{home.compound.road}{home.compound.door}号"
    kind = "业主" if person.relation == "02" else "家庭成员"
    row: Row = {
        "ownerId": _key(place),
        "ownerName": clerk.name(person),
        "idCardNo": text,
        "mobile": clerk.phone(phone),
        "gender": rng.choice({"1": ("男", "M", "1"), "2": ("女", "F", "2")}[person.sex]),
        "communityName": compound,
        "roomName": dirt.inside(rng, home) if home else "",
        "ownerType": kind if person.residence_type in "12" else "租户",
        "face": base64.b64encode(rng.randbytes(48)).decode() if clerk.chance(0.3) else None,
    }
    says = Says(person.name, None, status, phone, home.key if home else None)
    return Held(PLATFORM, STREAM, _key(place), row, person=person, says=says)


def _key(place: int) -> str:
    return f"OW{place + 1:06d}"
