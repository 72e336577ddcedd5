"""`hub platform list|check|preview`, against a real (SQLite) platform."""

from pathlib import Path

import pytest

from hub.settings import Home
from tests.cli.conftest import Hub
from tests.cli.small_home import copied


def test_the_list(hub: Hub, small_home: Home) -> None:
    listed = hub("platform", "list", "--json", home=small_home).json
    assert [p["name"] for p in listed] == ["door", "police", "street_grid"]
    assert listed[1]["streams"] == ["residents"]
    assert "公安人口库" in hub("platform", "list", home=small_home).out


def test_check(hub: Hub, small_home: Home) -> None:
    ran = hub("platform", "check", "police", "--json", home=small_home)
    assert ran.code == 0
    assert len(ran.json) > 1
    assert all(finding["ok"] for finding in ran.json)
    assert "都可以用" in hub("platform", "check", home=small_home).out


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("table: person", "table: nothing", 1),
        ("name: xm", "nam: xm", 2),
        ("codes: sex", "codes: sexes", 2),
        ("title: 公安人口库", "titel: 公安人口库", 2),
        ("increment: snapshot", "password: hunter2", 2),
    ],
)
def test_check_finds(
    hub: Hub, small_home: Home, tmp_path: Path, old: str, new: str, code: int
) -> None:
    home = copied(small_home, tmp_path / "home")
    path = home.root / "platforms" / "police.yaml"
    path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")
    for name in (["police"], []):
        ran = hub("platform", "check", *name, home=home)
        assert ran.code == code
        assert "hunter2" not in ran.out + ran.err
        assert "✗" in ran.out or ran.err


def test_preview_masks(hub: Hub, small_home: Home) -> None:
    rows = hub("platform", "preview", "police", "--json", home=small_home).json
    first = {one["field"]: one for one in rows[0]["fields"]}
    assert first["name"]["raw"] == {"xm": "张**"}
    assert first["sex_code"]["value"] == "1 男"
    assert first["compound"]["value"] == "龙港花园"
    assert first["labels"]["value"] == "***"
    assert rows[1]["quarantined"]
    assert [issue["field"] for issue in rows[2]["issues"]][-1] == "性别"
    out = hub("platform", "preview", "police", home=small_home).out
    for secret in ("张三丰", "13812341234", "1-202", "510108195304071234"):
        assert secret not in out


def test_preview_clear_and_short(hub: Hub, small_home: Home) -> None:
    rows = hub(
        "platform", "preview", "police", "residents", "--rows", 1, "--clear", "--json",
        home=small_home,
    ).json  # fmt: skip
    assert len(rows) == 1
    first = {one["field"]: one for one in rows[0]["fields"]}
    assert (first["name"]["value"], first["name"]["raw"]) == ("张三丰", {"xm": "张三丰"})


def test_preview_changes_nothing(hub: Hub, small_home: Home) -> None:
    before = {p: p.stat().st_mtime_ns for p in small_home.data.rglob("*") if p.is_file()}
    hub("platform", "preview", "police", home=small_home)
    after = {p: p.stat().st_mtime_ns for p in small_home.data.rglob("*") if p.is_file()}
    assert before == {p: t for p, t in after.items() if p in before}
    assert not {p for p in after.keys() - before.keys() if "raw" in p.parts}


@pytest.mark.parametrize("typed", [["check", "nobody"], ["preview", "nobody"]])
def test_unknown_platform(hub: Hub, small_home: Home, typed: list[str]) -> None:
    ran = hub("platform", *typed, home=small_home)
    assert ran.code == 2
    assert "hub platform list" in ran.err


def test_unknown_stream(hub: Hub, small_home: Home) -> None:
    ran = hub("platform", "preview", "police", "nothing", home=small_home)
    assert ran.code == 1
    assert "residents" in ran.err
