"""Raw: every row read is accounted for, only differences are stored, absence is noticed."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.platform_streams import Stream
from hub.seen import SeenNumbers, different
from hub.settings import Home, HubSettings
from security.keys import create_keys
from warehouse.duck import memory, parquet
from warehouse.raw import RawPull

Row = tuple[str | None, str | None]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("home")
    create_keys(root / "secrets")
    return Home(root, HubSettings(name="test"))


def stream(**changes: object) -> Stream:
    fields = {"key": ["id"], "increment": "snapshot", "entity": "resident", "map": {"name": "name"}}
    return Stream.model_validate(fields | changes)


class Store:
    """One stream's raw files, pulled again and again; chunks of two rows."""

    def __init__(
        self, home: Home, folder: Path, settings: Stream, *, by_keys: bool = False
    ) -> None:
        self.home, self.folder, self.settings, self.by_keys = home, folder, settings, by_keys
        self.files: list[Path] = []

    def pull(self, rows: list[Row], *, complete: bool = True) -> list[tuple[str, str, str | None]]:
        """Pull `rows`; return (op, key, name) of what was stored."""
        raw = RawPull(self.home, self.settings, list(self.files))
        if self.by_keys:
            raw._remember_seen()
        stored = []
        try:
            for start in range(0, max(len(rows), 1), 2):
                piece = rows[start : start + 2]
                columns = {
                    "id": pa.array([r[0] for r in piece], pa.string()),
                    "name": pa.array([r[1] for r in piece], pa.string()),
                }
                counts = raw.compare(pa.table(columns))
                assert counts.read == counts.stored + counts.unchanged + counts.repeated
                stored += self._write(raw) if counts.stored else []
            if complete and self.settings.increment.snapshot:
                raw.gone()
                stored += self._write(raw) if raw.has_fresh() else []
        finally:
            raw.close()
        return stored

    def _write(self, raw: RawPull) -> list[tuple[str, str, str | None]]:
        path = self.folder / f"{len(self.files):06d}.parquet"
        raw.write(path)
        self.files.append(path)
        with memory(self.home) as connection:
            source = parquet(self.home, [path])
            columns = {r[0] for r in connection.execute(f"DESCRIBE FROM {source}").fetchall()}
            name = "name" if "name" in columns else "NULL"
            query = f"SELECT _op, _key, {name} FROM {source} ORDER BY _row"
            return connection.execute(query).fetchall()

    def state(self) -> dict[str, str | None]:
        """Replay the stored files: key → name of the living records."""
        living: dict[str, str | None] = {}
        with memory(self.home) as connection:
            for path in self.files:
                source = parquet(self.home, [path])
                rows = connection.execute(f"FROM {source} ORDER BY _row").to_arrow_table()
                for row in rows.to_pylist():
                    if row["_op"] == "upsert":
                        living[row["_key"]] = row["name"]
                    elif row["_op"] == "delete":
                        living.pop(row["_key"], None)
        return living


@pytest.fixture
def store(home: Home, tmp_path: Path) -> Store:
    return Store(home, tmp_path, stream())


def test_only_what_changed_is_stored(store: Store) -> None:
    assert store.pull([("1", "甲"), ("2", "乙"), ("3", None)]) == [
        ("upsert", "1", "甲"),
        ("upsert", "2", "乙"),
        ("upsert", "3", None),
    ]
    assert store.pull([("1", "甲"), ("2", "乙"), ("3", None)]) == []
    assert store.pull([("1", "甲"), ("2", "丙"), ("3", "")]) == [
        ("upsert", "2", "丙"),
        ("upsert", "3", ""),
    ]


def test_absent_records_are_deleted_and_may_return(store: Store) -> None:
    store.pull([("1", "甲"), ("2", "乙"), ("3", "丙")])
    assert store.pull([("1", "甲"), ("3", "丙")]) == [("delete", "2", None)]
    assert store.pull([("1", "甲"), ("3", "丙")]) == []
    assert store.pull([("1", "甲"), ("2", "乙"), ("3", "丙")]) == [("upsert", "2", "乙")]


def test_second_row_under_one_key_is_set_aside_once_and_withdrawn(store: Store) -> None:
    rows: list[Row] = [("1", "甲"), ("2", "乙"), ("1", "丙"), ("1", "甲")]
    assert store.pull(rows) == [
        ("upsert", "1", "甲"),
        ("upsert", "2", "乙"),
        ("duplicate", "1", "丙"),
    ]
    assert store.pull(rows) == []
    assert store.pull(rows[::-1]) == [], "another order is not a change"
    assert store.pull(rows[:2]) == [("withdrawn", "1", None)]
    assert store.pull(rows[:2]) == []


