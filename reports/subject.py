"""Whom the title of a table of counts is about: `残疾人基本情况统计表`, in which 男 are theirs."""

import re
from collections.abc import Sequence

from reports.conditions import NUMBERS, Test, parse_population
from reports.counted import EITHER, FACETS, OF_THE_OLD, RELIEVED, named_in
from reports.form_file import Line, Sheet
from reports.layout import TOTAL
from reports.texts import bare, squeezed

WHOLES = re.compile("总人口|人口总|辖区|常住人口|户籍人口|实有人口|全部|居民")
"""In the name of a line that counts everybody, whatever the title is about."""
EVERYBODY = re.compile("总人口|人口总|辖区|全部")
YOUNG = re.compile("儿童|婴|孩|子女")
"""Beside women or the old these are no part of them."""
REGISTERED = re.compile("(?<!非)户籍(?:总?人口|居民|人员|老年?人|儿童|妇女|人数)")
ELSEWHERE = re.compile("常住|流动|实有|暂住|外来|非户籍|现住|居住")
OF_ALL = re.compile("(?:总|常住|户籍|实有)人口")
SEX, SUMMED = re.compile("(?:其中[:：]?)?[男女]性?(?:人数|[(]人[)]|数)?$"), "总"
PARTED = re.compile(f"性别|年龄|学历|民族|按.+分|{FACETS.pattern}")
OLD = re.compile("age >= 60$")
OLDEST = 1_000


def group_of(title: str) -> str | None:
    """The condition of those whom a title names; None where it names nobody, or several groups."""
    named = named_in(title)
    found = list(dict.fromkeys(named.values()))
    figures = [made for words, made in named.items() if re.search(r"\d", words)]
    adjoining = len(found) == 2 and "".join(named) in squeezed(title)
    kinds = {re.split(r"[ :]", one)[0] for one in found}
    if len(found) == 2 and len(figures) == 1 and not EITHER.search(squeezed(title)):
        found = [" & ".join(found)]  # 60岁以上独居老人
    elif adjoining and kinds == {"label", "age"}:
        found = [" & ".join(found)]  # 残疾儿童
    several = EITHER.search(squeezed(title)) and len({*named_in(title, loosely=True).values()}) > 1
    if len(found) != 1 or several:
        return None
    if "residence_type_code" in found[0] and OF_ALL.search(title):
        return None
    return found[0]


