"""Community A, whole: seven real platforms in, the published numbers out, and what changes later.

The truth is the generator's own; the hub sees only what the platforms hold.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook

from cli.main import main
from examples.community_a import changes, run
from examples.community_a.platforms import village_link
from hub.settings import Home, open_home
from pipelines.sync import SyncReport, run_sync
from reports.asking import questions
from reports.collected import keep_collected
from reports.fill import fill
from reports.overlap import overlap
from reports.people import people_of
from reports.register import Sent, register
from security.keys import create_keys
from tests.reports.against_truth import compared
from tests.reports.count_cells import cells
from tests.reports.department_forms import COUNTS, FORMS, write_counts, write_form
from warehouse.answers import write_crosswalk
from warehouse.snapshots import current_number, reading

LIFE = ("move", "death", "moved_out", "corrected_name", "new_tenant", "deleted_row", "new_batch")
TROUBLE = ("half_table", "cut_file", "api_down", "short_batch")


class Demo:
    def __init__(self, home: Home, capsys: pytest.CaptureFixture[str] | None = None) -> None:
        self.home = home
        judge = run.truth_folder(home.root)
        self.truth = json.loads((judge / "counts.json").read_text(encoding="utf-8"))
        self.persons = pl.read_parquet(judge / "persons.parquet")
        self.also = pl.read_parquet(judge / "also.parquet")
        records = pl.read_parquet(judge / "records.parquet")
        ticket = pl.col("stream") == village_link.TICKETS
        self.records, self.tickets = records.remove(ticket), records.filter(ticket)

    def sync(self) -> SyncReport:
        report = run_sync(self.home)
        for pull in report.pulls:
            assert pull.read == pull.stored + pull.unchanged + pull.repeated, pull
        return report

    def query(self, sql: str) -> pl.DataFrame:
        with reading(self.home) as connection:
            return pl.DataFrame(connection.execute(sql).to_arrow_table())

    def crosswalk(self) -> pl.DataFrame:
        path = self.home.root / "crosswalk.parquet"
        with reading(self.home) as connection:
            write_crosswalk(connection, path)
        return pl.read_parquet(path)


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with TemporaryDirectory(prefix="hub-demo-") as folder:
        Path(folder).chmod(0o755)  # the database servers run under accounts of their own
        root = Path(folder) / "demo"
        run.start(root)
        try:
            home = open_home(root)
            create_keys(home.secrets)
            one = Demo(home)
            report = one.sync()
            assert (report.status, report.published) == ("ok", 1), report.error
            yield one
        finally:
            run.stop(root)


def status(demo: Demo, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert main(["status", "--json", "--home", str(demo.home.root)]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_published_numbers_come_out_exactly(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    found = status(demo, capsys)
    published = {
        "residents": 5764, "registered": 2180, "households": 1903, "compounds": 9, "grids": 7,
    }  # fmt: skip
    assert {name: found[name] for name in published} == published
    assert found["area_hectare"] == pytest.approx(30.0)
    labels = {
        "党员": 55, "流动党员": 43, "流出党员": 1, "低保": 5, "低边": 2, "残疾": 29, "行动不便": 10,
        "出国": 2, "两委": 9, "工作人员": 9, "专职社工": 6,
    }  # fmt: skip
    assert isinstance(found["labels"], dict)
    assert isinstance(found["label_details"], dict)
    assert {name: found["labels"][name] for name in labels} == labels
    assert len(found["label_details"]["党员"]) == 5
    for name, value in demo.truth["labels"].items():
        if name in found["labels"]:
            assert found["labels"][name] == value, name


def test_the_command_shows_the_summary_and_one_resident(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["demo", "--home", str(demo.home.root)]) == 0
    shown = capsys.readouterr().out
    assert "常住人口 5,764 · 户籍人口 2,180 · 常住户 1,903 · 小区 9 · 网格 7" in shown
    assert shown.index("例如这个人") < shown.index("各字段取值") < shown.index("接下来")


def test_every_row_is_accounted_for(demo: Demo) -> None:
    # living records and those set aside, per stream, are just those of the truth
    held = demo.query("""
        SELECT platform, stream, count(*) AS n FROM (
            SELECT platform, stream FROM resident_record
            UNION ALL SELECT platform, stream FROM grid_record
            UNION ALL SELECT platform, stream FROM event_record) GROUP BY ALL ORDER BY ALL""")
    aside = demo.query("""
        SELECT platform, stream, count(*) AS n FROM quarantine GROUP BY ALL ORDER BY ALL""")
    count = pl.len().cast(pl.Int64).alias("n")
    fates = (
        pl.concat([demo.records, demo.tickets]).group_by("platform", "stream", "fate").agg(count)
    )
    for fate, found in (("kept", held), ("quarantined", aside)):
        expected = fates.filter(fate=fate).select("platform", "stream", "n")
        assert expected.sort("platform", "stream").rows() == found.rows(), fate


def test_each_person_is_one_resident(demo: Demo) -> None:
    truth = demo.records.filter(fate="kept").drop_nulls("person_id")
    both = truth.join(demo.crosswalk(), on=["platform", "stream", "record_key"], how="left")
    assert both["resident_id"].null_count() == 0
    pairs = both.select("person_id", "resident_id").unique()
    assert pairs["person_id"].n_unique() == pairs.height, "a person was split"
    assert pairs["resident_id"].n_unique() == pairs.height, "two persons were merged"


def test_tickets_are_told_of_whom_they_are(demo: Demo) -> None:
    found = demo.query("""
        SELECT record_key, resident_id, dwelling_id, found_by FROM event_link
        JOIN record_id USING (record_id)""")
    both = demo.tickets.join(found, on="record_key", how="left")
    assert both.height == village_link.REPORTED
    whose = demo.records.filter(fate="kept").join(
        demo.crosswalk(), on=["platform", "stream", "record_key"]
    )
    true = both.join(whose.select("person_id", true="resident_id").unique(), on="person_id")
    assert true.height == both.height
    told = true.drop_nulls("resident_id")
    assert told.filter(pl.col("resident_id") != pl.col("true")).height == 0
    assert told.height >= 0.97 * both.height
    assert set(told["found_by"]) == {"key", "phone"}
    assert both.drop_nulls("dwelling_id").height == both.height


def test_households_and_grids_are_right(demo: Demo) -> None:
    truth = demo.records.filter(fate="kept").drop_nulls("person_id")
    one = truth.select("platform", "stream", "record_key", "person_id")
    found = one.join(demo.crosswalk(), on=["platform", "stream", "record_key"])
    found = found.select("person_id", "resident_id", "household_id", "grid_code").unique()
    both = demo.persons.filter("resident").join(found, on="person_id", suffix="_found")
    assert both.filter(pl.col("grid_code") != pl.col("grid_code_found")).height == 0
    pairs = both.select("household", "household_id").unique()
    assert pairs.height == pairs["household"].n_unique() == pairs["household_id"].n_unique()


def test_golden_values_are_the_true_ones(demo: Demo) -> None:
    rows = demo.query(
        """
        SELECT r.name, r.id_number, r.sex_code, r.birth_date, l.record_key
        FROM resident r JOIN resident_link l USING (resident_id)
        JOIN record_id i USING (record_id) WHERE i.platform = 'district_population'
    """.replace("l.record_key", "i.record_key")
    )
    keys = demo.records.filter(platform="district_population", fate="kept")
    both = demo.persons.join(keys.select("person_id", "record_key"), on="person_id").join(
        rows, on="record_key", suffix="_found"
    )
    assert both.height > 5000
    for field in ("name", "id_number", "sex_code", "birth_date"):
        wrong = both.filter(pl.col(field).ne_missing(pl.col(f"{field}_found")))
        assert wrong.height == 0, field


def test_departments_forms_are_answered_rightly(demo: Demo, tmp_path: Path) -> None:
    """Of the cells that 52 forms ask in a month: how many are answered, and how many rightly."""
    home = demo.home
    with (home.root / "labels.yaml").open("a", encoding="utf-8") as dictionary:
        for label in ("养犬", "社区矫正"):  # what departments ask about and nobody grants here
            dictionary.write(f"  - {{name: {label}, level: 居, owner: 社区, kind: granted}}\n")
    forms = [
        register(home, write_form(one, tmp_path), Sent(one.department, population=one.population))
        for one in FORMS
    ]
    forms += [register(home, write_counts(one, tmp_path), Sent("统计")) for one in COUNTS]
    asked = [one.form for one in forms]
    known = demo.records.filter(fate="kept").drop_nulls("person_id")
    both = known.join(demo.crosswalk(), on=["platform", "stream", "record_key"])
    residents = both.select("person_id", "resident_id").unique()
    try:
        with people_of(home, None) as (people, _):
            first = overlap(asked, people)
            judged = list(compared(asked, people, demo.persons, residents, demo.also))
            open_questions = questions(asked, people)
        filled = sum(one.filled for one in judged)
        assert filled > 300_000
        assert sum(one.right for one in judged) >= 0.995 * filled
        cells = [one for form in first.reports for one in form.columns]
        placed = [one for one in cells if not one.item.startswith("other:")]
        assert sum(one.filled for one in placed) >= 0.95 * sum(one.applies for one in placed)
        assert first.answered_share >= 0.90
        answers = open_questions.filter(pl.col("item").str.starts_with("other:")).select(
            "resident_id", "item", pl.lit("已答").alias("value"),
            pl.lit("清单").alias("record_key"), pl.lit(datetime.now(UTC)).alias("at"),
        )  # fmt: skip
        keep_collected(home, answers, datetime.now(UTC))
        with people_of(home, None) as (people, _):
            assert overlap(asked, people).answered_share >= 0.95  # a month later
    finally:
        shutil.rmtree(home.data / "collected", ignore_errors=True)
        shutil.rmtree(home.root / "forms")


def test_every_cell_of_a_table_of_counts_is_whoever_both_its_row_and_its_column_say(
    demo: Demo, tmp_path: Path
) -> None:
    with people_of(demo.home, None) as (people, connection):
        found = [one for seed in range(12)
                 for one in cells(demo.home, connection, people, tmp_path, seed)]  # fmt: skip
    assert [one for one in found if one[2] != one[3]] == []


def test_who_is_counted_in_no_grid_is_told(demo: Demo, tmp_path: Path) -> None:
    book = Workbook()
    for row in (["网格名称", "常住人口", "户籍人口"], [None], ["合计"]):
        book.active.append(row)
    book.save(tmp_path / "各网格.xlsx")
    form = register(demo.home, tmp_path / "各网格.xlsx", Sent("公安")).form
    with people_of(demo.home, None) as (people, connection):
        told = fill(demo.home, connection, form, people, tmp_path / "o.xlsx")
    *_, (_, residing, registered) = load_workbook(tmp_path / "o.xlsx").active.values
    assert residing == demo.truth["residents"]
    assert told.unplaced == {"网格": demo.truth["registered"] - registered}
    assert told.unplaced["网格"] > 0


def test_nothing_new_changes_nothing(demo: Demo) -> None:
    before, ids = current_number(demo.home), demo.crosswalk()
    report = demo.sync()
    assert (report.status, report.published) == ("ok", None)
    assert current_number(demo.home) == before
    assert demo.crosswalk().equals(ids)


def test_life_arrives_and_only_it(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    before, known = status(demo, capsys), demo.crosswalk()
    expected = [changes.make(demo.home.root, name) for name in LIFE]
    report = demo.sync()
    assert report.status == "ok", report.error
    assert report.published is not None
    after = status(demo, capsys)
    for number in ("residents", "registered", "households", "grids", "compounds"):
        delta = sum(one.delta.get(number, 0) for one in expected)
        assert after[number] == int(str(before[number])) + delta, number
    touched = {(one.platform, key) for one in expected for key in one.keys}
    assert sum(pull.stored + pull.gone for pull in report.pulls) == len(touched)
    old = dict(zip(known["record_key"] + known["platform"], known["resident_id"], strict=True))
    now = demo.crosswalk()
    new = dict(zip(now["record_key"] + now["platform"], now["resident_id"], strict=True))
    assert {key for key in old if key in new and old[key] != new[key]} == set()
    changed = demo.query("SELECT DISTINCT resident_id FROM resident_past")["resident_id"]
    allowed = {old[key + platform] for platform, key in touched if key + platform in old}
    assert set(changed) <= allowed | _housemates(demo, allowed)
    name = demo.query(f"SELECT count(*) AS n FROM resident WHERE name = '{changes.CORRECTED}'")
    assert name["n"][0] == 1


def _housemates(demo: Demo, residents: set[str]) -> set[str]:
    ids = ", ".join(f"'{one}'" for one in residents)
    found = demo.query(f"""
        SELECT resident_id FROM resident WHERE household_id IN (
            SELECT household_id FROM resident WHERE resident_id IN ({ids})
            UNION SELECT household_id FROM resident_past WHERE resident_id IN ({ids}))""")
    return set(found["resident_id"])


def test_trouble_is_named_and_harms_nothing(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    before = status(demo, capsys)
    expected = [changes.make(demo.home.root, name) for name in TROUBLE]
    report = demo.sync()
    assert report.status == "partial"
    kinds = {one.place.split(".")[0]: one.kind for one in report.failures}
    assert kinds == {one.platform: one.error for one in expected}
    after = status(demo, capsys)
    for number in ("residents", "registered", "households", "grids", "compounds", "labels"):
        assert after[number] == before[number], number


def test_first_day_comes_back(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    changes.make(demo.home.root, "restore")
    report = demo.sync()
    assert report.status == "ok", report.error
    found = status(demo, capsys)
    for number in ("residents", "registered", "households", "grids", "compounds"):
        assert found[number] == demo.truth[number], number
