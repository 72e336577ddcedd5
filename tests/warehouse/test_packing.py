"""A brain's tables are packed now and then: what is deleted does not pile up in its file."""

from pathlib import Path

from hub.settings import Home
from tests.cli.small_home import build
from warehouse.snapshots import PACKED_EVERY, publish_work, reading, working

ROWS, SHARE = 400_000, 20


def publish(home: Home, statement: str) -> int:
    with working(home) as work:
        work.connection.execute(statement)
        work.close()
        return publish_work(work)


def rows_in_file(home: Home) -> int:
    """Of a table, those that are deleted and not packed away among them."""
    with reading(home) as connection:
        found = connection.execute(
            """SELECT sum(count) FROM pragma_storage_info('quarantine')
               WHERE column_name = 'row_no' AND segment_type <> 'VALIDITY'"""
        ).fetchall()
    return int(found[0][0])


def test_what_many_syncs_delete_leaves_the_file_in_the_end(tmp_path: Path) -> None:
    home = build(tmp_path / "home")
    new = "INSERT INTO quarantine (platform, row_no) SELECT 'p', i FROM range({}) r(i)"
    number, seen = publish(home, new.format(ROWS)), {}
    while number % PACKED_EVERY:
        gone = f"DELETE FROM quarantine WHERE hash(row_no) % {SHARE} = {number};"
        number = publish(home, gone + new.format(f"{ROWS * number}, {ROWS * number + 2_000}"))
        seen[number] = rows_in_file(home)
    before = seen[number - 1]
    assert before > ROWS
    assert seen[number] < 0.8 * before
