"""Names of people: `张 三`, `张三女士`, `阿依古丽.买买提` and `John  Smith` in one spelling each.

A title never silently shortens a name to a surname: `张女士` stays as it is, with an issue.
"""

import polars as pl

from schemas.blanks import BLANKS, HAN, is_blank, tidy_series
from schemas.paths import two_paths

HONORIFICS = (
    *("先生", "女士", "小姐", "同志", "老师", "太太", "夫人", "师傅"),
    *("阿姨", "大爷", "大妈", "大娘", "婆婆", "爷爷", "奶奶", "叔叔"),
)
COMPOUND_SURNAMES = (
    *("欧阳", "上官", "司马", "诸葛", "司徒", "皇甫", "东方", "尉迟", "公孙", "慕容", "令狐"),
    *("长孙", "宇文", "轩辕", "夏侯", "端木", "独孤", "南宫", "西门", "呼延", "澹台", "公冶"),
)
PLAIN_NAME = rf"^[{HAN}]{{2,4}}$"
TITLED = rf"^(.*?)\s*[（(]?(?:{'|'.join(HONORIFICS)})[)）]?$"
DOTS = r"[•‧∙⋅・｡。᛫●▪・･．﹒]"
GARBLED = r"^[\x{80}-\x{ff}\x{152}-\x{192}\x{2c6}-\x{2dc}\x{2013}-\x{2122}· ]{2,}$"
"""Chinese characters whose bytes were read as letters of Western Europe: `ÕÅÈý`."""
LONGEST_NAME = 60  # characters; names of Xinjiang and of foreigners reach forty
NAME = pl.Struct({"value": pl.String, "reason": pl.String})


def standard_name(text: pl.Expr) -> pl.Expr:
    """Struct of `value` (null where there is no name) and `reason` (null where nothing is odd).

    Reasons: `honorific_name`, `masked_name`, `garbled_name`, `bad_name`, `name_note` (a bracketed
    note was cut).
    """
    return text.map_batches(_names, return_dtype=NAME, is_elementwise=True)


def _names(text: pl.Series) -> pl.Series:
    plain = text.str.contains(PLAIN_NAME) & ~text.str.contains(TITLED)
    return two_paths(text, plain, fast=_plain, slow=_odd).to_struct(text.name)


def _plain(text: pl.Series) -> pl.DataFrame:
    value = pl.when(pl.col("value").is_in(list(BLANKS)).not_()).then("value")
    return text.alias("value").to_frame().select(value, reason=pl.lit(None, pl.String))


def _odd(text: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame({"written": text, "tidied": tidy_series(text)})
    frame = frame.with_columns(one=_one_spelling(pl.col("tidied")))
    note = pl.col("one").str.extract(r"^(.{2,}?)\([^()]*\)$")
    frame = frame.with_columns(note=note, whole=pl.coalesce(note, pl.col("one")))
    bare = pl.col("whole").str.extract(TITLED)
    surname_only = (bare.str.len_chars() <= 1) | bare.is_in(list(COMPOUND_SURNAMES))
    frame = frame.with_columns(surname_only=surname_only, named=_without_title(bare, surname_only))
    blank = is_blank(pl.col("tidied")) | (  # `不 详`
        pl.col("one").str.contains(rf"^[{HAN}]+$") & is_blank(pl.col("one"))
    )
    masked = pl.col("named").str.contains(r"[*#?○●×＊]")
    garbled = pl.any_horizontal(pl.col("written", "named").str.contains(GARBLED))
    wrong = (  # numbers, formulas, programs, a character that was lost
        is_blank(pl.col("named"))
        | ~pl.col("named").str.contains(r"\p{L}")
        | pl.col("named").str.contains(r"[0-9]{3}|[=<>|;{}\\@$^\x{fffd}]|\.\./|--")
        | (pl.col("named").str.len_chars() > LONGEST_NAME)
    )
    return frame.select(
        value=pl.when(~(blank | masked | garbled | wrong)).then("named"),
        reason=pl.when(blank)
        .then(None)
        .when(garbled)
        .then(pl.lit("garbled_name"))
        .when(masked)
        .then(pl.lit("masked_name"))
        .when(wrong)
        .then(pl.lit("bad_name"))
        .when("surname_only")
        .then(pl.lit("honorific_name"))
        .when(pl.col("note").is_not_null())
        .then(pl.lit("name_note")),
    )


def _one_spelling(tidied: pl.Expr) -> pl.Expr:
    """Blanks out except between Latin letters; one dot; quotes out."""
    name = tidied.str.replace_all(r"[\"'`“”‘’]", "")
    name = name.str.replace_all(r"([^\p{Latin}.,]) +", "$1")
    name = name.str.replace_all(r" +(\P{Latin})", "$1")
    name = name.str.replace_all(DOTS, "·")
    name = name.str.replace_all(rf"([{HAN}])\.", "$1·").str.replace_all(rf"\.([{HAN}])", "·$1")
    name = name.str.replace_all("·+", "·").str.strip_chars(" ·-,;")
    return name.str.normalize("NFKC")  # what lost a neighbour may now compose


def _without_title(bare: pl.Expr, surname_only: pl.Expr) -> pl.Expr:
    return pl.when(bare.is_not_null() & ~surname_only).then(bare).otherwise(pl.col("whole"))
