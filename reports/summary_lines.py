"""A table of counts: what each of its rows and columns counts, among whom, and its sums."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from openpyxl.utils import get_column_letter

from reports.conditions import WHOLE, parse_population
from reports.counted import AGED, PERSONS, completed, counted
from reports.derived import NO_GROUP, is_among, of_the_rest
from reports.form_file import Line, Sheet
from reports.items import words
from reports.layout import TOTAL, Layout
from reports.subject import group_of, of_the_title, possible_together, within_ages
from reports.texts import bare, squeezed

LABEL = re.compile(r"label:([^&]+)")
KIND = re.compile(r" & detail:\w+ = \w+")
AGE = re.compile("年龄|岁")
BORN, YEAR = re.compile("出生年[份度]?|出生日期|^出生$"), re.compile(r"(?:19|20)\d\d年?")
ONLY_AGES = re.compile(r"age [<>=]+ \d+(?: & age [<>=]+ \d+)?")
AGE_TEST = "age "
SUM = re.compile("合计|总计|小计|共计")
GRID_CODE = re.compile(r"\d{15}")
IN_UNITS = re.compile("户数|家庭(?:户)?总?数|[(]户[)]|^(?:总|常住|实有|家庭)?户$")
"""A column or row that counts in families, and is not named after one: `户数`, no `低保家庭`."""
WHOM = re.compile("[岁男女人户]")
"""In the name of a row that counts some people of a place, and is no place: `60岁以上`."""
NUMBER_OF = re.compile(
    "(?:[人户]?数|人员|人群|患者|对象|老年?人|残疾人|儿童|妇女|军人|党员|[(](?:[人户个名栋套辆处次元]|人次|万元)[)])$"
)
"""How a column of numbers of people ends."""
RESIDING, MOVING = re.compile("(?:^|/)常住(?:/|$)"), re.compile("流动|流入|外来|暂住|非户籍")
NO_PLACE = re.compile("网格[员长]|姓名|电话|数|情况")
RECEIVING, AIMED_AT = (
    re.compile("享受|领取"),
    re.compile("(?:目标|服务|调查|摸底|统计)(?:人群|对象|人口)"),
)
NOT_TOLD_APART = {
    "博士": "硕士",
    "农村低保": "城市低保",
    "农村特困": "城市特困",
    "农村五保": "城市三无",
    "中技": "中专",
    "中专": "中技",
}
SEXES = ("sex_code = 1", "sex_code = 2")
UNIT = re.compile("(?:计量)?单位")
"""A column that says what each row is counted in."""
AMISS = re.compile("[&|]")
"""What a condition's value cannot hold."""
ROWS_ARE = {"grid_name": "grid_name", "community_name": "community_code", "compound": "compound"}
"""What a row's condition is about, by what its column is called."""
EACH: dict[str, Any] = {"community_name": "community_code", "compound": "compound"}
"""What a table of counts has a row for, by what its first column is called."""


