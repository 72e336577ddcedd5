"""The standard's words for people: field titles, code names, masks, reasons."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, get_args

from hub.platform_streams import Entity
from security.masks import HIDDEN, masked

OWN_TITLES = {
    "resident_id": "居民编码",
    "household_id": "户",
    "dwelling_id": "房屋",
    "lives_here": "在此居住",
    "place": "小区或门牌",
    "records": "记录数",
    "platforms": "平台数",
    "room_key": "住房",
    "household_key": "户的依据",
    "head_resident_id": "户主",
    "member_count": "人数",
    "stated_grid": "平台所说的网格",
}
"""Fields that the hub makes itself, so that no platform's record has them."""

RULES = {
    "id_number": "证件号码相同",
    "name_phone": "姓名和电话相同",
    "number_part": "证件号码部分相符",
    "name_birth": "姓名和出生日期",
    "evidence": "综合多项依据",
    "decided": "人工确认",
    "name_room": "姓名和住房相同",
    "single": "只有这一条",
}
OUTCOMES = {"waiting": "下次同步", "done": "已办", "against": "没有办成", "gone": "记录已不在"}
"""What became of a decision."""
REFUSALS = {
    "doubtful": "像是同一个人，但依据不够",
    "twice": "像是同一个人，但同一平台就会有此人的两条记录",
    "two_persons": "同时像两个不同的人",
    "told_apart": "同时像两个已被人工区分的人",
    "two_names": "同一证件号码下有两个完全不同的姓名：是改了名，还是两个人用一个号码",
    "two_numbers": "有效证件号码不同",
    "two_sexes": "性别不同",
    "two_births": "出生年份相差一年以上",
    "two_roles": "在同一户里是两种身份",
    "not_the_head": "所用号码是户主的，而他不是户主",
    "too_many": "归在一起的记录太多",
    "decided": "已由人工区分",
}
WHY = {
    "owner": "归口平台",
    "votes": "多数平台一致",
    "family": "家人也这样登记",
    "likelier": "来源后来改成这样，或写法更完整、更常见，或住处没有别家",
    "newest": "最新",
    "same": "相同",
    "odd": "该值有问题",
    "borrowed": "证件号属他人",
    "outvoted": "少数平台",
    "less_likely": "可能是误写或改前的写法，或是别家的住处",
    "older": "较旧",
    "not_owner": "非归口平台",
    "only": "只有这一个说法",
    "sounder": "最完整可靠",
    "less_sound": "不完整，或没有证件号码、户号印证",
    "decided": "判断为同一人的另一条",
}
EVENTS = {
    "founded": "新建", "merged": "合并", "returned": "恢复", "gone": "注销", "split": "拆分",
    "passed": "记录改归",
}  # fmt: skip
REASONS = {
    "new record": "有了新的记录",
    "no record left": "各平台已无记录",
    "erased": "按删除申请删除了资料",
    "split": "从另一编码拆出",
    "split: decided": "从另一编码拆出：人工判断",
    "split: changed": "从另一编码拆出：记录改了，不再认作同一个人",
    "split: evidence": "从另一编码拆出：其他记录变了，不再认作同一个人",
    "passed: decided": "有记录从一个编码改归另一编码：人工判断",
    "passed: changed": "有记录从一个编码改归另一编码：记录改了，认作另一个人",
    "passed: evidence": "有记录从一个编码改归另一编码：其他记录变了，认作另一个人",
}
"""Why an id came, or went; a merge has the rule by which two are one."""
WHO_KEEPS = (
    "合并后保留较早的编码；拆分时，原编码随最早建档的那条记录，那条记录已不在的，随记录多的一方。"
)
STATES = {"living": "有效", "merged": "已合并", "gone": "各平台已无记录"}


@cache
def _facts(entity: Entity) -> Mapping[str, Any]:
    from schemas.entities import FIELDS  # Pandera behind it takes a second

    return FIELDS[entity]


def title(field: str | None, entity: Entity = "resident") -> str:
    """Return the Chinese title of a field; of another entity, where this one has none of it."""
    if field is None:
        return ""
    for facts in (_facts(entity), *map(_facts, get_args(Entity))):
        if field in facts:
            return str(facts[field].title)
    return OWN_TITLES.get(field, field.removeprefix("other:"))


def shown(field: str, value: object, *, clear: bool, entity: Entity = "resident") -> object:
    """Return a value as it may be shown: a code with its name, masked unless `clear`."""
    facts = _facts(entity).get(field)
    if value is None or facts is None:
        return value
    if facts.mask and not clear:
        return masked(_text(value), facts.mask)
    return f"{value} {name}" if (name := code_name(facts.code_set, value)) else value


def masked_row(
    row: Mapping[str, Any], *, clear: bool, entity: Entity = "resident"
) -> dict[str, Any]:
    """Return a row of standard fields with every value under its mask; codes stay codes."""
    if clear:
        return dict(row)
    facts = _facts(entity)
    return {
        field: masked(_text(value), facts[field].mask)
        if value is not None and field in facts and facts[field].mask
        else value
        for field, value in row.items()
    }


def shown_key(record_key: str | None, *, clear: bool) -> str | None:
    """Return the key of a record, without the names and numbers that may be in it."""
    return record_key if clear else masked(record_key, mask_of("record_key"))


def mask_of(field: str, entity: Entity = "resident") -> str:
    """Return the mask of a field; blank where it has none."""
    facts = _facts(entity).get(field)
    return str(facts.mask) if facts else ""


def code_name(code_set: str | None, value: object) -> str | None:
    """Return the Chinese name of a code."""
    if code_set is None:
        return None
    from schemas.codes import code_sets

    return code_sets()[code_set].codes.get(str(value))


def reason(code: str | None) -> str:
    """Return what a reason code says; a code that is not in the table as it is."""
    from schemas.reasons import reasons

    known = reasons().get(code or "")
    return known.zh if known else code or ""


def reason_aside(code: str | None) -> str:
    """Return why a whole row was set aside: of such a row no field was blanked."""
    return reason(code).removesuffix("，已置空")


def refusal(code: str | None) -> str:
    """Return why two records were not joined."""
    return REFUSALS.get(code or "", code or "")


def event_reason(text: str | None) -> str:
    """Return why an id came, went or was merged."""
    _, by, rule = (text or "").partition("one person by ")
    return RULES.get(rule, rule) if by else REASONS.get(text or "", text or "")


def advice(code: str | None) -> str:
    """Return what the owner should do about it."""
    from schemas.reasons import reasons

    known = reasons().get(code or "")
    return known.advice if known else ""


def raw_text(value: str | None, *, clear: bool) -> str:
    """Return a raw value that was set aside; it may hold anything, so it is hidden or clear."""
    return "" if value is None else value if clear else HIDDEN


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
