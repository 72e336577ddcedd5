"""What goes back to those it came from: their wrong rows, verdicts on claims, dated alerts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from openpyxl import load_workbook

from hub.errors import ConfigError
from hub.settings import Home
from reports.alerts import RULES, Watch, alerts
from reports.given_back import _mistakes
from reports.people import people_of
from reports.verify import verify
from tests.cli.small_home import ZHANG_NUMBER
from tests.reports.conftest import Hub
from warehouse.duck import attach, connect
from warehouse.snapshots import current_number, reading, snapshot_path


def _sheet(path: Path, name: str) -> list[dict[str, object]]:
    rows = list(load_workbook(path)[name].iter_rows(values_only=True))
    return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:]]


def test_each_platform_gets_its_own_rows(home: Home, hub: Hub, tmp_path: Path) -> None:
    _change(home, "UPDATE resident_record SET birth_date = '1953-04-07' WHERE record_key = 'G1'")
    assert hub("correction", "export", "--out", tmp_path / "回流", home=home).code == 0
    files = {one.stem: one for one in (tmp_path / "回流").iterdir()}
    assert files["street_grid"].stat().st_mode & 0o077 == 0
    (wrong,) = _sheet(files["street_grid"], "有误")
    assert (wrong["记录键"], wrong["平台原值"], wrong["核对值"]) == ("G1", "不详53", "1953-04-07")
    assert wrong["依据"] == "公安人口库", "not what was made of the wrong value itself"
    assert set(files) == {"street_grid"}  # nothing of the police's is wrong


def test_a_platform_is_no_witness_of_its_own_mistake() -> None:
    mine = pl.DataFrame({
        "platform": ["elders"] * 3, "stream": ["s"] * 3, "record_key": ["1", "2", "3"],
        "resident_id": ["R1", "R2", "R3"], "field": ["id_number"] * 3, "reason": ["id_invalid"] * 3,
        "raw": ["510108194508113955"] * 3,
        "held": ["510108194508113955", "510108194508113955", "510108194508113950"],
        "held_by": ["elders、police", "elders", "elders、police"],
    })  # fmt: skip
    told = _mistakes(mine, {"police": "公安人口库"}, str)
    assert list(told.select("核对值", "依据").iter_rows()) == [
        (None, "公安人口库也是这个值"), (None, ""), ("510108194508113950", "公安人口库"),
    ]  # fmt: skip


def test_what_is_missing_is_masked_unless_asked_for(home: Home, hub: Hub, tmp_path: Path) -> None:
    _change(home, "UPDATE resident_record SET phone = NULL WHERE record_key = 'P1'")
    for clear, phone in (((), "138****8888"), (("--clear",), "13899998888")):
        out = tmp_path / "police.xlsx"
        ran = hub("correction", "export", "--platform", "police", "--out", out, *clear, home=home)
        assert ran.code == 0
        blanks = {(one["记录键"], one["字段"]): one["核对值"] for one in _sheet(out, "缺失")}
        assert blanks["P1", "联系电话"] == phone
    assert hub("correction", "export", "--out", tmp_path / "all.xlsx", home=home).code == 2


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("性别=男", "yes"), ("性别=1", "yes"), ("性别=女", "no"), ("性别=随便", "unreadable"),
        ("出生日期=1953年4月7日", "yes"), ("出生日期=19530408", "no"), ("民族=汉族", "unknown"),
        ("姓名=张三丰", "yes"), ("label:党员=是", "yes"), ("label:低保=否", "no"),
        ("年龄=007", "no"), ("年龄=七十", "unreadable"), (f"身份证号={ZHANG_NUMBER}", "yes"),
    ],
)  # fmt: skip
def test_a_claim_is_true_or_not(home: Home, claim: str, verdict: str) -> None:
    with people_of(home, None) as (people, _):
        name, _, value = claim.partition("=")
        (found,) = verify(people, ZHANG_NUMBER, {name: value})
    assert found.verdict == verdict


def test_the_kind_of_a_claim_is_the_claim(home: Home) -> None:
    with people_of(home, None) as (people, _):
        married = people.of(people.frame.with_columns(marital_code=pl.lit("21")))
        for claimed, verdict in (("已婚", "yes"), ("初婚", "yes"), ("再婚", "no")):
            (found,) = verify(married, ZHANG_NUMBER, {"婚姻状况": claimed})
            assert found.verdict == verdict


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [
        ("幸福里1-1-102", "yes"), ("成华区幸福里一幢一单元102号", "yes"), ("幸福里1-1-103", "no"),
        ("幸福里", "no"), ("别处里1-1-102", "no"),
    ],
)  # fmt: skip
def test_an_address_written_otherwise_is_the_same(home: Home, claimed: str, verdict: str) -> None:
    with people_of(home, None) as (people, _):
        there = people.frame.with_columns(residence_address=pl.lit("幸福里1栋1单元102"))
        (found,) = verify(people.of(there), ZHANG_NUMBER, {"现住址": claimed})
    assert found.verdict == verdict


def test_verifying_shows_no_value(home: Home, hub: Hub) -> None:
    ran = hub("verify", ZHANG_NUMBER, "姓名=张三丰", "电话=13800000000", home=home)
    assert "一致" in ran.out
    assert "不一致" in ran.out
    for value in ("张三丰", "138", ZHANG_NUMBER):
        assert value not in ran.out
    assert hub("verify", "510108199901011234", "姓名=谁", home=home).code == 1
    assert hub("verify", ZHANG_NUMBER, "姓名", home=home).code == 2
    assert hub("verify", ZHANG_NUMBER, "标签=党员", home=home).code == 2
    twice = hub("verify", ZHANG_NUMBER, "性别=男", "性别=女", home=home)
    assert (twice.code, "写了两次" in twice.err) == (2, True)


def _change(home: Home, *statements: str) -> None:
    """Change the published snapshot, as other platforms would have made it."""
    connection = connect(home)
    attach(home, connection, snapshot_path(home, current_number(home) or 0), read_only=False)
    for one in statements:
        connection.execute(one)
    connection.execute("CHECKPOINT brain")
    connection.close()


DAY = date(2026, 1, 15)
ZHANG = "(SELECT resident_id FROM resident WHERE name = '张三丰')"
GONE = "(SELECT resident_id FROM resident WHERE name = '赵走了')"
CASES = {
    "turns_80": (
        "UPDATE resident SET birth_date = DATE '1946-01-31' WHERE name = '张三丰'",
        date(2026, 1, 31), "张三丰",
    ),
    "moved_out": (
        "UPDATE resident SET left_on = DATE '2026-01-02' WHERE name = '张三丰'",
        date(2026, 1, 2), "张三丰",
    ),
    "died_with_benefit": (
        f"INSERT INTO resident_label BY NAME SELECT {GONE} AS resident_id, '低保' AS label",
        date(2025, 1, 1), "赵走了",
    ),
    "benefit_twice": (
        "UPDATE resident_record SET labels = [{'label': '低保', 'detail': NULL, 'since': DATE "
        "'2025-05-01', 'until': NULL}, {'label': '特困', 'detail': NULL, 'since': DATE "
        "'2025-06-01', 'until': NULL}] WHERE record_key = 'G1'",
        date(2025, 6, 1), "张三丰",
    ),
    "label_without_basis": (
        f"INSERT INTO resident_label BY NAME SELECT {ZHANG} AS resident_id, '孤儿' AS label, "
        "'street_grid' AS platform", DAY, "张三丰",
    ),
}  # fmt: skip


def _watch(home: Home, connection: duckdb.DuckDBPyConnection) -> Watch:
    return Watch(home, connection, DAY, {}, {}, datetime(2026, 1, 15, tzinfo=UTC))


@pytest.mark.parametrize("rule", CASES)
def test_an_alert_is_a_dated_list(home: Home, rule: str) -> None:
    change, day, who = CASES[rule]
    with reading(home) as connection:
        assert alerts(_watch(home, connection), [rule]) == []
    _change(home, change)
    with reading(home) as connection:
        (found,) = alerts(_watch(home, connection), [rule])
        ((name,),) = connection.execute(
            "SELECT name FROM resident WHERE resident_id = ?", [found.resident_id]
        ).fetchall()
    assert (found.rule, found.version, found.day, name) == (rule, RULES[rule].version, day, who)


def test_a_benefit_given_twice_by_one_platform_says_so(home: Home) -> None:
    _change(home, """
        UPDATE resident_record SET labels = [{'label': '低保', 'detail': NULL, 'since': NULL,
            'until': NULL}], platform = 'street_grid', stream = 'residents'
        WHERE record_key IN ('P1', 'G1')""")  # fmt: skip
    with reading(home) as connection:
        (found,) = alerts(_watch(home, connection), ["benefit_twice"])
    assert found.detail == "生活救助：低保（street_grid 2 条）"


def test_who_still_pays_for_the_dead_is_named(home: Home) -> None:
    _change(
        home,
        f"""
        INSERT INTO resident_label BY NAME SELECT {GONE} AS resident_id, '低保' AS label,
        unnest(['police', 'street_grid']) AS platform""",
    )
    with reading(home) as connection:
        watch = replace(_watch(home, connection), platforms=home.read_platforms()[0])
        (found,) = alerts(watch, ["died_with_benefit"])
    assert found.detail == "低保（公安人口库）、低保（街道网格化平台）"


def test_a_rule_without_alerts_says_none(home: Home, hub: Hub) -> None:
    assert "本月满 80 岁（turns_80）：0" in hub("alert", "list", "turns_80", home=home).out


def test_a_silent_platform_is_told_of(home: Home) -> None:
    platforms, _ = home.read_platforms()
    now = datetime(2026, 1, 15, tzinfo=UTC)
    answered = {"police": now - timedelta(days=3), "street_grid": now - timedelta(hours=3)}
    with reading(home) as connection:
        watch = Watch(home, connection, DAY, platforms, answered, now)
        found = {one.platform: one.day for one in alerts(watch, ["platform_silent"])}
        soon = {"police": platforms["police"].model_copy(update={"fresh_within": 5400})}
        (told,) = alerts(replace(watch, platforms=soon, now=now), ["platform_silent"])
    assert found == {"police": date(2026, 1, 12), "door": None}
    assert told.detail == "已 3 天没有取到，约定是 90 分钟"


def test_the_command_lists_and_writes(home: Home, hub: Hub, tmp_path: Path) -> None:
    _change(home, CASES["label_without_basis"][0])
    ran = hub("alert", "list", "--out", tmp_path / "提醒.xlsx", home=home)
    assert "张**" in ran.out
    assert "张三丰" not in ran.out
    rows = _sheet(tmp_path / "提醒.xlsx", "提醒")
    assert ("有标签，条件不符", "1", "张三丰") in {(r["规则"], r["版本"], r["姓名"]) for r in rows}
    told = hub("alert", "list", "label_without_basis", "--json", home=home).json
    assert [one["rule"] for one in told["alerts"]] == ["label_without_basis"]
    (only,) = hub("alert", "list", "label_without_basis", "--json", home=home).json["alerts"]
    assert "=" not in only["detail"]  # the rule in words
    assert only["platform"] not in hub("alert", "list", "label_without_basis", home=home).out
    assert hub("alert", "list", "nonsense", home=home).code == 2
    with reading(home) as connection, pytest.raises(ConfigError):
        alerts(_watch(home, connection), ["nonsense"])
