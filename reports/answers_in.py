"""Answers given back: read from the workers' lists, checked one by one, and taken in."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from hub.errors import ConfigError
from hub.settings import Home
from reports.ask_lists import FORMS, KNOWN, LOCATOR, NOT_ASKED, item_of
from reports.collected import (
    ANSWERED,
    COLLECTED,
    COLUMNS,
    EVIDENCE,
    is_field,
    keep_collected,
    write_answers,
)
from reports.items import facts_of_item, is_item
from reports.people import People
from reports.tables import AUTHOR
from reports.texts import squeezed
from schemas.codes import inputs_of, standard_code
from schemas.dates import standard_day
from schemas.extras import extras
from schemas.id_numbers import standard_id_number
from schemas.phones import standard_phone

NUMBERS = ("id_number", "head_id_number", "spouse_id_number")
PHONES = ("phone", "head_phone", "spouse_phone")
TWO_PHONES = r"\d{7,}\D+\d{7,}"
HOW = {
    "date": "请写成 1990-12-01 这样的日期",
    "flag": "请写“是”或“否”",
    "code": "请从这一格的下拉里选",
    "phone": "请只写一个号码：手机 11 位，座机带区号",
    "id_number": "请核对位数和末位，写全",
}
"""What to do about an answer that is not understood."""
PAST = ("birth_date", "died_on", "left_on")
SHORTENED = re.compile(r"\d(?:\.\d+)?E\+\d+")
"""A long number that a spreadsheet has cut: `6.222E+15`."""
READS = {f"other:{title}": one.reads for title, one in extras().items()}
DIGITS = re.compile(r"(?:账号|卡号|证号|编号)$")
"""What has at least some digits in it."""
NAMES = re.compile(r"(?:姓名|联系人|监护人|地址|住址)$")
"""What has some letters in it, and no telephone that belongs in the next cell."""
FLAGS = dict.fromkeys(("是", "是的", "有", "属于", "√", "✓", "对"), "是") | dict.fromkeys(
    ("否", "无", "没有", "不是", "不属于", "×", "✗"), "否"
)
DITTO = re.compile(
    r"同[上左右前下].{0,3}|[同与和](?:现|家庭|户籍|户口|户主)?(?:户主|住址|居住地|地址|所在地)"
    r"(?:相同|一致|一样)?|上同|[〃″“”\"々]+|[′']{1,2}"
)
UNKNOWN = ("不详", "未知", "不知道", "不清楚", "不明", "待核实", "待核", "？", "?")
"""Written where nobody could be asked: it answers nothing, and would never be asked again."""
BEFORE_2007 = b"\xd0\xcf\x11\xe0"
"""How an .xls begins, whatever it is called."""
LONGEST = 400
LONGEST_TITLE = 30
EXACT = 10**15
"""A number from here on has lost its last digits in a spreadsheet."""
ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!")
HEADER = 10
"""Rows above which the header is looked for: somebody may have put a title there."""
OURS = (*KNOWN.values(), FORMS, LOCATOR)
"""Columns of a list that ask nothing."""


@dataclass(frozen=True)
class Answer:
    """One cell given back. `place` says where it stands; no personal value is ever shown."""

    place: str
    resident_id: str
    item: str
    value: str = field(repr=False)
    name: str = field(default="", repr=False)  # as the list says beside it
    address: str = field(default="", repr=False)


@dataclass
class Given:
    """What a list holds: its answers, and what of it cannot be taken and why."""

    answers: list[Answer] = field(default_factory=list)
    shown: list[Answer] = field(default_factory=list)  # what stands in the columns of `KNOWN`
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # how some of it was understood
    left: int = 0  # cells that cannot be taken


@dataclass
class Taken:
    """What became of the answers: how many were taken, and why the others were not."""

    taken: int = 0
    fields: int = 0  # of the taken: those that wait for the platform's next pull
    refused: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)  # places of answers unlike what is held
    new: list[Answer] = field(default_factory=list)  # of what nobody held
    files: list[Path] = field(default_factory=list)


def read_answers(path: Path) -> Given:
    """Every filled cell of a list; filled columns and sheets that are none of ours are told of.

    Raises:
        ConfigError: it is no list of ours.
    """
    from openpyxl import load_workbook

    try:
        old = path.read_bytes().startswith(BEFORE_2007)
        book = None if old else load_workbook(path)  # a formula as it is written
    except Exception as error:  # openpyxl raises whatever its parts do on a damaged file
        raise ConfigError(
            f"{path.name} cannot be read ({type(error).__name__})",
            zh=f"{path.name} 打不开：请确认是 hub form ask 导出的 .xlsx。",
        ) from None
    if book is None:
        raise ConfigError(
            f"{path.name} is an .xls",
            zh=f"{path.name} 是旧格式（.xls、.et，或加了密码），读不了：请用 Excel 或 WPS 打开，"
            "去掉密码，另存为 .xlsx 再交。",
        )
    found, ours = Given(), 0
    for sheet in book.worksheets:
        rows = [tuple(row) for row in sheet.iter_rows(values_only=True)]
        at = next((nth for nth, row in enumerate(rows[:HEADER]) if LOCATOR in _stripped(row)), None)
        if at is not None:
            ours += 1
            place = f"{path.name} {sheet.title}!"
            found.refused += _remarks(place, sheet)
            _read_rows(place, _spread(place, sheet, rows, at, found), at, found)
        elif any(_text(one) for row in rows for one in row):
            found.refused.append(f"{path.name} 工作表“{sheet.title}”没有“{LOCATOR}”一列，没有收。")
    if not ours:
        raise ConfigError(
            f"{path.name} has no column of locators",
            zh=f"{path.name} 不是 hub form ask 导出的清单：没有“{LOCATOR}”一列。请不要改表头。",
        )
    return found


def _remarks(place: str, sheet: Any) -> list[str]:  # noqa: ANN401 (openpyxl is untyped)
    """A line about remarks on cells: what stands in them is no answer. Not of those of our own."""
    cells = (one for row in sheet.iter_rows() for one in row if one.comment)
    told = [f"{place}{one.coordinate}" for one in cells if one.comment.author != AUTHOR]
    return [
        f"有 {len(told)} 格加了批注（{some(told)}），批注没有收：是答案的请写进格子里再交。"
    ] * bool(told)


def _spread(
    place: str,
    sheet: Any,  # noqa: ANN401 (openpyxl is untyped)
    rows: Sequence[Sequence[object]],
    at: int,
    found: Given,
) -> list[list[object]]:
    """The rows with what stands in cells merged downwards in each of them."""
    header = _stripped(rows[at])
    spread = [list(row) for row in rows]
    told = []
    for one in sorted(sheet.merged_cells.ranges, key=lambda one: one.bounds):
        left, top, right, bottom = one.bounds
        value = rows[top - 1][left - 1]
        titles = header[left - 1 : right]
        if top <= at + 1 or _text(value) in ("", NOT_ASKED) or set(titles) <= {*KNOWN.values()}:
            continue
        if left == right and titles[0] != LOCATOR:
            told += [f"{place}{one.coord}"] * (titles[0] != FORMS)
            for row in spread[top - 1 : bottom]:
                row[left - 1] = value
        elif not set(titles) <= {*OURS}:
            found.left += 1
            found.refused.append(
                f"{place}{one.coord}：几列合并成了一格，看不出是哪一项，没有收，请拆开重填。"
            )
            spread[top - 1][left - 1] = value if titles[0] in OURS else None
    found.notes += [
        f"有 {len(told)} 处上下合并的格（{some(told)}），按里面每个人都是这个答案收；"
        "不是这个意思的，请拆开填好再交。"
    ] * bool(told)
    return spread


def _read_rows(place: str, rows: Sequence[Sequence[object]], at: int, found: Given) -> None:
    from openpyxl.utils import get_column_letter

    header = _stripped(rows[at])
    width = max(map(len, rows))
    known = {title: header.index(title) for title in OURS if title in header}
    locator = known[LOCATOR]
    asked = [nth for nth, title in enumerate(header) if title not in OURS]
    for number, row in enumerate(rows[at + 1 :], at + 2):
        there = [nth for nth, one in enumerate(row) if _text(one)]
        if there and locator not in there and not set(there) & {*asked, *range(len(header), width)}:
            found.refused.append(
                f"{place}第 {number} 行没有{LOCATOR}，不是清单里的人，没有收：新来的人请另行登记。"
            )
    for shown, nth in ((one, known[title]) for one, title in KNOWN.items() if title in known):
        found.shown += [
            Answer(f"{place}{get_column_letter(nth + 1)}{number}", _text(row[locator]), shown, said)
            for number, row in enumerate(rows[at + 1 :], at + 2)
            if max(nth, locator) < len(row) and (said := _text(row[nth]))
        ]
    if FORMS in known:
        found.shown += [
            Answer(
                f"{place}{get_column_letter(known[FORMS] + 1)}{number}",
                "", FORMS, _text(row[known[FORMS]]),
            )
            for number, row in enumerate(rows[at + 1 :], at + 2)
            if _text(row[locator])
        ]  # fmt: skip
    for nth in range(width):
        title = header[nth] if nth < len(header) else ""
        item = item_of(title)
        if title in OURS:
            continue
        column = [
            (number, row[nth], row)
            for number, row in enumerate(rows[at + 1 :], at + 2)
            if nth < len(row) and _text(row[nth]) not in ("", NOT_ASKED)
        ]
        letter = get_column_letter(nth + 1)
        if item is None or not is_item(item):
            found.refused += [
                f"{place}{letter} 列“{title[:LONGEST_TITLE]}”：表头改过，或不是清单里的列，"
                f"这一列填了的 {len(column)} 格没有收，请改回原来的表头再交。"
            ] * bool(column)
            found.left += len(column)
            continue
        for number, value, row in column:
            if isinstance(value, int | float) and abs(value) >= EXACT:
                found.left += 1
                found.refused.append(
                    f"{place}{letter}{number}：是数字格式，末几位已经不准，请把格式改成文本重填。"
                )
                continue
            if value in ERRORS:
                found.left += 1
                found.refused.append(f"{place}{letter}{number}：是出错的公式，请改成它的值。")
                continue
            whose, name, address = (
                _text(row[known[one]]) if one in known and known[one] < len(row) else ""
                for one in (LOCATOR, KNOWN["name"], KNOWN["residence_address"])
            )
            found.answers.append(
                Answer(f"{place}{letter}{number}", whose, item, _text(value), name, address)
            )


def _stripped(row: Sequence[object]) -> list[str]:
    return [_text(one) for one in row]


def _text(value: object) -> str:
    from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

    if isinstance(value, ArrayFormula | DataTableFormula):
        return "="
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:.15g}" if abs(value) < EXACT else str(value)
    return str(value).strip().removeprefix("'") if value is not None else ""


def take_answers(
    home: Home,
    people: People,
    given: Sequence[Answer],
    merged: Mapping[str, str],
    split: Collection[str] = (),
) -> Taken:
    """Check the answers and keep the good ones.

    Fields of the standard are left for the platform `collected`: the caller syncs it. What is said
    of an id in `merged` is of the one it is now; on one of `split` the list may mean the other.
    """
    done = Taken()
    whose = _Whose(people, merged, split)
    good: list[Answer] = []
    for item in sorted({one.item for one in given}):
        mine = [one for one in given if one.item == item]
        formulas = [one for one in mine if one.value.startswith("=")]
        done.refused += [f"{one.place}：是公式，请改成它的值。" for one in formulas]
        mine = [one for one in mine if one not in formulas]
        judged = [(one, whose.refused(one)) for one in mine]
        done.refused += [f"{one.place}：{why}" for one, why in judged if why]
        mine = [
            replace(one, resident_id=merged.get(one.resident_id, one.resident_id))
            for one, why in judged
            if not why
        ]
        values = checked_values(item, [one.value for one in mine], people.today)
        apart = _not_concerned(people, item) if mine else set()
        held = _held(people, item) if mine else {}
        said: dict[str, set[str]] = {}
        for one, value in zip(mine, values, strict=True):
            said.setdefault(one.resident_id, set()).update([value] if value is not None else [])
        for one, value in zip(mine, values, strict=True):
            if len(said[one.resident_id]) > 1:
                done.refused.append(
                    f"{one.place}：同一个人的这一项另有不同的答案，请核对后只留一个。"
                )
            elif value is None:
                done.refused.append(f"{one.place}：{_why_not(one.value, item)}")
            elif one.resident_id in apart:
                done.refused.append(
                    f"{one.place}：这个人不涉及{facts_of_item(item).title}，没有收，"
                    "请核对是不是填错了格。"
                )
            else:
                good.append(Answer(one.place, one.resident_id, item, value))
                if one.resident_id not in held:
                    done.new.append(one)
                elif held[one.resident_id] != value:
                    done.changed.append(one.place)
    _keep(home, people, good, done)
    return done


def _not_concerned(people: People, item: str) -> set[str]:
    """Those of whom there is no such thing to know for certain; whose label nobody knows may."""
    kind, _, label = item.partition(":")
    of_label = kind in ("detail", "since", "until")
    applies = people.value(f"label:{label}") if of_label else people.applies(item)
    return set(people.frame.filter(~applies)["resident_id"])


def _why_not(said: str, item: str) -> str:
    facts = facts_of_item(item)
    if DITTO.fullmatch(said):
        return "写的是“同上”“同现住址”一类的话，离开这一行就不知道是什么，没有收，请把答案写全。"
    if said in UNKNOWN:
        return f"{facts.title}没有问到，没有收，以后还会问。"
    reads = "id_number" if item in NUMBERS else "phone" if item in PHONES else READS.get(item)
    how = HOW.get(facts.kind) or HOW.get(str(reads)) or "请改写"
    return f"{facts.title}看不懂，没有收：{how}。"


def _held(people: People, item: str) -> dict[str, str]:
    """What is held of an item, as answers are written; only of whom anything is."""
    told = zip(people.frame["resident_id"], people.value(item), strict=True)
    words = {True: "是", False: "否"}
    return {one: words[v] if isinstance(v, bool) else str(v) for one, v in told if v is not None}


def superseding(places: Sequence[str]) -> list[str]:
    """A line about answers that say otherwise than is held: corrections, or of an old list."""
    return [
        f"有 {len(places)} 格与库里已有的不同（{some(places)}），按这次的收了，"
        "归口平台另有说法的仍按平台；"
        "如果这份清单是以前导出的、晚交的，请核对这几格，不对的改好再交一次。"
    ] * bool(places)


def unasked(answers: Sequence[Answer], questions: pl.DataFrame) -> list[str]:
    """A line about answers that no form waits for: perhaps they belong in the next cell."""
    waiting = set(questions.select("resident_id", "item").iter_rows())
    places = [one.place for one in answers if (one.resident_id, one.item) not in waiting]
    return [
        f"有 {len(places)} 格没有表在要（{some(places)}），照样收了；"
        "如果是填错了格，请把这一格改成对的，再把答案填进该填的格，重交一次。"
    ] * bool(places)


def some(places: Sequence[str]) -> str:
    """The first of several places."""
    return "、".join(places[:3]) + ("……" if len(places) > 3 else "")


class _Whose:
    """Whether an answer's row is still about the one whom its locator names."""

    def __init__(self, people: People, merged: Mapping[str, str], split: Collection[str]) -> None:
        frame = people.frame.select("resident_id", "name", "residence_address")
        self._known = {row[0]: row[1:] for row in frame.iter_rows()}
        self._merged, self._split = merged, split

    def refused(self, one: Answer) -> str:
        """Why it is not taken; blank if it is."""
        if not one.resident_id:
            return f"这一行没有{LOCATOR}，不知道是谁的，没有收：请填回清单里这个人的那一行。"
        if one.resident_id in self._merged:
            gone = self._merged[one.resident_id] not in self._known
            return "这个人已不在库里（已删除），没有收。" if gone else ""
        if one.resident_id not in self._known:
            return "定位码不对，或这个人已不在库里（已删除），没有收。"
        name, address = self._known[one.resident_id]
        moved = one.resident_id in self._split and _differ(one.address, address)
        if _differ(one.name, name) or moved:
            return (
                "姓名住址与定位码的人对不上（排序时错了行、改过姓名，或这个人后来与别人分开了），"
                "没有收，请重新导出清单核对。"
            )
        return ""


