"""One check: a small frame, what Great Expectations is to expect of it, and what was found.

A frame's columns, beside those that are judged:
    example  how a bad row is named to the officer: an id or key of the hub, never a value
    rows     how many rows of the brain it stands for, where that is not one
Imported in the gates' own process only: Great Expectations takes seconds to import.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

import duckdb
import great_expectations as gx
import pandas as pd
from great_expectations.core import ExpectationSuite, ExpectationValidationResult
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.core.expect_column_pair_values_a_to_be_greater_than_b import (
    ExpectColumnPairValuesAToBeGreaterThanB,
)
from great_expectations.expectations.core.expect_column_values_to_be_in_set import (
    ExpectColumnValuesToBeInSet,
)
from great_expectations.expectations.core.expect_column_values_to_be_unique import (
    ExpectColumnValuesToBeUnique,
)
from great_expectations.expectations.core.expect_column_values_to_not_be_null import (
    ExpectColumnValuesToNotBeNull,
)
from great_expectations.expectations.core.expect_table_row_count_to_equal import (
    ExpectTableRowCountToEqual,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from hub.errors import GateError
from hub.platform_streams import Entity
from hub.settings import Home
from warehouse.duck import attach, connect
from warehouse.gates import GateResult, Severity

EXAMPLES = 5


@dataclass(frozen=True)
class Check:
    """Expectations on one frame, by their Chinese titles.

    `checked` is the number of rows of the brain that were looked at, where the frame holds only
    those that are wrong.
    """

    suite: str
    frame: pd.DataFrame
    expectations: Mapping[str, Expectation]
    checked: int | None = None


def unique(column: str) -> Expectation:
    """No value twice; nulls aside."""
    return ExpectColumnValuesToBeUnique(column=column)


def not_null(column: str) -> Expectation:
    """No null."""
    return ExpectColumnValuesToNotBeNull(column=column)


def in_set(column: str, values: Iterable[str]) -> Expectation:
    """Only these values; nulls aside."""
    return ExpectColumnValuesToBeInSet(column=column, value_set=[*values])


def at_least(column: str, least: str) -> Expectation:
    """`column` is not below `least`, row by row."""
    return ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=column, column_B=least, or_equal=True, ignore_row_if="neither"
    )


def no_rows(severity: Severity = "critical") -> Expectation:
    """The query that looked for what is wrong found nothing."""
    return ExpectTableRowCountToEqual(value=0, severity=FailureSeverity(severity))


@cache
def new_frames() -> BatchDefinition[Any]:
    """Open a context that lives in memory only; it takes any frame as its one batch.

    One for all frames of this process, since a context saves itself whenever it learns of another.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("brain").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


def warm_up() -> None:
    """Evaluate once on nothing, so that what Great Expectations loads late is loaded."""
    frame = pd.DataFrame({"key": ["a"], "least": [0], "after": [1]})
    rules = {
        "unique": unique("key"),
        "null": not_null("key"),
        "set": in_set("key", ["a"]),
        "least": at_least("after", "least"),
    }
    frames = new_frames()
    evaluate(frames, Check("keys", frame, rules))
    evaluate(frames, Check("keys", frame.iloc[:0], {"rows": no_rows()}))


def evaluate_all(frames: BatchDefinition[Any], checks: Sequence[Check]) -> list[GateResult]:
    """Evaluate every check, in their order.

    A validation takes 50 ms however small its frame is. Frames of what is wrong, most of all, are
    nearly always empty, so they are validated as one first, and each alone where one is not.

    Raises:
        GateError: an expectation could not be evaluated, which says nothing of the data.
    """
    wrong = [one.frame.iloc[:, :1].set_axis(["wrong"], axis=1) for one in checks if _of_wrong(one)]
    together = Check("all", pd.concat(wrong), {"没有不该有的行": no_rows()})
    clean = evaluate(frames, together)[0].passed
    results: list[GateResult] = []
    for one in checks:
        if clean and _of_wrong(one):
            results += [_told(one, title, one.frame, passed=True) for title in one.expectations]
        else:
            results += evaluate(frames, one)
    return results


def _of_wrong(check: Check) -> bool:
    return check.checked is not None


def evaluate(frames: BatchDefinition[Any], check: Check) -> list[GateResult]:
    """Evaluate every expectation of `check`.

    Raises:
        GateError: one could not be evaluated, which says nothing of the data.
    """
    batch = frames.get_batch({"dataframe": check.frame})
    suite = ExpectationSuite(name=check.suite)
    for title, expectation in check.expectations.items():
        expectation.meta = {"title": title}
        suite.add_expectation(expectation)
    done = batch.validate(suite, result_format="COMPLETE")
    found = {_title(one): one for one in done.results}  # they come back in another order
    return [_result(check, title, found[title]) for title in check.expectations]


def _title(one: ExpectationValidationResult) -> str:
    config = one.expectation_config
    return str(config.meta["title"]) if config is not None and config.meta else ""


def _result(check: Check, title: str, one: ExpectationValidationResult) -> GateResult:
    expectation = check.expectations[title]
    found: dict[str, Any] = dict(one.result or {})
    if _raised(one.exception_info) or not ({"observed_value", "element_count"} & found.keys()):
        raise GateError(
            f"{type(expectation).__name__} of suite {check.suite} could not be evaluated",
            zh=f"质量检查“{title}”没有做成（检查程序出错，不是数据不合格），本次没有发布，"
            "仍用上一份快照。请再运行一次 hub sync；若仍失败，请联系系统维护人员。",
        )
    bad = check.frame.iloc[:0]
    if not one.success:
        judged = "element_count" in found  # row by row, else the frame as a whole
        bad = check.frame.loc[found["unexpected_index_list"]] if judged else check.frame
    return _told(check, title, bad, passed=bool(one.success))


def _told(check: Check, title: str, bad: pd.DataFrame, *, passed: bool) -> GateResult:
    named = bad["example"] if "example" in bad else bad.iloc[:, 0]
    expectation = check.expectations[title]
    checked = _rows(check.frame) if check.checked is None else check.checked
    return GateResult(
        suite=check.suite,
        title=title,
        passed=passed,
        rows_checked=checked,
        rows_failed=_rows(bad),
        examples=list(dict.fromkeys(map(str, named.dropna())))[:EXAMPLES],
        severity="warning" if expectation.severity == FailureSeverity.WARNING else "critical",
    )


def _rows(frame: pd.DataFrame) -> int:
    return int(frame["rows"].sum()) if "rows" in frame else len(frame)


def _raised(information: Mapping[str, Any] | None) -> bool:
    """Whether the engine failed; its notes come flat, or one for each metric."""
    if not information:
        return False
    return bool(information.get("raised_exception")) or any(
        isinstance(one, Mapping) and one.get("raised_exception") for one in information.values()
    )


@contextmanager
def reading_file(home: Home, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a brain that nobody writes, read-only."""
    connection = connect(home)
    try:
        attach(home, connection, path, read_only=True)
        yield connection
    finally:
        connection.close()


def frame_of(connection: duckdb.DuckDBPyConnection, query: str) -> pd.DataFrame:
    """Fetch the whole result."""
    return connection.execute(query).df()


def count_of(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """Fetch the one number that `query` asks for."""
    return int(connection.execute(query).fetchall()[0][0])


def records_of(columns: str, besides: Collection[str] = ()) -> str:
    """SQL of all current source records, of every entity but those `besides`."""
    return " UNION ALL ".join(
        f"SELECT {columns} FROM {one}_record" for one in get_args(Entity) if one not in besides
    )
