"""The text of a cell, as headers are compared: without blanks, marks, numbering and remarks."""

import re
import unicodedata

BRACKETS = re.compile(r"[(\[【〔].*?[)\]】〕]")
NUMBERING = re.compile(
    r"^(?:[*★#]+|[A-Z]{0,2}\d{1,3}[.、)]|[A-Z]{1,2}\d{1,3}(?=[\u4e00-\u9fff])|\(\d{1,2}\)"
    r"|[一二三四五六七八九十]{1,2}[、.]|[①-⑳])+"
)

WRITING = re.compile(
    r"(?:格式)?(?:Y{2,4}[-./年]?M{1,2}(?:[-./月]?D{0,2})日?|yyyy[-./]?mm[-./]?(?:dd)?)$"
)
"""How the value is to be written, said without brackets: `出生日期 YYYY-MM-DD`."""


def squeezed(value: object) -> str:
    """A cell's text in one width, without any white space; blank for nothing."""
    text = unicodedata.normalize("NFKC", "" if value is None else str(value))
    return re.sub(r"[\s\u200b\ufeff]+", "", text)


def bare(text: str) -> str:
    """A header cell without remarks in brackets, numbering and marks."""
    plain = WRITING.sub("", BRACKETS.sub("", squeezed(text)))
    plain = NUMBERING.sub("", plain).strip("*★#:.、,，。/-—_")
    return plain or squeezed(text).strip("()[]")


def remarks(text: str) -> str:
    """What stands in brackets: units, formats, whose it is."""
    return " ".join(one[1:-1] for one in BRACKETS.findall(squeezed(text)))