def summary_of(layout: Layout, *, of_title: bool = True, listed: int = 0) -> Sheet | None:
    """A table of counts; None if less than half of its columns are understood.

    `of_title`: whether its title may say whom it is about, since nobody else did. `listed`: how
    many columns a list of people would have something for.
    """
    stubs = _stub_width(layout)
    titles = [words().get(bare(one.path[-1]), "") for one in layout.columns[:stubs]]
    plain = [nth for nth, one in enumerate(layout.columns[:stubs]) if "序号" not in one.header]
    places = {nth: titles[nth] for nth in plain if titles[nth] in ROWS_ARE}
    stub = max(places, default=next(iter(plain), 0))
    across = _among_them([(get_column_letter(one.at), one.path) for one in layout.columns[stubs:]])
    known = sum(
        one.when is not None or counted(column.path[-1:]).when is not None
        for one, column in zip(across, layout.columns[stubs:], strict=True)
    )
    own = {get_column_letter(one.at) for one in layout.columns if one.computed}
    across = tuple(one for one in across if one.at not in own or one.when is not None)
    first, last = layout.body
    units = [
        nth for nth, one in enumerate(layout.columns) if UNIT.fullmatch(squeezed(one.path[-1]))
    ]
    told = [(row, texts, _row_path(_aged(layout, texts[:stubs]), places))
            for row, texts in enumerate(layout.stubs, first)]  # fmt: skip
    rows = [
        (str(row), (*path, *(texts[nth] for nth in units if nth >= stubs and texts[nth])))
        for row, texts, path in told
        if path
    ]
    down = _among_them(rows, ROWS_ARE.get(titles[stub], ""), rows=True)
    of_rows = sum(bool(one.when) for one in down) * 2 > len(down)  # 本月、上月、同比 of each
    named = len(rows) >= 3 and len(rows) * 2 > len(layout.stubs)
    of_places = titles[stub] in ROWS_ARE and 2 * sum(
        bool(one.when or NUMBER_OF.search(squeezed(one.header))) for one in across
    ) >= len(across)
    of_people = sum(bool(one.when or counted((one.header.rsplit("/", 1)[-1],)).when)
                    for one in across) > listed  # fmt: skip
    if not (named or of_places or of_people) and (
        not known or (known * 2 < len(across) and not of_rows)
    ):
        return None
    down = tuple(one.model_copy(update={"when": None}) if _part_sum(one) else one for one in down)
    total = layout.total
    if [one.when for one in down] == [""] and down[0].at == str(first) and first < last:
        total, first, down = first, first + 1, ()  # the sum stands above one row a grid
    untold = bool(down) and all(one.when is None for one in down)  # a sum of nobody knows whom
    called = [squeezed(one.header) for one in down]
    others = any(TOTAL.match(one) and not one.startswith("小计") for one in called)
    name = layout.total_name if others else "合计"
    whole = Line(at=str(total), header=name, when=None if untold else "")
    sums = [_sum_of(down, rows=True)(whole)] if total and down else []
    down = (*down, *sums)
    across, down = _in_units_of(down, across), _in_units_of(across, down)
    across = _aged_by(down, across)
    across, down = (_by_definition(layout.title, one) for one in (across, down))
    if of_title:
        across, down = of_the_title(layout.title, across, down)
    across = _of_known(down, across)
    return Sheet(
        sheet=layout.sheet, kind="summary", header=layout.header, body=(first, last),
        total=total, across=tuple(map(_proposed, across)),
        down=tuple(map(_proposed, down)), stub=get_column_letter(layout.columns[stub].at),
        seq=next((get_column_letter(one.at) for one, title in
                  zip(layout.columns, titles, strict=False) if title == "seq"), ""),
        each=EACH.get(titles[stub], "grid_code"),
    )  # fmt: skip


def _in_units_of(others: Sequence[Line], lines: Sequence[Line]) -> tuple[Line, ...]:
    """Where columns say 户数 and 人数, a row of 低保家庭 is whose they are; and the other way."""
    units = [IN_UNITS.search(squeezed(one.header)) for one in others]
    if not any(units) and not any(PERSONS.search(squeezed(one.header)) for one in others):
        return tuple(lines)
    return tuple(
        one if IN_UNITS.search(squeezed(one.header))
        else one.model_copy(update={"count": "residents"}) for one in lines
    )  # fmt: skip


def _aged_by(rows: Sequence[Line], columns: Sequence[Line]) -> tuple[Line, ...]:
    """Where each row says the ages, a column of 青年 says no more."""
    aged = [AGE_TEST in one.when for one in rows if one.when]
    if not aged or not all(aged):
        return tuple(columns)
    return tuple(
        one if one.when is not None
        else one.model_copy(update={"when": counted((AGED.sub("", squeezed(one.header)),)).when})
        for one in columns
    )  # fmt: skip


def _by_definition(title: str, lines: Sequence[Line]) -> tuple[Line, ...]:
    """未婚青年 in a table that says elsewhere whom it calls so: 14—35周岁青年."""
    told = [(title, group_of(title)), *((one.header, one.when) for one in lines)]
    ages = {
        word[0]: when
        for text, when in told[::-1]
        if when and ONLY_AGES.fullmatch(when) and (word := AGED.search(squeezed(text)))
    }
    made = []
    for one in lines:
        aim = AIMED_AT.search(one.header) if one.when is None else None
        if aim and told[0][1]:  # 目标人群数/其中：女 in a table of those whom its title names
            theirs = counted(tuple(AIMED_AT.sub("", part) for part in one.header.split("/")))
            made.append(one.model_copy(update={"when": theirs.when, "count": theirs.count}))
            continue
        word = AGED.search(squeezed(one.header)) if one.when is None else None
        if word and word[0] in ages:
            parts = (squeezed(part).replace(word[0], "") for part in one.header.split("/"))
            found = counted(tuple(parts)).when
            when = " & ".join(filter(None, (ages[word[0]], found))) if found is not None else None
            made.append(one.model_copy(update={"when": when}))
        else:
            made.append(one)
    return tuple(made)


