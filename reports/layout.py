"""Where the parts of a department's sheet are: title, header rows, body, total, footer.

A form has a title merged over the table, a line for who fills it in, one to four header rows with
merged groups, an empty or exemplary body, perhaps a row of totals, and a footer for signatures.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from reports.cells import Cells, read_cells
from reports.items import words
from reports.texts import bare, squeezed
from reports.tops import Found, find_tops

SEARCHED, DEEPEST = 40, 4
LONGEST_NAME = 20
"""The name of a row is no longer; what is stands below a table as a remark."""
LABELLED = re.compile(r"(?!.{0,12}其中).{1,14}[:：].*|.*\d{4}年.*|.*年月日?$|单位[:：].*|第.页.*")
FOOTER = re.compile(
    r"^(?:[(]?[\u4e00-\u9fff]{0,6}?"
    r"(?:负责人|人|员|长|书记|主任|单位|日期|时间|意见|签字|签名|签章|盖章|电话)"
    r"[)]?[(]?(?:签字|签章|盖章|签名)?[)]?[:：])"
    r"|^(?:注|备注|说明|填表说明|填报说明|注意事项|填写说明|要求|附注|注意)\d?[:：]|^\*?注\d?[、.]|^\*|^此表|^本表"
)
SIGNED = re.compile(r"(?:填表|填报|审核|制表|经办|复核|负责)人?(?:[(].*?[)])?[:：]|盖章")
TO_SIGN = re.compile(
    r"(?:填表|填报|制表|审核|审批|复核|经办|报送|单位|社区|主要|分管|部门|联系)*"
    r"(?:负责人|领导|人|日期|时间|签字|签章|盖章|电话|意见)(?:[(].*?[)])?"
)
"""Who signs below a table, and when, where no colon stands behind it."""
TOTAL = re.compile(r"^(?:合计|总计|小计|总数|共计|合计数|总合计)(?:[(].*?[)])?[:：]?$")
NUMBERED = re.compile(
    r"^[(]?\d{1,2}[)]?(?:[=＝].*)?$|^[甲乙丙丁戊己庚辛壬癸一二三四五六七八九十]$|^[A-Z]$|^-+$"
)
GROUP = re.compile(
    r"(?:信息|情况|资料|人员?|者|成员|对象|家庭|子女|儿童|配偶|户主|父母|父亲|母亲|男方|女方|地址|住址|住房"
    r"|待遇|补贴|津贴|证件|账户|事项|基本)\d?(?:[(].*[)])?$"
)
"""How a name over several columns ends."""
GLOSSARY = re.compile(
    r"说明|字典|代码|码表|选项|下拉|参数|数据源|Dict|dict|list|填写要求|样表|备选|示例|样例|范例"
)
WHO = ("name", "id_number", "head_name", "head_id_number")
ON_A_CARD = (*WHO, "sex_code", "birth_date", "ethnicity_code", "education_code", "phone",
             "hukou_address", "residence_address")  # fmt: skip
EXEMPLARY = re.compile(r"^[(]?(?:例|示例|样例|范例|举例|如)[)]?[:：]?\d*$")


@dataclass(frozen=True)
class HeaderColumn:
    """One column: its place, how many cells it spans, the texts above it from top to bottom."""

    at: int  # from 1
    span: int
    path: tuple[str, ...]
    choices: tuple[str, ...] = ()
    number_format: str = "General"
    computed: bool = False  # by a formula of the department's own
    samples: tuple[object, ...] = field(default=(), repr=False)

    @property
    def header(self) -> str:
        """The whole path, as the registry names the column."""
        return "/".join(self.path)


@dataclass(frozen=True)
class Layout:
    """One sheet that is a form. Rows are numbered from 1; `body` may be empty (end < start)."""

    sheet: str
    title: str
    header: tuple[int, int]
    body: tuple[int, int]
    total: int | None
    columns: tuple[HeaderColumn, ...]
    total_name: str = ""
    stubs: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    """The texts that stand in the body already, one tuple a row."""
    tops: tuple[Found, ...] = field(default=(), repr=False)
    tall: bool = False  # somebody has several rows, over which cells are merged
    again: tuple[int, ...] = ()  # rows in which the header stands once more, for another page


def read_layout(sheet: object) -> Layout | None:
    """Find the parts of an openpyxl worksheet; None where it is no form (a glossary, a blank)."""
    cells = read_cells(sheet)
    if GLOSSARY.search(cells.name) or not cells.texts:
        return None
    widest = _header_start(cells)
    if widest is None:
        return None
    end = _header_end(cells, widest)
    start = widest - _has_groups_above(cells, widest, end)
    named = _columns(cells, start, end)
    if len(named) < 2:
        return None
    first = _after_numbering(cells, end)
    while cells.distinct(first) and (
        cells.hidden(first) or (first < cells.rows and _is_wide(cells, first, named))
    ):
        first += 1  # what a program calls the columns, or how to fill them in
    body_end, total = _body_end(cells, first, len(named))
    while total is None and body_end > first and _is_wide(cells, body_end, named):
        body_end -= 1
    again = [row for row in range(first, cells.rows + 1)
             if (len(named) > 2 and cells.distinct(row) == cells.distinct(end))
             or _is_header(cells, row, named)]  # fmt: skip
    if again and body_end >= again[0] - (end - start):  # no footer before the next page or table
        same = cells.distinct(again[0]) == cells.distinct(end)
        body_end, total = again[0] - (end - start if same else 0) - 1, None
        while body_end > first and _is_title(cells, body_end):
            body_end -= 1
    columns = tuple(_with_samples(cells, one, first, body_end) for one in named)
    stubs = tuple(
        tuple(cells.filled(row, one.at) for one in columns) for row in range(first, body_end + 1)
    )
    return Layout(
        cells.name, _title(cells, start), (start, first - 1), (first, body_end), total, columns,
        _total_name(cells, total, len(named)) if total else "", stubs,
        find_tops(cells, start, total or body_end),
        any(first <= one.top < one.bottom <= body_end for one in cells.merges),
        tuple(again),
    )  # fmt: skip


def is_card(sheet: object) -> bool:
    """Whether an openpyxl worksheet is about one person or household: each blank behind its name.

    Such a sheet may hold a table too, of the household's members.
    """
    cells = read_cells(sheet)
    asked = set[str]()
    for (row, column), text in cells.texts.items():
        merged = cells.merge_at(row, column)
        right = (merged.right if merged else column) + 1
        blank = right <= cells.columns and not cells.filled(row, right)
        if blank and (item := words().get(bare(text))) in ON_A_CARD:
            asked.add(str(item))
    return len(asked) > 2 and not asked.isdisjoint(WHO)


def _title(cells: Cells, start: int) -> str:
    for row in range(1, start):
        texts = [one for one in cells.distinct(row)
                 if not LABELLED.fullmatch(one) or _is_dated_title(one)]  # fmt: skip
        if texts and not re.fullmatch(r"附件.{0,4}|.{0,2}表号.*", texts[0]):
            return texts[0]
    return cells.name


def _is_dated_title(text: str) -> bool:
    """`2026年11月低保名单` is a title, `填报日期：2026年11月` and `2026年11月5日` are none."""
    words = re.sub(r"[(]?\d{4}年(?:度|\d{1,2}月)?(?:\d{1,2}日)?[)]?", "", text)
    return words != text and not re.search("[:：]", text) and len(words) >= 4


def _header_start(cells: Cells) -> int | None:
    """The first row that covers most of the table's width and is no line of `单位：…`."""
    seen = (n for n in range(1, min(cells.rows, SEARCHED) + 1) if not cells.hidden(n))
    rows = [n for n in seen if not _counts(cells, n)]
    covered = {row: _covered(cells, row) for row in rows}
    most = max(covered.values(), default=0)
    if most < 2:
        return None
    for row in rows:
        if covered[row] >= max(2, 0.55 * most) and not _is_meta(cells, row):
            return row
    return None


