"""Tables of events: tickets, calls, visits, repairs; whether a table is one, and its columns.

A row of such a table names somebody, too, but says what happened: a time, a kind or a text. Words
are those of `event_words.csv`, each front with each end, in Chinese, in pinyin and in English.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from pypinyin import Style, lazy_pinyin

from hub.reflected import ReflectedTable
from schemas.entities import FIELDS
from schemas.matching.cutting import tokens_of
from schemas.matching.decide import (
    ADDRESSES,
    BY_VALUES,
    MOSTLY,
    ONE_WITNESS,
    PARTS,
    Decision,
    decide,
)
from schemas.matching.judging import Candidate
from schemas.matching.lexicon import HAN, rows
from schemas.matching.naming import CLAUSE, plain
from schemas.matching.options import listed_in
from schemas.matching.profile import Profile
from schemas.matching.seen import Seen

TICKETS = re.compile(
    r"工单|报事|报修|诉求|投诉|热线|求助|接诉即办|12345|随手拍|信访件|信访事项|矛盾纠纷|调解|报警|警情"
    r"|gong ?dan|\bgd\b|su ?qiu|bao ?xiu|tou ?su|re ?xian"
    r"|\b(?:(?:work|service) ?order|ticket|repair|complaint|hotline|appeal|incident)s?\b"
)
VISITS = re.compile(
    r"走访|巡访|探访|巡查|入户|上门|来访|接访|事件|隐患|慰问|咨询|检查|排查|检修|接待"
    r"|(?:服务|援助|帮扶|救助)(?:记录|案件|工单|订单|明细)"
    r"|zou ?fang|xun ?cha|ru ?hu"
    r"|\b(?:visit|patrol|event|home ?service|service ?record|inspection|consult|consultation)s?\b"
    r"|\b(?:home ?care|care|service|aid|activity) ?(?:case|record)s?\b|\borders?\b"
    r"|订单|订餐|点餐|活动(?:记录|签到|明细)"
)
OF_PATIENTS = re.compile(
    r"随访|接种(?:记录|登记|台账|明细)|\b(?:follow ?up|vaccination|inoculation)s?\b"
)
"""Something is said of whoever was visited, too; but a list of patients has their last one."""
NO_EVENTS = re.compile(
    r"日志|流水|通行|刷卡|抄表|短信|缴费|考勤|打卡机|排班|评估|体检|接种|评价|字典|配置"
    r"|(?<!物业服务)企业|商户|店铺|经营户|法人"
    r"|\b(?:log|logs|sms|pay|payment|pass|dict|config|duty|schedule|assess|message"
    r"|enterprise|shop|merchant)\b"
)
LISTS = re.compile(
    r"名单|名册|花名册|人员信息|对象|档案|居民信息|居民表|网格划分"
    r"|(?:老人|长者|居民|人员|群众|儿童|妇女|党员|职工|用户|业主|住户|家庭|患者|学生)$"
    r"|\b(?:person|people|resident|elder|member|customer|owner|user|archive)s?"
    r"(?: (?:info|list|base|detail|data))?$"
)
"""A list of people who are visited or served is a list of people."""
OF_A_PERSON = (
    *("sex", "birth_date", "birth_year", "age", "ethnicity", "education", "marital", "political"),
    *("employment", "relation", "hukou_address", "residence_type", "household_no"),
)
TICKET_NO = re.compile(
    r"(?:单|工单|诉求|事件|投诉|报修|案件|事项)(?:编?号|编码|id)$"
    r"|(?:ticket|order|event|case|complaint|repair|incident|report|issue|appeal|request|task|alarm)"
    r"[ _]?(?:no|id|code|sn|num|number)$",
    re.IGNORECASE,
)
NEXT = re.compile(r"下次|下一次|\bnext")
"""Of whom this is known, the row is about: when the meter of a customer was last looked at."""
SHORTEST = 4  # initials of fewer letters mean too many things
LAST = 10_000  # behind every word
TOLD_BY_VALUES = ("happened_at", "closed_at", "name", "id_number", "phone")
OF_A_PATIENT = 2  # things said of a person who is visited: sex and age
DEEDS, MANY = {"kind", "summary", "status", "closed_at"}, 3
SEVERAL = 4  # columns that speak of visits or tickets, where the table's name does not
STATES = 8
FEW = 20  # different states or kinds of one table
NAMED, BY_CREATION, LIKELY = 0.97, 0.82, 0.6
NUMBER, NUMBERS = "number", ("编号", "单号", "bh", "no", "id", "code", "number", "num", "sn")
OWN = ("happened_at", "kind", "summary")
NAMES = ("名称", "mingcheng", "mc", "name")  # of anything
SHARED = 3  # so many columns that begin alike and end as an event's do
NO_DEEDS = ("died_on", "left_on", "came_on", "since", "until", "updated_at", "work_unit",
            "military", "insurance", "house_attr")  # fmt: skip
OF_THE_ROW = ("updated_at", "created_at", "birth_date", "row_id", "operator")
REPORTS = re.compile(r"report|submit")
THEIRS = ("name", "id_number", "phone", "person_key", "address")


def is_event(table: ReflectedTable, seen: Sequence[Seen]) -> bool:
    """Whether the rows are what happened; never where more than a word is said of a person."""
    about, own = _about(table), _own_words(seen)
    patients, tickets = OF_PATIENTS.search(about), TICKETS.search(about)
    if (NO_EVENTS.search(about) and not patients) or (LISTS.search(about) and not tickets):
        return False
    told = sum(any(one.chance(name) >= 0.5 for one in seen) for name in OF_A_PERSON)
    spoken = bool(tickets or VISITS.search(about))
    fields = {field for one in seen if (field := _field(one, own))}
    if not told:
        well = own or (spoken and fields >= {"happened_at", "status"})
        likely = OWN if well else ("summary",) if spoken else ()
        fields |= {*likely} & {*_by_ends(seen)}
    timed = "happened_at" in fields or (tickets and _created(seen))
    if not timed or not fields & {"kind", "summary"}:
        return False
    if patients:
        return told <= OF_A_PATIENT
    again = any(NEXT.search(_said(one)) for one in seen) and not _numbered(seen, own)
    if spoken:
        return told <= 1 and not again
    shared = bool(own) and not again and _somebody(fields, seen)
    return not told and (shared or _plainly(fields, seen, again=again))


def _somebody(fields: set[str], seen: Sequence[Seen]) -> bool:
    """Whether anybody is named to whom it happened."""
    named = (one.chance(told, "self") >= LIKELY for one in seen for told in ("name", "id_number"))
    return bool(fields & {*THEIRS} - {"address"}) or any(named)


def _plainly(fields: set[str], seen: Sequence[Seen], *, again: bool) -> bool:
    """Whether the columns say so by words that are known, where the table's name does not."""
    numbered = any(TICKET_NO.search(_said(one)) for one in seen)
    said = sum(bool(VISITS.search(_said(one)) or TICKETS.search(_said(one))) for one in seen)
    whole = fields >= {"happened_at", "kind", "summary"} and said >= SEVERAL
    many = len(fields & DEEDS) >= MANY and not again
    return whole or many or (numbered and bool(fields & {"status", "closed_at"}))