def of_the_title(
    title: str, across: Sequence[Line], down: Sequence[Line]
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """The lines that say only a part of whom they count, among those whom the title names.

    They do where the first column, or the first row, counts the title's people, or where no line
    says anything of whom: then every column is of them.
    """
    across = _of_the_registered(title, across, down)
    group = group_of(title)
    across, down = _of_the_first(across, group), _of_the_first(down, group)
    if group is None:
        return tuple(across), tuple(down)
    columns, rows = _counting(across), _counting(down)
    if rows and all(implies(one.when or "", group) for one in rows):
        return tuple(across), tuple(down)  # every cell is
    told = [*columns, *rows]
    of_ages = parse_population(group).items == {"age"} and not any(
        _whole(one) or not within_ages(one.when or "", group) for one in told
    )
    first = next((one for one in columns if one.when or one.count == "residents"), None)
    if of_ages or (first is not None and implies(first.when or "", group)):
        return _among(across, group, title), tuple(down)
    if rows and implies(rows[0].when or "", group):
        return tuple(across), _among(down, group, title, sums=False)
    if any(implies(one.when or "", group) or _whole(one) for one in told):
        return tuple(across), tuple(down)
    return _among(across, group, title), tuple(down)


def _of_the_registered(
    title: str, across: Sequence[Line], down: Sequence[Line]
) -> tuple[Line, ...]:
    """In a table of 户籍人口 every column is of them, where no line says who lives where."""
    told = [parse_population(one.when or "") for one in (*across, *down)]
    lives = any(one.whole != "residents" or "residence_type_code" in one.items for one in told)
    named = any(WHOLES.search(one.header) for one in (*across, *down))
    if not REGISTERED.search(title) or ELSEWHERE.search(title) or lives or named:
        return tuple(across)
    return tuple(
        one if one.when is None
        else one.model_copy(update={"when": " & ".join(filter(None, ("registered", one.when)))})
        for one in across
    )  # fmt: skip


def _of_the_first(lines: Sequence[Line], group: str | None) -> tuple[Line, ...]:
    """Below 性别, 年龄 and so on those whom the first line counts, where no line counts everybody.

    So are 男 and 女 right behind it. `group`: whom the title names.
    """
    told = _counting(lines)
    first = told[0] if told else None
    everybody = any(one.when == "" or _whole(one) for one in told)
    if first is None or everybody or first.count == "households":
        return tuple(lines)
    if SEX.match(_leaf(first)) or _faceted(first):
        return tuple(lines)
    ages = parse_population(str(first.when)).items == {"age"}
    if (group is not None or ages) and SUMMED not in first.header:
        return tuple(lines)
    if group is not None and not implies(str(first.when), group):
        return tuple(lines)
    made: list[Line] = []
    beside = True
    for one in lines:
        faceted = _faceted(one)
        sex = SEX.fullmatch(_leaf(one)) is not None
        beside = beside and (one is first or sex or faceted)
        if faceted or (sex and beside and "/" not in one.header):
            made += _among([one], str(first.when))
        else:
            made.append(one)
    return tuple(made)


def among_the_first(lines: Sequence[Line]) -> tuple[str, list[str]]:
    """The first line, and the lines below 性别 and so on that count only those whom it counts."""
    told = _counting(lines)
    if not told or not told[0].when:
        return "", []
    first = told[0]
    return first.header, [
        one.header for one in told[1:] if _faceted(one) and implies(one.when or "", str(first.when))
    ]


def _faceted(line: Line) -> bool:
    return any(PARTED.fullmatch(bare(part)) for part in line.header.split("/")[:-1])


def _leaf(line: Line) -> str:
    return squeezed(line.header.rsplit("/", 1)[-1])


def beyond_title(title: str, sheet: Sheet) -> list[Line]:
    """The columns that count others than those whom a title names, and do not say everybody."""
    group, rows = group_of(title), _counting(sheet.down)
    if group is None or (rows and all(implies(one.when or "", group) for one in rows)):
        return []
    return [
        one
        for one in _counting(sheet.across)
        if not implies(one.when or "", group) and not EVERYBODY.search(one.header)
    ]


def _counting(lines: Sequence[Line]) -> list[Line]:
    return [one for one in lines if one.when or (one.when == "" and not _sums(one))]


def _sums(line: Line) -> bool:
    return TOTAL.match(_leaf(line)) is not None


def _whole(line: Line) -> bool:
    said = parse_population(line.when or "")
    return said.whole != "residents" or (not said.tests and bool(WHOLES.search(line.header)))


def _among(
    lines: Sequence[Line], group: str, title: str = "", *, sums: bool = True
) -> tuple[Line, ...]:
    """Without `sums`: what the rows of sums count follows from the others."""
    words = [*named_in(title)]
    others = EVERYBODY if "age <" in group else re.compile(f"{EVERYBODY.pattern}|{YOUNG.pattern}")
    made = []
    for one in lines:
        when = one.when or ""
        said = (
            one.when is None
            or (_sums(one) and not sums)
            or others.search(one.header)
            or any(word in squeezed(one.header) for word in words)  # 流动党员 among 党员
            or (one.count == "households" and when)  # 低保户 among the old: whose label?
            or (OLD.match(group) and when in OF_THE_OLD)
            or (group in RELIEVED and not RELIEVED.isdisjoint(when.split(" & ")))
        )
        if not said and not implies(when, group) and possible_together(when, group):
            both = " & ".join(filter(None, (group, when)))
            made.append(one.model_copy(update={"when": both}))
        else:
            made.append(one)
    return tuple(made)


def possible_together(*conditions: str) -> bool:
    """Whether somebody may fulfil all of them, as far as ages and codes tell."""
    told = [parse_population(one) for one in conditions]
    tests = [test for one in told for test in one.tests]
    if any(one.whole == "registered" for one in told):
        tests.append(Test("residence_type_code", "=", ("1", "2")))
    for item in {one.item for one in tests} - {"labels"}:
        if item in NUMBERS:
            least, most = _range(tests, item)
            if least > most:
                return False
        else:
            allowed, not_these = _codes(tests, item)
            if allowed is not None and not allowed - not_these:
                return False
    return True


def within_ages(when: str, whole: str) -> bool:
    """Whether the ages of a part, where it says any, lie within those of a whole."""
    if "age" not in parse_population(when).items:
        return True
    (least, most), (lower, upper) = (
        _range(parse_population(one).tests, "age") for one in (when, whole)
    )
    return lower <= least and most <= upper


def implies(when: str, group: str) -> bool:
    """Whether everybody who fulfils `when` is of the group, as far as the words alone tell."""
    mine, theirs = parse_population(when).tests, parse_population(group).tests
    for test in theirs:
        if test.item == "labels":
            fits = any(_no_wider(one, test) for one in mine if one.item == "labels")
        elif test.item in NUMBERS:
            (least, most), (lower, upper) = _range(mine, test.item), _range([test], test.item)
            fits = lower <= least and most <= upper
        else:
            allowed, not_these = _codes(mine, test.item)
            wanted = {*test.values}
            fits = (
                allowed is not None and allowed - not_these <= wanted
                if test.op == "="
                else wanted <= not_these or (allowed is not None and not allowed & wanted)
            )
        if not fits:
            return False
    return True


def _no_wider(one: Test, other: Test) -> bool:
    """Of tests of labels: who has one of few has one of many; who has none of many, none of few."""
    few, many = (one, other) if one.op == "has" else (other, one)
    return one.op == other.op and {*few.values} <= {*many.values}


def _range(tests: Sequence[Test], item: str) -> tuple[int, int]:
    """The least and the most that a number may be."""
    least, most = 0, OLDEST
    for test in tests:
        if test.item != item:
            continue
        value = int(test.values[0])
        if test.op in (">", ">=", "="):
            least = max(least, value + (test.op == ">"))
        if test.op in ("<", "<=", "="):
            most = min(most, value - (test.op == "<"))
    return least, most


def _codes(tests: Sequence[Test], item: str) -> tuple[set[str] | None, set[str]]:
    """The codes that are allowed (None: any), and those that are not."""
    allowed: set[str] | None = None
    not_these = set[str]()
    for test in tests:
        if test.item == item and test.op == "=":
            allowed = {*test.values} if allowed is None else allowed & {*test.values}
        elif test.item == item:
            not_these |= {*test.values}
    return allowed, not_these