def _is_header(cells: Cells, row: int, named: Sequence[HeaderColumn]) -> bool:
    """Whether a row below a table is the header of another.

    Most of it are names of columns, or it begins as the header does, or it is full of words below
    a row that is not: no sample, which would stand first.
    """
    texts = cells.distinct(row)
    if len(texts) < 3 or any(map(_is_value, texts)):
        return False
    known = sum(bare(one) in words() for one in texts)
    alike = cells.texts.get((row, named[0].at)) == named[0].path[-1]
    full = len(texts) * 2 > len(named) and not any(re.search(r"\d", one) for one in texts)
    below_less = len(cells.distinct(row - 1)) < 2 and len(cells.distinct(row + 1)) < 3
    return alike or known * 2 > len(texts) or (full and below_less)


def _is_wide(cells: Cells, row: int, named: Sequence[HeaderColumn]) -> bool:
    """Whether one cell lies under most of the header: at the end of a table it is no row of it."""
    return any(
        2 * sum(one.left <= column.at <= one.right for column in named) > len(named)
        for one in cells.merges
        if one.top <= row <= one.bottom
    )


def _is_title(cells: Cells, row: int) -> bool:
    """Whether a row says one thing alone, and that is no number: above a header, its title."""
    texts = cells.distinct(row)
    return len(texts) == 1 and not texts[0].isdecimal()


