"""What a column of a form is taken for."""

from dataclasses import dataclass

SURE, LIKELY, DOUBTFUL = 0.97, 0.85, 0.6
COMPUTED = "部门自己的公式，照旧留着"


@dataclass(frozen=True)
class Proposal:
    """What a column is taken for, how sure, and why."""

    item: str
    confidence: float
    why: str
