"""How a form wants each column written: as dates, codes or words, ticked, masked, in boxes."""

import re
from collections.abc import Sequence
from typing import Any

from openpyxl.utils import get_column_letter

from reports.counted import counted
from reports.form_file import Column
from reports.formats import DATES, MONTHS, date_format, words_of
from reports.items import facts_of_item
from reports.layout import HeaderColumn
from reports.proposals import COMPUTED, SURE, Proposal
from reports.texts import bare, remarks, squeezed
from schemas.codes import inputs_of, spelling

YES = ("是", "有", "√", "1", "Y", "✓", "对", "已")
YES_OR_NO = {"是": "yes", "有": "yes", "否": "no", "无": "no"}
NUMBERED_YES = re.compile(r"(\d)[.、:：\-—=]?([是有否无])|([是有否无])(?:填|写|选|为|=|:)?(\d)")
NUMBERED_WORD = re.compile(r"(\d{1,2})[.、:：\-—]?([\u4e00-\u9fff]+)")
SEVERAL_WORDS = re.compile(r"(\d{1,2})[.、:：\-—]?([\u4e00-\u9fff]+(?:[/、或][\u4e00-\u9fff]+)*)")
OF_EDUCATION = re.compile(r"education_code (?:in|=) ([\d|]+)")
TAIL = re.compile(r"[后末尾]([四六八468])位")
CELL_FORMAT = re.compile(r'\[[^\]]*\]|["\\]|;.*')
"""What is in the format of a cell besides the date: `yyyy"年"m"月"d"日";@`."""
NUMERALS = str.maketrans("四六八", "468")


def column_of(one: HeaderColumn, proposal: Proposal, total: int | None, beside: int) -> Column:
    """A column of a list as it goes on file.

    Args:
        one: Its header, drop-down and samples.
        proposal: What it asks for.
        total: The row of the sum, if there is one.
        beside: Which of several people that stand side by side it is about, from 0.
    """
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
    if 2 * sum("*" in text for text in samples) > len(samples) or "脱敏" in remark:
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
    shown = date_format([*samples, remark])
    shown = shown or CELL_FORMAT.sub("", one.number_format).upper()
    if shown not in DATES:
        shown = None
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
        own = _ranges(code_set, [(choice, choice) for choice in one.choices]) | own
        return {"codes": own} if own else {}
    known = inputs_of(code_set)
    numbered = {
        code: number
        for number, word in NUMBERED_WORD.findall(remark)
        if (code := known.get(spelling(word)))
    }
    several = SEVERAL_WORDS.findall(remark)
    numbered = _ranges(code_set, [(word, number) for number, word in several]) | numbered
    if numbered:
        return {"codes": numbered}
    digits = bool(samples) and all(text.isdigit() for text in samples)
    coded = "代码" in remark or squeezed(one.path[-1]).endswith("代码") or digits
    return {"codes": "codes"} if coded else {}


def _ranges(code_set: str, said: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Code → how the form writes it, for words that mean several: `大专及以上`, `高中/中专`."""
    if code_set != "education":
        return {}
    found: dict[str, str] = {}
    for word, written in said:
        meant = OF_EDUCATION.fullmatch(counted((word,)).when or "")
        for code in meant[1].split("|") if meant else ():
            found.setdefault(code, written)
    return found
