"""Taking a department's form in: its layout, what each column asks for, and what changed in it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal
from warnings import catch_warnings
from xml.sax.saxutils import unescape

from openpyxl.utils import get_column_letter

from hub.errors import ConfigError
from hub.settings import Home
from reports.columns import propose
from reports.conditions import WHOLE, parse_population
from reports.counted import counted
from reports.derived import NO_GROUP, is_among, of_the_rest
from reports.form_file import Column, FormFile, Line, Sheet, Top, form_path, load_form, save_form
from reports.formats import DATES, MONTHS, date_format, words_of
from reports.items import facts_of_item, words
from reports.known_words import refuse_unknown
from reports.layout import TOTAL, WHO, HeaderColumn, Layout, is_card, read_layout
from reports.listed import listed
from reports.package import open_package
from reports.people import people_of
from reports.proposals import COMPUTED, SURE, Proposal
from reports.texts import bare, remarks, squeezed
from schemas.codes import inputs_of, spelling
from warehouse.snapshots import current_number, reading

YES = ("是", "有", "√", "1", "Y", "✓", "对", "已")
YES_OR_NO = {"是": "yes", "有": "yes", "否": "no", "无": "no"}
NUMBERED_YES = re.compile(r"(\d)[.、:：\-—=]?([是有否无])|([是有否无])(?:填|写|选|为|=|:)?(\d)")
NUMBERED_WORD = re.compile(r"(\d{1,2})[.、:：\-—]?([\u4e00-\u9fff]+)")
LABEL = re.compile(r"label:([^&]+)")
SUM = re.compile("合计|总计|小计|共计")
GRID_CODE = re.compile(r"\d{15}")
WHOM = re.compile("[岁男女人户]")
"""In the name of a row that counts some people of a place, and is no place: `60岁以上`."""
UNIT = re.compile("(?:计量)?单位")
"""A column that says what each row is counted in."""
AMISS = re.compile("[&|]")
"""What a condition's value cannot hold."""
NEWER_CHOICES = re.compile(
    r'<x14:dataValidation\b[^>]*?\btype="list"[^>]*>.*?<xm:f>(.*?)</xm:f>'
    r".*?<xm:sqref>(.*?)</xm:sqref>",
    re.DOTALL,
)
"""A drop-down whose words stand on another sheet, as Excel writes it since 2010."""
TAIL = re.compile(r"[后末尾]([四六八468])位")
NUMERALS = str.maketrans("四六八", "468")
REST = re.compile("其[他它余]")
"""A sheet of those who are on none of the others: nobody knows whom."""
LISTING = re.compile("这些人不会留下")
LISTED = 3
"""So many people are no sample of how to fill a form in."""
ROWS_ARE = {"grid_name": "grid_name", "community_name": "community_code", "compound": "compound"}
"""What a row's condition is about, by what its column is called."""
EACH: dict[str, Any] = {"community_name": "community_code", "compound": "compound"}
"""What a table of counts has a row for, by what its first column is called."""


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
        sheets=_of_each(tuple(propose_sheet(one, sent.population) for one in layouts)),
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
    from openpyxl import load_workbook
    from openpyxl.worksheet.datavalidation import DataValidation

    package = open_package(file.read_bytes())  # refuses what is broken
    with catch_warnings(action="ignore"):  # of what openpyxl does not keep: nothing is saved
        book = load_workbook(file)
    visible = [one for one in book.worksheets if one.sheet_state == "visible"]
    for one in visible:
        for offered, where in NEWER_CHOICES.findall(package.text(package.sheets[one.title])):
            choice = DataValidation(type="list", formula1=unescape(offered), sqref=where)
            one.data_validations.append(choice)
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


def _of_each(sheets: Sequence[Sheet]) -> tuple[Sheet, ...]:
    """Of several lists each is of those whom the sheet is called by: a grid, a label, an age.

    A table of counts is of a grid's people where its sheet is called so.
    """
    if len(sheets) < 2:
        return tuple(sheets)
    lists = sum(one.kind == "list" for one in sheets) > 1
    return tuple(
        one
        if not (lists if one.kind == "list" else "网格" in one.sheet) or REST.match(one.sheet)
        else one.model_copy(update={"when": _line("A", (one.sheet,)).when or ""})
        for one in sheets
    )