def _has_groups_above(cells: Cells, row: int, end: int) -> bool:
    """Whether unmerged names stand above: of groups over the first of their columns, of others.

    Of others where the header's rows below, as far as `end`, are blank; if there is none, groups
    must be called like groups.
    """
    texts = cells.distinct(row - 1) if row > 1 else []
    if len(texts) < 2 or _is_meta(cells, row - 1):
        return False
    above = _named_in(cells, row - 1)
    below = set[int]().union(*(_named_in(cells, one) for one in range(row, end + 1)))
    if any(m.top <= row - 1 <= m.bottom for m in cells.merges):
        return False
    if above - below:
        return above | below == set(range(1, max(above | below) + 1))
    return 2 * sum(bool(GROUP.search(one)) for one in texts) > len(texts)


def _named_in(cells: Cells, row: int) -> set[int]:
    return {c for c in range(1, cells.columns + 1) if (row, c) in cells.texts}


def _covered(cells: Cells, row: int) -> int:
    if len(cells.distinct(row)) < 2:
        return 0
    return sum(1 for column in range(1, cells.columns + 1) if cells.filled(row, column))


def _is_meta(cells: Cells, row: int) -> bool:
    texts = cells.distinct(row)
    labelled = sum(bool(LABELLED.fullmatch(one)) for one in texts)
    return labelled * 2 >= len(texts)


def _header_end(cells: Cells, start: int) -> int:
    end = start
    while end - start < DEEPEST - 1:
        within = (m for m in cells.merges if start <= m.top <= end)
        lower = max((m.bottom for m in within if (m.top, m.left) in cells.texts), default=end)
        if lower > end:
            end = min(lower, start + DEEPEST - 1)
            continue
        if end + 1 <= cells.rows and _refines(cells, start, end):
            end += 1
            continue
        return end
    return end


def _refines(cells: Cells, start: int, row: int) -> bool:
    """Whether the row below holds finer names: under a merged group, or under blank cells."""
    below = {c: cells.texts[row + 1, c] for c in range(1, cells.columns + 1)
             if (row + 1, c) in cells.texts}  # fmt: skip
    if not below or any(_is_value(text) for text in below.values()):
        return False
    groups = [m for m in cells.merges if m.bottom == row and m.right > m.left
              and cells.texts.get((m.top, m.left))]  # fmt: skip
    if any(m.left <= c <= m.right for m in groups for c in below):
        return len(below) > 1
    named = {c for above in range(start, row + 1) for c in range(1, cells.columns + 1)
             if cells.filled(above, c)}  # fmt: skip
    blank = {*range(1, cells.columns + 1)} - named
    first = {c - 1 for c in blank} - blank  # what may be the name of a group
    return bool(set(below) & blank) and (1 not in below or set(below) <= blank | first)


def _is_value(text: str) -> bool:
    return bool(re.search(r"\d{4,}|^\d+(?:\.\d+)?$|^[√×]$", text)) or len(text) > 40


def _after_numbering(cells: Cells, end: int) -> int:
    """Skip a row that only numbers the columns, or only says their units."""
    row = end + 1
    while row <= cells.rows:
        texts = [
            cells.texts[row, c] for c in range(1, cells.columns + 1) if (row, c) in cells.texts
        ]
        units = len(texts) > 1 and all(re.fullmatch(r"[(].{1,12}[)]", one) for one in texts)
        if not (units or _counts(cells, row)):
            return row
        row += 1
    return row


def _counts(cells: Cells, row: int) -> bool:
    """Whether a row only numbers the columns."""
    texts = [cells.texts[row, c] for c in sorted(_named_in(cells, row))]
    digits = [int(one) for one in texts if one.isdecimal()]
    side_by_side = any(b - a > 1 for a, b in pairwise(digits))  # 1, 21, 41: of people
    return len(texts) > 2 and not side_by_side and all(NUMBERED.match(one) for one in texts)


def _columns(cells: Cells, start: int, end: int) -> list[HeaderColumn]:
    found: list[HeaderColumn] = []
    column = 1
    while column <= cells.columns:
        span = _span(cells, end, start, column)
        path = _path(cells, start, end, column)
        if path:
            found.append(HeaderColumn(column, span, path))
        column += span
    return found