def corrected(people: People, lists: Sequence[Given], forms: Collection[str]) -> list[str]:
    """A line a column that asks nothing and says otherwise than is held now, or names no form.

    It may have been written over, or the held value is newer than the list: neither is an answer.
    """
    held = people.frame.select("resident_id", *KNOWN)
    mine = {row[0]: dict(zip(KNOWN, row[1:], strict=True)) for row in held.iter_rows()}
    told: dict[str, list[str]] = {}
    for one in (one for each in lists for one in each.shown):
        if one.resident_id in mine and _differ(one.value, mine[one.resident_id][one.item]):
            told.setdefault(one.item, []).append(one.place)
    shown = (one for each in lists for one in each.shown if one.item == FORMS)
    others = [one.place for one in shown if not _are_forms(one.value, forms)]
    return [
        f"{KNOWN[item]}一列有 {len(places)} 格与库里现在的不同"
        f"（{some(places)}），这一列只供辨认，没有收；"
        f"要更正的，请运行 hub feedback add 居民编码 --field {item}，或在居民页“提出更正”。"
        for item, places in told.items()
    ] + [
        f"“{FORMS}”一列有 {len(others)} 格空了，或写的不是登记了的表（{some(others)}），"
        "这一列只供参考，没有收；是答案的请写进要填的格子里再交。"
    ] * bool(others)  # fmt: skip


