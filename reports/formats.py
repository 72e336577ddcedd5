"""How a form writes a value: dates, codes, yes and no, masks. Vectors in, vectors of text out."""

import re
from collections.abc import Mapping, Sequence

import polars as pl

from reports.items import ItemFacts, facts_of_item
from schemas.codes import code_sets, inputs_of, spelling
from security.masks import masked

DATES: Mapping[str, str] = {
    "YYYYMMDD": "%Y%m%d",
    "YYYY-MM-DD": "%Y-%m-%d",
    "YYYY.MM.DD": "%Y.%m.%d",
    "YYYY/MM/DD": "%Y/%m/%d",
    "YYYY年M月D日": "%Y年%-m月%-d日",
    "YYYY年MM月DD日": "%Y年%m月%d日",
    "YYYY-MM": "%Y-%m",
    "YYYY.MM": "%Y.%m",
    "YYYYMM": "%Y%m",
    "YYYY年M月": "%Y年%-m月",
    "YYYY年MM月": "%Y年%m月",
    "YYYY/M/D": "%Y/%-m/%-d",
    "YYYY.M.D": "%Y.%-m.%-d",
    "YYYY-M-D": "%Y-%-m-%-d",
    "YYYY.M": "%Y.%-m",
}
"""As an officer writes a format of dates, and as Polars does."""
SAMPLED: Sequence[tuple[str, str]] = (
    (r"(?:19|20)\d{6}", "YYYYMMDD"),
    (r"(?:19|20)\d\d-\d\d-\d\d", "YYYY-MM-DD"),
    (r"(?:19|20)\d\d\.\d\d\.\d\d", "YYYY.MM.DD"),
    (r"(?:19|20)\d\d/\d\d/\d\d", "YYYY/MM/DD"),
    (r"(?:19|20)\d\d年\d月\d{1,2}日|(?:19|20)\d\d年\d{1,2}月\d日", "YYYY年M月D日"),
    (r"(?:19|20)\d\d年\d\d月\d\d日", "YYYY年MM月DD日"),
    (r"(?:19|20)\d\d-\d\d", "YYYY-MM"),
    (r"(?:19|20)\d\d\.\d\d", "YYYY.MM"),
    (r"(?:19|20)\d{4}", "YYYYMM"),
    (r"(?:19|20)\d\d年\d月", "YYYY年M月"),
    (r"(?:19|20)\d\d年\d\d月", "YYYY年MM月"),
    (r"(?:19|20)\d\d/\d{1,2}/\d{1,2}", "YYYY/M/D"),
    (r"(?:19|20)\d\d\.\d{1,2}\.\d{1,2}", "YYYY.M.D"),
    (r"(?:19|20)\d\d-\d{1,2}-\d{1,2}", "YYYY-M-D"),
    (r"(?:19|20)\d\d\.\d", "YYYY.M"),
)
"""How a date looks in a sample row or a remark, and its format; the first that fits."""
REST, GROUPED = "*", ("marital", "education", "relation")
"""In a form's words for codes: all that have none. And sets whose tens stand for their details."""
TO_MONTH = re.compile(r".*%-?m月?")
MONTHS = re.compile(r"年月$|年、月$")


def date_format(samples: Sequence[str]) -> str | None:
    """The format of the dates shown, whatever stands beside them."""
    for text in samples:
        for pattern, name in SAMPLED:
            if re.search(rf"(?<!\d){pattern}(?![\d日])", text):
                return name
    return None


def words_of(code_set: str, choices: Sequence[str]) -> dict[str, str]:
    """Code → the form's own word for it, from what its drop-down offers or its remark says."""
    known = inputs_of(code_set)
    found: dict[str, str] = {}
    strange = False
    for word in choices:
        codes = known.get(spelling(word)) or known.get(spelling(re.sub(r"^\d+|\d+$", "", word)))
        strange |= codes is None
        for code in (codes or "").split("/"):  # 子女 are two
            found.setdefault(code, word)
    found.pop("", None)
    rest = next((one for one in choices if one in ("其他", "其它")), None)
    if rest and code_set in ("relation", "ethnicity") and not strange:
        found[REST] = rest
    if code_set == "relation" and "01" in found:  # of the head of the household
        found.setdefault("02", found["01"])
    return found


def written(
    values: pl.Series,
    item: str,
    *,
    date: str = "YYYY-MM-DD",
    codes: str | Mapping[str, str] = "words",
    yes_no: tuple[str, str] = ("是", "否"),
    mask: bool = False,
) -> pl.Series:
    """Values of an item as the form writes them: text, null where nothing is held.

    Args:
        values: As `reports.values` gives them: dates, codes, booleans, numbers or text.
        item: What they are of.
        date: A name of `DATES`.
        codes: `words`, `codes`, or the form's own word for each code; a code without one
            is written with the standard's name.
        yes_no: What a flag is written as.
        mask: Write with the standard's mask; a value without a mask of its own stays.
    """
    facts = facts_of_item(item)
    if mask and facts.kind == "date":
        values = values.cast(pl.String)
    elif facts.kind == "date" and values.dtype == pl.Date:
        values = values.dt.to_string(DATES[date])
    elif facts.kind == "date":
        values = _some_days(values, DATES[date])
    elif facts.code_set is not None:
        values = _coded(values, facts.code_set, codes)
    elif facts.kind == "flag":
        values = _flagged(values, *yes_no)
    texts = values.cast(pl.String)
    return _masked(texts, facts) if mask else texts


def _some_days(values: pl.Series, form: str) -> pl.Series:
    """Days among which some are known by the month, or the year, alone."""
    told = pl.col("v")
    days = told.str.to_date("%Y-%m-%d", strict=False).dt.to_string(form)
    months = told.str.extract(r"^(\d{4}\D\d{1,2})\D?$").str.replace(r"\D", "-") + "-01"
    month = months.str.to_date("%Y-%m-%d", strict=False).dt.to_string(TO_MONTH.findall(form)[0])
    return values.rename("v").to_frame().select(pl.coalesce(days, month, told).alias("v"))["v"]


def _flagged(values: pl.Series, yes: str, no: str) -> pl.Series:
    told = pl.when("v").then(pl.lit(yes)).when(~pl.col("v")).then(pl.lit(no))
    return values.rename("v").to_frame().select(told.alias("v"))["v"]


def _coded(values: pl.Series, code_set: str, codes: str | Mapping[str, str]) -> pl.Series:
    if codes == "codes":
        return values
    names = dict(code_sets()[code_set].codes)
    if code_set == "ethnicity":  # a form says 汉族, the table 汉
        names = {
            c: f"{n}族" if int(c) <= 56 and not n.endswith("族") else n for c, n in names.items()
        }
    if not isinstance(codes, str):
        rest, grouped = codes.get(REST), code_set in GROUPED
        heads = {c: codes.get(f"{c[0]}0") if grouped else None for c in names}
        names = {c: codes.get(c) or heads[c] or rest or n for c, n in names.items()}
    return values.replace_strict(names, default=values, return_dtype=pl.String)


def _masked(texts: pl.Series, facts: ItemFacts) -> pl.Series:
    if not facts.mask:
        return texts
    return pl.Series(
        texts.name, [masked(one, facts.mask) for one in texts.to_list()], dtype=pl.String
    )
