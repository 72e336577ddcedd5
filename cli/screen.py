"""What is printed: calm tables and sentences for people, JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from rich.console import Console

LOCAL = ZoneInfo("Asia/Shanghai")
PIPED_WIDTH = 100  # when the output goes to a file, its width is nobody's terminal


def console(*, error: bool = False) -> "Console":
    """Return a console whose texts are never read as markup: a value may hold brackets."""
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


def say(*lines: str) -> None:
    """Print sentences."""
    out = console()
    for line in lines:
        out.print(line)


def complain(text: str) -> None:
    """Print a sentence where errors go."""
    console(error=True).print(text, style="red" if sys.stderr.isatty() else "")


def heading(text: str) -> None:
    """Print a heading, with air above it."""
    out = console()
    out.print()
    out.print(text, style="bold")


def as_json(value: object) -> None:
    """Print `value` as JSON and nothing else."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    right: Sequence[str] = (),
    whole: Sequence[str] = (),
    styles: Mapping[str, str] | None = None,
) -> None:
    """Print a table.

    `right` are columns of numbers, `whole` those that are never folded, `styles` colours cells
    by what they say.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", border_style="dim")
    made.padding = (0, 1, 0, 0)
    for title in columns:
        fixed = title in whole or title in right
        side: Literal["right", "left"] = "right" if title in right else "left"
        made.add_column(title, justify=side, overflow="fold", no_wrap=fixed)
    for row in rows:
        cells = [cell(value) for value in row]
        made.add_row(*(Text(text, style=(styles or {}).get(text, "")) for text in cells))
    console().print(made)


def pairs(numbers: Sequence[tuple[str, object]], across: int = 3) -> None:
    """Print names with their numbers, `across` of them on a line."""
    from rich.table import Table

    made = Table.grid(padding=(0, 1, 0, 0))
    for _ in range(across):
        made.add_column()
        made.add_column(justify="right", style="bold", min_width=6)
        made.add_column(min_width=1)
    for start in range(0, len(numbers), across):
        line = numbers[start : start + across]
        made.add_row(*(text for name, value in line for text in (name, cell(value), "")))
    console().print(made)


def cell(value: object) -> str:
    """Write one value for a person: thousands, local time, blank for nothing."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case int() | float():
            return f"{value:,.1f}".removesuffix(".0")
        case datetime():
            return moment(value)
    return str(value)


def moment(value: datetime | None) -> str:
    """Write a time in the officer's zone."""
    return "" if value is None else value.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")


def place(path: Path) -> str:
    """Write a path as short as it can be typed here."""
    try:
        return str(path.relative_to(Path.cwd())) or "."
    except ValueError:
        return str(path)
