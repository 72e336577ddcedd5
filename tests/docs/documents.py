"""The documents as tests read them: code, tables and links of Markdown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
GENERATED = ROOT / "docs" / "data-dictionary.md"
DOCUMENTS = [
    *READMES,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted(one for one in ROOT.glob("docs/**/*.md") if one != GENERATED),
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,4} (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One row of a table of settings or errors: its name in code, and the cells behind it."""

    name: str
    cells: tuple[str, ...]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(text: str) -> list[tuple[str, str]]:
    """Fenced blocks: (language, content)."""
    return [(found[1], found[2]) for found in FENCE.finditer(text)]


def code(path: Path) -> list[str]:
    """What is typed: every line of sh blocks without its comment, and every inline code."""
    text = path.read_text(encoding="utf-8")
    typed = [
        line.split("  #")[0].strip()
        for language, content in blocks(text)
        if language == "sh"
        for line in content.splitlines()
    ]
    return [*typed, *re.findall(r"`([^`\n]+)`", FENCE.sub("", text))]


def sections(path: Path) -> Iterator[tuple[str, str]]:
    """Each heading with the text below it, up to the next heading; headings in code are none."""
    text = path.read_text(encoding="utf-8")
    bare = FENCE.sub(lambda found: re.sub(r"(?m)^#", "%", found[0]), text)
    found = list(HEADING.finditer(bare))
    ends = [*(one.start() for one in found[1:]), len(text)]
    for one, end in zip(found, ends, strict=True):
        yield one[1], text[one.end() : end]


def tables(path: Path) -> dict[str, list[Row]]:
    """Rows that begin with code, by the code in their section's heading."""
    made: dict[str, list[Row]] = {}
    for heading, text in sections(path):
        named = re.search(r"`([^`]+)`", heading)
        for line in text.splitlines():
            if named and (row := re.match(r"^\| `([^`]+)` \| (.*) \|$", line)):
                made.setdefault(named[1], []).append(Row(row[1], tuple(row[2].split(" | "))))
    return made
