"""`hub resident find` and `show`: found by anything, masked unless asked otherwise."""

import re
from pathlib import Path

import pytest

from hub.settings import Home
from serving.reading.wording import EVENTS, REASONS, RULES
from tests.cli.conftest import Hub
from tests.cli.small_home import CERTIFICATE, NEXT_OF_KIN, WANG_NUMBER, ZHANG_NUMBER, copied
from warehouse.snapshots import publish_work, working

SECRETS = (
    ZHANG_NUMBER, WANG_NUMBER, "13812341234", "13899998888", "张三丰", "王小红", "7-1-202",
    "1953-04-07", "党员", "低保", "周敏", "13511112222", CERTIFICATE, NEXT_OF_KIN, "孙所长",
)  # fmt: skip


def zhang(hub: Hub, home: Home) -> str:
    return str(hub("resident", "find", "张三丰", "--json", home=home).json[0]["resident_id"])


@pytest.mark.parametrize(
    ("text", "way", "names"),
    [
        ("张三丰", "name", ["张三丰"]),
        ("张", "name_prefix", ["张三丰", "张五"]),
        (ZHANG_NUMBER, "id_number", ["张三丰"]),
        (" １３９００００１１１１ ", "phone", ["王小红"]),
        ("13812341234", "record", ["张三丰"]),  # a former phone, that only one platform still has
        ("7-1-30", "address", ["张五"]),
        ("Rformer", "resident_id", ["张五"]),
        ("没有这个人", "", []),
        ("  ", "", []),
        ("%", "", []),
        ("' OR 1=1 --", "", []),
    ],
)
def test_found_by(hub: Hub, small_home: Home, text: str, way: str, names: list[str]) -> None:
    found = hub("resident", "find", text, "--clear", "--json", home=small_home).json
    assert sorted(row["name"] for row in found) == sorted(names)
    assert {row["way"] for row in found} == ({way} if names else set())


def test_the_limit(hub: Hub, small_home: Home) -> None:
    assert len(hub("resident", "find", "张", "--limit", 1, "--json", home=small_home).json) == 1
    assert "只列出了前 1 人" in hub("resident", "find", "张", "--limit", 1, home=small_home).out


def test_nobody_found(hub: Hub, small_home: Home) -> None:
    ran = hub("resident", "find", "没有", home=small_home)
    assert (ran.code, "没有找到" in ran.out) == (0, True)


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_masked_unless_clear(hub: Hub, small_home: Home, form: list[str]) -> None:
    asked = zhang(hub, small_home)
    found = hub("resident", "find", "张", *form, home=small_home).out
    shown = hub("resident", "show", asked, *form, home=small_home).out
    for secret in SECRETS:
        assert secret not in found
        assert secret not in shown
    assert "510***********1234" in found
    assert "138****8888" in shown
    clear = hub("resident", "show", asked, "--clear", *form, home=small_home).out
    for secret in set(SECRETS) - {WANG_NUMBER}:  # of the others in the household, only names
        assert secret in clear


def test_who_says_what(hub: Hub, small_home: Home) -> None:
    asked = zhang(hub, small_home)
    view = hub("resident", "show", asked, "--clear", "--json", home=small_home).json
    phones = [(s["value"], s["platform"], s["won"]) for s in view["said"]["phone"]]
    assert phones == [
        ("13899998888", "street_grid", True),
        ("13812341234", "police", False),
    ]
    assert view["golden"]["phone"] == "13899998888"
    assert view["said"]["phone"][1]["batch_id"] == "police.residents.000001"
    assert [change["changes"] for change in view["past"]] == [
        {"phone": ["13812341234", "13899998888"]}
    ]
    assert {r["rule"] for r in view["records"]} == {"id_number", "name_room"}
    assert [m["name"] for m in view["members"]] == ["张三丰", "王小红"]
    assert view["grid"]["worker_name"] == "周敏"
    assert sorted(one["label"] for one in view["labels"]) == ["低保", "党员"]


