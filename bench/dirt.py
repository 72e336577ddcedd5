"""Dirt, a column at a time: the same values as platforms and their clerks write them."""

from collections.abc import Sequence

import numpy as np
import polars as pl

BLANKS = (None, None, "", "", "", "无", "/", "-", "不详", "未知")
"""What stands in a cell that nobody filled in."""
WIDE = {"0": "０", "1": "１", "2": "２", "3": "３", "4": "４", "5": "５", "6": "６", "7": "７",
        "8": "８", "9": "９", "X": "Ｘ", "-": "－"}  # fmt: skip
NUMERALS = {str(n): c for n, c in enumerate("一二三四五六七八九十", 1)} | {"11": "十一"}
OFFICE = ("compact", "units", "hall", "road", "both")
STYLES = (*OFFICE, "spaced", "wide", "chinese")


class Clerk:
    """Writes the cells of one platform about the people in `frame`, each in some way of many."""

    def __init__(self, frame: pl.DataFrame, rng: np.random.Generator) -> None:
        self.frame, self.rng = frame, rng

    def chance(self, share: float) -> pl.Expr:
        """True in that share of the rows."""
        return pl.lit(pl.Series(self.rng.random(self.frame.height) < share))

    def drawn(self, values: Sequence[str | None]) -> pl.Expr:
        """One of `values` a row, each as often."""
        chosen = self.rng.integers(0, len(values), self.frame.height)
        return pl.lit(pl.Series(values, dtype=pl.String)[chosen])

    def one_of(self, ways: Sequence[pl.Expr]) -> pl.Expr:
        """One of the expressions a row, each as often."""
        chosen = pl.lit(pl.Series(self.rng.integers(0, len(ways), self.frame.height)))
        picked = ways[0]
        for nth, way in enumerate(ways[1:], 1):
            picked = pl.when(chosen == nth).then(way).otherwise(picked)
        return picked

    def mixed(self, share: float, usual: pl.Expr, *others: pl.Expr) -> pl.Expr:
        """`usual`, but one of `others` in that share of the rows."""
        return pl.when(self.chance(share)).then(self.one_of(others)).otherwise(usual)

    def gaps(self, share: float, value: pl.Expr) -> pl.Expr:
        """`value`, but a blank of some kind in that share of the rows, and where it is null."""
        empty = self.chance(share) | value.is_null()
        return pl.when(empty).then(self.drawn(BLANKS)).otherwise(value)

    def name(self, share: float = 0.04) -> pl.Expr:
        """The name; sometimes with blanks inside or around."""
        name = pl.col("name")
        spaced = name.str.replace(r"^(.)(.)$", "$1　$2")
        return self.mixed(share, name, name + " ", pl.lit(" ") + name, spaced)

    def number(self, missing: float, *, masked: bool = False) -> pl.Expr:
        """The ID number; sometimes oddly spelled, mistyped (1 in 200), or missing."""
        clean = pl.col("id_number")
        if masked:
            hidden = pl.concat_str(clean.str.slice(0, 6), pl.lit("********"), clean.str.slice(14))
            return self.gaps(missing, hidden)
        spelled = self.mixed(
            0.06, clean, clean.str.to_lowercase(), clean + " ", pl.lit("'") + clean, wide(clean)
        )
        tail = pl.lit("0") + clean.str.slice(17)
        mistyped = self.mixed(0.005, spelled, clean.str.slice(0, 16) + tail)
        return self.gaps(missing, mistyped)

    def phone(self, gaps: float) -> pl.Expr:
        """The telephone; sometimes with country code or dashes, or missing."""
        clean = pl.col("phone")
        dashed = clean.str.replace(r"^(\d{3})(\d{4})(\d{4})$", "$1-$2-$3")
        return self.gaps(gaps, self.mixed(0.1, clean, pl.lit("+86") + clean, dashed, wide(clean)))

    def day(self) -> pl.Expr:
        """The birth date in one of five spellings."""
        birth = pl.col("birth").dt
        shapes = ("%Y-%m-%d", "%Y%m%d", "%Y年%-m月%-d日", "%Y.%-m.%-d", "%Y/%-m/%-d")
        return self.one_of([birth.strftime(shape) for shape in shapes])

    def code(self, column: str, words: dict[str, str], gaps: float) -> pl.Expr:
        """A code as words, or the code itself where `words` has none; some are missing."""
        return self.gaps(gaps, pl.col(column).replace(words))

    def address(self, styles: Sequence[str], gaps: float) -> pl.Expr:
        """The home in one of the styles."""
        return self.gaps(gaps, self.one_of([address(style) for style in styles]))


def wide(text: pl.Expr) -> pl.Expr:
    """Full-width digits."""
    return text.str.replace_many(WIDE)


def address(style: str) -> pl.Expr:
    """The home of each row in one style."""
    b, u, r = (pl.col(c) for c in ("building", "unit", "room"))
    gate = pl.format("成华区{}{}号", "road", "door_no")
    hall = pl.format("{}号楼{}单元{}", b, u, r)
    written = {
        "compact": pl.format("{}{}-{}-{}", "compound", b, u, r),
        "units": pl.format("{}{}栋{}单元{}", "compound", b, u, r),
        "hall": pl.format("{}{}室", "compound", hall),
        "road": pl.format("{}{}幢{}单元{}室", gate, b, u, r),
        "both": pl.format("四川省成都市{}{}{}栋{}单元{}号", gate, "compound", b, u, r),
        "spaced": pl.format("{} {}栋 {}单元 {}", "compound", b, u, r),
        "wide": wide(pl.format("{}{}", "compound", hall)),
        "chinese": pl.format("{}{}栋{}单元{}号", "compound", numeral(b), numeral(u), r),
    }
    return written[style]


def flat(clerk: Clerk, gaps: float) -> pl.Expr:
    """The flat as written where the compound has a column of its own."""
    b, u, r = (pl.col(c) for c in ("building", "unit", "room"))
    dashed = pl.format("{}-{}-{}", b, u, r)
    units = pl.format("{}栋{}单元{}室", b, u, r)
    return clerk.gaps(gaps, clerk.one_of([dashed, dashed, units, wide(dashed)]))


def numeral(digits: pl.Expr) -> pl.Expr:
    """A number to eleven in characters."""
    return digits.replace_strict(NUMERALS, return_dtype=pl.String)
