"""Numbers of identity documents: what each is worth, and the birth and sex a valid one tells.

Hard rules for a citizen's 18 digits (also residents from Hong Kong, Macao and Taiwan, 81–83, and
foreign permanent residents, 9): the format, the check digit (GB 11643, ISO 7064 MOD 11-2), a birth
date that exists and is not in the future. The area code is a warning at most. First-generation
numbers of 15 digits are written with 18. Other documents have only a format.
"""

from datetime import date
from functools import cache, partial

import numpy as np
import polars as pl

from schemas.blanks import is_blank, tidy_series
from schemas.paths import two_paths

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
EIGHTEEN = r"^[1-9][0-9]{16}[0-9X]$"
FILLER = "111111"  # no area has this code
OLD_FOREIGN = r"^[A-Z]{3}[0-9]{12}$"
DOCUMENT = r"^[A-Z0-9][A-Z0-9/]{3,19}$"
SCIENTIFIC = r"^([0-9])(?:\.([0-9]+))?E\+?([0-9]{1,2})$"
PROVINCES = r"^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9[0-9])"
NONE = (
    r"^(?:无|没|未|尚未|暂|不|非|办理|补办|遗失|丢失|待)|(?:无|未办|未带|丢失|遗失|办理中|补办中)$"
)
"""`无身份证`, `尚未办`, `补办中`: words for none; any others are no number and are told."""
CITIZEN_TYPES = ("111", "113")

ID_NUMBER = pl.Struct(
    {
        "value": pl.String,
        "status": pl.String,
        "birth_date": pl.Date,
        "sex_code": pl.String,
        "type_code": pl.String,
        "reason": pl.String,
    }
)
Numbered = pl.DataFrame
"""One row per number, the fields of `ID_NUMBER`."""


def standard_id_number(text: pl.Expr, type_code: pl.Expr, *, as_of: date) -> pl.Expr:
    """Struct `ID_NUMBER` of a number of the stated document type (null: not stated).

    `type_code` is the type the number itself shows (111, 553) or null. Reasons: `id_check_failed`,
    `id_truncated`, `maybe_truncated` (valid, but ends in 000), `not_id_number` (words),
    `unusual_area` (valid, a warning).
    """
    stated = pl.struct(text.alias("text"), type_code.alias("type"))
    return stated.map_batches(
        partial(_id_numbers, as_of=as_of), return_dtype=ID_NUMBER, is_elementwise=True
    )


