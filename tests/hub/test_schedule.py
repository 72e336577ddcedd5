"""When a schedule runs next, against the reckoner that Dagster brings."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dagster._vendored.croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from hub.schedule import next_run

CHINA = "Asia/Shanghai"
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31))


def part(low: int, high: int) -> st.SearchStrategy[str]:
    one = st.integers(low, high)
    span = st.integers(low, high - 1).flatmap(
        lambda first: st.integers(first + 1, high).map(lambda last: f"{first}-{last}")
    )
    step = st.integers(1, high).map(lambda n: f"*/{n}")
    listed = st.lists(one, min_size=1, max_size=3, unique=True).map(
        lambda many: ",".join(map(str, many))
    )
    return st.one_of(st.just("*"), one.map(str), span, step, listed)


@given(
    st.tuples(part(0, 59), part(0, 23), part(1, 28), part(1, 12), part(0, 6)).map(" ".join),
    MOMENTS,
)
def test_it_is_the_time_that_the_scheduler_takes(text: str, moment: datetime) -> None:
    """Days to the 28th: a year may have no other."""
    after = moment.replace(tzinfo=ZoneInfo(CHINA))
    wanted = croniter(text, after).get_next(datetime)
    if wanted - after < timedelta(days=365):
        assert next_run([(text, CHINA)], after) == wanted


def test_the_first_of_several_in_their_own_zones() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)  # 20:00 in Beijing
    early, late = ("30 20 * * *", CHINA), ("0 13 * * *", "UTC")
    assert next_run([late, early], now) == datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    assert next_run([], now) is None


@pytest.mark.parametrize(
    "text", ["", "@daily", "61 * * * *", "* * * *", "a b c d e", "*/0 * * * *"]
)
def test_what_is_not_understood_is_no_time(text: str) -> None:
    assert next_run([(text, CHINA)], datetime(2026, 1, 1, tzinfo=UTC)) is None
