"""What only a person can settle is listed, settled, settled otherwise, and explained."""

import re
from pathlib import Path

import pytest

from hub.settings import Home
from identity.decisions import apply_bindings
from ledger import open_ledger
from ledger.decisions import decisions
from pipelines.deciding import Told, bindings_of, the_model, told_otherwise
from tests.cli.conftest import Hub
from tests.cli.small_home import copied
from tests.cli.test_model import charts, words
from warehouse.snapshots import publish_work, reading, working


@pytest.fixture
def home(small_home: Home, tmp_path: Path) -> Home:
    return copied(small_home, tmp_path / "home")


def ids(home: Home) -> dict[str, str]:
    with reading(home) as connection:
        return dict(connection.execute("SELECT name, resident_id FROM resident").fetchall())


def test_nothing_to_settle(hub: Hub, small_home: Home) -> None:
    assert hub("review", "list", "--json", home=small_home).json == {"pairs": [], "decisions": []}
    assert "没有等人判断" in hub("review", "list", home=small_home).out


def test_a_decision_is_kept_sealed_and_taken_back(hub: Hub, home: Home) -> None:
    one, other = ids(home)["张三丰"], ids(home)["李四"]
    ran = hub("review", "decide", one, other, "different", home=home)
    assert ran.code == 0
    assert "下一次 hub sync 起生效" in ran.out
    ledger = open_ledger(home.data / "ledger.sqlite")
    (kept,) = decisions(ledger)
    assert kept.left_record.startswith("sealed:")
    (binding,) = bindings_of(home, ledger)
    assert {binding.left[2], binding.right[2]} <= {"P1", "G1", "G3"}
    told = Told([binding], the_model(home), home.settings.owners)
    assert told_otherwise(home, told), "the next sync must publish, though nothing new arrived"
    hub("review", "decide", other, one, "same", home=home)
    (newer,) = decisions(ledger)
    assert (newer.verdict, newer.decision_id) == ("same", 2), "the newer takes the older's place"
    listed = hub("review", "list", "--json", home=home).json["decisions"]
    assert [(d["verdict"], d["outcome"]) for d in listed] == [("same", "waiting")]
    with working(home) as work:  # as if a sync had been told, and stronger evidence spoke against
        work.connection.execute("CREATE TEMP TABLE changed (record_id BIGINT)")
        apply_bindings(work.connection, bindings_of(home, ledger))
        work.close()
        publish_work(work)
    told_of = hub("review", "list", home=home).out
    assert "决定 2 没有办成：更强的依据" in told_of
    assert hub("review", "undo", 2, home=home).code == 0
    assert bindings_of(home, ledger) == []
    ledger.close()
    assert hub("review", "undo", 2, home=home).code == 1


def test_what_others_taken_together_say_is_not_contradicted(hub: Hub, home: Home) -> None:
    one, two, three = "police/residents/P1", "police/residents/P2", "street_grid/residents/G2"
    assert hub("review", "decide", one, two, "same", home=home).code == 0
    assert hub("review", "decide", two, three, "same", home=home).code == 0
    ran = hub("review", "decide", one, three, "different", home=home)
    assert ran.code == 2
    assert "与决定 1、2 矛盾" in ran.err
    assert "hub review undo 1" in ran.err
    assert hub("review", "undo", 1, home=home).code == 0, "what the sentence advises"
    assert hub("review", "decide", one, three, "different", home=home).code == 0
    ran = hub("review", "decide", one, two, "same", home=home)
    assert ran.code == 2
    assert "与决定 2、3 矛盾" in ran.err
    again = hub("review", "decide", one, three, "same", home=home)
    assert again.code == 0, "another word on the same two is no contradiction"
    assert "代替决定 3" in again.out


def test_a_pair_is_put_off_and_told_by_its_records(hub: Hub, home: Home) -> None:
    ran = hub("review", "decide", "police/residents/P1", "police/residents/P2", "later", home=home)
    assert "hub sync" not in ran.out, "nothing takes effect"
    listed = hub("review", "list", home=home).out
    assert "police/residents/P1" in listed.replace("\n", "")
    assert "hub review undo 编号" in listed
    records = hub("review", "list", "--json", home=home).json["decisions"][0]["records"]
    assert records == ["police/residents/P1", "police/residents/P2"]