def _of_known(rows: Sequence[Line], columns: Sequence[Line]) -> tuple[Line, ...]:
    """享受人数 of nothing that is said is not everybody."""
    if rows and all(one.when or SUM.search(one.header) for one in rows):
        return tuple(columns)
    return tuple(
        one.model_copy(update={"when": None})
        if one.when == "" and RECEIVING.search(one.header)
        else one
        for one in columns
    )


def _part_sum(line: Line) -> bool:
    """小计 among the rows: not of everybody."""
    return line.when == "" and squeezed(line.header) == "小计"


def _proposed(line: Line) -> Line:
    return line.model_copy(update={"proposed": line.when})


def _aged(layout: Layout, texts: Sequence[str | None]) -> list[str | None]:
    """In a column of ages a number alone is one; in one of years of birth a year is one."""
    return [
        text if not text
        else f"{text}岁" if text.isdigit() and AGE.search(one.header)
        else f"{text[:4]}年出生" if BORN.search(one.header) and YEAR.fullmatch(text)
        else completed(text, one.header) or text
        for one, text in zip(layout.columns, texts, strict=False)
    ]  # fmt: skip


def _row_path(texts: Sequence[str | None], places: Mapping[int, str]) -> tuple[str, ...]:
    """What the cells at the left say a row is: a place by its name alone, else all of them."""
    told = tuple(
        dict.fromkeys(t for t in texts if t and (not t.isdigit() or GRID_CODE.fullmatch(t)))
    )
    names = [(title, squeezed(texts[nth])) for nth, title in places.items() if texts[nth]]
    coded = any(GRID_CODE.fullmatch(one) for one in told)
    if coded or len(names) != len(places) or not names or SUM.search("".join(told)):
        return told
    *others, (_, name) = names  # 甲社区 beside 第一网格
    within = "".join(one for title, one in others if title == "community_name")
    return (f"{within.removesuffix('社区')}社区{name}" if within else name,)


def _among_them(
    named: Sequence[tuple[str, tuple[str, ...]]], place: str = "", *, rows: bool = False
) -> tuple[Line, ...]:
    """Columns or rows as lines: `其中：女` behind `60岁以上` counts women of that age.

    What a part of a header is among stands before it at the same height, under the same parts.
    """
    made: list[Line] = []
    for nth, (at, path) in enumerate(named):
        if is_among(path[-1]) and _of_bands([other for _, other in named[:nth]], path):
            above = counted(path[:-1]).when  # 育龄妇女/其中：流动人口 is of what stands above all
            made.append(
                line_of(at, path) if above else Line(at=at, header="/".join(path), when=None)
            )
            continue
        height = next((n for n, part in enumerate(path) if is_among(part)), None)
        wholes = (
            other[: height + 1]
            for _, other in named[:nth][::-1]
            if height is not None
            and other[:height] == path[:height]
            and not any(map(is_among, other))
            and not UNIT.fullmatch(squeezed(other[-1]))
            and _of_somebody(other[: height + 1], path)
        )
        made.append(line_of(at, path, next(_of_both(wholes), ()), place))
    return of_the_rest([*map(_sum_of(made, rows=rows), _told_apart(_residing(made)))])


def _residing(lines: Sequence[Line]) -> list[Line]:
    """常住 is 户籍常住 beside 流动; where nobody else lives there, whoever lives there."""
    if any(MOVING.search(one.header) for one in lines):
        return [*lines]
    return [
        one.model_copy(update={"when": one.when.replace("residence_type_code = 1", "residents")})
        if one.when and RESIDING.search(one.header)
        else one
        for one in lines
    ]


def _told_apart(lines: Sequence[Line]) -> list[Line]:
    """硕士研究生 beside 博士研究生: of both is known only that they are 研究生."""
    made = []
    for line in lines:
        beside = " ".join(one.header for one in lines if one is not line)
        apart = [
            one for one, other in NOT_TOLD_APART.items()
            if other in line.header and one in beside and one not in line.header
        ]  # fmt: skip
        made.append(line.model_copy(update={"when": None}) if apart else line)
    return made