def test_row_without_key_is_set_aside_not_lost(store: Store) -> None:
    (first, second) = store.pull([(None, "甲"), ("", "乙")])
    assert first[0] == second[0] == "nokey"
    assert store.pull([(None, "甲"), ("", "乙")]) == []
    assert [op for op, _, _ in store.pull([("", "乙")])] == ["withdrawn"]


def test_marked_rows_are_deletes(home: Home, tmp_path: Path) -> None:
    marked = stream(deletes={"column": "name", "when": ["销"]}, increment={"watermark": "name"})
    store = Store(home, tmp_path, marked)
    assert store.pull([("1", "甲"), ("2", "乙")])[0] == ("upsert", "1", "甲")
    assert store.pull([("1", "销")]) == [("delete", "1", "销")]
    assert store.state() == {"2": "乙"}


def test_composite_keys_are_escaped(home: Home, tmp_path: Path) -> None:
    store = Store(home, tmp_path, stream(key=["id", "name"]))
    keys = [key for _, key, _ in store.pull([("a|b", "c"), ("a", "b|c")])]
    assert keys == ["a\\|b|c", "a|b\\|c"]


def test_files_are_encrypted(store: Store) -> None:
    store.pull([("510108195304070000", "欧阳静瑶")])
    (path,) = store.files
    content = path.read_bytes()
    assert content[:4] == b"PARE"
    assert "欧阳静瑶".encode() not in content


cells = st.sampled_from(["甲", "乙", "", None])
tables = st.lists(st.tuples(st.sampled_from("123456"), cells), max_size=8)


@settings(max_examples=14, deadline=None)
@given(st.lists(tables, min_size=1, max_size=3))
def test_replaying_raw_gives_the_source(
    home: Home, tmp_path_factory: pytest.TempPathFactory, versions: list[list[Row]]
) -> None:
    plain = Home(home.root, HubSettings(name="test", encryption=False))  # quicker to open
    store = Store(plain, tmp_path_factory.mktemp("raw"), stream())
    for rows in versions:
        store.pull(rows)
        assert store.state().keys() == {key for key, _ in rows}
        for key, name in store.state().items():
            assert (key, name) in rows
        store.pull(rows)  # a new row under an old key may take its place one pull later
        assert store.pull(rows) == [], "pulling the same again stores nothing"


@settings(max_examples=24, deadline=None)
@given(st.lists(tables, min_size=1, max_size=3))
def test_numbers_in_place_of_keys_change_nothing(
    home: Home, tmp_path_factory: pytest.TempPathFactory, versions: list[list[Row]]
) -> None:
    plain = Home(home.root, HubSettings(name="test", encryption=False))
    folder = tmp_path_factory.mktemp("raw")
    by_numbers, by_keys = (
        Store(plain, folder / str(way), stream(), by_keys=way) for way in (False, True)
    )
    for rows in versions:
        assert by_numbers.pull(rows) == by_keys.pull(rows)


@given(st.lists(st.lists(st.integers(0, 2**64 - 1), min_size=1), max_size=12), st.data())
def test_a_number_is_known_once_it_was_added(added: list[list[int]], data: st.DataObject) -> None:
    seen, every = SeenNumbers(), [n for one in added for n in one]
    for one in added:
        seen.add(np.array(one, np.uint64))
    asked = data.draw(st.lists(st.sampled_from(every) if every else st.just(0), max_size=3))
    asked += data.draw(st.lists(st.integers(0, 2**64 - 1), max_size=3))
    assert seen.known(np.array(asked, np.uint64)).tolist() == [one in every for one in asked]
    assert sorted(seen.every().tolist()) == sorted(every)


def test_the_same_cells_of_another_column_are_another_row(home: Home, tmp_path: Path) -> None:
    before = stream(map={"name": "name"})
    raw = RawPull(home, before, [])
    assert raw.compare(pa.table({"id": ["1"], "name": ["张三"]})).stored == 1
    raw.write(tmp_path / "1.parquet")
    raw.close()
    raw = RawPull(home, stream(map={"name": "named"}), [tmp_path / "1.parquet"])
    assert raw.compare(pa.table({"id": ["1"], "named": ["张三"]})).stored == 1
    raw.close()


@given(st.lists(st.integers(0, 5) | st.integers(0, 2**64 - 1)))
def test_different_numbers_are_numpys_unique_ones(numbers: list[int]) -> None:
    given_numbers = np.array(numbers, np.uint64)
    assert different(given_numbers).tolist() == np.unique(given_numbers).tolist()
