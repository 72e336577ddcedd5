"""Code tables, and any platform's way of writing a code turned into the standard's.

The tables are data: `codes/<code_set>.csv` (code, name, aliases parted by `|`), described in
`codes/index.csv`. A correction is a line there. A code written `20/30` in a table is the male's
and the female's; it is settled with the person's sex.
"""

import csv
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

import polars as pl

from schemas.blanks import is_blank, tidy_series
from schemas.paths import two_paths

CODE = pl.Struct({"value": pl.String, "reason": pl.String})
SEPARATORS = r"[\s\-_:：.、|/(),，\[\]【】]+"
FOLDER = files("schemas") / "codes"


@dataclass(frozen=True)
class CodeSet:
    """One way of writing the codes of `table`; the same name as its table for the standard's own.

    `inputs` says what is understood: `codes_and_words`, `words` only, or just what is `listed`.
    """

    code_set: str
    title: str
    table: str
    inputs: str
    zero_may_be_lost: bool
    source: str
    note: str

    @property
    def rows(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """(code, name, aliases) as the data file has them."""
        return _rows(self.table if self.inputs == "words" else self.code_set)

    @property
    def codes(self) -> dict[str, str]:
        """Standard code to Chinese name; codes that depend on the sex are not among them."""
        return {code: name for code, name, _ in self.rows if "/" not in code}


@cache
def code_sets() -> dict[str, CodeSet]:
    """Every code set, by name."""
    found = {}
    for row in _read("index"):
        fields = dict(row)
        lost = fields.pop("zero_may_be_lost") == "1"
        found[row["code_set"]] = CodeSet(**fields, zero_may_be_lost=lost)
    return found


@cache
def tables_digest() -> str:
    """Changes when any line of any table does."""
    names = sorted(p.name for p in FOLDER.iterdir() if p.name.endswith(".csv"))
    return sha256(b"\0".join((FOLDER / n).read_bytes() for n in names)).hexdigest()[:12]


@cache
def inputs_of(code_set: str) -> dict[str, str]:
    """Every accepted writing (as `spelling` gives it) to its code.

    Raises:
        ValueError: one writing means two codes, so a data file is wrong.
    """
    described = code_sets()[code_set]
    known: dict[str, str] = {}
    for code, name, aliases in described.rows:
        for word in _writings(described, code, name, aliases):
            if known.setdefault(word, code) != code:
                raise ValueError(f"{code_set}.csv: {word!r} means {known[word]} and {code}")
    return known


def spelling(text: str) -> str:
    """One value as `inputs_of` spells it; for tables and settings, not for rows."""
    frame = pl.Series("text", [text], pl.String)
    return str(_spelled(frame)["spelled"].item())


def standard_code(text: pl.Expr, known: Mapping[str, str]) -> pl.Expr:
    """Struct of `value` (the code) and `reason` (`unknown_code`).

    `known` is from `inputs_of`, or a platform's own list spelled the same way, where '' means
    nothing. What the table
    knows comes before the list of blanks: `0` is a sex, and the head in some relation lists.
    """
    nothing = pl.lit(None, pl.String)

    def fast(text: pl.Series) -> pl.DataFrame:
        value = text.replace_strict(known, default=None, return_dtype=pl.String)
        frame = value.alias("value").to_frame()
        return frame.select(pl.when(pl.col("value") != "").then("value"), reason=nothing)

    def slow(text: pl.Series) -> pl.DataFrame:
        value = pl.col("spelled").replace_strict(known, default=None, return_dtype=pl.String)
        unknown = value.is_null() & ~is_blank(pl.col("tidied"))
        return _spelled(text).select(
            value=pl.when(value != "").then(value),
            reason=pl.when(unknown).then(pl.lit("unknown_code")),
        )

    def both(text: pl.Series) -> pl.Series:
        plain = text.is_in(list(known)) | text.is_null()
        return two_paths(text, plain, fast=fast, slow=slow).to_struct(text.name)

    return text.map_batches(both, return_dtype=CODE, is_elementwise=True)


def by_sex(code: pl.Expr, sex_code: pl.Expr) -> pl.Expr:
    """Settle `20/30` with the sex: male the first, female the second, else null."""
    parts = code.str.split("/")
    return (
        pl.when(~code.str.contains("/", literal=True))
        .then(code)
        .when(sex_code == "1")
        .then(parts.list.first())
        .when(sex_code == "2")
        .then(parts.list.last())
    )


def _spelled(text: pl.Series) -> pl.DataFrame:
    """Tidied, upper case, `.0` of a numeric cell off, no separators beside words."""
    tidied = tidy_series(text).alias("tidied").to_frame()
    upper = pl.col("tidied").str.to_uppercase().str.replace(r"^'?([0-9]+)\.0+$", "$1")
    upper = upper.str.strip_chars("' ")
    wordy = upper.str.contains(r"\p{L}")
    return tidied.with_columns(
        spelled=pl.when(wordy).then(upper.str.replace_all(SEPARATORS, "")).otherwise(upper)
    )


def _writings(described: CodeSet, code: str, name: str, aliases: tuple[str, ...]) -> frozenset[str]:
    words = {_plain_spelling(w) for w in (name, *aliases)}
    if described.code_set == "ethnicity":
        words |= {f"{w}族" for w in words if not w.endswith("族")}
    codes: set[str] = set()
    if described.inputs == "codes_and_words" and "/" not in code:
        codes = {_plain_spelling(code)}
        if described.zero_may_be_lost:
            codes.add(code.lstrip("0"))
    if described.inputs == "listed":
        codes = {w for w in words if w.isdigit()}
    both = {f"{c}{w}" for c in codes for w in words} | {f"{w}{c}" for c in codes for w in words}
    return frozenset(codes | words | (both if codes != words else set()))


def _plain_spelling(word: str) -> str:
    """`spelling` without a frame: the tables hold thousands of words."""
    word = unicodedata.normalize("NFKC", word).strip().upper()
    if any(c.isalpha() for c in word):
        word = "".join(c for c in word if c not in " -_:.、|/(),[]【】")
    return word


@cache
def _rows(name: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    return tuple(
        (row["code"], row["name"], tuple(a for a in row["aliases"].split("|") if a))
        for row in _read(name)
    )


def _read(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
