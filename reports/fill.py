"""A department's own file back, filled from what is held; beside it, where each cell is from."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import duckdb
import polars as pl

from hub.errors import ConfigError
from hub.settings import Home
from reports.by_household import by_household, one_row_each
from reports.conditions import Population, chosen, expression, parse_population
from reports.form_file import Column, FormFile, Line, Sheet, form_path
from reports.formats import written
from reports.items import FREE, facts_of_item
from reports.known_words import refuse_unknown
from reports.list_sheet import in_their_rows, own_cells, write_list
from reports.listed import now_called
from reports.offered import RULES, Unoffered, unoffered
from reports.package import (
    Package,
    belonging,
    calculated_anew,
    open_package,
    without_chain,
    write_package,
)
from reports.people import People, sources_of
from reports.provenance import provenance_of
from reports.row_places import sheet_place, unknown_places
from reports.sheet_ranges import shifted_names, shifted_part
from reports.sheet_rows import Shift, without_results
from reports.styles import Styles
from reports.summary_sheet import (
    Numbers,
    beyond_bands,
    blank_rows,
    counts,
    of_unknown_kind,
    outside,
    ungiven,
    unplaced,
    write_summary,
)
from reports.tops import Found, changes, known_of, with_tops
from warehouse.answers import merged_ids

STYLES = "xl/styles.xml"
SPEAKING = ("xl/workbook.xml", "xl/worksheets/", "xl/charts/")
"""The parts that may name cells of a sheet."""


@dataclass
class ColumnReport:
    """How much of one column is answered; `applies` leaves out whom it does not concern."""

    sheet: str
    at: str
    header: str
    item: str
    applies: int = 0
    filled: int = 0


@dataclass
class FillReport:
    """What one filling did."""

    form: str
    rows: int = 0
    columns: list[ColumnReport] = field(default_factory=list)
    without_grid: int = 0
    unplaced: dict[str, int] = field(default_factory=dict)
    """Of a table of counts: what its rows are, and how many people belong to no known one."""
    unnamed: list[str] = field(default_factory=list)
    """Of a table of counts: rows whose name is of no place here, or of more than one."""
    ungiven: list[str] = field(default_factory=list)
    """Of a table of counts: labels that belong to a sum and that nobody gives: it lacks them."""
    outside: int = 0
    """Of tables of counts: people who are in none of the rows that a sum is about."""
    beyond_bands: int = 0
    """Of tables of counts: people who are in a column of sums, and in none of its bands of age."""
    of_unknown_kind: int = 0
    """Of tables of counts by the kinds of a label: people who have it, of no known kind."""
    unheard: list[str] = field(default_factory=list)
    """Of a list: labels by which its people are chosen, and that nobody gives or answered."""
    unoffered: list[Unoffered] = field(default_factory=list)
    """Of a list: columns that hold what their drop-down does not offer."""
    blank_rows: list[str] = field(default_factory=list)
    """Of a table of counts: rows of which nothing is known."""
    residents: list[str] = field(default_factory=list)  # ids of whom the form is about

    @property
    def asked(self) -> int:
        """Cells that the department wants to know."""
        return sum(one.applies for one in self.columns)

    @property
    def answered(self) -> int:
        """Cells that are answered from what is held."""
        return sum(one.filled for one in self.columns)


def not_for_notice(form: FormFile) -> list[str]:
    """The columns of a form for public notice that ask for something sensitive."""
    return [
        column.header
        for sheet in form.sheets
        for column in sheet.columns
        if form.public and facts_of_item(column.item).level >= 4 and not _is_why(form, column)
    ]


def refuse_public(form: FormFile) -> None:
    """A form for public notice asks for nothing sensitive but the very reason of the notice.

    Raises:
        ConfigError: it does.
    """
    if wrong := not_for_notice(form):
        raise ConfigError(
            f"form {form.form} is public and asks for level 4 at {len(wrong)} columns",
            zh=f"“{form.form}”是公示用表，不能有敏感个人信息：{'、'.join(wrong)}。"
            "请让部门去掉这几列，或在登记文件里把它们的 item 改成 remark（留空）。",
        )


def _is_why(form: FormFile, column: Column) -> bool:
    """Whether a column tells the label for which people are on a notice: it stands there clear."""
    named = "labels" in parse_population(form.population).items
    return named and column.item.startswith(("label:", "labels"))


def people_in(form: FormFile, people: People, sheet: Sheet | None = None) -> People:
    """Those whom the form, or a sheet of it, is about, in its order; of households a row each."""
    if sheet is not None and sheet.given:
        named = pl.DataFrame({"resident_id": list(sheet.given.values())})
        there = named.join(people.frame, on="resident_id", maintain_order="left")
        return people.of(there.select(people.frame.columns))
    asked = parse_population(form.population)
    if sheet is not None and sheet.when:
        when = sheet_place(sheet, people)
        if when is None:
            return people.of(people.frame.clear())
        mine = parse_population(when)
        whole = asked.whole if mine.whole == "residents" else mine.whole
        asked = Population(whole, (*asked.tests, *mine.tests))
    frame = chosen(people.frame, asked)
    keys = [one for one in form.order if one in frame.columns]
    digits = (pl.col(one).cast(pl.String).str.extract(r"(\d+)") for one in keys)
    frame = frame.with_columns(
        number.cast(pl.Int64, strict=False).alias(f"#{one}")
        for one, number in zip(keys, digits, strict=True)
    )
    order = [pair for one in keys for pair in ((one,) if one == "compound" else (f"#{one}", one))]
    head = (pl.col("relation_code") == "02").fill_null(value=False)
    frame = frame.with_columns(head.alias("#head"), pl.col("birth_date").alias("#born"))
    descending = [False] * len(order) + [True, False, False]
    frame = frame.sort([*order, "#head", "#born", "resident_id"], descending=descending,
                       nulls_last=True)  # fmt: skip
    frame = frame.select(pl.exclude(r"^#.*$"))
    return people.of(one_row_each(frame, people.frame) if by_household(form) else frame)


def whose(form: FormFile, people: People) -> dict[str, People]:
    """The people of each sheet of a form, by the sheet's name."""
    sheets = {(one.when, *one.given.items()): one for one in form.sheets}
    made = {key: people_in(form, people, one) for key, one in sheets.items()}
    return {one.sheet: made[one.when, *one.given.items()] for one in form.sheets}


