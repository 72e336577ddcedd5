"""The front of a name cut into known words: whose the thing behind it is, and how surely."""

import re
from dataclasses import dataclass, replace
from functools import cache

from schemas.matching.lexicon import Word, chinese, latin

TOKENS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[\u3400-\u9fff]+")
STRANGE = 0.88  # a word that nobody knows may mean somebody else
UNKNOWN, WORD = 2.0, 1.0  # cost of a character or token that is no word, and of a word
ORGANISED = ("operator", "work_unit")
"""Attributes that name somebody who is not the person, when they stand before another."""
NO_OTHER = (*ORGANISED, "hukou_address", "residence_address")
ROLES = (
    *("信访人", "车主", "养犬人", "孕妇", "产妇", "孕产妇", "新生儿", "婴儿", "幼儿", "婴幼儿"),
    *("职工", "会员", "住户代表", "使用人", "房屋使用人", "实际居住人", "居住人", "领取人员"),
    *("业主", "租户", "租客", "承租人", "承租人员", "租赁人", "产权人", "房屋产权人", "申请人"),
    *("学生", "儿童", "志愿者", "住户", "owner", "tenant", "renter", "lessee", "applicant"),
    *("student", "child", "volunteer", "occupant", "family member"),
    *("家庭成员", "家庭成员信息", "家庭人员", "户内成员", "共同生活成员", "保障家庭成员"),
)
"""In one row there may be two of these, and they are two people."""
SOMEBODY = Word("subject", "official", "han")
AGENT = re.compile(r"[a-z]{3,}(?:[^eo]er|[^o]or|ist|man)")
THINGS = (
    *("server", "center", "letter", "corner", "sensor", "quarter", "monitor", "sector", "vector"),
    *("factor", "answer", "counter", "folder", "header", "filter", "router", "number", "barrier"),
)
"""English words that end as those for somebody do, and are none."""


Words = tuple[tuple[Word | None, str], ...]
"""A text cut: each piece as it stands, and its meaning if it has one."""


DOUBTED = 0.7
"""How sure initials are that stand for two people: `HZ`, 户主 or 患者."""


@dataclass(frozen=True)
class Cut:
    """A front part cut into words: whose, other attributes named, and what nobody knows."""

    subject: str | None
    others: int
    unknown: int
    doubtful: bool = False  # initials that stand for two people
    guessed: bool = False  # by two letters, among names that are no initials
    role: str = ""  # in which the person appears, where a row may hold another in another role
    stranger: str = ""  # somebody whom no list names: `申报人`

    @property
    def whose(self) -> float:
        """How sure it is whose a thing behind this is."""
        if self.doubtful:
            return DOUBTED
        return STRANGE if self.unknown or self.others else 1.0


@cache
def cut_chinese(head: str, context: tuple[str, ...] = ()) -> Cut:
    """The cheapest way to cut a text into known words."""
    text = head + "".join(context)
    best: list[tuple[float, Words]] = [(0.0, ())]
    words = chinese()
    for end in range(1, len(text) + 1):
        ways = [(best[end - 1][0] + UNKNOWN, (*best[end - 1][1], (None, "")))]
        for start in range(max(0, end - 8), end):
            found = words.get(text[start:end], ())
            if found:
                chosen = min(found, key=_preference)
                ways.append((best[start][0] + WORD, (*best[start][1], (chosen, text[start:end]))))
            elif _stranger(text[start:end]):
                ways.append(
                    (best[start][0] + WORD + 0.1, (*best[start][1], (SOMEBODY, text[start:end])))
                )
        best.append(min(ways, key=lambda way: way[0]))
    return _cut(best[-1][1])


def _stranger(text: str) -> bool:
    """`申报人`, `协调员`: nobody we know; `职工本人` ends with somebody whom we do."""
    shaped = 2 <= len(text) <= 4 and text[-1] in "人者员师"
    return shaped and not any(
        one.kind == "subject" for at in range(1, len(text)) for one in chinese().get(text[at:], ())
    )


def _preference(word: Word) -> int:
    kind = ("subject", "noise", "suffix", "attribute").index(word.kind)
    return 2 * kind + (word.means != "head")  # of `hz` 户主 is likelier than 患者


def _cut(words: Words) -> Cut:
    named = [one for one, _ in words if one]
    roles = [text for one, text in words if one and one.means == "self" and text in ROLES]
    whose = [one.means for one in named if one.kind == "subject"]
    whose += ["hukou" for one in named if one.means == "hukou_address"]
    whose += ["official" for one in named if one.kind == "attribute" and one.means in ORGANISED]
    apart = [one for one in whose if one != "self"] or whose
    others = sum(1 for one in named if one.kind == "attribute" and one.means not in NO_OTHER)
    return Cut(
        subject=apart[-1] if apart else None,
        others=others,
        unknown=len(words) - len(named),
        role=roles[-1] if roles else "",
        stranger=next((text for one, text in reversed(words) if one is SOMEBODY), ""),
    )


def tokens_of(name: str) -> list[str]:
    """`resident_name`, `residentName` as words; numbers dropped where there are letters too."""
    found = [one.lower() for one in TOKENS.findall(name)]
    return [one for one in found if not one.isdigit()] or found


@cache
def cut_latin(head: tuple[str, ...], *, trusted: bool = True) -> Cut:
    """As `cut_chinese`, of tokens; `trusted` where the whole table goes by pinyin initials."""
    words = latin()
    best: list[tuple[float, Words]] = [(0.0, ())]
    for end in range(1, len(head) + 1):
        ways = [(best[end - 1][0] + UNKNOWN, (*best[end - 1][1], (None, "")))]
        for start in range(max(0, end - 3), end):
            found = words.get("".join(head[start:end]), ())
            if found:
                chosen = min(found, key=_preference)
                ways.append(
                    (best[start][0] + WORD, (*best[start][1], (chosen, "".join(head[start:end]))))
                )
        if AGENT.fullmatch(head[end - 1]) and head[end - 1] not in THINGS:
            ways.append(
                (best[end - 1][0] + WORD + 0.1, (*best[end - 1][1], (SOMEBODY, head[end - 1])))
            )
        best.append(min(ways, key=lambda way: way[0]))
    cut = _cut(best[-1][1])
    if cut.stranger:  # `inviter`: nobody we know, and not surely somebody
        cut = replace(cut, unknown=cut.unknown + 1)
    pieces = [piece for _, piece in best[-1][1] if piece]
    guessed = not trusted and not all(_is_known(one) for one in pieces)
    doubtful = guessed or any(_two_people(one) for one in pieces)
    return replace(cut, doubtful=doubtful, guessed=guessed)


def _is_known(token: str) -> bool:
    """Whether a token is more than two letters that some Chinese words begin with."""
    found = latin().get(token, ())
    return len(token) > 2 or not found or any(one.form != "initials" for one in found)


def _two_people(token: str) -> bool:
    """Whether initials are short for the person and for somebody else: 残疾人, 采集人."""
    found = [one for one in latin().get(token, ()) if one.form == "initials"]
    whose = {one.means for one in found if one.kind == "subject"}
    organised = any(one.kind == "attribute" and one.means in ORGANISED for one in found)
    return "self" in whose and (len(whose) > 1 or organised)
