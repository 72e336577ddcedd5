"""Which rows of a sheet are no records: totals, signatures, blank lines, headers again."""

import re
from collections.abc import Collection, Sequence

from hub.errors import SourceChangedError

TOTAL = re.compile(
    r"(?:本页|本表|本栏|全[\u4e00-\u9fff]{1,3})?(?:合计|总计|小计|共计|累计|总数)(?:[:：（(\d].*)?"
)
SIGNATURES = (
    r"(?:填表|填报|制表|审核|复核|经办|审批|负责|统计|录入|单位负责|主管|报送|盖章|联系)"
    r"(?:单位|部门)?(?:人|人员|领导|日期|时间|单位|部门|电话|签字|签章)?(?:[（(].{0,6}[)）])?"
)
SIGNATURE = re.compile(rf"{SIGNATURES}[:：].*|(?:填表|制表|审核|填报|复核)(?:人|人员|单位|日期)")
REMARK = re.compile(r"(?:备注|说明|注|填表说明|注意事项|日期|单位)\d*[:：].*", re.DOTALL)
SUSPECT = re.compile(r"计|总数|[:：]|[人位期]")  # a first cell without it is a record's

TITLES = re.compile(
    r"序号|编号|姓名|户主(?:姓名)?|成员姓名|(?:公民)?身份证?(?:号码?|件号码?)|证件(?:类型|号码?)?|性别|民族|年龄"
    r"|出生(?:日期|年月)|(?:联系)?(?:电话|手机|方式)(?:号码)?|手机号码?|(?:家庭|现|户籍|居住)?(?:住址|地址)"
    r"|与户主关系|关系|备注|网格(?:名称|编号)?|社区|小区|楼栋|单元|房号|单位|类别|名称|数量|金额|日期"
)
"""What columns of rosters are called."""

TOTALS, FOOTERS, BLANKS, HEADERS, CAPTIONS = "合计行", "表尾行", "空行", "重复的表头行", "说明行"


def may_be_no_record(first: str, leaves: Collection[str]) -> bool:
    """Whether a row that begins so must be looked at; quick, as it is asked of every row.

    `leaves` are the header's names without their groups.
    """
    if first.isdecimal() and first not in leaves:
        return False
    bare = "".join(first.split())
    return bare in leaves or bool(SUSPECT.search(bare) or TITLES.fullmatch(bare))


def no_record(row: Sequence[str | None], names: Sequence[str]) -> str | None:
    """Why `row` is no record, or None if it is one.

    Only the first cell that is not blank is judged, so a record in which somebody wrote 合计
    elsewhere stays. A signature needs its colon, or one of the few words that stand alone.
    """
    texts = (re.sub(r"\s+", "", cell) if cell else "" for cell in row)
    place, first = next(((i, text) for i, text in enumerate(texts) if text), (0, ""))
    if not first:
        return BLANKS
    if place < len(names) and first == names[place].rpartition("/")[2]:
        return HEADERS if _is_header(row, names) else None
    if not SUSPECT.search(first):
        return None
    if TOTAL.fullmatch(first):
        return TOTALS
    alone = sum(1 for cell in row if cell and cell.strip()) == 1
    signed = SIGNATURE.fullmatch(first) or (alone and REMARK.fullmatch(first))
    return FOOTERS if signed else None


def _is_header(row: Sequence[str | None], names: Sequence[str]) -> bool:
    """Whether every cell repeats its column's name, as on the next printed page."""
    return all(
        not cell or re.sub(r"\s+", "", cell) == name.rpartition("/")[2]
        for cell, name in zip(row, names, strict=False)
    )


def refuse_second_table(
    where: str, number: int, row: Sequence[str | None], names: Sequence[str], *, apart: bool = False
) -> None:
    """Before the rows of another table are read as if they stood below the first one's header.

    Where a row stands apart from those above it, its first cell need not be a column's name.

    Raises:
        SourceChangedError: the row names columns, and not those of the header.
    """
    first = next((cell for cell in row if cell), "")
    if not apart and not TITLES.fullmatch(re.sub(r"\s+", "", first)):
        return
    texts = [re.sub(r"\s+", "", cell) for cell in row if cell]
    titles = [text for text in texts if TITLES.fullmatch(text) or text in names]
    if len(titles) < 2 or len(titles) * 2 <= len(texts):
        return
    raise SourceChangedError(
        f"{where}: line {number} begins another table",
        zh=f"{where} 第 {number} 行像是另一张表的表头（{'、'.join(titles[:4])}…）："
        "一张工作表里只能有一张表。请让对方把两张表分到两个工作表后重新提供。",
    )


def skipped_note(where: str, skipped: dict[str, int]) -> str | None:
    """One sentence on what was left out. Blank lines are nothing to tell."""
    told = [f"{what} {count} 行" for what, count in skipped.items() if what != BLANKS and count]
    return f"{where}：略过{'、'.join(told)}。" if told else None