def text_of(people: People, column: Column, *, public: bool) -> pl.Series:
    """One column as the form writes it."""
    if column.item == "seq":
        return pl.int_range(1, people.frame.height + 1, eager=True)
    values = people.value(column.item)
    if facts_of_item(column.item).kind == "number" and values.dtype.is_numeric():
        return values
    texts = written(
        values, column.item, date=column.date, codes=column.codes,
        yes_no=(column.yes, column.no), mask=column.mask or public,
    )  # fmt: skip
    return texts.str.tail(column.tail) if column.tail else texts


def fill(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    form: FormFile,
    people: People,
    target: Path,
) -> FillReport:
    """Write the filled form to `target` and the source of every cell beside it, whole or not.

    Raises:
        ConfigError: the form's template is gone, a public form asks for what may not be shown, or
            it is about a label or a place that nobody knows.
    """
    refuse_public(form)
    refuse_unknown(home, connection, [form.population], form.labels_counted)
    form = now_called(form, merged_ids(connection))
    template = _template(home, form)
    package = open_package(template)
    report = FillReport(form.form, without_grid=people.without_grid)
    lists, report.unheard = whose(form, people), _unheard(form, people)
    ids = (one for mine in lists.values() for one in mine.frame["resident_id"])
    report.residents = list(dict.fromkeys(ids))
    household = pl.col("household_id")
    styles = Styles(package.text(STYLES))
    streamed: dict[str, Iterable[bytes]] = {}
    shifts: dict[str, Shift] = {}
    origins: list[Iterator[pl.DataFrame]] = []
    for sheet in form.sheets:
        part = _part(package, form, sheet)
        here = lists[sheet.sheet] if sheet.when else people
        xml = with_tops(package.text(part), _top_texts(sheet, here))
        if sheet.kind == "summary":
            lines, numbers = _count(report, sheet, people, form.population)
            shift, pieces = write_summary(xml, sheet, lines, numbers, styles.percent)
        else:
            mine = lists[sheet.sheet]
            once = mine.frame.select(household.is_null() | household.is_first_distinct())
            texts = {one.at: text_of(mine, one, public=form.public and not _is_why(form, one))
                     for one in sheet.columns}  # fmt: skip
            texts = {one.at: texts[one.at].slice(*sheet.part(one, mine.frame.height))
                     for one in sheet.columns}  # fmt: skip
            if RULES in xml:
                report.unoffered += unoffered(template, sheet, texts)
            rows = min(mine.frame.height, sheet.part(sheet.columns[0], mine.frame.height)[1])
            _count_list(report, sheet, mine, people)
            told = [one.item for one in sheet.columns if one.item not in FREE]
            sources = sources_of(home, connection, mine, told)
            origins.append(provenance_of(sheet, mine, texts, sources, own_cells(xml, sheet)))
            if sheet.given:
                texts = in_their_rows(sheet, mine.frame["resident_id"].to_list(), texts)
                rows = sheet.body[1] - sheet.body[0] + 1
            shift, pieces = write_list(xml, sheet, texts, rows, styles, once.to_series())
        streamed[part] = (_elsewhere(one, shifts) for one in pieces)
        if shift.by:
            shifts[sheet.sheet] = shift
            for own in belonging(package, part):
                package.parts[own] = shifted_part(package.text(own), shift).encode()
    for part, content in package.parts.items():
        if part not in streamed and part.startswith(SPEAKING) and part.endswith(".xml"):
            package.parts[part] = _elsewhere(content, shifts)
    calculated_anew(package)
    package.parts[STYLES] = styles.xml.encode()
    without_chain(package)
    _write(target, package, streamed)
    if origins:
        _write_origins(target, chain.from_iterable(origins))
    return report


