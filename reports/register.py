"""Taking a department's form in: its layout, what each column asks for, and what changed in it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from hub.errors import ConfigError
from hub.settings import Home
from reports.cell_writing import column_of
from reports.cells import read_sheets
from reports.columns import propose
from reports.conditions import parse_population
from reports.counted import counted
from reports.form_file import Column, FormFile, Line, Sheet, Top, form_path, load_form, save_form
from reports.items import is_held
from reports.known_words import refuse_unknown
from reports.layout import TOTAL, WHO, HeaderColumn, Layout, is_card, read_layout
from reports.listed import listed
from reports.people import people_of
from reports.proposals import Proposal
from reports.summary_lines import ROWS_ARE, line_of, summary_of
from warehouse.snapshots import current_number, reading

REST = re.compile("其[他它余]")
"""A sheet of those who are on none of the others: nobody knows whom."""
LISTING = re.compile("这些人不会留下")
LISTED = 3
"""So many people are no sample of how to fill a form in."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as in the former version; `zh` says it."""

    sheet: str
    header: str
    zh: str


@dataclass(frozen=True)
class Registered:
    """A form as it is now on file, and what changed in it."""

    form: FormFile
    path: Path
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Sent:
    """What is known of a form besides the file."""

    department: str
    period: Literal["daily", "weekly", "monthly", "quarterly", "yearly", "once"] = "monthly"
    population: str = "residents"
    name: str | None = None
    basis: str = ""
    listed: bool = False  # of those whom the file names already, and nobody else


def register(home: Home, file: Path, sent: Sent) -> Registered:
    """Register a form, or a later version of one; what an officer corrected stays.

    Raises:
        ConfigError: the file is no .xlsx, no sheet of it is a form, or it is about a label or a
            place that nobody knows (before the first sync nobody can tell).
    """
    content = _content(file)
    if current_number(home) is not None:
        with reading(home) as connection:
            refuse_unknown(home, connection, [sent.population])
    name = sent.name or re.sub(r"[^\w\-（）()·]+", "_", file.stem)[:80]
    layouts = read_layouts(file)
    if not layouts:
        raise ConfigError(
            f"{file.name}: no sheet with a header was found",
            zh=f"{file.name} 里没有找到表头：请确认是空表或花名册，表头至少两列。",
        )
    old = load_form(home, name) if form_path(home, name).is_file() else None
    made = FormFile(
        form=name, title=layouts[0].title, department=sent.department, period=sent.period,
        population=sent.population, basis=sent.basis,
        public=any("公示" in one for one in (name, *(each.title for each in layouts))),
        version=1 if old is None else old.version, sha256=sha256(content).hexdigest(),
        sheets=_of_each(layouts, sent.population),
    )  # fmt: skip
    differences: tuple[Difference, ...] = ()
    if old is not None:
        differences = tuple(compare(old, made))
        made = _carried(old, made)
        if made.sha256 != old.sha256:
            _archive(home, old)
            made = made.model_copy(update={"version": old.version + 1})
    template = form_path(home, name).with_suffix(".xlsx")
    template.parent.mkdir(parents=True, exist_ok=True)
    template.write_bytes(content)
    notes = [said for pair in zip(layouts, made.sheets, strict=True) for said in _notes(*pair)]
    made = made.model_copy(update={"notes": tuple(notes)})
    if sent.listed:
        made = _of_the_listed(home, made, layouts)
    return Registered(made, save_form(home, made), differences)


def _of_the_listed(home: Home, form: FormFile, layouts: Sequence[Layout]) -> FormFile:
    """Fill only the rows in which the department has written somebody already."""
    sheets, notes = [], [one for one in form.notes if not LISTING.search(one)]
    with people_of(home, None, {"name", "id_number"}) as (people, _):
        for layout, sheet in zip(layouts, form.sheets, strict=True):
            plain = sheet.kind == "list" and not any(one.beside for one in sheet.columns)
            given, amiss = listed(layout, sheet, people) if plain else ({}, [])
            sheets.append(sheet.model_copy(update={"given": given}))
            if amiss:
                rows = "、".join(map(str, amiss))
                notes.append(
                    f"“{layout.sheet}”第 {rows} 行的人对不上（库里没有、与号码不符，或有同名），"
                    "留空；请核对这几行的姓名和证件号码再登记。"
                )
    if not any(one.given for one in sheets):
        raise ConfigError(
            "nobody whom the file names is known",
            zh="表里没有写好的人（或几个人并排），或一个也对不上：请核对姓名、证件号码，"
            "或不用 --listed 登记。",
        )
    return form.model_copy(update={"sheets": tuple(sheets), "notes": tuple(notes)})