def _are_forms(text: str, forms: Collection[str]) -> bool:
    for one in sorted(forms, key=len, reverse=True):
        text = text.replace(one, "、")
    return bool(text) and not text.strip("、")


def _differ(told: str, held: str | None) -> bool:
    return bool(told) and told != _text(held)


def checked_values(item: str, values: Sequence[str], today: date) -> list[str | None]:
    """Each value of an item as the standard writes it; None where it is not understood."""
    facts, cell = facts_of_item(item), pl.col("v")
    told: pl.Expr
    if facts.kind == "flag":
        return [FLAGS.get(one) for one in values]
    reads = READS.get(item, "")
    if item in NUMBERS or reads == "id_number":
        stated = pl.lit(None, pl.String)
        number = standard_id_number(cell, stated, as_of=today).struct
        told = pl.when(number["status"] == "valid").then(number["value"])
    elif item in PHONES or reads == "phone":
        told = pl.when(~cell.str.contains(TWO_PHONES)).then(standard_phone(cell).struct["value"])
    elif facts.kind == "date":
        day = standard_day(cell, timezone="Asia/Shanghai", as_of=today).struct
        told = day["value"]
        if reads:  # as platforms may tell it, by the month or the year alone
            partly = day["year"].is_not_null() & cell.str.contains(r"^\d{4}")
            told = pl.coalesce(told.cast(pl.String), pl.when(partly).then(cell))
        if item in PAST or item.startswith("since:"):
            told = pl.when(told.cast(pl.Date) <= today).then(told)
    elif facts.code_set is not None:
        told = standard_code(cell, inputs_of(facts.code_set)).struct["value"]
    else:
        told = pl.when(cell.str.len_chars() <= LONGEST).then(cell)
        if DIGITS.search(facts.title):
            values = [squeezed(one) for one in values]
            told = pl.when(cell.str.contains("[0-9]{3}")).then(told)
        elif NAMES.search(facts.title):
            told = pl.when(~cell.str.contains("^[-0-9０-９ Xx]+$|^[^0-9]*[0-9]{11}")).then(told)
        told = pl.when(~cell.is_in(UNKNOWN)).then(told)
    cut = re.compile(f"{SHORTENED.pattern}|{DITTO.pattern}")
    whole = [None if cut.fullmatch(one) else one for one in values]
    frame = pl.Series("v", whole, dtype=pl.String).to_frame()
    return frame.select(told.cast(pl.String).alias("v"))["v"].to_list()


