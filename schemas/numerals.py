"""Chinese numerals as they stand on doors: `七`, `十二`, `二十`, `一百零三`, `二零二`."""

from functools import cache

import polars as pl

from schemas.paths import two_paths

DIGITS = dict(zip("零〇○一二两三四五六七八九", "0001223456789", strict=True))
NUMERAL = "零〇○一二两三四五六七八九十百"


def arabic(numeral: pl.Expr) -> pl.Expr:
    """A whole numeral below 1000 in Arabic digits without leading zeros; anything else as it is."""
    return numeral.map_batches(_arabic, return_dtype=pl.String, is_elementwise=True)


def _arabic(numeral: pl.Series) -> pl.Series:
    odd = numeral.str.contains(f"^0|[{NUMERAL}]")
    return two_paths(numeral, ~odd, fast=_as_is, slow=_rewritten)["numeral"].alias(numeral.name)


def _as_is(numeral: pl.Series) -> pl.DataFrame:
    return numeral.alias("numeral").to_frame()


def _rewritten(text: pl.Series) -> pl.DataFrame:
    positional, numeral = _positional(), pl.col("numeral")
    digits = numeral.str.replace_many(list(DIGITS), list(DIGITS.values()))
    written = (
        pl.when(numeral.str.contains("[十百]"))
        .then(numeral.replace(list(positional), list(positional.values())))
        .when(numeral.str.contains(f"[{NUMERAL}]"))
        .then(digits)
        .otherwise(numeral)
    )
    shorter = written.str.replace(r"^0+([0-9])", "$1")
    return text.alias("numeral").to_frame().select(shorter.alias("numeral"))


@cache
def _positional() -> dict[str, str]:
    """Every usual writing of 10 to 999 with 十 or 百 in it."""
    ones = dict(enumerate("零一二三四五六七八九"))
    below = {n: [ones[n]] for n in range(1, 10)}
    for n in range(10, 100):
        tens, one = divmod(n, 10)
        tail = ones[one] if one else ""
        heads = [f"{ones[tens]}十"] + (["十"] if tens == 1 else [])
        below[n] = [head + tail for head in heads]
    known = {writing: str(n) for n in range(10, 100) for writing in below[n]}
    for hundreds in range(1, 10):
        for head in [f"{ones[hundreds]}百"] + (["两百"] if hundreds == 2 else []):
            known[head] = str(hundreds * 100)
            for n in range(1, 100):
                for writing in below[n]:
                    link = "零" if n < 10 else ""
                    known[f"{head}{link}{writing}"] = str(hundreds * 100 + n)
            for tens in range(1, 10):  # 一百二 is 120
                known[f"{head}{ones[tens]}"] = str(hundreds * 100 + tens * 10)
    return known
