"""附加项目 on the resident page: by the right of each role, with source, corrected from there."""

import re
from datetime import date

import pytest

from ledger.feedback import open_feedback
from security.policy_file import read_policy
from serving.reading.correcting import sealing_key
from tests.cli.small_home import CERTIFICATE, NEXT_OF_KIN
from tests.serving.console.conftest import ACCOUNTS, Served
from tests.serving.console.test_pages import last, post, resident

LOOKERS = ("grid", "staff", "street", "steward")


def section(page: str) -> str:
    found = re.search(r'aria-labelledby="besides".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


@pytest.mark.parametrize("stated", [False, True])
@pytest.mark.parametrize("account", LOOKERS)
def test_no_extra_is_clear_above_the_right(served: Served, account: str, stated: bool) -> None:
    """The certificate is of level 4, the telephone of level 3, the constable's name of level 2."""
    rules = read_policy(served.home.root).roles[ACCOUNTS[account][0]]
    zhang = resident(served, "张三丰")
    with served.client(account) as client:
        address = f"/residents/{zhang}"
        if stated:
            moved = post(client, "/purpose", purpose=rules.purposes[0], page=address)
            address = moved.headers["location"].removeprefix("/console")
        page = client.get(address).text
    told = section(page)
    assert (CERTIFICATE in page) == (rules.clear >= 4 and stated)
    assert ("残疾证号" in told) == (rules.clear >= 4 and stated)
    assert (NEXT_OF_KIN in page) == (rules.clear >= 3)
    assert "紧急联系人电话" in told
    assert ("另有 1 项不显示" in told) != (rules.clear >= 4 and stated)
    assert "孙所长" in told
    assert "街道网格化平台" in told
    assert "2026-01-01" in told
    seen = last(served, action="look", subject=zhang)["fields"]
    assert ("other:残疾证号" in seen) == (rules.clear >= 4 and stated)  # type: ignore[operator]  # a list of names
    assert ("other:紧急联系人电话" in seen) == (rules.clear >= 3)  # type: ignore[operator]  # as above


@pytest.mark.parametrize("account", ["othergrid", "district", "auditor", "admin"])
def test_others_see_none(served: Served, account: str) -> None:
    with served.client(account) as client:
        page = client.get(f"/residents/{resident(served, '张三丰')}").text
    assert NEXT_OF_KIN not in page
    assert "附加项目" not in page


def test_of_a_past_day_none_are_shown(served: Served) -> None:
    with served.client("staff") as client:
        page = client.get(f"/residents/{resident(served, '张三丰')}?as_of={date(2026, 1, 2)}").text
    assert section(page) == ""


def test_one_is_said_to_be_wrong_and_corrected(served: Served) -> None:
    """It is among the choices of the page, and once accepted the newest word, at once."""
    zhang = resident(served, "张三丰")
    with served.client("staff") as client:
        assert 'value="other:紧急联系人电话"' in client.get(f"/residents/{zhang}").text
        asked = {"field": "other:紧急联系人电话", "kind": "wrong", "proposed": "13500009999"}
        post(client, f"/residents/{zhang}/feedback", **asked)
        assert "紧急联系人电话" in client.get("/work/feedback").text
        (waits,) = open_feedback(served.doors.ledger, sealing_key(served.home), [zhang])
        post(client, "/work/feedback", number=str(waits["feedback"]), verdict="accepted")
        served.doors.answers._at = 0.0  # a second later
        told = section(client.get(f"/residents/{zhang}").text)
        assert "13500009999" in told
        assert NEXT_OF_KIN in told, "what the platform says stays beside it"
        assert "只问一次（网格员核实）" in told
        other = post(client, f"/residents/{zhang}/feedback", field="other:他是谁", kind="wrong")
        assert other.status_code == 404