def _numbered(seen: Sequence[Seen], own: Mapping[str, str]) -> bool:
    """Whether what happened has a number: `咨询编号`."""
    return any(own.get(said) == NUMBER for one in seen for said in _spelled(one))


def decide_event(table: ReflectedTable, seen: Sequence[Seen]) -> list[Decision]:
    """What each column of a table of events is: by the words of events before all others."""
    about, own, plainly = _about(table), _own_words(seen), decide(seen, "event")
    made = [_event(one, each, own) or one for one, each in zip(plainly, seen, strict=True)]
    if TICKETS.search(about) and not any(one.field == "happened_at" for one in made):
        for at, each in enumerate(seen):
            if each in _created(seen)[:1]:
                made[at] = replace(
                    made[at], field="happened_at", settings={}, confidence=BY_CREATION, others=(),
                    why="工单的登记时间，表里没有别的时间",
                )  # fmt: skip
    for field, at in _by_ends(seen).items():
        if not any(one.field == field for one in made) and made[at].field is None:
            why = f"列名的末尾像“{FIELDS['event'][field].title}”，表里没有别的"
            made[at] = replace(
                made[at], field=field, settings={}, confidence=BY_VALUES, others=(), why=why
            )
    _without_reporters(made, seen)
    for field in {one.field for one in made if one.field}:
        _first_only(made, seen, field)
    return made


