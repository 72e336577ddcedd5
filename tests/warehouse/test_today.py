"""The day of lists and ages is the day where the people live, not that of Greenwich."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from warehouse.answers import TODAY

ROOT = Path(__file__).parents[2]


def test_it_is_today_in_china() -> None:
    before = datetime.now(ZoneInfo("Asia/Shanghai"))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        ((found,),) = connection.execute(f"SELECT {TODAY}").fetchall()
    assert found in (before.date(), (before + timedelta(minutes=1)).date())


@pytest.mark.parametrize("room", ["warehouse", "serving", "reports"])
def test_no_question_takes_the_day_of_its_session(room: str) -> None:
    asked = [path for path in (ROOT / room).rglob("*.py") if "current_date" in path.read_text()]
    assert not asked
