"""The text of a cell, as headers are compared: without blanks, marks, numbering and remarks."""

import re
import unicodedata

BRACKETS = re.compile(r"[(\[【〔].*?[)\]】〕]")
NUMBERING = re.compile(
    r"^(?:[*★#]+|\d{1,2}[.、)]|\(\d{1,2}\)|[一二三四五六七八九十]{1,2}[、.]|[①-⑳])+"
)


def squeezed(value: object) -> str:
    """A cell's text in one width, without any white space; blank for nothing."""
    text = unicodedata.normalize("NFKC", "" if value is None else str(value))
    return re.sub(r"[\s\u200b\ufeff]+", "", text)


def bare(text: str) -> str:
    """A header cell without remarks in brackets, numbering and marks."""
    plain = BRACKETS.sub("", squeezed(text))
    plain = NUMBERING.sub("", plain).strip("*★#:.、,，。/-—_")
    return plain or squeezed(text).strip("()[]")


def remarks(text: str) -> str:
    """What stands in brackets: units, formats, whose it is."""
    return " ".join(one[1:-1] for one in BRACKETS.findall(squeezed(text)))
