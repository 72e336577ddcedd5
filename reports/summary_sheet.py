"""Writing counts into a summary form's sheet: grid × age band × label, or whatever its rows say."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import polars as pl

from reports.conditions import expression, parse_population, within
from reports.derived import shares, sums, totals, with_shares
from reports.form_file import ROW_TITLES, Line, Sheet
from reports.layout import TOTAL
from reports.people import People
from reports.row_places import placed
from reports.sheet_ranges import shifted
from reports.sheet_rows import Shift, XmlRow, read_sheet, row_text
from reports.spreadsheet import escaped, safe
from reports.texts import squeezed
from reports.widths import widened

Numbers = dict[tuple[str, str], float | None]
"""(row's `at`, column's `at`) to what is counted there; None where nobody knows what it counts."""


def rows_of(sheet: Sheet, people: People, whole: str = "everyone") -> Sequence[Line]:
    """The form's own rows; where it has none, one a grid, community or compound.

    A compound where nobody of the `whole` is, known from an old address, has none.
    """
    if any(int(one.at) != sheet.total for one in sheet.down):
        return placed(sheet.down, people)
    there = people.of(people.frame.filter(within(whole))) if sheet.each == "compound" else people
    named = pl.DataFrame(
        [there.frame[sheet.each].alias("code"), there.value(ROW_TITLES[sheet.each]).alias("name")]
    )
    found = named.drop_nulls("code").unique("code").sort("code")
    return [
        Line(at=str(sheet.body[0] + nth), header=name or code, when=f"{sheet.each} = {code}")
        for nth, (code, name) in enumerate(found.iter_rows())
    ]


def counts(
    sheet: Sheet, people: People, population: str, few: int | None = None
) -> tuple[Sequence[Line], Numbers]:
    """Count every cell of the table.

    Args:
        sheet: The table.
        people: Everyone of the scope, also those who do not live there.
        population: Among whom.
        few: Counts below it (but not 0) are hidden.
    """
    among, frame = parse_population(population), people.frame
    tests = pl.all_horizontal([pl.lit(value=True), *map(expression, among.tests)])
    lines, across = rows_of(sheet, people, among.whole), placed(sheet.across, people)
    found: Numbers = {}
    summed = sums(lines)
    for row in lines:
        rows = summed.get(row.at, (row,))
        units = {one.count for one in rows}
        mine = frame.filter(tests, _any(_when(one, among.whole) for one in rows))
        told: dict[str, float | None] = {}
        for column in across:
            told[column.at] = None
            if len(units) != 1 or not _known(people, population, rows, column):
                continue
            here = mine.filter(_tests(column.when or ""), _stated(column))
            if parse_population(column.when or "").whole != "residents":
                mine_too = _any(_tests(one.when or "") & _stated(one) for one in rows)
                here = frame.filter(tests, _when(column, "everyone"), mine_too)
            number = _count(here, "households" if {"households"} & {column.count, *units} else "")
            told[column.at] = None if few and 0 < number < few else number
        found |= {(row.at, at): number for at, number in with_shares(across, told).items()}
    return lines, found


def outside(sheet: Sheet, people: People, population: str) -> int:
    """How many of the population are in none of the rows of which there is a sum."""
    among, left = parse_population(population), [0]
    for rows in totals(placed(sheet.down, people)):
        if rows and all(one.when is not None for one in rows):
            counted = _any(_when(one, among.whole) for one in rows).fill_null(value=False)
            mine = people.frame.filter(within(among.whole), _tests(population), ~counted)
            left.append(mine.height)
    return max(left)


def beyond_bands(sheet: Sheet, people: People, population: str) -> int:
    """How many are in a column of sums, which is of everybody, and in none of its bands of age."""
    bands = [one for one in sheet.across if "age " in (one.when or "")]
    whole = [one.when for one in sheet.across if one.when is not None and one not in bands
             and TOTAL.match(squeezed(one.header))]  # fmt: skip
    if len(bands) < 2 or not whole:
        return 0
    counted = _any(_tests(one.when or "") for one in bands).fill_null(value=False)
    among = within(parse_population(population).whole)
    return people.frame.filter(among, _tests(population), _tests(whole[0]), ~counted).height


def blank_rows(sheet: Sheet, lines: Sequence[Line], numbers: Numbers) -> list[str]:
    """The rows of which nothing is counted."""
    return [
        f"第 {one.at} 行“{one.header}”" for one in lines
        if all(numbers[one.at, column.at] is None for column in sheet.across)
    ]  # fmt: skip


def unplaced(sheet: Sheet, people: People, population: str) -> int:
    """How many that a column counts are in no row, since nobody knows in which they belong."""
    if any(int(one.at) != sheet.total for one in sheet.down):
        return 0
    among = parse_population(population).whole
    counted = _any(_when(one, among) for one in sheet.across if one.when is not None)
    nowhere = people.frame.filter(pl.col(sheet.each).is_null(), counted.fill_null(value=False))
    return nowhere.filter(_tests(population)).height


def ungiven(sheet: Sheet, people: People) -> list[str]:
    """The labels that nobody gives, of sums that count those of the others alone."""
    lines = (parse_population(one.when or "") for one in (*sheet.across, *sheet.down))
    wanted = [test.values for one in lines for test in one.tests if test.item == "labels"]
    summed = {label for one in wanted if not people.granted.isdisjoint(one) for label in one}
    return sorted(summed - people.granted - people.answered)


def of_unknown_kind(sheet: Sheet, people: People, population: str) -> int:
    """How many have a label whose kinds are counted, and nobody tells of which kind they are."""
    lines = (parse_population(one.when or "") for one in (*sheet.across, *sheet.down))
    kinds = {test.item for one in lines for test in one.tests if ":" in test.item}
    among = within(parse_population(population).whole)
    here = people.of(people.frame.filter(among, _tests(population)))
    return sum(
        here.frame.filter(_tests(f"label:{item.partition(':')[2]}"), pl.col(item).is_null()).height
        for item in kinds
    )


def _known(people: People, population: str, rows: Sequence[Line], column: Line) -> bool:
    """Whether it is known what is counted, and somebody gives, or answered, each of its labels."""
    if column.when is None or any(one.when is None for one in rows):
        return False
    tested = (parse_population(one.when or "").items for one in (*rows, column))
    kinds = {item for items in tested for item in items if ":" in item}
    if any(people.frame[item].null_count() == people.frame.height for item in kinds):
        return False
    return all(_given(people, population, one.when or "", column.when) for one in rows)


def _given(people: People, population: str, *conditions: str) -> bool:
    """Whether somebody gives each of the labels that are counted, or each of these answered."""
    tests = [test for one in (population, *conditions) for test in parse_population(one).tests]
    asked = [test for one in conditions for test in parse_population(one).tests
             if test.item == "labels" and people.granted.isdisjoint(test.values)]  # fmt: skip
    if not all(people.answered.issuperset(test.values) for test in asked):
        return False
    if not asked:
        return True
    wholes = {parse_population(one).whole for one in (population, *conditions)}
    among = [expression(test) for test in tests if test.item != "labels"]
    here = people.of(
        people.frame.filter(within("residents" if wholes == {"residents"} else "everyone"), *among)
    )
    return not any(here.value(f"label:{one}").null_count() for test in asked for one in test.values)


def _any(tests: Iterable[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal([pl.lit(value=False), *tests])


def _when(line: Line, whole: str) -> pl.Expr:
    asked = parse_population(line.when or "")
    among = asked.whole if asked.whole != "residents" else whole
    return within(among) & _tests(line.when or "") & _stated(line)


def _stated(line: Line) -> pl.Expr:
    """常住 beside 户籍: who is both, where a line names it and is not of them by default."""
    named = "residents" in re.split(r"\s*&\s*", line.when or "")
    return within("residents") if named else pl.lit(value=True)


def _tests(when: str) -> pl.Expr:
    return pl.all_horizontal([pl.lit(value=True), *map(expression, parse_population(when).tests)])


def _count(frame: pl.DataFrame, what: str) -> int:
    if what == "households":
        return frame["household_id"].drop_nulls().n_unique()
    return frame.height


def write_summary(
    xml: str,
    sheet: Sheet,
    lines: Sequence[Line],
    numbers: Numbers,
    percent: Collection[str] = (),
) -> tuple[Shift, Iterator[bytes]]:
    """The sheet's XML with its counts; rows are added where the form has fewer than there are.

    Cells of the styles `percent` show a hundredth as 1 %.
    """
    read = read_sheet(xml)
    first, last = sheet.body
    hundredths = dict.fromkeys(shares(sheet.across), percent)
    within_body = sum(first <= int(one.at) <= last for one in lines)
    grids = not sheet.down or within_body < len([o for o in lines if int(o.at) != sheet.total])
    shift = Shift(first, last, max(last - first + 1, len(lines) if grids else 0))
    by_row = {int(one.at): one for one in lines}
    fixed = {int(one.at): one for one in sheet.down}  # below the body: no row of a grid
    own = sheet.down or [Line(at=one.at, header=one.header) for one in lines]
    named = pl.Series([one.header for one in own], dtype=pl.String)
    pieces = [widened(shifted(read.before, shift), {sheet.stub: named}), "<sheetData>"]
    for number in (one for one in sorted(read.rows) if one < first):
        row = read.rows[number]
        told = _sums(row, sheet, lines, numbers, hundredths) if number == sheet.total else {}
        pieces.append(row_text(row, shift, told))
    for number in range(first, first + shift.rows):
        model = read.rows.get(min(number, last)) or XmlRow(number, "", {}, {})
        cells = dict(model.cells) if number <= last else {}
        blank = {one: f'<c r="{one}{number}"{_style(model, one)}/>' for one in model.styles}
        row = XmlRow(number, model.attributes, model.styles, blank | cells)
        told = _told(row, sheet, by_row.get(number), numbers, hundredths)
        pieces.append(row_text(row, Shift(1, 0, 0), told))
    for number in sorted(read.rows):
        if number > last:
            row = read.rows[number]
            told = {}
            if number == sheet.total and number in fixed:
                told = _told(row, sheet, fixed[number], numbers, hundredths)
            elif number == sheet.total:
                told = _sums(row, sheet, lines, numbers, hundredths)
            pieces.append(row_text(row, shift, told))
    pieces += ["</sheetData>", shifted(read.after, shift)]
    return shift, iter([one.encode() for one in pieces])


def _told(
    row: XmlRow,
    sheet: Sheet,
    line: Line | None,
    numbers: Numbers,
    hundredths: Mapping[str, Collection[str]],
) -> dict[str, str]:
    """The cells of one row that are counted, and the grid's name where the form has no rows."""
    if line is None:
        return {}
    made = {
        column.at: _number(row, column.at, number, hundredths.get(column.at, ()))
        for column in sheet.across
        if (number := numbers.get((line.at, column.at))) is not None
        and "<f" not in row.cells.get(column.at, "")
    }
    if not any(one.at == line.at for one in sheet.down):
        text = pl.select(escaped(safe(pl.lit(line.header)))).item()
        made[sheet.stub] = (
            f'<c r="{sheet.stub}{row.number}"{_style(row, sheet.stub)} t="inlineStr">'
            f"<is><t>{text}</t></is></c>"
        )
        if sheet.seq:
            made[sheet.seq] = _number(row, sheet.seq, int(line.at) - sheet.body[0] + 1)
    return made


def _sums(
    row: XmlRow,
    sheet: Sheet,
    lines: Sequence[Line],
    numbers: Numbers,
    hundredths: Mapping[str, Collection[str]],
) -> dict[str, str]:
    """The row of totals below one row a grid."""
    total: dict[str, float | None] = {}
    for column in sheet.across:
        each = [numbers[line.at, column.at] for line in lines]
        total[column.at] = None if None in each else sum(filter(None, each))
    return {
        at: _number(row, at, number, hundredths.get(at, ()))
        for at, number in with_shares(sheet.across, total).items()
        if number is not None and "<f" not in row.cells.get(at, "")
    }


def _number(row: XmlRow, letter: str, number: float, hundredths: Collection[str] = ()) -> str:
    told = round(number / 100, 4) if row.styles.get(letter) in hundredths else number
    return f'<c r="{letter}{row.number}"{_style(row, letter)}><v>{told}</v></c>'


def _style(row: XmlRow, letter: str) -> str:
    style = row.styles.get(letter, "")
    return f' s="{style}"' if style else ""