def measure(form: FormFile, people: People) -> FillReport:
    """How much of a form is answered, without writing it."""
    report = FillReport(form.form, without_grid=people.without_grid)
    lists, report.unheard = whose(form, people), _unheard(form, people)
    for sheet in form.sheets:
        if sheet.kind == "summary":
            _count(report, sheet, people, form.population)
        else:
            _count_list(report, sheet, lists[sheet.sheet], people)
    return report


def _template(home: Home, form: FormFile) -> bytes:
    path = form_path(home, form.form).with_suffix(".xlsx")
    try:
        return path.read_bytes()
    except OSError:
        raise ConfigError(
            f"{path.name} is missing",
            zh=f"forms/{path.name} 不在了：请用部门的原表重新 hub form register。",
        ) from None


def _part(package: Package, form: FormFile, sheet: Sheet) -> str:
    if sheet.sheet in package.sheets:
        return package.sheets[sheet.sheet]
    raise ConfigError(
        f"form {form.form}: no sheet {sheet.sheet}",
        zh=f"“{form.form}”里没有工作表“{sheet.sheet}”：请重新登记这张表。",
    )


def _top_texts(sheet: Sheet, people: People) -> dict[str, str]:
    """What is known of 填报单位, 填表日期 and the like, by cell."""
    if not sheet.tops:
        return {}
    here = people.of(chosen(people.frame, parse_population("residents")))
    asked = {one.item for one in sheet.tops} - {"", "today"}
    known = known_of({item: here.value(item).unique().to_list() for item in asked})
    known |= {one.label: one.value for one in sheet.tops if one.value}
    return changes([Found(**one.model_dump(exclude={"value"})) for one in sheet.tops], known,
                   people.today)  # fmt: skip


