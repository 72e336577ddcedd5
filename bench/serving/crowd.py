"""A home with a published snapshot of any size, made by SQL: golden rows, no platforms behind."""

import re
from pathlib import Path

import polars as pl

from cli.init import make_home
from hub.settings import Home, open_home
from identity.tables import create_tables
from schemas.entities import MODELS, core_schema
from warehouse.brain import create_brain
from warehouse.snapshots import publish_work, working

COMMUNITIES = 20
GRIDS = 20  # a community
HUB_YAML = """
name: 测速
divisions: [{codes}]
"""
RESIDENT = """
    INSERT INTO resident BY NAME
    SELECT 'R' || translate(left(md5(n::VARCHAR), 20), '0189', 'ghij') AS resident_id,
        '王李张刘陈杨赵黄周吴'[(hash(n) % 10)::INTEGER + 1]
          || '伟芳娜敏静丽强磊军洋'[(hash(n * 3) % 10)::INTEGER + 1]
          || '明华建国秀英玉兰杰涛'[(hash(n * 7) % 10)::INTEGER + 1] AS name,
        '111' AS id_type_code, '510108' || (1940 + n % 80)::VARCHAR || '0101'
          || lpad((n % 10000)::VARCHAR, 4, '0') AS id_number, 'valid' AS id_status,
        (1 + n % 2)::VARCHAR AS sex_code, make_date((1940 + n % 80)::BIGINT, 1, 1) AS birth_date,
        1940 + n % 80 AS birth_year, '01' AS ethnicity_code,
        '13' || lpad((hash(n) % 1000000000)::VARCHAR, 9, '0') AS phone,
        '龙港花园' || (n % 50) || '栋' || (n % 3) || '单元' || (n % 900) AS residence_address,
        '龙港花园' AS place, (n % 50)::VARCHAR AS building, '1' AS residence_type_code,
        1 + n % 3 AS records, 1 + n % 3 AS platforms, 'H' || (n // 3) AS household_id,
        'D' || (n // 3) AS dwelling_id,
        '510108' || lpad((n // 3 % $communities)::VARCHAR, 6, '0')
          || lpad((n // 60 % $grids)::VARCHAR, 3, '0') AS grid_code,
        true AS lives_here, now() AS valid_from
    FROM range($people) t(n) ORDER BY hash(n * 11)"""
OTHERS = """
    INSERT INTO grid BY NAME
    SELECT DISTINCT grid_code, left(grid_code, 12) AS community_code, grid_code AS name
    FROM resident;
    INSERT INTO household BY NAME
    SELECT household_id, min(resident_id) AS head_resident_id,
        any_value(dwelling_id) AS dwelling_id,
        any_value(grid_code) AS grid_code, count(*) AS member_count
    FROM resident GROUP BY household_id;
    INSERT INTO dwelling BY NAME
    SELECT dwelling_id, any_value(place) AS place, any_value(building) AS building,
        any_value(grid_code) AS grid_code
    FROM resident GROUP BY dwelling_id;
    INSERT INTO resident_identity BY NAME
    SELECT resident_id, row_number() OVER () AS founding_record_id, 'living' AS state
    FROM resident;
    INSERT INTO resident_label BY NAME
    SELECT resident_id, '低保' AS label, 'civil' AS platform, 's' AS stream,
        resident_id AS record_key
    FROM resident WHERE hash(resident_id) % 20 = 0;
    INSERT INTO resident_link BY NAME
    SELECT resident_id, founding_record_id AS record_id, 'single' AS rule FROM resident_identity;
    INSERT INTO resident_record BY NAME
    SELECT l.record_id, 'police' AS platform, 's' AS stream, r.resident_id AS record_key, r.name,
        r.id_number, r.phone, r.sex_code, now() AS valid_from, 1 AS seq
    FROM resident_link l JOIN resident r USING (resident_id);
"""


def crowd(folder: Path, people: int, daily: int | None = None) -> Home:
    """Make the home and publish its one snapshot; `daily` replaces every role's limit."""
    make_home(folder, "测速")
    if daily is not None:
        path = folder / "policy.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"daily: \d+", f"daily: {daily}", text), encoding="utf-8")
    codes = ", ".join(f'"510108{n:06}"' for n in range(COMMUNITIES))
    (folder / "hub.yaml").write_text(HUB_YAML.format(codes=codes), encoding="utf-8")
    home = open_home(folder)
    with working(home) as work:
        create_brain(work.connection, {e: pl.DataFrame(schema=core_schema(e)) for e in MODELS})
        create_tables(work.connection)
        work.connection.execute(
            RESIDENT, {"people": people, "communities": COMMUNITIES, "grids": GRIDS}
        )
        work.connection.execute(OTHERS)
        work.close()
        publish_work(work)
    return home
