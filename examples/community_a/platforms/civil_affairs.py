"""Civil-affairs roster: one workbook, a sheet of households on relief, a sheet of the disabled.

Source   `civil_affairs/民政名册.xlsx`: title over the table, two header rows, total, signatures
Grain    one row per certificate number; one applicant stands for a household on relief
Refresh  replaced every quarter; some number cells are numeric, and so damaged
"""

from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from examples.community_a import dirt
from examples.community_a.circumstances import Register
from examples.community_a.families import WORLD_DAY
from examples.community_a.holding import Clerk, Held, Presence, Row, Says
from examples.community_a.people import Label, Person, Town

PLATFORM, RELIEF, DISABLED = "civil_affairs", "relief", "disabled"
FILE = "民政名册.xlsx"
SHEETS = {RELIEF: "低保低边", DISABLED: "残疾"}
TITLES = {
    RELIEF: "成华区青龙街道甲社区低保、低保边缘家庭花名册",
    DISABLED: "成华区青龙街道甲社区持证残疾人花名册",
}
HEADERS = {
    RELIEF: (
        "序号", "救助类别", "证号", "申请人/姓名", "申请人/身份证号", "申请人/性别", "申请人/年龄",
        "家庭住址", "享受起始时间", "联系人/姓名", "联系人/手机", "开户行", "银行账号",
    ),
    DISABLED: (
        "序号", "残疾证档案号", "本人/姓名", "本人/身份证号", "本人/性别", "本人/出生日期",
        "残疾类别", "办证日期", "特殊情况", "现住址", "联系人/姓名", "联系人/手机", "残疾人证号",
        "残疾等级", "开户行", "银行账号",
    ),
}  # fmt: skip
ACCOUNT = {"开户行": "开户行", "银行账号": "银行账号"}
MORE = {
    RELIEF: Register(f"{PLATFORM}.{RELIEF}", ACCOUNT),
    DISABLED: Register(
        f"{PLATFORM}.{DISABLED}",
        {"残疾证号": "残疾人证号", "残疾等级": "残疾等级", **ACCOUNT},
    ),
}
NUMERIC = {RELIEF: (2,), DISABLED: (3, 9, 14, 22)}
"""Places of the rows whose number went through a numeric cell."""
EXCEL_EPOCH = date(1899, 12, 30)


def hold(town: Town, presence: Presence, seed: int) -> list[Held]:
    """Every row of both sheets."""
    clerk = Clerk(PLATFORM, presence, seed)
    poor = [p for p in town.people if p.has("低保")] + [p for p in town.people if p.has("低边")]
    disabled = [p for p in town.people if p.has("残疾")]
    return [_relief(clerk, person, place) for place, person in enumerate(poor)] + [
        _disabled(clerk, person, place) for place, person in enumerate(disabled)
    ]


def _relief(clerk: Clerk, person: Person, place: int) -> Held:
    kind = "低保" if person.has("低保") else "低边"
    key = f"川A{kind}2026{place + 1:03d}"
    row, says = _person(clerk, person, RELIEF, place, "申请人")
    age = WORLD_DAY.year - person.birth.year
    since = _label(person, kind).since or WORLD_DAY
    row |= {
        "救助类别": kind,
        "证号": key,
        "申请人/年龄": str(age) if says.id_status == "valid" else "",
        "家庭住址": dirt.address(person.home, clerk.rng.choice(("hall", "both", "compact"))),
        "享受起始时间": f"{since.year}.{since.month}.{since.day}",
    }
    return Held(PLATFORM, RELIEF, key, row, person=person, says=says)


def _disabled(clerk: Clerk, person: Person, place: int) -> Held:
    key = f"CJ-2026-{place + 1:04d}"
    row, says = _person(clerk, person, DISABLED, place, "本人")
    label = _label(person, "残疾")
    birth = dirt.day(clerk.rng, person.birth)
    if place % 10 == 4:
        birth = str((person.birth - EXCEL_EPOCH).days)
    row |= {
        "残疾证档案号": key,
        "本人/出生日期": birth,
        "残疾类别": f"{label.detail}残疾" if clerk.chance(0.3) else label.detail,
        "办证日期": dirt.day(clerk.rng, label.since or WORLD_DAY),
        "特殊情况": "行动不便" if person.has("行动不便") else dirt.blank(clerk.rng) or "",
        "现住址": dirt.address(person.home, clerk.rng.choice(("hall", "units", "road", "chinese"))),
    }
    return Held(PLATFORM, DISABLED, key, row, person=person, says=says)