def propose_sheet(layout: Layout, population: str) -> Sheet:
    """Take a sheet for a list of people or a table of counts, and say what each part asks for."""
    asked = parse_population(population)
    abreast = _abreast(layout.columns)
    one_of_them = len(layout.columns) // abreast
    proposals = propose(layout.columns[:one_of_them], asked.labels, asked.one_of) * abreast
    if not _is_list(layout, proposals):
        summary = _summary(layout)
        if summary is not None:
            return summary
    (first, last), total = layout.body, layout.total
    if layout.stubs and any(one and TOTAL.match(one) for one in layout.stubs[0][:4]):
        first, total = first + 1, first  # the sum stands above
    return Sheet(
        sheet=layout.sheet, header=layout.header, body=(first, last), total=total,
        tops=_tops(layout),
        columns=tuple(
            _column(one, proposal, total if abreast == 1 else None, nth // one_of_them)
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


def _column(one: HeaderColumn, proposal: Proposal, total: int | None, beside: int) -> Column:
    if one.computed and proposal.item != "seq":
        proposal = Proposal("remark", SURE, COMPUTED)
    settings: dict[str, Any] = _writing(one, proposal.item)
    if total is not None and proposal.item in ("name", "member_count"):
        settings["total"] = "count" if proposal.item == "name" else "sum"
    return Column(
        at=get_column_letter(one.at), header=one.header, item=proposal.item, proposed=proposal.item,
        span=one.span, beside=beside,
        confidence=proposal.confidence, why=proposal.why, **settings,
    )  # fmt: skip


def _writing(one: HeaderColumn, item: str) -> dict[str, Any]:
    """How the column is written, as far as drop-downs, remarks and sample rows tell."""
    facts, remark = facts_of_item(item), remarks(one.path[-1])
    samples = [squeezed(value) for value in one.samples]
    found: dict[str, Any] = {}
    if any("*" in text for text in samples) or "脱敏" in remark:
        found["mask"] = True
    if ending := TAIL.search(squeezed(one.path[-1])):
        found["tail"] = int(ending[1].translate(NUMERALS))
    if item == "id_number" and one.span >= 15:
        found["boxes"] = one.span
    if facts.kind == "date":
        found |= _date(one, remark, samples)
    elif facts.kind == "flag":
        found |= _flag(one, remark)
    elif facts.code_set is not None:
        found |= _codes(facts.code_set, one, remark, samples)
    return found


def _date(one: HeaderColumn, remark: str, samples: Sequence[str]) -> dict[str, Any]:
    asked = re.sub(r"[^YMD年月日./\-]", "", remark.upper())
    if asked in DATES:
        return {"date": asked}
    shown = date_format([*samples, remark, one.number_format.replace('"', "")])
    if shown is None and MONTHS.search(bare(one.path[-1])):
        shown = "YYYY-MM"
    return {} if shown is None else {"date": shown}


def _flag(one: HeaderColumn, remark: str) -> dict[str, Any]:
    yes = next((c for c in one.choices if c.upper() in YES), None)
    if yes is not None and len(one.choices) == 2:
        return {"yes": yes, "no": next(c for c in one.choices if c != yes)}
    told = {found[2] or found[3]: found[1] or found[4] for found in NUMBERED_YES.finditer(remark)}
    numbers = {YES_OR_NO[word]: number for word, number in told.items()}
    if len(numbers) == 2:
        return numbers
    if one.samples and {str(value) for value in one.samples} <= {"0", "1"}:
        return {"yes": "1", "no": "0"}
    return {"yes": "√", "no": ""} if "√" in remark or "打勾" in remark else {}


def _codes(code_set: str, one: HeaderColumn, remark: str, samples: Sequence[str]) -> dict[str, Any]:
    if one.choices:
        own = words_of(code_set, one.choices)
        return {"codes": own} if own else {}
    known = inputs_of(code_set)
    numbered = {
        code: number
        for number, word in NUMBERED_WORD.findall(remark)
        if (code := known.get(spelling(word)))
    }
    if numbered:
        return {"codes": numbered}
    digits = bool(samples) and all(text.isdigit() for text in samples)
    coded = "代码" in remark or squeezed(one.path[-1]).endswith("代码") or digits
    return {"codes": "codes"} if coded else {}


def _summary(layout: Layout) -> Sheet | None:
    """A table of counts; None if less than half of its columns are understood."""
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
    told = [(row, texts, _row_path(texts[:stubs], places))
            for row, texts in enumerate(layout.stubs, first)]  # fmt: skip
    rows = [
        (str(row), (*path, *(texts[nth] for nth in units if nth >= stubs and texts[nth])))
        for row, texts, path in told
        if path
    ]
    down = _among_them(rows, ROWS_ARE.get(titles[stub], ""))
    of_rows = sum(bool(one.when) for one in down) * 2 > len(down)  # 本月、上月、同比 of each
    named = len(rows) >= 3 and len(rows) * 2 > len(layout.stubs)
    if not named and (not known or (known * 2 < len(across) and not of_rows)):
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
    sums = [_sum_of(down)(whole)] if total and down else []
    return Sheet(
        sheet=layout.sheet, kind="summary", header=layout.header, body=(first, last),
        total=total, tops=_tops(layout), across=tuple(map(_proposed, across)),
        down=tuple(map(_proposed, (*down, *sums))), stub=get_column_letter(layout.columns[stub].at),
        seq=next((get_column_letter(one.at) for one, title in
                  zip(layout.columns, titles, strict=False) if title == "seq"), ""),
        each=EACH.get(titles[stub], "grid_code"),
    )  # fmt: skip


def _part_sum(line: Line) -> bool:
    """小计 among the rows: not of everybody."""
    return line.when == "" and squeezed(line.header) == "小计"


def _proposed(line: Line) -> Line:
    return line.model_copy(update={"proposed": line.when})


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


def _among_them(named: Sequence[tuple[str, tuple[str, ...]]], place: str = "") -> tuple[Line, ...]:
    """Columns or rows as lines: `其中：女` behind `60岁以上` counts women of that age.

    What a part of a header is among stands before it at the same height, under the same parts.
    """
    made: list[Line] = []
    for nth, (at, path) in enumerate(named):
        height = next((n for n, part in enumerate(path) if is_among(part)), None)
        wholes = (
            other[: height + 1]
            for _, other in named[:nth][::-1]
            if height is not None
            and other[:height] == path[:height]
            and not any(map(is_among, other))
            and not UNIT.fullmatch(squeezed(other[-1]))
        )
        made.append(_line(at, path, next(_of_both(wholes), ()), place))
    return of_the_rest([*map(_sum_of(made), made)])


def _of_both(wholes: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Behind 男 and 女 a part is of both: of what stands before them."""
    listed = list(wholes)
    sexes = [counted(one[-1:]).when for one in listed[:2]]
    both = {*sexes} == {"sex_code = 1", "sex_code = 2"}
    yield from listed[2:] if both else listed


def _sum_of(lines: Sequence[Line]) -> Callable[[Line], Line]:
    """Of lines that each count a label, 合计 is whoever has one of them, not everybody."""
    parts = [one for one in lines if one.when and not is_among(one.header)]
    named = [LABEL.fullmatch(str(one.when)) for one in parts]
    if len(parts) < 2 or None in named:
        return lambda one: one
    untold = any(one.when is None and not NO_GROUP.search(one.header) for one in lines)
    all_of_them = (
        None if untold else "label:" + "|".join(dict.fromkeys(found[1] for found in named if found))
    )
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


def _line(at: str, path: tuple[str, ...], whole: tuple[str, ...] = (), place: str = "") -> Line:
    """A line's condition; a row that counts nothing known may name a place (`place`: which)."""
    header = "/".join(path)
    if coded := next((one for one in path if GRID_CODE.fullmatch(one)), None):
        return Line(at=at, header=header, when=f"grid_code = {coded}")
    found = counted((*whole, *path))
    name = squeezed(header)
    among = whole or is_among(header) or SUM.search(name) or len(path) > 1
    counts = found.when is not None and (not place or not found.when or WHOM.search(name))
    if not (among or counts or AMISS.search(name)) and (place or "网格" in name):
        return Line(at=at, header=header, when=f"{place or 'grid_name'} = {name}")
    count: Any = found.count
    wholes = set((found.when or "").split(" & ")) & {*WHOLE}
    when = found.when if len(wholes) < 2 else None  # of 户籍 and of everybody: nobody can say
    return Line(at=at, header=header, when=when, count=count)


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