def _span(cells: Cells, end: int, start: int, column: int) -> int:
    merged = cells.merge_at(end, column)
    if merged is None or merged.left != column:
        return 1
    width = merged.right - merged.left + 1
    return width if merged.bottom >= end and merged.top >= start else 1


def _path(cells: Cells, start: int, end: int, column: int) -> tuple[str, ...]:
    parts: list[str] = []
    for row in range(start, end + 1):
        text = cells.filled(row, column)
        if not text and row < end and cells.texts.get((end, column)):
            text = _group_left(cells, row, column)
        if text and (not parts or parts[-1] != text):
            parts.append(text)
    return tuple(parts)


def _group_left(cells: Cells, row: int, column: int) -> str:
    """An unmerged group's name stands over its first column only."""
    for left in range(column - 1, 0, -1):
        text = cells.filled(row, left)
        if text:
            merged = cells.merge_at(row, left)
            return "" if merged and merged.bottom > merged.top else text
    return ""


def _body_end(cells: Cells, first: int, width: int) -> tuple[int, int | None]:
    for row in range(first, cells.rows + 1):
        texts = cells.distinct(row)
        if not texts:
            continue
        if _total_name(cells, row, width):
            if _sums_a_part(cells, row, width) or _more_below(cells, first, row, width):
                continue
            return (row - 1, row) if row > first else (_last(cells, row), None)
        joined = texts[0]
        if FOOTER.search(joined) or (len(texts) <= 4 and any(SIGNED.search(one) for one in texts)):
            return row - 1, None
    return max(cells.styled, first - 1), None


def _sums_a_part(cells: Cells, row: int, width: int) -> bool:
    """小计 with more rows of the table below it, the last of which is a sum again."""
    named = [squeezed(cells.filled(row, c)) for c in range(1, min(width, 4) + 1)]
    if "小计" not in named:
        return False
    for below in range(row + 1, cells.rows + 1):
        texts = cells.distinct(below)
        if texts and (FOOTER.search(texts[0]) or any(SIGNED.search(one) for one in texts)):
            return False
        if _total_name(cells, below, width):
            return True
    return False


def _total_name(cells: Cells, row: int, width: int) -> str:
    """What a row of sums is called; blank for another row."""
    named = (cells.filled(row, column) for column in range(1, min(width, 4) + 1))
    return next((one for one in named if TOTAL.match(one)), "")


def _more_below(cells: Cells, first: int, row: int, width: int) -> bool:
    """Whether rows of a table whose rows are named go on below a row of sums."""
    named = [cells.filled(above, 1) or cells.filled(above, 2) for above in range(first, row)]
    below = next((one for one in range(row + 1, cells.rows + 1) if cells.distinct(one)), None)
    if below is None or not any(one and not one.isdigit() for one in named):
        return False
    texts = cells.distinct(below)
    merged = cells.merge_at(below, 1)
    wide = merged is not None and (merged.right - merged.left + 1) * 2 > width
    told = cells.filled(below, 1) or cells.filled(below, 2)
    return not (
        wide or not told or len(told) > LONGEST_NAME or re.search("[:：。；;]", "".join(texts))
        or any(one.search(texts[0]) for one in (FOOTER, SIGNED))
        or any(one.fullmatch(texts[0]) for one in (LABELLED, TO_SIGN))
    )  # fmt: skip


def _last(cells: Cells, first: int) -> int:
    """The end of a body that begins with its total."""
    for row in range(first + 1, cells.rows + 1):
        texts = cells.distinct(row)
        if texts and (FOOTER.search(texts[0]) or any(SIGNED.search(one) for one in texts)):
            return row - 1
    return max(cells.styled, first)


def _with_samples(cells: Cells, one: HeaderColumn, first: int, last: int) -> HeaderColumn:
    values = tuple(_sampled(cells, one.at, first, last))
    computed = last >= first and all(
        (row, one.at) in cells.formulas for row in range(first, min(first + 1, last) + 1)
    )  # of the first row alone: a sum that stands above
    return HeaderColumn(
        one.at, one.span, one.path, cells.choices(one.at, first),
        cells.number_format(first, one.at), computed, values,
    )  # fmt: skip


def _sampled(cells: Cells, column: int, first: int, last: int) -> Iterator[object]:
    for row in range(first, min(last, first + 200) + 1):
        if (row, column) in cells.values and not EXEMPLARY.match(
            squeezed(cells.values[row, column])
        ):
            yield cells.values[row, column]