def _person(clerk: Clerk, person: Person, stream: str, place: int, group: str) -> tuple[Row, Says]:
    """The columns that both sheets have; the contact is a relative, or the person."""
    number, status = person.id_number or "", "valid"
    if place in NUMERIC[stream] and (damaged := dirt.truncated(number)):
        number, status = damaged, "truncated"
    relatives = clerk.presence.households[person.household].members
    contact = clerk.rng.choice(relatives)
    row: Row = {
        "序号": str(place + 1),
        f"{group}/姓名": dirt.name(clerk.rng, person.name, 0.3),
        f"{group}/身份证号": number,
        f"{group}/性别": {"1": "男", "2": "女"}[person.sex],
        "联系人/姓名": contact.name,
        "联系人/手机": clerk.phone(contact.phone),
    }
    row |= MORE[stream].row(person)
    number_said = number if status == "valid" else None
    return row, Says(person.name, number_said, status, contact.phone, person.home.key)


def _label(person: Person, name: str) -> Label:
    return next(one for one in person.labels if one.label == name)


def write(held: list[Held], folder: Path) -> None:
    """The workbook, as an office makes it."""
    folder.mkdir(parents=True, exist_ok=True)
    book = Workbook()
    book.remove(book.active)
    for stream, title in SHEETS.items():
        rows = [one for one in held if one.stream == stream]
        _sheet(book.create_sheet(title), stream, rows)
    book.save(folder / FILE)


def _sheet(sheet: Worksheet, stream: str, rows: list[Held]) -> None:
    header = HEADERS[stream]
    width = len(header)
    sheet.cell(1, 1, TITLES[stream])
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=width)
    _header(sheet, header)
    for place, held in enumerate(rows):
        for column, path in enumerate(header, 1):
            cell = sheet.cell(4 + place, column, _cell(held, path))
            cell.number_format = "@" if isinstance(cell.value, str) else "0"
    last = 4 + len(rows)
    sheet.cell(last, 1, "合计")
    sheet.cell(last, 3, f"{len(rows)}人")
    sheet.cell(last + 1, 1, "填表人：周敏　　审核人：何勇　　填表日期：2026年10月31日")
    sheet.merge_cells(start_row=last + 1, end_row=last + 1, start_column=1, end_column=width)
    if stream == RELIEF:
        _merge_down(sheet, 2, 4, last - 1)


def _header(sheet: Worksheet, header: tuple[str, ...]) -> None:
    """Two rows: groups over their members, other titles merged down."""
    start = 1
    for column, path in enumerate(header, 1):
        group, _, leaf = path.partition("/")
        if not leaf:
            sheet.cell(2, column, group)
            sheet.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column)
            continue
        sheet.cell(3, column, leaf)
        before = header[column - 2].partition("/")[0] if column > 1 else ""
        start = start if group == before else column
        after = header[column].partition("/")[0] if column < len(header) else ""
        if group != after:
            sheet.cell(2, start, group)
            sheet.merge_cells(start_row=2, end_row=2, start_column=start, end_column=column)


def _cell(held: Held, path: str) -> str | int | None:
    text = held.row[path]
    if text and path == "序号":
        return int(text)
    if text and path.endswith("/身份证号") and held.says.id_status == "truncated":
        return int(text)
    return int(text) if text and path.endswith("/出生日期") and len(text) == 5 else text


def _merge_down(sheet: Worksheet, column: int, first: int, last: int) -> None:
    """Equal values one below the other become one merged cell."""
    start = first
    for row in range(first + 1, last + 2):
        if row > last or sheet.cell(row, column).value != sheet.cell(start, column).value:
            if row - 1 > start:
                for below in range(start + 1, row):
                    sheet.cell(below, column).value = None
                sheet.merge_cells(
                    start_row=start, end_row=row - 1, start_column=column, end_column=column
                )
            start = row