def keys_of_events(decisions: Sequence[Decision], seen: Sequence[Seen]) -> list[Seen]:
    """The columns that may be a key: whoever is named in an event may be in the next one, too."""
    number, own = (Candidate("row_id", "self", NAMED, "工单编号"),), _own_words(seen)
    return [
        replace(each, candidates=number)
        if TICKET_NO.search(_said(each)) or _numbered([each], own)
        else each
        for one, each in zip(decisions, seen, strict=True)
        if one.field not in THEIRS
    ]


def _about(table: ReflectedTable) -> str:
    """The table's name and comment; `ElderVisitRecord` in its words."""
    name = table.name if HAN.search(table.name) else " ".join(tokens_of(table.name))
    numbered = "12345 " if "12345" in table.name else ""
    return f"{numbered}{name} {table.comment}".lower().strip()


def _created(seen: Sequence[Seen]) -> list[Seen]:
    return [one for one in seen if one.chance("created_at") >= LIKELY and _full_times(one.profile)]


def _own_words(seen: Sequence[Seen]) -> Mapping[str, str]:
    """The columns of a table that names what happened as no list does: `献血日期`, `献血地点`."""
    found: dict[str, dict[str, str]] = {}
    others: set[str] = set()  # words for what is so with a person, or was done to the row
    for one in seen:
        for said in _spelled(one):
            for field, end in _ends():
                if said.endswith(end) and len(said) > len(end) + 1 and _fits(field, one.profile):
                    found.setdefault(said.removesuffix(end), {}).setdefault(field, said)
                    others |= {said.removesuffix(end)} if _of_person(one) else set()
    made: dict[str, str] = {}
    for front, told in found.items():
        named = sum(any(said.startswith(front) for said in _spelled(one)) for one in seen)
        much = len(told) >= SHARED and told.keys() & {"summary", "address"}
        timed = "happened_at" in told and told.keys() & {"kind", "summary"}
        if front not in others and (much or (timed and named >= SEVERAL)):
            made |= {said: field for field, said in told.items()}
            made |= {front + end: NUMBER for end in NUMBERS}
    return made


def _of_person(one: Seen) -> bool:
    """Whether a column is known to say something of a person, or of the row."""
    if one.best is None or one.best.subject != "self":
        return False
    return one.best.attribute in (*NO_DEEDS, *OF_A_PERSON, *ADDRESSES, *PARTS)


def _by_ends(seen: Sequence[Seen]) -> Mapping[str, int]:
    """The first column that ends as one for a field does, whatever stands before it: its place."""
    found: dict[str, int] = {}
    for at, one in enumerate(seen):
        if any(one.chance(name) >= 0.5 for name in OF_THE_ROW):
            continue
        for field, end in _ends():
            if _fits(field, one.profile) and any(said.endswith(end) for said in _spelled(one)):
                found.setdefault(field, at)
    return found


