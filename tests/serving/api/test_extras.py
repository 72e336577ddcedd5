"""附加项目 through the API: by the right of each role, with source and time, audited, corrected."""

from typing import Any

import pytest

from ledger.audit_check import about
from ledger.feedback import open_feedback
from reports.besides import told_of
from schemas.extras import extras
from serving.reading.correcting import sealing_key, settle_feedback
from tests.serving.api.conftest import GRID, NEW, OLD, ROLES, Api, value_of

LOOKERS = ("网格员", "社区工作人员", "街道", "部门", "数据专员")


def view(api: Api, people: dict[str, Any], role: str, purpose: str = "") -> Any:
    return api.ask(role, f"/residents/{people['张三丰']['resident_id']}", purpose=purpose)


@pytest.mark.parametrize("stated", [False, True])
@pytest.mark.parametrize("role", LOOKERS)
def test_no_extra_is_clear_above_the_right(
    api: Api, people: dict[str, Any], role: str, stated: bool
) -> None:
    """Judged by extras.csv and policy.yaml alone, not by what the code decides."""
    rules = api.doors.policy.roles[role]
    answer = view(api, people, role, rules.purposes[0] if stated else "")
    shown = {one["item"]: one["value"] for one in answer.json()["extras"]}
    for item, facts in extras().items():
        clear = facts.level <= rules.clear and (facts.level < 4 or stated)
        assert (value_of(item) in answer.text) == clear, item
        assert value_of(item, newest=False) not in answer.text, item
        if clear:
            assert shown[item] == value_of(item)
        elif item in shown:
            assert "*" in shown[item]
            assert facts.mask not in ("隐藏", ""), "what shows nothing is not even named"
    assert shown, "every role that looks may see something"


@pytest.mark.parametrize("role", ROLES)
def test_who_may_not_look_sees_none(api: Api, people: dict[str, Any], role: str) -> None:
    if role not in LOOKERS:
        answer = view(api, people, role)
        assert answer.status_code in (403, 429)
        assert "独" not in answer.text


def test_each_has_its_source_and_time_and_is_audited(api: Api, people: dict[str, Any]) -> None:
    answer = view(api, people, "数据专员", "核对").json()
    assert [one["item"] for one in answer["extras"]] == sorted(extras())
    for one in answer["extras"]:
        assert (one["platform"], one["stream"]) == ("street_grid", "residents")
        assert one["said_at"] == NEW.isoformat()
    event = about(api.doors.ledger, people["张三丰"]["resident_id"])[-1]
    personal = {f"other:{item}" for item, facts in extras().items() if facts.level >= 3}
    assert {one for one in event["fields"] if one.startswith("other:")} == personal


def test_they_are_the_words_that_forms_use(api: Api, people: dict[str, Any]) -> None:
    answer = view(api, people, "数据专员", "核对").json()
    with api.doors.snapshots.brain() as brain:
        told = told_of(api.doors.home, brain.connection, people["张三丰"]["resident_id"])
    used = {one["item"].removeprefix("other:"): (one["value"], one["platform"]) for one in told}
    assert {one["item"]: (one["value"], one["platform"]) for one in answer["extras"]} == used


def test_a_policy_can_name_one_or_all(api: Api, people: dict[str, Any]) -> None:
    rules = api.doors.policy.roles["网格员"]
    kept = dict(rules.fields)
    api.doors._known.clear()
    rules.fields["extras"], rules.fields["other:工作单位"] = "hidden", "clear"
    try:
        shown = view(api, people, "网格员").json()["extras"]
    finally:
        rules.fields.clear()
        rules.fields.update(kept)
        api.doors._known.clear()
    assert [one["item"] for one in shown] == ["工作单位"]


def test_an_accepted_correction_is_the_newest_word_at_once(
    api: Api, people: dict[str, Any]
) -> None:
    resident, right = people["王小红"]["resident_id"], "13677778888"
    asked = {"resident_id": resident, "field": "other:监护人电话", "kind": "wrong",
             "proposed": right}  # fmt: skip
    headers = {"Idempotency-Key": "extra-correction-1"}
    assert api.ask("社区工作人员", "/feedback", asked, headers=headers).status_code == 201
    before = api.ask("社区工作人员", f"/residents/{resident}")
    assert before.json()["extras"] == []
    home, ledger = api.doors.home, api.doors.ledger
    (waits,) = open_feedback(ledger, sealing_key(home), [resident])
    with api.doors.snapshots.brain() as brain:
        filed = settle_feedback(
            brain.connection, home, ledger, (waits["feedback"], "accepted"), "t"
        )
    assert filed == "now"
    api.doors.answers._at = 0.0  # a second later
    known = {"If-None-Match": before.headers["etag"]}
    after = api.ask("社区工作人员", f"/residents/{resident}", headers=known)
    assert after.status_code == 200, "not 304: it is another answer"
    (told,) = after.json()["extras"]
    assert (told["item"], told["value"], told["platform"]) == ("监护人电话", right, "collected")


@pytest.mark.parametrize("field", ["other:张三丰", "other:", "nothing"])
def test_only_what_the_list_has_is_corrected(api: Api, people: dict[str, Any], field: str) -> None:
    """The field stands in the audit: it must not be anybody's text."""
    asked = {"resident_id": people["王小红"]["resident_id"], "field": field, "kind": "wrong"}
    headers = {"Idempotency-Key": "extra-correction-2"}
    assert api.ask("社区工作人员", "/feedback", asked, headers=headers).status_code == 400


def test_two_decided_to_be_one_have_the_extras_of_both(api: Api, people: dict[str, Any]) -> None:
    from tests.serving.api.test_settled import same

    one, other = people["张三丰"]["resident_id"], people["张五"]["resident_id"]
    assert api.ask("网格员", f"/residents/{other}", scope=GRID).json()["extras"] == []
    with same(api, one, other):
        told = api.ask("网格员", f"/residents/{other}", scope=GRID).json()["extras"]
    assert {"item": "职务", "value": value_of("职务"), "platform": "street_grid",
            "stream": "residents", "said_at": NEW.isoformat()} in told  # fmt: skip
    assert OLD < NEW
