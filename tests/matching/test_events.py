"""Tables of what happened are proposed as events; tables of people never are."""

from dataclasses import replace

import pytest

from hub.reflected import ReflectedColumn, ReflectedTable
from schemas.matching import proposal
from schemas.matching.proposal import Refusal, StreamProposal, propose
from schemas.matching.seen import look
from tests.matching.measuring import measure, settings_wrong, sources, table_of
from tests.matching.people import TODAY, cells
from tests.matching.test_corpus import PARTS

COMMENT = "工单状态（1处理中 2已完成）"


def proposed(name: str, columns: dict[str, str]) -> StreamProposal | Refusal:
    made = tuple(ReflectedColumn(n, values=tuple(cells(k, 60))) for n, k in columns.items())
    return propose(ReflectedTable(name, made, {"files": f"{name}.xlsx"}), today=TODAY)


@pytest.mark.parametrize(
    "half", ["events", "events_later", "events_third", "events_fourth", "events_fifth"]
)
def test_events_are_proposed_with_their_columns_keys_and_increments(half: str) -> None:
    assert not [one for one in measure(half) if not one.right]
    assert not settings_wrong(half)


@pytest.mark.parametrize("half", PARTS)
def test_people_are_no_events_whatever_their_table_is_called(
    half: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source in sources(half):
        if source["entity"] == "resident":
            table = table_of(source, rows=40)
            seen = look(table, today=TODAY)  # once: it is all about the columns
            monkeypatch.setattr(proposal, "look", lambda *_, seen=seen, **__: seen)
            for name in ("走访记录", "物业工单", "service_order"):
                made = propose(replace(table, name=name), today=TODAY)
                assert isinstance(made, Refusal) or made.entity != "event", source["source"]


def test_without_a_time_that_every_row_has_there_is_no_event() -> None:
    ticket = {"工单编号": "code_seq", "诉求内容": "matter", "来电人": "caller", "来电号码": "phone"}
    whole = proposed("热线工单", {**ticket, "受理时间": "created"})
    assert isinstance(whole, StreamProposal)
    assert (whole.entity, whole.map["happened_at"]) == ("event", "受理时间")
    for kind in ("closed", "ahead", "blank"):
        made = proposed(
            "热线工单", {**ticket, "要求办结时间" if kind == "ahead" else "受理时间": kind}
        )
        assert isinstance(made, Refusal) or made.entity != "event", kind


def test_a_title_is_the_text_where_there_is_no_other() -> None:
    ticket = {"诉求标题": "matter", "来电人": "caller", "受理时间": "created"}
    made = proposed("热线工单", ticket)
    assert isinstance(made, StreamProposal)
    assert made.map["summary"] == "诉求标题"
    made = proposed("热线工单", {**ticket, "诉求内容": "matter"})
    assert isinstance(made, StreamProposal)
    assert made.map["summary"] == "诉求内容"


def test_states_in_codes_are_written_out_by_the_comment_or_left_to_the_officer() -> None:
    columns = {
        "工单号": "code_seq",
        "报修内容": "matter",
        "报修时间": "created",
        "status": "sex_12",
    }
    made = proposed("物业工单", columns)
    assert isinstance(made, StreamProposal)
    assert "status" not in made.map
    told = replace(made.table, columns=(*made.table.columns[:3],
                   replace(made.table.columns[3], comment=COMMENT)))  # fmt: skip
    made = propose(told, today=TODAY)
    assert isinstance(made, StreamProposal)
    assert made.map["status"] == {"from": "status", "codes": {"1": "处理中", "2": "已完成"}}


def test_who_is_named_in_an_event_is_not_its_key() -> None:
    made = proposed(
        "上门走访记录",
        {"身份证号": "id", "姓名": "name", "走访时间": "created", "走访内容": "matter"},
    )
    assert isinstance(made, StreamProposal)
    assert made.entity == "event"
    assert "身份证号" not in made.settings.get("key", [])


@pytest.mark.parametrize(
    ("name", "more"), [("企业走访记录", {}), ("走访记录", {"统一社会信用代码": "credit_code"})]
)
def test_what_happened_to_a_company_is_nobody_s_event(name: str, more: dict[str, str]) -> None:
    visit = {"编号": "code_seq", "联系人": "name", "走访时间": "created", "走访内容": "matter"}
    made = proposed(name, {**visit, **more})
    assert isinstance(made, Refusal) or made.entity != "event"
