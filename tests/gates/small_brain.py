"""A small sound brain: 60 residents in 20 households, three platforms, five batches."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from hub.settings import Home, open_home
from identity.tables import create_tables
from schemas.entities import MODELS, core_schema
from security.keys import create_keys
from warehouse.brain import create_brain
from warehouse.duck import attach, connect

PERSONAL = ("测试姓名", "51010819530407")
"""What every personal value of the brain begins with."""

SOUND = """
    INSERT INTO grid BY NAME
    SELECT 'G' || i AS grid_code, '1' AS grid_type_code FROM range(3) t(i);
    INSERT INTO dwelling BY NAME
    SELECT 'D' || i AS dwelling_id, 'G' || (i % 3) AS grid_code FROM range(20) t(i);
    INSERT INTO household BY NAME
    SELECT 'H' || i AS household_id, 'D' || i AS dwelling_id, 'G' || (i % 3) AS grid_code,
           'R' || (3 * i) AS head_resident_id, '1' AS household_type_code FROM range(20) t(i);
    INSERT INTO resident BY NAME
    SELECT 'R' || i AS resident_id, '测试姓名' || i AS name, '111' AS id_type_code,
           '51010819530407' || (1000 + i) AS id_number, 'valid' AS id_status,
           (1 + i % 2)::VARCHAR AS sex_code, '01' AS ethnicity_code, '70' AS education_code,
           'H' || (i // 3) AS household_id, 'D' || (i // 3) AS dwelling_id,
           'G' || (i // 3 % 3) AS grid_code, true AS lives_here, now() AS valid_from
    FROM range(60) t(i);
    INSERT INTO resident_label BY NAME
    SELECT 'R1' AS resident_id, '低保' AS label, 'street' AS platform, 'residents' AS stream;
    INSERT INTO resident_record BY NAME
    SELECT i AS record_id, 'street' AS platform, 'residents' AS stream, 1 AS seq,
           now() AS valid_from, 's' || i AS record_key, name, id_number, id_status
    FROM range(60) t(i) JOIN resident ON resident_id = 'R' || i;
    INSERT INTO resident_record BY NAME
    SELECT 100 + i AS record_id, 'police' AS platform, 'people' AS stream, 2 AS seq,
           now() AS valid_from, id_number AS record_key, name, id_number, id_status
    FROM range(60) t(i) JOIN resident ON resident_id = 'R' || i;
    INSERT INTO household_record BY NAME
    SELECT 200 + i AS record_id, 'police' AS platform, 'households' AS stream, 3 AS seq,
           now() AS valid_from, 'h' || i AS record_key FROM range(20) t(i);
    INSERT INTO grid_record BY NAME
    SELECT 300 AS record_id, 'street' AS platform, 'grids' AS stream, 4 AS seq,
           now() AS valid_from, 'g0' AS record_key, 'G0' AS grid_code;
    INSERT INTO resident_link SELECT i, 'R' || (i % 100), 'id_number' FROM range(60) t(i);
    INSERT INTO resident_link SELECT 100 + i, 'R' || i, 'id_number' FROM range(60) t(i);
    INSERT INTO batch BY NAME SELECT * FROM (VALUES
        ('street.residents.000001', 1, 'street', 'residents', 60, 0, 0, 0),
        ('police.people.000001', 2, 'police', 'people', 60, 0, 1, 0),
        ('police.households.000001', 3, 'police', 'households', 20, 0, 0, 0),
        ('street.grids.000001', 4, 'street', 'grids', 1, 0, 0, 0)
    ) AS b(batch_id, seq, platform, stream, upserts, deletes, set_aside, with_issues);
    INSERT INTO quarantine BY NAME
    SELECT 'police' AS platform, 'people' AS stream, 'police.people.000001' AS batch_id,
           '测试姓名' AS raw, 'no_identity' AS reason;
"""


def make_home(root: Path) -> Home:
    """An encrypted hub home without platforms."""
    root.mkdir(parents=True)
    (root / "hub.yaml").write_text("name: 测试社区\n", encoding="utf-8")
    create_keys(root / "secrets")
    return open_home(root)


def make_brain(home: Home, name: str, changes: Iterable[str] = ()) -> Path:
    """Write a closed brain below the home: the sound one, then each change."""
    path, sound = home.data / name, home.data / "sound.duckdb"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not sound.exists():
        _write(home, sound, [SOUND], new=True)
    shutil.copyfile(sound, path)
    _write(home, path, changes)
    return path


def _write(home: Home, path: Path, statements: Iterable[str], *, new: bool = False) -> None:
    connection = connect(home)
    try:
        attach(home, connection, path, read_only=False)
        if new:
            empty = {str(one): pl.DataFrame(schema=core_schema(one)) for one in MODELS}
            create_brain(connection, empty)
            create_tables(connection)
        for statement in statements:
            connection.execute(statement)
        connection.execute("CHECKPOINT brain")
    finally:
        connection.close()


def request_for(home: Home, path: Path, base: Path | None, **others: object) -> dict[str, object]:
    """What the sync sends to the gates."""
    return {
        "home": str(home.root),
        "path": str(path),
        "base_path": None if base is None else str(base),
        "allow_drop": {"police": {"people": 0.05, "households": 0.1}},
        "residents_drop": 0.05,
        "accept_drop": [],
        **others,
    }
