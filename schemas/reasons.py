"""Every reason of an issue or a refusal, in the officer's words. The words are `reasons.csv`."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Reason:
    """One reason code. `kind`: issue (the row stays), quarantine, contract (it is set aside)."""

    code: str
    kind: str
    zh: str
    advice: str


@cache
def reasons() -> dict[str, Reason]:
    """Every reason, by code."""
    with (files("schemas") / "reasons.csv").open(encoding="utf-8") as file:
        return {row["code"]: Reason(**row) for row in csv.DictReader(file)}


def in_chinese(code: str) -> str:
    """What happened and what to do, in one line; a code we do not know is shown as it is."""
    known = reasons().get(code)
    return f"{known.zh}。{known.advice}。" if known else code