def _keep(home: Home, people: People, good: Sequence[Answer], done: Taken) -> None:
    """Fields to the platform's folder; the rest to the home's own store."""
    moment = datetime.now(UTC)
    done.taken = len(good)
    fields = [one for one in good if is_field(one.item)]
    done.fields = len(fields)
    if fields:
        done.files.append(write_answers(home, _rows(people, fields), moment))
    others = [one for one in good if not is_field(one.item)]
    if others:
        rows = [(one.resident_id, one.item, one.value, one.place, moment) for one in others]
        keep_collected(home, pl.DataFrame(rows, schema=COLLECTED, orient="row"), moment)


def _rows(people: People, answers: Sequence[Answer]) -> pl.DataFrame:
    """One row an answer: whose it is, by number or else by name and address, and the one field.

    No more than that: what was not asked is no further platform's word for what is held.
    """
    valid = (pl.col("id_status") == "valid").fill_null(value=False)
    whose = people.frame.select(
        "resident_id",
        pl.when(valid).then("id_number").alias("id_number"),
        *(pl.when(~valid).then(one).alias(one) for one in ("name", "residence_address")),
    )
    told = pl.DataFrame(
        [(one.resident_id, one.item, one.value) for one in answers],
        schema={"resident_id": pl.String, "item": pl.String, "value": pl.String}, orient="row",
    ).join(whose, on="resident_id", how="left", maintain_order="left")  # fmt: skip
    made = told.with_columns(pl.lit(None, pl.String).alias(one) for one in ANSWERED)
    return made.with_columns(
        pl.when(pl.col("item") == one).then("value").otherwise(pl.col(one)).alias(one)
        for one in (*EVIDENCE, *ANSWERED)
    ).select(COLUMNS)