def _notes(layout: Layout, sheet: Sheet) -> Iterator[str]:
    """People whom the file names already, and further pages, each with a header."""
    if layout.again:
        rows = "、".join(map(str, layout.again))
        yield (
            f"“{layout.sheet}”的第 {rows} 行又是表头（另一页或另一张表）：只填第一个表头下面的，"
            "后面的没有填：多出来的页，交之前请删去；另一张表，请部门放到另一个工作表里。"
        )
    if sheet.kind != "list":
        return
    who = [len({*one.samples}) for one, column in zip(layout.columns, sheet.columns, strict=True)
           if column.item in WHO]  # fmt: skip
    if (named := max(who, default=0)) >= LISTED:
        yield (
            f"“{layout.sheet}”里已经写着 {named} 人：填写时换成登记对象的全部人，这些人不会留下。"
            "部门只问这几个人的，请加 --listed 再登记一次。"
        )
    if layout.tall:
        yield (
            f"“{layout.sheet}”里有上下合并的格（一人或一户占几行）：填写时一人一行，合并不留，"
            "一格里上下两项的只填一项。请部门改成一人一行再登记。"
        )


def read_layouts(file: Path) -> list[Layout]:
    """Every visible sheet that is a form."""
    visible = [one for one in read_sheets(file.read_bytes()) if one.sheet_state == "visible"]
    cards = [one for one in visible if is_card(one)]
    read = (read_layout(one) for one in visible if one not in cards)
    forms = [one for one in read if one is not None]
    if cards and not forms:
        raise ConfigError(
            f"{file.name}: a card, no table",
            zh=f"{file.name} 是一人或一户一张的登记卡（“姓名”“身份证号”后面留一格），"
            "不是一行一人的表，不能自动填：请让部门改发一行一人的表再登记。",
        )
    return forms


