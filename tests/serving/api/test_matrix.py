"""Every role, on every endpoint, within and outside its scope; and what its fields look like."""

from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.platform_streams import Entity
from schemas.entities import FIELDS
from security.policy import Access, access_of
from tests.cli.small_home import COMMUNITY
from tests.serving.api.conftest import GRID, OTHER, ROLES, Api

ENDPOINTS: dict[str, tuple[str, str, Any]] = {
    "resident": ("look", "/residents/{resident_id}", None),
    "list": ("look", "/residents", None),
    "search": ("search", "/residents/search", {"name": "张三丰"}),
    "verify": ("verify", "/residents/verify", {
        "name": "张三丰", "phone": "13899998888", "claims": [{"field": "sex_code", "value": "1"}]}),
    "household": ("look", "/households/{household_id}", None),
    "dwelling": ("look", "/dwellings/{dwelling_id}", None),
    "grids": ("statistics", "/grids", None),
    "grid": ("statistics", "/grids/{grid_code}", None),
    "statistics": ("statistics", "/statistics", None),
    "extracts": ("extracts", "/extracts", None),
    "forms": ("forms", "/forms", None),
    "platforms": ("platforms", "/platforms", None),
    "metrics": ("platforms", "/metrics", None),
}  # fmt: skip
ABROAD = {
    "网格员": f"{OTHER}001", "社区工作人员": OTHER, "街道": "510109001000", "区级": "510109000000",
    "部门": "510109000000",
}  # fmt: skip


KEYS = ("resident_id", "household_id", "dwelling_id", "grid_code")


def access(api: Api, role: str, scope: str) -> Access:
    served = api.doors.home.settings.divisions
    return access_of(api.doors.policy, "t", role, [scope], served)


def path_of(people: dict[str, Any], template: str) -> str:
    return template.format(**{name: people["张三丰"][name] for name in KEYS})


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize("role", ROLES)
def test_within_the_scope(api: Api, people: dict[str, Any], role: str, name: str) -> None:
    """Exactly what `may` names is answered; the fields are those that the policy shows."""
    action, template, body = ENDPOINTS[name]
    mine = access(api, role, ROLES[role])
    answer = api.ask(role, path_of(people, template), body)
    limited = mine.rules.daily == 0 and action in ("look", "search", "verify")
    if action not in mine.rules.may:
        assert answer.status_code == 403
    elif limited:
        assert answer.status_code == 429
    else:
        assert answer.status_code == 200, answer.text
        _check_fields(mine, name, answer)


def _check_fields(mine: Access, name: str, answer: Any) -> None:
    if name in ("metrics",):
        return
    kinds: dict[str, Entity] = {"household": "household", "dwelling": "dwelling", "grid": "grid"}
    for entity, row in _rows(answer.json(), kinds.get(name, "resident"), name):
        for field in row:
            assert mine.decide(entity, field).shown != "hidden", (name, field)
            facts = FIELDS[entity].get(field)
            if facts and facts.mask and row[field] and mine.decide(entity, field).shown == "masked":
                assert "*" in str(row[field]), (name, field)


def _rows(body: dict[str, Any], entity: Entity, name: str) -> list[tuple[Entity, dict[str, Any]]]:
    if name in ("extracts", "forms", "platforms", "statistics", "verify"):
        return []
    found: list[tuple[Entity, dict[str, Any]]] = []
    for key, value in body.items():
        if key in get_args(Entity):
            found.append((key, value))  # type: ignore[arg-type]  # JSON of an answer
        elif key in ("members", "residents"):
            found += [("resident", row) for row in value]
        elif key == "rows":
            found += [("grid" if name == "grids" else entity, row) for row in value]
    return found


