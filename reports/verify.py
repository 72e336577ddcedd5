"""查询核验: is what is claimed of one person true? Yes, no, or nothing is held; never the value.

Claims are read as answers are (dates, codes, numbers in any usual writing), so that 男 and 1, or
1953年4月7日 and 19530407, are the same claim.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from hub.errors import ConfigError, NotFoundError
from reports.answers_in import checked_values
from reports.conditions import kinds_of
from reports.held import item_named
from reports.items import FREE, facts_of_item
from reports.people import People
from reports.texts import squeezed
from schemas.addresses import parse_address

Verdict = Literal["yes", "no", "unknown", "unreadable"]
SAYS: dict[Verdict, str] = {
    "yes": "一致", "no": "不一致", "unknown": "没有这一项，不能核验", "unreadable": "写法看不懂",
}  # fmt: skip
ADDRESSES = ("residence_address", "hukou_address")


@dataclass(frozen=True)
class Verified:
    """The verdict on one claim."""

    item: str
    title: str
    verdict: Verdict


def one_person(people: People, who: str) -> People:
    """Find the one person by resident id or by document number.

    Raises:
        NotFoundError: nobody in the scope has it, or more than one has.
    """
    number = who.strip().upper()
    found = people.frame.filter(
        (pl.col("resident_id") == who.strip())
        | ((pl.col("id_number") == number) & (pl.col("id_status") == "valid").fill_null(value=True))
    )
    if found.height != 1:
        raise NotFoundError(
            f"verify: {found.height} persons",
            zh="查无此人，或不止一人：请写居民编码，或完整的证件号码。",
        )
    return people.of(found)


def verify(people: People, who: str, claims: Mapping[str, str]) -> list[Verified]:
    """Say of each claim about one person whether it is so.

    Args:
        people: Everyone whom the asker may ask about.
        who: Resident id or document number.
        claims: What is claimed, by item, title or a name that forms use: `{"性别": "男"}`.

    Raises:
        NotFoundError: nobody is meant, or a claim is about nothing known.
        ConfigError: a claim is about nothing that a person could have.
    """
    mine = one_person(people, who)
    return [_verdict(mine, item_named(name), claimed) for name, claimed in claims.items()]


def _verdict(one: People, item: str, claimed: str) -> Verified:
    facts = facts_of_item(item)
    if item in FREE or facts.kind == "list":
        raise ConfigError(
            f"verify: {item} cannot be claimed",
            zh=f"“{facts.title}”不能核验：标签请写 label:低保=是 这样。",
        )
    (read,) = checked_values(item, [claimed.strip()], one.today)
    held = one.value(item).to_list()[0]
    if read is None and facts.kind == "text":
        read = claimed.upper()  # a number that fails its check is held so, and claimed so
    if read is None or (facts.kind == "number" and not read.isdecimal()):
        return Verified(item, facts.title, "unreadable")
    if held is None:
        return Verified(item, facts.title, "unknown")
    if facts.kind == "number":
        read = str(int(read))
    same = squeezed(_text(held)) in map(squeezed, kinds_of(item, read))  # 初婚 is 已婚
    if item in ADDRESSES and not same:
        compound = one.value("compound").to_list()[0] if item == "residence_address" else None
        same = _one_door(str(held), read, compound)
    return Verified(item, facts.title, "yes" if same else "no")


def _one_door(held: str, claimed: str, compound: str | None) -> bool:
    """Whether two addresses are of one door: `幸福里1栋1单元101` and `幸福里1-1-101`."""
    parsed = pl.Series("v", [held, claimed]).to_frame().select(parse_address(pl.col("v")))
    mine, theirs = (row["v"] for row in parsed.to_dicts())
    door = ("building", "unit", "room")
    if theirs["room"] is None or any(mine[part] != theirs[part] for part in door):
        return False
    if theirs["compound"] is not None:
        return theirs["compound"] in (mine["compound"], compound)
    road = ("road", "door_no")
    return all(theirs[part] is not None and mine[part] == theirs[part] for part in road)


def _text(held: object) -> str:
    if isinstance(held, bool):
        return "是" if held else "否"
    return str(held)