def _content(file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except OSError:
        raise ConfigError(
            f"{file.name} cannot be read", zh=f"读不到文件 {file.name}：请检查路径。"
        ) from None
    if not content.startswith(b"PK"):
        raise ConfigError(
            f"{file.name} is no .xlsx file",
            zh=f"{file.name} 不是 .xlsx：请用 WPS 或 Excel 另存为“Excel 工作簿（.xlsx）”再登记。",
        )
    return content


def _of_each(layouts: Sequence[Layout], population: str) -> tuple[Sheet, ...]:
    """Of several lists each is of those whom the sheet is called by: a grid, a label, an age.

    A table of counts is of a grid's people where its sheet is called so.
    """
    sheets = [propose_sheet(one, population) for one in layouts]
    lists = sum(one.kind == "list" for one in sheets) > 1
    for nth, (layout, one) in enumerate(zip(layouts, sheets, strict=True)):
        named = lists if one.kind == "list" else "网格" in one.sheet
        if len(sheets) > 1 and named and not REST.match(one.sheet):
            when = line_of("A", (one.sheet,)).when or ""
            sheets[nth] = propose_sheet(layout, population, when).model_copy(update={"when": when})
    return tuple(sheets)


def propose_sheet(layout: Layout, population: str, when: str = "") -> Sheet:
    """Take a sheet for a list of people or a table of counts, and say what each part asks for.

    Args:
        layout: Where the sheet's parts are.
        population: Whom the form is about.
        when: Whom of them this sheet is about; a label of theirs says whose `起始时间` it is.
    """
    asked = parse_population(population)
    labels = parse_population(when).labels or asked.labels
    abreast = _abreast(layout.columns)
    one_of_them = len(layout.columns) // abreast
    proposals = propose(layout.columns[:one_of_them], labels, asked.one_of) * abreast
    if not _is_list(layout, proposals):
        held = sum(
            is_held(one.item) and one.item not in ROWS_ARE and ":" not in one.item
            for one in proposals
        )
        own = population == "residents" and not when
        summary = summary_of(layout, of_title=own, listed=held)
        if summary is not None:
            return summary.model_copy(update={"tops": _tops(layout)})
    (first, last), total = layout.body, layout.total
    if layout.stubs and any(one and TOTAL.match(one) for one in layout.stubs[0][:4]):
        first, total = first + 1, first  # the sum stands above
    return Sheet(
        sheet=layout.sheet, header=layout.header, body=(first, last), total=total,
        tops=_tops(layout),
        columns=tuple(
            column_of(one, proposal, total if abreast == 1 else None, nth // one_of_them)
            for nth, (one, proposal) in enumerate(zip(layout.columns, proposals, strict=True))
        ),
    )  # fmt: skip


def _abreast(columns: Sequence[HeaderColumn]) -> int:
    """How many people stand side by side in one row: so often the same headers come again."""
    paths = [one.path for one in columns]
    often = (n for n in range(len(paths) // 2, 1, -1) if len(paths) % n == 0)
    return next((n for n in often if paths[: len(paths) // n] * n == paths), 1)


def _tops(layout: Layout) -> tuple[Top, ...]:
    return tuple(Top(**asdict(one)) for one in layout.tops)


def _is_list(layout: Layout, proposals: Sequence[Proposal]) -> bool:
    """A list has a column for the name or the number of a person."""
    return any(
        one.item in WHO
        and one.confidence >= 0.8
        and not counted(column.path).when
        and not _names_groups([texts[nth] for texts in layout.stubs])
        for nth, (column, one) in enumerate(zip(layout.columns, proposals, strict=True))
    )  # 学生 beside 就业人数 counts them; fmt: skip


def _names_groups(written: Sequence[str | None]) -> bool:
    """Whether 低保, 特困 and so on stand in a column already: 帮扶对象 of a table of counts."""
    told = [one for one in written if one]
    return len(told) > 1 and 2 * sum(bool(counted((one,)).when) for one in told) > len(told)


def compare(old: FormFile, new: FormFile) -> list[Difference]:
    """What a later version of a form added, left out, moved or asks in another way."""
    found: list[Difference] = []
    before = {(s.sheet, c.header): c for s in old.sheets for c in s.columns}
    after = {(s.sheet, c.header): c for s in new.sheets for c in s.columns}
    found += [Difference(*k, f"新增一列“{k[1]}”") for k in after if k not in before]
    for key, column in before.items():
        if key not in after:
            found.append(Difference(*key, f"少了一列“{key[1]}”"))
            continue
        now = after[key]
        if now.at != column.at:
            found.append(Difference(*key, f"“{key[1]}”从 {column.at} 列移到 {now.at} 列"))
        if isinstance(now.codes, dict) and now.codes != column.codes:
            found.append(Difference(*key, f"“{key[1]}”的选项变了"))
        if now.boxes != column.boxes:
            found.append(Difference(*key, f"“{key[1]}”的格数变了"))
    for part, word in (("across", "列"), ("down", "行")):
        lines = [{(s.sheet, one.header): None for s in form.sheets for one in getattr(s, part)}
                 for form in (old, new)]  # fmt: skip
        found += [Difference(*k, f"新增一{word}“{k[1]}”") for k in lines[1] if k not in lines[0]]
        found += [Difference(*k, f"少了一{word}“{k[1]}”") for k in lines[0] if k not in lines[1]]
    sheets = {s.sheet for s in old.sheets} ^ {s.sheet for s in new.sheets}
    return found + [Difference(one, "", f"工作表“{one}”新增或取消") for one in sorted(sheets)]


def _carried(old: FormFile, new: FormFile) -> FormFile:
    """Keep what an officer said of a column that is still there under the same header."""
    said = {(s.sheet, c.header): c for s in old.sheets for c in s.columns}
    own = {(s.sheet, one.label): one.value for s in old.sheets for one in s.tops}
    sheets = []
    for sheet in new.sheets:
        columns = tuple(_kept(said.get((sheet.sheet, one.header)), one) for one in sheet.columns)
        tops = tuple(
            one.model_copy(update={"value": own.get((sheet.sheet, one.label), "")})
            for one in sheet.tops
        )
        lines = {one: _kept_lines(old, sheet, one) for one in ("across", "down")}
        when = next((one.when for one in old.sheets if one.sheet == sheet.sheet), sheet.when)
        kept = {"columns": columns, "tops": tops, "when": when}
        sheets.append(sheet.model_copy(update=kept | lines))
    final = {"sheets": tuple(sheets), "order": old.order, "public": old.public or new.public}
    return new.model_copy(update=final)


def _kept(before: Column | None, now: Column) -> Column:
    """An officer's item for good; how it is written as long as the item is the same."""
    if before is None or (before.item == before.proposed and before.item != now.item):
        return now
    places = {"at": now.at, "span": now.span, "boxes": now.boxes, "beside": now.beside}
    return before.model_copy(update=places)


def _kept_lines(old: FormFile, sheet: Sheet, part: str) -> tuple[Line, ...]:
    """What an officer said that a row or column counts, where one of that header still stands."""
    before = [line for one in old.sheets if one.sheet == sheet.sheet for line in getattr(one, part)]
    made = []
    for now in getattr(sheet, part):
        same = next((one for one in before if one.header == now.header), None)
        if same is not None:
            before.remove(same)  # of two headers alike the second is the second
            spoken = same.when != same.proposed
            kept = {"when": same.when} if spoken else {}
            made.append(now.model_copy(update={"count": same.count} | kept))
        else:
            made.append(now)
    return tuple(made)


def _archive(home: Home, old: FormFile) -> None:
    """The former version, settings and template, for whoever must look."""
    path = form_path(home, old.form)
    folder = path.parent / "former"
    folder.mkdir(exist_ok=True)
    for suffix in (".yaml", ".xlsx"):
        source = path.with_suffix(suffix)
        if source.is_file():
            (folder / f"{old.form}.{old.version}{suffix}").write_bytes(source.read_bytes())