@pytest.mark.parametrize("name", ["resident", "household", "dwelling", "grid"])
@pytest.mark.parametrize("role", ABROAD)
def test_outside_the_scope_is_as_if_it_were_not_there(
    api: Api, people: dict[str, Any], role: str, name: str
) -> None:
    action, template, _ = ENDPOINTS[name]
    mine = access(api, role, ABROAD[role])
    known = api.ask(role, path_of(people, template), scope=ABROAD[role])
    nothing = template.format(**dict.fromkeys(KEYS, "Xnone"))
    unknown = api.ask(role, nothing, scope=ABROAD[role])
    assert known.status_code == unknown.status_code, known.text
    if action in mine.rules.may and mine.rules.daily:
        assert known.status_code == 404
        assert known.json() == unknown.json()


@pytest.mark.parametrize("role", ABROAD)
def test_searches_lists_and_numbers_stay_within_the_scope(api: Api, role: str) -> None:
    mine = access(api, role, ABROAD[role])
    if mine.may("search"):
        for wanted in ({"name": "张三丰"}, {"phone": "13899998888"}):
            assert (
                api.ask(role, "/residents/search", wanted, scope=ABROAD[role]).json()["rows"] == []
            )
    if mine.may("look") and mine.rules.daily:
        rows = api.ask(role, "/residents", scope=ABROAD[role]).json()["rows"]
        assert {row["grid_code"] for row in rows} <= {f"{OTHER}001"}
    if mine.may("statistics"):
        told = api.ask(role, "/statistics", scope=ABROAD[role]).json()
        assert {one["grid_code"] for one in told["grids"]} <= {f"{OTHER}001"}


TEXTS = st.one_of(
    st.sampled_from([
        "张三丰", "钱同名", "13511112222", "13899998888", "510108195304071234",
        "510108197001011239",
        "海棠路8号3栋2单元501", "' OR 1=1 --", "%", "_", "张", "Rtwinone", GRID,
        f"{OTHER}001", "低保",
    ]),
    st.text(max_size=30),
)  # fmt: skip
BODIES = st.dictionaries(
    st.sampled_from([
        "name", "phone", "id_number", "residence_address", "resident_id", "grid_code", "birth_date",
        "limit", "label", "$and",
    ]),
    st.one_of(TEXTS, st.integers(), st.none(), st.lists(TEXTS, max_size=2)),
    max_size=3,
)  # fmt: skip
SECRET = ("510108195304071234", "510108197001011239", "51010819800202123")


@settings(
    max_examples=400,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=BODIES, role=st.sampled_from(["网格员", "社区工作人员", "街道", "部门"]))
def test_fuzzed_searches_leak_no_row_and_no_clear_value(
    api: Api, body: dict[str, Any], role: str
) -> None:
    """No purpose is stated, so no number is ever clear; and no row is of the other community."""
    api.doors.watch._of.clear()
    answer = api.ask(role, "/residents/search", body, scope=GRID if role == "网格员" else COMMUNITY)
    assert answer.status_code in (200, 400, 403)
    if answer.status_code == 200:
        assert all(row["grid_code"] == GRID for row in answer.json()["rows"])
    assert "钱同名" not in answer.text
    for number in SECRET:
        assert number not in answer.text


def test_nothing_personal_is_in_any_log(api: Api, people: dict[str, Any], caplog: Any) -> None:
    """Ask wrongly and rightly; then look at every log line, metric and audited event."""
    zhang = people["张三丰"]
    for role in ("社区工作人员", "网格员", "区级"):
        for name in ("张三丰", "不存在的人"):
            api.ask(role, "/residents/search", {"name": name, "phone": zhang["phone"]})
        api.ask(role, f"/residents/{zhang['id_number']}")
        api.ask(
            role, "/residents/verify", {"name": "张三丰", "phone": zhang["phone"], "claims": []}
        )
    from ledger.audit_check import events

    told = (
        caplog.text + str(events(api.doors.ledger, limit=5000)) + api.ask("管理员", "/metrics").text
    )
    for row in people.values():
        for field in ("name", "phone", "id_number", "residence_address"):
            assert not row[field] or str(row[field]) not in told, field