def test_what_is_decided_is_listed_no_more_from_that_moment(hub: Hub, home: Home) -> None:
    with working(home) as work:
        work.connection.execute("INSERT INTO refused VALUES (1, 2, 7.5, 'doubtful')")
        work.close()
        publish_work(work)
    pairs = hub("review", "list", "--json", home=home).json["pairs"]
    assert [(one["left"]["record_key"], one["right"]["record_key"]) for one in pairs] == [
        ("P1", "P2"),
    ]  # fmt: skip
    assert "男" in hub("review", "list", home=home).out, "a word, not a code"
    for verdict in ("same", "different", "later"):
        two = (one["resident_id"] for one in (pairs[0]["left"], pairs[0]["right"]))
        assert hub("review", "decide", *two, verdict, home=home).code == 0
        assert hub("review", "list", "--json", home=home).json["pairs"] == [], verdict


def test_two_names_under_one_number_are_asked_of_one_resident(hub: Hub, home: Home) -> None:
    with working(home) as work:
        one, *held = work.connection.execute("""
            SELECT resident_id, min(record_id), max(record_id) FROM resident_link
            GROUP BY resident_id HAVING count(*) > 1""").fetchall()[0]
        work.connection.execute("INSERT INTO refused VALUES (?, ?, 0.0, 'two_names')", held)
        work.close()
        publish_work(work)
    listed = hub("review", "list", home=home).out
    assert "两个完全不同的姓名" in listed
    explained = hub("explain", one, one, home=home).out.replace("\n", "")
    assert "已归为同一位居民，等人判断" in explained
    assert hub("review", "decide", one, one, "different", home=home).code == 0
    listed = hub("review", "list", "--json", home=home).json
    assert (listed["pairs"], len(set(listed["decisions"][0]["records"]))) == ([], 2)


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        (["decide", "Rnobody", "Rnobody", "same"], 1, "没有这个居民编码"),
        (["decide", "police/residents/P1", "police/residents/P1", "same"], 2, "同一个人"),
        (["decide", "police/residents/P1", "police/residents/P2", "maybe"], 2, "判断只能写"),
    ],
)
def test_wrong_decisions_are_refused(
    hub: Hub, small_home: Home, typed: list[str], code: int, says: str
) -> None:
    ran = hub("review", *typed, home=small_home)
    assert ran.code == code
    assert says in ran.err


def test_explained_by_every_piece(hub: Hub, small_home: Home, tmp_path: Path) -> None:
    chart = tmp_path / "依据.html"
    pair = ("police/residents/P1", "street_grid/residents/G1")
    found = hub("explain", *pair, "--json", "--html", chart, home=small_home).json
    weights = [part["weight"] for part in found["parts"]]
    assert found["weight"] == pytest.approx(found["start"] + sum(weights))
    assert found["one_person"]
    assert found["left"]["name"] == "张**"
    printed = hub("explain", *pair, home=small_home).out
    assert "1 男" in printed
    assert "1,953" not in printed
    assert "1953" in printed
    page = chart.read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href)=.?.?https?:", page), "no address outside the page"
    waterfall, weights = charts(page)
    assert {"起点", "姓名", "电话和住处", "合计"} <= words(waterfall)
    for chart in (waterfall, weights):
        assert not {one for one in words(chart) if re.search("[A-Za-z]{3}", one)}, "what is read"
    for personal in ("张三丰", "13812341234", "510108195304071234"):
        assert personal not in page
    ran = hub("explain", *pair, "--clear", home=small_home)
    assert "张三丰" in ran.out
    assert "结论：已归为同一位居民" in ran.out


def test_explained_why_not(hub: Hub, small_home: Home) -> None:
    pair = ("police/residents/P1", "police/residents/P2")
    assert "有效证件号码不同" in hub("explain", *pair, home=small_home).out
