"""The results as one aligned table, and the steps of each beside each other."""

from collections.abc import Sequence

from bench.cases import Result

HEADER = (
    "what",
    "records",
    "seconds",
    "rows/s",
    "cpu s",
    "peak MB",
    "aim s",
    "ratio",
    "aim MB",
    "ratio",
)


def table(results: Sequence[Result]) -> str:
    """Results, one a line; a ratio above 1 misses the aim."""
    return _aligned([HEADER, *(_line(one) for one in results)])


def steps_table(results: Sequence[Result]) -> str:
    """Seconds by step, one result a column."""
    stepped = [one for one in results if one.steps]
    names = dict.fromkeys(name for one in stepped for name in one.steps)
    head = ("step", *(f"{one.what} {one.records:,}" for one in stepped))
    lines = [
        (name, *(f"{one.steps[name]:.2f}" if name in one.steps else "" for one in stepped))
        for name in names
    ]
    return _aligned([head, *lines]) if stepped else ""


def _line(one: Result) -> tuple[str, ...]:
    return (
        one.what,
        f"{one.records:,}",
        f"{one.seconds:.2f}",
        f"{one.records / one.seconds:,.0f}",
        f"{one.cpu_seconds:.1f}",
        f"{one.peak_mb:,.0f}",
        *_aim(one.seconds, one.aim, ".1f"),
        *_aim(one.peak_mb, one.aim_mb, ",.0f"),
    )


def _aim(found: float, aim: float | None, form: str) -> tuple[str, str]:
    return ("", "") if aim is None else (format(aim, form), f"{found / aim:.2f}")


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    """First column to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if nth else cell.ljust(width)
            for nth, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
