"""Who has which label, in the published numbers."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from examples.community_a.families import WORLD_DAY
from examples.community_a.people import LABELS, PARTY_BRANCHES, Label, Person, Town

DISABILITIES = ("肢体", "视力", "听力", "精神", "智力", "言语", "多重")


def label_people(town: Town, seed: int) -> None:
    """Give every label to exactly as many residents as published."""
    rng = Random(f"{seed}:labels")
    here = [p for p in town.people if p.counted and p.residence_type in "13"]
    settled = [p for p in here if p.residence_type == "1"]
    valid = [p for p in here if p.id_status == "valid"]
    grown = [p for p in valid if 25 <= p.age < 75]
    _party(rng, grown)
    staff = rng.sample([p for p in grown if p.age < 58 and not p.labels], 18)
    _give(staff[:9], "两委", rng)
    _give(staff[9:], "工作人员", rng)
    _give(staff[9:15], "专职社工", rng)
    heads = [p for p in settled if p.relation == "02" and p.id_status == "valid"]
    poor = rng.sample([p for p in heads if p.age > 40 and not p.labels], 7)
    _give(poor[:5], "低保", rng)
    _give(poor[5:], "低边", rng)
    disabled = rng.sample([p for p in valid if p.age > 8], LABELS["残疾"])
    for person in disabled:
        kind = rng.choices(DISABILITIES, (40, 15, 12, 12, 10, 4, 7))[0]
        person.labels.append(Label("残疾", kind, _some_day(rng)))
    elders = [p for p in valid if p.age >= 70 and not p.has("残疾")]
    _give(disabled[:6] + rng.sample(elders, 4), "行动不便", rng)
    _give(rng.sample([p for p in settled if 18 < p.age < 40], 2), "出国", rng)
    _pick(rng, valid, "退役军人", lambda p: p.sex == "1" and 22 < p.age < 85)
    _pick(rng, valid, "志愿者", lambda p: 16 < p.age < 75)
    _pick(rng, valid, "独居", lambda p: p.age >= 62)
    _pick(rng, valid, "空巢", lambda p: p.age >= 62 and not p.has("独居"))
    _pick(rng, heads, "出租户", lambda p: p.age > 30)


def _party(rng: Random, grown: list[Person]) -> None:
    """55 members in five branches; 43 of them came from elsewhere, one works elsewhere."""
    floating = rng.sample([p for p in grown if p.residence_type == "3"], LABELS["流动党员"])
    own = [p for p in grown if p.residence_type == "1"]
    members = floating + rng.sample(own, LABELS["党员"] - len(floating))
    for place, person in enumerate(members):
        branch = PARTY_BRANCHES[place % len(PARTY_BRANCHES)]
        person.labels.append(Label("党员", branch, _some_day(rng)))
    _give(floating, "流动党员", rng)
    _give(members[-1:], "流出党员", rng)
    for person in members[::2]:
        person.political = "01"


def _pick(rng: Random, people: list[Person], label: str, fits: Callable[[Person], bool]) -> None:
    _give(rng.sample([p for p in people if fits(p)], LABELS[label]), label, rng)


def _give(people: list[Person], label: str, rng: Random) -> None:
    for person in people:
        person.labels.append(Label(label, None, _some_day(rng)))


def _some_day(rng: Random) -> date:
    return WORLD_DAY - timedelta(days=rng.randint(60, 4000))