def _elsewhere(xml: bytes, shifts: Mapping[str, Shift]) -> bytes:
    """What is said of the cells of other sheets, as they are now; results are no longer so."""
    if not any(mark in xml for mark in (b"<f", b":f>", b"<definedName")):
        return xml
    text = without_results(xml.decode("utf-8-sig"))
    for sheet, shift in shifts.items():
        text = shifted_names(text, sheet, shift)
    return text.encode()


def _unheard(form: FormFile, people: People) -> list[str]:
    conditions = [form.population, *(one.when for one in form.sheets)]
    tests = [test for one in conditions for test in parse_population(one).tests]
    known = people.granted | people.answered
    asked = (one.values for one in tests if one.item == "labels" and one.op == "has")
    return sorted({label for one in asked if known.isdisjoint(one) for label in one})


def _count_list(report: FillReport, sheet: Sheet, people: People, all_people: People) -> None:
    report.rows += people.frame.height
    if sheet.when and sheet_place(sheet, all_people) is None:
        report.unnamed.append(f"工作表“{sheet.sheet}”")
    for column in sheet.columns:
        if column.item in FREE or column.beside:
            continue
        applies = people.applies(column.item)
        held = people.value(column.item).is_not_null()
        one = ColumnReport(sheet.sheet, column.at, column.header, column.item)
        one.applies, one.filled = int(applies.sum()), int((applies & held).sum())
        report.columns.append(one)


def _count(
    report: FillReport, sheet: Sheet, people: People, population: str
) -> tuple[Sequence[Line], Numbers]:
    """Count a table, of the people of the place that its sheet is called by."""
    when = sheet_place(sheet, people)
    tests = map(expression, parse_population(when or "").tests)
    here = people.of(people.frame.filter(*tests))
    lines, numbers = counts(sheet, here, population)
    if when is None:  # nobody knows which place it is: no 0
        report.unnamed.append(f"工作表“{sheet.sheet}”")
        numbers = dict.fromkeys(numbers)
    _count_cells(report, sheet, here, lines, numbers)
    _count_left(report, sheet, here, population)
    return lines, numbers


def _count_cells(
    report: FillReport, sheet: Sheet, people: People, lines: Sequence[Line], numbers: Numbers
) -> None:
    unnamed = unknown_places((*sheet.down, *sheet.across), people)
    report.unnamed += unnamed
    report.ungiven += ungiven(sheet, people)
    told = [one for one in lines if one.header not in unnamed]
    report.blank_rows += blank_rows(sheet, told, numbers)
    for column in sheet.across:
        mine = [value for (_, at), value in numbers.items() if at == column.at]
        one = ColumnReport(sheet.sheet, column.at, column.header, column.item)
        one.applies, one.filled = len(mine), sum(value is not None for value in mine)
        report.columns.append(one)


def _count_left(report: FillReport, sheet: Sheet, people: People, population: str) -> None:
    """How many are in no row or column in which one would look for them."""
    report.outside += outside(sheet, people, population)
    report.beyond_bands += beyond_bands(sheet, people, population)
    report.of_unknown_kind += of_unknown_kind(sheet, people, population)
    if left := unplaced(sheet, people, population):
        report.unplaced[facts_of_item(sheet.each).title] = left


def _write(target: Path, package: Package, streamed: dict[str, Iterable[bytes]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        with os.fdopen(
            os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b"
        ) as file:
            write_package(package, streamed, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def origins_path(target: Path) -> Path:
    """The file beside a filled form that says where each cell is from."""
    return target.with_name(f"{target.stem}.来源.csv")


def _write_origins(target: Path, origins: Iterable[pl.DataFrame]) -> None:
    path = origins_path(target)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        ) as file:
            for nth, lines in enumerate(origins):
                lines.write_csv(file, include_bom=nth == 0, include_header=nth == 0)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