def _of_bands(before: Sequence[tuple[str, ...]], path: tuple[str, ...]) -> bool:
    """Whether two bands of age, or two codes, stand before a part: 女性 of one, or of both?"""
    last = next((nth for nth in range(len(before), 0, -1) if not is_among(before[nth - 1][-1])), 0)
    beside = [one for one in before[max(last - 2, 0) : last]
              if one[:-1] == path[:-1] and not any(map(is_among, one))]  # fmt: skip
    told = [parse_population(when) for one in beside if (when := counted(one).when)]
    if len(told) < 2 or any(one.whole != "residents" for one in told):
        return False
    first, second = ({*one.tests} for one in told)
    apart = {one.item for one in first ^ second}
    mine = parse_population(counted(path).when or "").tests
    if len(apart) != 1 or apart == {"sex_code"} or apart & {o.item for o in {*mine} - first}:
        return False
    return not possible_together(*(str(counted(one).when) for one in beside))


def _of_somebody(whole: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether a part may be of what stands before it: women of 15 to 49 are not among 16-59."""
    first, part = counted(whole).when, counted(path).when
    if first is None or part is None:
        return True
    return possible_together(first, part) and within_ages(part, first)


def _of_both(wholes: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Behind 男 and 女 a part is of both: of what stands before them; so behind 合计 and 男."""
    listed = list(wholes)
    sexes = [counted(one[-1:]).when for one in listed[:2]]
    both = {*sexes} == {*SEXES}
    summed = len(listed) > 1 and sexes[0] in SEXES and SUM.search(listed[1][-1])
    yield from listed[2:] if both else listed[1:] if summed else listed


def _sum_of(lines: Sequence[Line], *, rows: bool) -> Callable[[Line], Line]:
    """Of lines that each count a label, 合计 is whoever has one of them, not everybody.

    Of other people with labels nobody can say; a row of sums is of the rows above it anyway.
    """
    parts = [one for one in lines if one.when and not is_among(one.header)]
    named = [LABEL.fullmatch(KIND.sub("", str(one.when))) for one in parts]
    labelled = all("label:" in str(one.when) for one in parts)
    if len(parts) < 2 or not labelled or (rows and None in named):
        return lambda one: one
    untold = any(one.when is None and not NO_GROUP.search(one.header) for one in lines)
    all_of_them = (
        None if untold or None in named
        else "label:" + "|".join(dict.fromkeys(found[1] for found in named if found))
    )  # fmt: skip
    return lambda one: (
        one.model_copy(update={"when": all_of_them})
        if one.when == "" and SUM.search(one.header)
        else one
    )


def _stub_width(layout: Layout) -> int:
    """How many columns at the left say what the rows are."""
    width = 0
    for nth, one in enumerate(layout.columns):
        written = sum(bool(texts[nth]) for texts in layout.stubs)
        named = counted(one.path).when is None or not counted(one.path).when
        empty = "人数" not in one.header and "数" not in one.header[-1]
        place = words().get(bare(one.path[-1])) in (*ROWS_ARE, "grid_code")  # to be written
        if (written * 2 > len(layout.stubs) or nth == 0 or place) and named and empty:
            width = nth + 1
        else:
            break
    return max(width, 1)


def line_of(at: str, path: tuple[str, ...], whole: tuple[str, ...] = (), place: str = "") -> Line:
    """A line's condition; a row that counts nothing known may name a place (`place`: which)."""
    header = "/".join(path)
    if coded := next((one for one in path if GRID_CODE.fullmatch(one)), None):
        return Line(at=at, header=header, when=f"grid_code = {coded}")
    found = counted((*whole, *path))
    name = squeezed(header)
    among = whole or is_among(header) or SUM.search(name) or len(path) > 1
    counts = found.when is not None and (not place or not found.when or WHOM.search(name))
    places = place or ("网格" in name and bare(name) not in words() and not NO_PLACE.search(name))
    if not (among or counts or AMISS.search(name)) and places:
        return Line(at=at, header=header, when=f"{place or 'grid_name'} = {name}")
    count: Any = found.count
    wholes = set((found.when or "").split(" & ")) & {*WHOLE}
    when = found.when if len(wholes) < 2 else None  # of 户籍 and of everybody: nobody can say
    return Line(at=at, header=header, when=when, count=count)
