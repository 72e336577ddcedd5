"""Elderly-care vendor: people of sixty and over, and the services they chose.

Source   `elderly_care/elders-*.jsonl`, UTF-8, nested objects
Grain    one line per id; two files, one for each half year of signing
Refresh  files are written over every week; the dead stay in them
"""

import json
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from examples.community_a import dirt
from examples.community_a.circumstances import Register
from examples.community_a.families import WORLD_DAY
from examples.community_a.holding import Clerk, Held, Presence, Row, Says
from examples.community_a.people import Person, Town

PLATFORM, STREAM = "elderly_care", "elders"
FILES = ("elders-2026-1.jsonl", "elders-2026-2.jsonl")
SERVICES = ("助洁", "康复护理", "助浴", "生活照料", "代办陪同", "精神慰藉", "安居守护")
MORE = Register(
    PLATFORM,
    {
        "健康状况": "care.health", "紧急联系人姓名": "contact.emergency",
        "紧急联系人电话": "contact.emergencyPhone",
    },
)  # fmt: skip
TAGS = ("独居", "空巢", "行动不便")


def hold(town: Town, presence: Presence, seed: int) -> list[Held]:
    """Every line. Columns of a row are the paths of its nested objects, `elder.name`."""
    clerk = Clerk(PLATFORM, presence, seed)
    people = [p for p in town.people if _known(clerk, p)]
    rows = [_row(clerk, person, place) for place, person in enumerate(people)]
    key = _key(9_000)
    empty: Row = {
        "id": key,
        "elder.name": "",
        "elder.idCard": None,
        "address.full": "锦泰苑2-1-301",
    }
    return [*rows, Held(PLATFORM, STREAM, key, empty, fate="quarantined")]


def write(held: list[Held], folder: Path) -> None:
    """Two files of nested objects."""
    folder.mkdir(parents=True, exist_ok=True)
    half = len(held) // 2
    for name, part in zip(FILES, (held[:half], held[half:]), strict=True):
        lines = [json.dumps(_nested(one), ensure_ascii=False) for one in part]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _known(clerk: Clerk, person: Person) -> bool:
    if person.age < 60 or person.residence_type == "2":
        return False
    if any(person.has(tag) for tag in TAGS):
        return True
    return clerk.chance(0.82 if person.present else 0.4)


def _row(clerk: Clerk, person: Person, place: int) -> Held:
    rng = clerk.rng
    text, status = clerk.number(person, {"missing": 0.15, "masked": 0.15})
    phone, home = clerk.contact(person, status)
    tags = [tag for tag in TAGS if person.has(tag)]
    style = rng.choice(("compact", "hall", "wide", "chinese", "both", "spaced"))
    row: Row = {
        "id": _key(place),
        "elder.name": clerk.name(person),
        "elder.idCard": text,
        "elder.gender": {"1": "male", "2": "female"}[person.sex],
        "elder.birth": dirt.day(rng, person.birth) if clerk.chance(0.8) else None,
        "contact.phone": clerk.phone(phone),
        "address.full": dirt.address(home, style) if home else dirt.vague(rng, person.home),
        "care.tags": "、".join(tags) if tags else None,
        "care.signed": f"{WORLD_DAY - timedelta(days=rng.randint(3, 900)):%Y-%m-%d}",
        "services": _chosen(_key(place)),
    }
    row |= MORE.row(person)
    number = person.id_number if status in ("valid", "check_failed", "other") else None
    says = Says(person.name, number, status, phone, home.key if home else None)
    return Held(PLATFORM, STREAM, _key(place), row, person=person, says=says)


def _nested(held: Held) -> dict[str, Any]:
    line: dict[str, Any] = {}
    for path, value in held.row.items():
        outer, _, inner = path.partition(".")
        if inner:
            line.setdefault(outer, {})[inner] = value
        else:
            line[outer] = value
    line["services"] = json.loads(_chosen(held.key))
    return line


def _chosen(key: str) -> str:
    """The services and how often: a list in the line, and as JSON in the row."""
    rng = Random(key)
    chosen = rng.sample(SERVICES, rng.randint(1, 3))
    told = [{"item": item, "times": rng.randint(1, 60)} for item in chosen]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _key(place: int) -> str:
    return f"E{place + 1:05d}"