def check_digits(number: pl.Series) -> pl.Series:
    """The check digit of the first 17 digits, as text; null where they are not digits."""
    first = number.str.slice(0, 17).cast(pl.Int64, strict=False)
    digits = first.fill_null(0).to_numpy()
    high, middle, low = _weighted()
    total = high[digits // 10**11] + middle[digits // 10**5 % 10**6] + low[digits % 10**5]
    found = pl.Series(list(CHECK_DIGITS)).gather(pl.Series(total % 11))
    return pl.select(pl.when(first.is_not_null()).then(found).alias("digit"))["digit"]


@cache
def _weighted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For six, six and five digits read as one number: the weighted sum of its digits."""
    tables = []
    for weights in (WEIGHTS[:6], WEIGHTS[6:12], WEIGHTS[12:]):
        sums = np.zeros(1, dtype=np.uint16)
        for weight in weights:
            sums = (sums[:, None] + np.arange(10, dtype=np.uint16) * weight).ravel()
        tables.append(sums)
    high, middle, low = tables
    return high, middle, low


def _id_numbers(stated: pl.Series, *, as_of: date) -> pl.Series:
    text, types = stated.struct.field("text"), stated.struct.field("type")
    plain = text.str.contains(EIGHTEEN).fill_null(value=False) & ~text.str.starts_with(FILLER)
    found = two_paths(
        text, plain, fast=partial(_eighteen, as_of=as_of), slow=partial(_odd, as_of=as_of)
    )
    return _other_documents(found, types).select(list(ID_NUMBER.to_schema())).to_struct(stated.name)


def _eighteen(number: pl.Series, *, as_of: date) -> Numbered:
    """Numbers that already have the shape of 18 characters."""
    value, digit = pl.col("value"), pl.col("digit")
    frame = (
        number.alias("value")
        .to_frame()
        .with_columns(
            digit=check_digits(number),
            birth=value.str.slice(6, 8).str.to_date("%Y%m%d", strict=False),
        )
    )
    checked = digit == value.str.slice(17, 1)
    frame = frame.with_columns(
        ok=checked & pl.col("birth").is_not_null() & (pl.col("birth") <= as_of),
        zeros=value.str.ends_with("000"),
        checked=checked,
    )
    ok, cut = pl.col("ok"), pl.col("zeros") & ~pl.col("checked")
    odd_sequence = value.str.slice(16, 1).is_in(list("13579"))
    return frame.select(
        value=value,
        status=pl.when("ok")
        .then(pl.lit("valid"))
        .when(cut)
        .then(pl.lit("truncated"))
        .otherwise(pl.lit("check_failed")),
        birth_date=pl.when(ok).then("birth"),
        sex_code=pl.when(ok).then(pl.when(odd_sequence).then(pl.lit("1")).otherwise(pl.lit("2"))),
        type_code=pl.when(ok & value.str.starts_with("9"))
        .then(pl.lit("553"))
        .when(ok & ~value.str.starts_with("8"))
        .then(pl.lit("111")),
        reason=pl.when(ok & pl.col("zeros"))
        .then(pl.lit("maybe_truncated"))
        .when(ok & ~value.str.contains(PROVINCES))
        .then(pl.lit("unusual_area"))
        .when(ok)
        .then(None)
        .when(cut)
        .then(pl.lit("id_truncated"))
        .otherwise(pl.lit("id_check_failed")),
    )


def _odd(text: pl.Series, *, as_of: date) -> Numbered:
    """Numbers with quotes, blanks, masks, 15 digits, exponents, or of other documents."""
    frame = (
        tidy_series(text)
        .alias("tidied")
        .to_frame()
        .select(
            one=_one_spelling(pl.col("tidied")),
            blank=is_blank(pl.col("tidied")),
            wordy=_is_wordy(pl.col("tidied")),
        )
    )
    one = pl.col("one")
    exponent = one.str.extract_groups(SCIENTIFIC)
    expanded = (exponent.struct[0] + exponent.struct[1].fill_null("")).str.pad_end(18, "0")
    frame = frame.with_columns(
        wordy=pl.col("wordy") & ~pl.col("blank"),
        blank=pl.col("blank") | is_blank(one) | ~one.str.contains(r"[0-9]"),
        scientific=exponent.struct[0].is_not_null(),
        masked=one.str.contains(r"[*]"),
        value=pl.when(exponent.struct[2] == "17")
        .then(expanded)
        .when(one.str.contains(r"^[0-9]{15}$"))
        .then(one.str.slice(0, 6) + "19" + one.str.slice(6))
        .otherwise(one),
    )
    fifteen = pl.col("value").str.contains(r"^[0-9]{17}$") & one.str.contains(r"^[0-9]{15}$")
    frame = frame.with_columns(check_digits(frame["value"]).alias("digit")).with_columns(
        value=pl.when(fifteen).then(pl.col("value") + pl.col("digit")).otherwise("value")
    )
    judged = _eighteen(frame["value"], as_of=as_of)
    return _weighed(frame.select("blank", "wordy", "scientific", "masked"), judged, frame["one"])


def _weighed(seen: pl.DataFrame, judged: Numbered, one: pl.Series) -> Numbered:
    """`judged`, except where the text itself says what the number is worth."""
    both = pl.concat([seen, judged, one.alias("one").to_frame()], how="horizontal")
    shaped = pl.col("value").str.contains(EIGHTEEN)
    failed_15 = (pl.col("one").str.len_chars() == 15) & (pl.col("status") != "valid")
    old_foreign = pl.col("one").str.contains(OLD_FOREIGN)
    trusted = shaped & ~pl.col("blank") & ~pl.col("masked") & ~pl.col("scientific")
    status = (
        pl.when("blank")
        .then(pl.lit("missing"))
        .when("masked")
        .then(pl.lit("masked"))
        .when("scientific")
        .then(pl.lit("truncated"))
        .when(old_foreign)
        .then(pl.lit("valid"))
        .when(failed_15 | ~shaped)
        .then(pl.lit("check_failed"))
        .otherwise("status")
    )
    good = trusted & (pl.col("status") == "valid")
    reason = (
        pl.when("wordy")
        .then(pl.lit("not_id_number"))
        .when(status == "truncated")
        .then(pl.lit("id_truncated"))
        .when(status == "check_failed")
        .then(pl.lit("id_check_failed"))
        .when(good)
        .then("reason")
    )
    return both.select(
        value=pl.when("blank").then(None).when(failed_15).then("one").otherwise("value"),
        status=status,
        birth_date=pl.when(good).then("birth_date"),
        sex_code=pl.when(good).then("sex_code"),
        type_code=pl.when(old_foreign).then(pl.lit("553")).when(good).then("type_code"),
        reason=reason,
    )


def _other_documents(found: Numbered, types: pl.Series) -> Numbered:
    """A passport or permit has no check digit: its format is all there is to hold it to."""
    stated = types.is_not_null() & ~types.is_in(list(CITIZEN_TYPES)) & (types != "553")
    if not stated.any():
        return found
    good = pl.col("stated") & (pl.col("status") == "check_failed")
    good = good & pl.col("value").str.contains(DOCUMENT) & ~pl.col("value").str.contains(EIGHTEEN)
    return found.with_columns(stated.fill_null(value=False).alias("stated")).with_columns(
        status=pl.when(good).then(pl.lit("valid")).otherwise("status"),
        reason=pl.when(~good).then("reason"),
    )


def _is_wordy(tidied: pl.Expr) -> pl.Expr:
    """Words that are no number and do not say that there is none: a name, another column's."""
    return (
        tidied.str.contains(r"\p{L}") & ~tidied.str.contains(r"[0-9]") & ~tidied.str.contains(NONE)
    )


def _one_spelling(tidied: pl.Expr) -> pl.Expr:
    """Upper case; no quotes, blanks or dashes; `×` and its like as X; one mask character."""
    number = tidied.str.to_uppercase().str.replace_all(r"[\s'\"`‘’“”´=]", "")
    number = number.str.replace(r"^([0-9]+)\.0+$", "$1").str.replace_all(r"[-–—_]", "")
    number = number.str.replace_all(r"[×ХΧ✕╳]", "X").str.replace_all(r"[#●•○?◦·]", "*")
    hidden = number.str.contains("XX", literal=True)
    body = number.str.slice(0, number.str.len_chars() - 1).str.replace_all("X", "*")
    stars = (body + number.str.slice(-1)).str.replace(r"\*X$", "**")
    return pl.when(hidden).then(stars).otherwise(number).str.replace_all(r"[^0-9A-Z*/.+]", "")