def test_every_value_shown_is_one_that_won(hub: Hub, small_home: Home) -> None:
    for name in ("张三丰", "张五", "王小红", "赵走了", "李四"):
        found = hub("resident", "find", name, "--json", home=small_home).json[0]
        view = hub(
            "resident", "show", found["resident_id"], "--clear", "--json", home=small_home
        ).json
        for field, said in view["said"].items():
            won = [one["value"] for one in said if one["won"]]
            if field in view["golden"] and field != "grid_code":
                assert won == [view["golden"][field]], field


def test_a_merged_id_leads_on(hub: Hub, small_home: Home) -> None:
    view = hub("resident", "show", "Rformer", "--clear", "--json", home=small_home).json
    assert (view["asked"], view["golden"]["name"]) == ("Rformer", "张五")
    assert "已合并" in hub("resident", "show", "Rformer", home=small_home).out


def test_why_an_id_came_or_went_is_said_in_words(
    hub: Hub, small_home: Home, tmp_path: Path
) -> None:
    """Every kind and every reason, merges by every rule; and who keeps the id."""
    home = copied(small_home, tmp_path / "home")
    one = zhang(hub, home)
    reasons = [*REASONS, *(f"one person by {rule}" for rule in RULES)]
    with working(home) as work:
        for nth, reason in enumerate(reasons):
            kind = list(EVENTS)[nth % len(EVENTS)]
            work.connection.execute(
                "INSERT INTO identity_event VALUES (now(), ?, ?, ?, ?)",
                [kind, one, f"RRR{nth}", reason],
            )
        work.close()
        publish_work(work)
    out = hub("resident", "show", one, home=home).out.split("编码的经过")[1]
    assert out.count("RRR") == len(reasons)
    assert not re.search(r"[a-z]+[_ ][a-z]+|split|merged|founded|single", out.replace("hub ", ""))
    assert "合并后保留较早的编码" in out


def test_no_such_id(hub: Hub, small_home: Home) -> None:
    ran = hub("resident", "show", "Rnobody", home=small_home)
    assert (ran.code, ran.out) == (1, "")
    assert "hub resident find" in ran.err


def test_extras_are_shown_with_their_source_and_masked(hub: Hub, small_home: Home) -> None:
    resident = zhang(hub, small_home)
    shown = hub("resident", "show", resident, "--json", home=small_home).json
    assert {one["item"]: one["value"] for one in shown["extras"]} == {
        "紧急联系人电话": "135****7777", "责任民警": "孙**",
    }  # fmt: skip
    assert shown["extras_hidden"] == 1, "of a certificate a mask leaves nothing"
    page = hub("resident", "show", resident, home=small_home).out
    assert "附加项目" in page
    assert "残疾证号" not in page
    assert "1 项（已隐藏）" in page
    clear = hub("resident", "show", resident, "--clear", "--json", home=small_home).json
    told = {one["item"]: one for one in clear["extras"]}
    assert told["残疾证号"]["value"] == CERTIFICATE
    assert told["紧急联系人电话"]["platform"] == "street_grid"
    assert told["紧急联系人电话"]["at"].startswith("2026-01-01")


def test_a_key_made_of_name_and_number_is_masked_too(
    hub: Hub, small_home: Home, tmp_path: Path
) -> None:
    home = copied(small_home, tmp_path / "home")
    with working(home) as work:
        tables = work.connection.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns JOIN duckdb_tables()"
            " USING (table_name) WHERE column_name = 'record_key'"
        ).fetchall()
        for (table,) in tables:
            work.connection.execute(
                f"UPDATE {table} SET record_key = ? WHERE record_key = 'P1'",
                [f"张三丰|{ZHANG_NUMBER}"],
            )
        work.close()
        publish_work(work)
    who = zhang(hub, home)
    shown = hub("resident", "show", who, home=home).out
    assert "police/residents/张**|510***********1234" in shown
    assert not [secret for secret in SECRETS if secret in shown]
    assert ZHANG_NUMBER not in str(hub("resident", "show", who, "--json", home=home).json)
    assert ZHANG_NUMBER in hub("resident", "show", who, "--clear", home=home).out
