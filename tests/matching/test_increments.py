"""What is proposed to be pulled each time, by the columns of a table."""

from typing import Any

import pytest

from hub.reflected import ReflectedColumn, ReflectedTable
from schemas.matching.proposal import StreamProposal, propose
from tests.matching.people import CELLS, TODAY, cells

ROWS = 60
PEOPLE = {
    "id": ("int_seq", ""), "xm": ("name", ""), "sfzh": ("id", ""), "lxdh": ("phone", ""),
    "xb": ("sex_12", ""),
}  # fmt: skip
DELETED = {"scbz": ("flag_01", "删除标志")}
FLAG = {"cqbz": ("flag_01", "抽取标志")}


def proposed(columns: dict[str, tuple[str, str]], **facts: Any) -> StreamProposal:
    made = tuple(
        ReflectedColumn(name, comment, values=tuple(cells(kind, ROWS)))
        for name, (kind, comment) in columns.items()
    )
    table = ReflectedTable("t_ry", made, {"table": "t_ry"}, **{"keys": (("id",),), **facts})
    found = propose(table, today=TODAY)
    assert isinstance(found, StreamProposal)
    return found


def test_a_flag_of_extraction_is_proposed_where_nothing_else_tells_what_is_new() -> None:
    found = proposed(PEOPLE | DELETED | FLAG)
    assert found.settings["increment"] == {"flag": {"column": "cqbz", "waiting": ["0"]}}
    assert "请与平台方确认" in found.remarks["increment"]
    assert "cqbz" not in str(found.map)


@pytest.mark.parametrize(
    ("kind", "comment", "waiting"),
    [
        ("constant:N", "同步状态（N未同步 Y已同步）", ["N"]),
        ("flag_01", "上传标志 1-未上传 0-已上传", ["1"]),
        ("yes_no", "是否同步", ["否"]),
    ],
)
def test_the_values_that_wait_are_told(kind: str, comment: str, waiting: list[str]) -> None:
    found = proposed(PEOPLE | DELETED | {"zt1": (kind, comment)})
    assert found.settings["increment"] == {"flag": {"column": "zt1", "waiting": waiting}}


def test_a_watermark_comes_before_a_flag() -> None:
    found = proposed(PEOPLE | DELETED | FLAG | {"gxsj": ("updated", "更新时间")})
    assert found.settings["increment"] == {"watermark": "gxsj", "overlap": "1h"}


def test_without_deletes_a_flag_is_only_named() -> None:
    """Whoever is gone shows only where everything is read; that is too much of a large table."""
    found = proposed(PEOPLE | FLAG)
    assert found.settings["increment"] == "snapshot"
    assert "increment: {flag: cqbz}" in found.remarks["increment"]
    large = proposed(PEOPLE | FLAG, rows=3_000_000)
    assert large.settings["increment"] == {"flag": {"column": "cqbz", "waiting": ["0"]}}


@pytest.mark.parametrize(("kind", "facts"), [("word", {}), ("flag_01", {"view": True})])
def test_a_flag_that_cannot_be_used_is_none(kind: str, facts: dict[str, Any]) -> None:
    found = proposed(PEOPLE | DELETED | {"cqbz": (kind, "抽取标志")}, **facts)
    assert found.settings["increment"] == "snapshot"


def test_a_mark_of_deletion_is_known_though_no_row_is_deleted_yet() -> None:
    found = proposed(
        PEOPLE | {"DEL_YN": ("constant:N", ""), "UPD_TS": ("constant:2025-10-01 08:00:00", "")}
    )
    assert found.settings["deletes"] == {"column": "DEL_YN", "when": ["Y"]}


def test_two_initials_behind_whether_do_not_say_what_is_deleted() -> None:
    """`SFZX` is 是否注销 or 是否在校: half the people would be gone."""
    found = proposed(PEOPLE | {"SFZX": ("flag_01", "")})
    assert "deletes" not in found.settings
    assert "SFZX 像删除标志" in found.remarks["deletes"]
    assert proposed(PEOPLE | {"SFZX": ("flag_01", "是否注销")}).settings["deletes"]


def test_what_is_not_a_time_in_every_row_is_no_watermark(monkeypatch: pytest.MonkeyPatch) -> None:
    time = CELLS["updated"]
    monkeypatch.setitem(CELLS, "mostly", lambda one: "不详" if one.number == 7 else time(one))
    of = {"gxsj": ("mostly", "更新时间")}
    found = proposed(PEOPLE | DELETED | of)
    assert found.settings["increment"] == "snapshot"
    assert "有不是时间的值" in found.remarks["increment"]
    times = proposed(PEOPLE | DELETED | {"gxsj": ("updated", "更新时间")})
    assert times.settings["increment"] != "snapshot"


@pytest.mark.parametrize(
    ("column", "kind", "key"),
    [("archiveNo", "card_no", ["archiveNo"]), ("租赁合同号", "deed", ["身份证号"])],
)
def test_what_is_the_key(column: str, kind: str, key: list[str]) -> None:
    """A file's number of its rows; not that of a house, which all who live in it have."""
    people = {"姓名": ("name", ""), "身份证号": ("id", ""), "性别": ("sex_zh", "")}
    assert proposed(people | {column: (kind, "")}, keys=()).settings["key"] == key
