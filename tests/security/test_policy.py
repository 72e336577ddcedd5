"""Every role as it is shipped: what it may, what it sees, and that all else is denied."""

from pathlib import Path
from typing import get_args

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConfigError
from hub.platform_streams import Entity
from schemas.entities import FIELDS
from security.masks import HIDDEN
from security.policy import Access, NotAllowedError, access_of, check_scope, prefix_of, read_policy
from security.policy_file import Action

HOME = "510108019006"
GRID = "510108019006001"
POLICY = read_policy(Path("/nowhere"))
SHIPPED = ("网格员", "社区工作人员", "街道", "区级", "部门", "数据专员", "审计员", "管理员")
PERSON = {
    "resident_id": "R1", "name": "王小明", "id_number": "51010119530407123X", "sex_code": "1",
    "phone": "13800001234", "ethnicity_code": "03", "political_code": "01",
    "residence_address": "龙港花园7栋2单元301", "grid_code": GRID, "made_up": "x",
}  # fmt: skip


def access(role: str, *scope: str, home: str = HOME) -> Access:
    return access_of(POLICY, "tester", role, scope or (HOME,), [home])


def test_the_shipped_roles_are_those_promised() -> None:
    assert tuple(POLICY.roles) == SHIPPED


@pytest.mark.parametrize("role", SHIPPED)
@pytest.mark.parametrize("entity", get_args(Entity))
def test_no_field_is_above_the_right(role: str, entity: Entity) -> None:
    """Level 4 is clear under a purpose only, and above its levels nothing that is not named."""
    mine = access(role, "*")
    for field, facts in FIELDS[entity].items():
        shown = mine.decide(entity, field).shown
        assert not (facts.level == 4 and shown == "clear")
        named = field in mine.rules.fields
        if facts.level > mine.rules.clear and not named:
            assert shown != "clear"
        if facts.level > mine.rules.masked and not named:
            assert shown == "hidden"
        if entity not in mine.rules.entities:
            assert shown == "hidden"


def test_a_level_4_field_needs_a_purpose_each_time() -> None:
    staff = access("社区工作人员")
    assert staff.view("resident", PERSON)["id_number"] == "510***********123X"
    assert "ethnicity_code" not in staff.view("resident", PERSON)  # no mask can be written for it
    stated = staff.for_purpose("办事")
    assert stated.view("resident", PERSON)["id_number"] == PERSON["id_number"]
    assert stated.view("resident", PERSON)["ethnicity_code"] == "03"
    assert staff.purpose is None
    with pytest.raises(NotAllowedError, match="purpose"):
        staff.for_purpose("好奇")


def test_what_nobody_knows_is_shown_to_nobody() -> None:
    for role in SHIPPED:
        assert "made_up" not in access(role, "*").view("resident", PERSON)


def test_labels_are_whole_or_not_there() -> None:
    rows = [{"label": "低保"}]
    worker = access("网格员", GRID)
    assert worker.labels(rows) == []
    assert worker.for_purpose("走访").labels(rows) == rows
    assert HIDDEN not in str(worker.labels(rows))


def test_actions_are_denied_unless_named() -> None:
    every = set(get_args(Action))
    for role in SHIPPED:
        mine = access(role, "*")
        assert {one for one in every if mine.may(one)} == mine.rules.may
    with pytest.raises(NotAllowedError, match="audit"):
        access("管理员", "*").require("audit")


def test_a_role_that_is_gone_denies_all() -> None:
    with pytest.raises(NotAllowedError, match="role"):
        access("区长", "*")


@pytest.mark.parametrize(
    ("role", "scope", "whole", "kept"),
    [
        ("网格员", GRID, False, (GRID,)),
        ("网格员", HOME, False, ()),  # wider than the role may have: none at all
        ("社区工作人员", HOME, True, (HOME,)),
        ("街道", "510108019000", True, ("510108019",)),
        ("数据专员", "*", True, ("",)),
        ("社区工作人员", "510108019007", False, ("510108019007",)),
    ],
)
def test_scope(role: str, scope: str, whole: bool, kept: tuple[str, ...]) -> None:
    mine = access(role, scope)
    assert (mine.whole, mine.scope) == (whole, kept)


def test_a_scope_wider_than_the_role_is_refused() -> None:
    with pytest.raises(ConfigError, match="wider") as told:
        check_scope(POLICY, "网格员", ["510108000000"])
    assert "最大一级（网格）" in told.value.zh
    with pytest.raises(ConfigError, match="no code"):
        check_scope(POLICY, "网格员", ["x' OR 1=1 --"])
    with pytest.raises(ConfigError, match="no scope"):
        check_scope(POLICY, "网格员", [])
    with pytest.raises(ConfigError, match="no role"):
        check_scope(POLICY, "区长", ["*"])


CODES = st.sampled_from(["510108019006", "510108019007", "510109001001", "G-1"])


@given(
    grids=st.lists(st.tuples(st.integers(1, 99), CODES), unique_by=lambda g: g[0], max_size=8),
    scope=st.lists(
        st.sampled_from(["510108019006", "510108019000", "510000000000", "510108019006001", "G"]),
        max_size=3,
    ),
    home=st.sampled_from(["510108019006", "510109001001"]),
)
def test_the_predicate_and_covers_agree(
    grids: list[tuple[int, str]], scope: list[str], home: str
) -> None:
    """Rows that SQL lets through are exactly those that `covers` names, whatever the grids."""
    mine = access_of(POLICY, "t", "数据专员", scope, [home])
    rows = [(f"{code}{nth:03}", code) for nth, code in grids]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE grid (grid_code VARCHAR, community_code VARCHAR)")
        connection.execute("CREATE TABLE resident (grid_code VARCHAR)")
        for row in rows:
            connection.execute("INSERT INTO grid VALUES (?, ?)", row)
            connection.execute("INSERT INTO resident VALUES (?)", row[:1])
        connection.execute("INSERT INTO resident VALUES (NULL)")
        where = mine.where("r")
        found = connection.execute(
            f"SELECT grid_code FROM resident r WHERE {where.sql}", where.values or None
        ).fetchall()
    expected = [(g,) for g, c in [*rows, (None, None)] if mine.covers(g, c)]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_prefixes() -> None:
    assert prefix_of("510000000000") == "51"
    assert prefix_of("*") == ""
    assert prefix_of(GRID) == GRID


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("roles: {甲: {scope: any, color: red}}", "roles.甲.color 不认识"),
        ("roles: {甲: {scope: village}}", "roles.甲.scope 只能是"),
        ("roles: {甲: {scope: any, fields: {shoe: clear}}}", "roles.甲.fields 里有.*shoe"),
        ("roles: {甲: {scope: any, clear: 3, masked: 2}}", "roles.甲 的 masked"),
        ("roles: {甲: {scope: any, may: [fly]}}", "roles.甲.may.* 只能是"),
        ("roles: {甲: {}}", "roles.甲.scope 没有写"),
        ("rolls: {}", "rolls 不认识"),
        ("roles: [", "第 1 行"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "policy.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_policy(tmp_path)
    import re

    assert re.search(says, caught.value.zh)
