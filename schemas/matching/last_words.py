"""What the last word of a name says it is, behind a front that was cut into words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.matching.cutting import Cut
from schemas.matching.lexicon import Form, Word, attributes, is_label

FORMS: dict[Form, float] = {"han": 1.0, "english": 0.93, "full": 0.93, "initials": 0.9}
SHORT_INITIALS = {2: 0.55, 3: 0.75, 4: 0.86}
CODED = ("code:", "relation", "labels", "person_type", "disability_kind", "grid", "day", "flag")
"""Contents to which `代码` or `name` may be added without making another thing of it."""
KEYS = ("编码", "编号", "代码", "码", "id", "code", "cd", "dm", "bm", "key", "type", "类型")
"""Behind any other word these make a key or a kind of it."""


@dataclass(frozen=True)
class NameReading:
    """One meaning of a column's name; `strength` is how sure the name alone makes it."""

    attribute: str
    subject: str
    strength: float
    why: str
    form: Form = "han"
    whose: float = 1.0  # how sure it is that the values are this subject's
    role: str = ""
    agreed: bool = False  # the column's name and its comment both say so
    stranger: str = ""  # somebody whom no list names, whose it is


def after(
    found: Sequence[Word], cut: Cut, whose: str | None, factor: float, *, behind: str = ""
) -> Iterator[NameReading]:
    """Readings of a last word behind what was cut before it."""
    ones = spoken(found)
    for one in ones:
        strength = FORMS[one.form] * factor * front(cut)
        if behind and not attributes()[one.means].content.startswith(CODED):
            strength *= 0.25 if behind in KEYS else 0.6
        subject = cut.subject or whose or "self"
        yield NameReading(
            one.means, subject, strength / len(ones) ** 0.5, "", one.form, cut.whose, cut.role,
            stranger=cut.stranger if subject == "official" else "",
        )  # fmt: skip


def front(cut: Cut) -> float:
    """How much a front that is not all understood takes away."""
    unknown = (1.0, 0.85, 0.72)[cut.unknown] if cut.unknown < 3 else 0.55
    return unknown * (0.65**cut.others) * (0.5 if cut.guessed else 1.0)


def whole_word(
    found: Sequence[Word], spelled: str, factor: float, *, trusted: bool = False
) -> Iterator[NameReading]:
    """Readings of a name that is one known word altogether."""
    ones = spoken(found)
    for one in ones:
        believed = 1.0 if one.form == "han" else trust(one.form, len(spelled), trusted)
        strength = FORMS[one.form] * factor * believed / len(ones) ** 0.5
        if one.form == "initials" and is_label(one.means):
            strength *= 0.5  # `sfdj` is 是否独居, 是否登记, 是否代缴
        yield NameReading(one.means, "self", strength, "", one.form)


def spoken(found: Sequence[Word]) -> list[Word]:
    """The attributes among the meanings; initials yield to what is known as it is written."""
    ones = [one for one in found if one.kind == "attribute"]
    written = [one for one in ones if one.form != "initials"]
    return written or ones


def trust(form: Form, length: int, trusted: bool) -> float:
    """How much a spelling is believed: few initials stand for many words."""
    if form != "initials":
        return 1.0
    short = SHORT_INITIALS.get(length, 1.0)
    return (short + 1) / 2 if trusted else short