def _event(one: Decision, each: Seen, own: Mapping[str, str]) -> Decision | None:
    field = _field(each, own)
    if field is None:
        return None
    said = "注释写的是" if HAN.search(each.column.comment) else "列名像"
    told = field in TOLD_BY_VALUES and each.profile.size > 0
    why = f"{said}“{FIELDS['event'][field].title}”" + ("，值也像" if told else "")
    made = replace(
        one, field=field, confidence=NAMED if told else ONE_WITNESS, why=why,
        settings={}, others=(), choices=(), dropped=False,
    )  # fmt: skip
    if field not in ("kind", "status") or each.profile.share("integer") < MOSTLY:
        return made
    listed = listed_in(each.column.comment or each.column.name)
    if listed and {*each.profile.counts} <= {*listed}:
        return replace(made, settings={"codes": listed}, why=f"{why}；代码按注释对照")
    return replace(made, confidence=LIKELY, why=f"{why}；只有代码，请写 codes")


def _without_reporters(made: list[Decision], seen: Sequence[Seen]) -> None:
    """Who reports is a grid's worker where somebody else is named, too, and else may be one."""
    named = [at for at, one in enumerate(made) if one.field in ("name", "phone", "id_number")]
    workers = [at for at in named if REPORTS.match(_spelled(seen[at])[0])]
    for at in workers:
        one = made[at]
        why = f"{one.why}；但上报的可能是网格员"
        made[at] = replace(one, confidence=BY_VALUES, why=why)
        if len(workers) < len(named):
            others = ((str(one.field), 0.3),)
            made[at] = replace(one, field=None, settings={}, confidence=0.7, others=others, why=why)


def _first_only(made: list[Decision], seen: Sequence[Seen], field: str) -> None:
    """Of several columns for one field the one whose word comes first; the others are asked."""
    ones = [at for at, one in enumerate(made) if one.field == field]
    if len(ones) < 2 or field in ("road", "door_no", "compound", "building", "unit", "room"):
        return
    first, *rest = sorted(ones, key=lambda at: (_rank(seen[at], field), -made[at].confidence, at))
    for at in rest:
        made[at] = replace(
            made[at], field=None, settings={}, confidence=0.7, others=((field, 0.3),),
            why=f"{made[at].why}；但“{made[first].column}”更像",
        )  # fmt: skip


def _rank(each: Seen, field: str) -> int:
    return min(_words().get(one, {}).get(field, LAST * LAST) for one in _spelled(each))


def _field(each: Seen, own: Mapping[str, str]) -> str | None:
    """The field that a column's words name and its values do not speak against."""
    found = [name for one in _spelled(each) for name in _words().get(one, {})]
    found += [own[one] for one in _spelled(each) if one in own and own[one] != NUMBER]
    found = [name for name in found if _fits(name, each.profile)]
    if each.chance("name", "official") >= NAMED:  # `doctor.name`
        found = [name for name in found if name != "kind"]
    if {"status", "summary"} <= {*found} and each.profile.distinct <= STATES:
        return "status"  # `gdzt`: 工单状态, not 工单主题
    return next(iter(found), None)


def _fits(field: str, profile: Profile) -> bool:
    if not profile.size:
        return field != "happened_at" or not profile.total
    fit = FITS.get(field)
    return fit is None or fit(profile)


def _full_times(profile: Profile) -> bool:
    return _times(profile) >= MOSTLY and profile.size >= MOSTLY * profile.total


def _times(profile: Profile) -> float:
    return min(profile.share("day") + profile.share("moment"), 1.0)


def _said(each: Seen) -> str:
    """A comment in Chinese as far as its first clause, or the name: the end of a path."""
    return _clause(each) or _ways_said(each)[-1]


def _ways_said(each: Seen) -> list[str]:
    """The comment; of a path the last two words, too: `category.name`; as `INOC_DATE` all of it."""
    path = [one for one in re.split(r"[/.]", each.bare) if one] or [each.bare]
    both = [plain(f"{path[-2]}_{path[-1]}")] if len(path) > 1 else []
    whole = [plain(each.column.name)] if each.bare != each.column.name else []
    said = _clause(each)
    known = each.best is not None and each.best.attribute != "remark"
    if said and known:
        return [said]
    return [*([said] if said else []), *whole, *both, plain(path[-1])]


def _clause(each: Seen) -> str:
    comment = unicodedata.normalize("NFKC", each.column.comment)
    clause = next((one for one in CLAUSE.split(plain(comment)) if one), "")
    return clause if HAN.search(clause) else ""


def _spelled(each: Seen) -> list[str]:
    return [
        re.sub(r"\s+|_", "", said) if HAN.search(said) else "".join(tokens_of(said))
        for said in _ways_said(each)
    ]


def _few(profile: Profile) -> bool:
    return profile.distinct <= FEW and _times(profile) < 0.5


def _text(profile: Profile) -> bool:
    return profile.share("han") >= 0.5 and profile.names < MOSTLY


def _sum(profile: Profile, *shapes: str) -> float:
    return sum(profile.share(one) for one in shapes)


FITS: dict[str, Callable[[Profile], bool]] = {
    "happened_at": _full_times,
    "closed_at": lambda one: _times(one) >= MOSTLY,
    "kind": _few,
    "status": _few,
    "summary": _text,
    "address": _text,
    "name": lambda one: one.names >= LIKELY,
    "phone": lambda one: _sum(one, "mobile", "landline", "mobile_masked") >= LIKELY,
    "id_number": lambda one: max(one.valid_ids, one.share("id_masked")) >= LIKELY,
}
"""What the values must be like for a word to be believed."""


@cache
def _ends() -> tuple[tuple[str, str], ...]:
    """What stands behind the word for what happened, in Chinese, in pinyin and in English."""
    found: dict[tuple[str, str], None] = {}
    for row in rows("event_words"):
        if row["field"] in (*OWN, "status", "address") and row["ends"]:
            ends = row["ends"].split("|") + row["english_ends"].split("|")
            ways = [way for end in ends for way in _spellings(end)]
            found |= {
                (row["field"], way): None for way in ways if len(way) > 1 and way not in NAMES
            }
    return tuple(found)


@cache
def _words() -> dict[str, dict[str, int]]:
    """Every spelling to the fields that it may mean, each with the place of its word."""
    found: dict[str, dict[str, int]] = {}
    said = [row for row in rows("event_words") if row["field"] in (*OWN, "status")]
    every = "|".join(row["fronts"] for row in said), "|".join(row["english_fronts"] for row in said)
    fronts = [(row["fronts"], row["english_fronts"]) for row in rows("event_words")]
    pairs = [*zip(rows("event_words"), fronts, strict=True), *((row, every) for row in said)]
    for place, (row, (chinese, english)) in enumerate(pairs):
        ones = [
            spelled
            for front in chinese.split("|")
            for end in row["ends"].split("|")
            for spelled in _ways(front, end)
        ]
        ones += [
            f"{front}{end}".replace(" ", "")
            for front in english.split("|")
            for end in row["english_ends"].split("|")
        ]
        for nth, spelled in enumerate(ones):
            found.setdefault(spelled, {}).setdefault(row["field"], place * LAST + nth)
    found.pop("", None)
    return found


@cache
def _spellings(word: str) -> tuple[str, str, str]:
    """A word as it is written, in pinyin, and by initials: `内容`, `neirong`, `nr`."""
    initials = "".join(lazy_pinyin(word, style=Style.FIRST_LETTER)).lower()
    return word.replace(" ", ""), "".join(lazy_pinyin(word)).lower().replace(" ", ""), initials


def _ways(front: str, end: str) -> list[str]:
    ways = [a + b for a, b in zip(_spellings(front), _spellings(end), strict=True)]
    return ways if len(ways[-1]) >= SHORTEST else ways[:-1]
