"""A published brain of so many residents, written straight into its tables: no platform needed."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from cli.init import make_home
from hub.settings import Home, open_home
from identity.tables import create_tables
from schemas.entities import MODELS, core_schema
from warehouse.brain import create_brain
from warehouse.snapshots import publish_work, working

COMMUNITY = "510108019006"
RESIDENTS = """
    INSERT INTO resident_record BY NAME
    SELECT i + 1 AS record_id, 'police' AS platform, 'residents' AS stream, 1 AS seq,
           TIMESTAMPTZ '{now}' AS valid_from, 'P' || i AS record_key, chr((19968 + i % 500)::INT)
           || chr((20968 + i % 7000)::INT) AS name, '111' AS id_type_code,
           '510108' || strftime(DATE '1930-01-01' + (i % 30000)::INT, '%Y%m%d')
           || lpad((i % 10000)::VARCHAR, 4, '0') AS id_number, 'valid' AS id_status,
           (1 + i % 2)::VARCHAR AS sex_code, (DATE '1930-01-01' + (i % 30000)::INT) AS birth_date,
           year(DATE '1930-01-01' + (i % 30000)::INT)::SMALLINT AS birth_year,
           '138' || lpad(i::VARCHAR, 8, '0') AS phone, '01' AS ethnicity_code,
           '龙港花园' || i % 40 || '栋' || i % 900 || '室' AS residence_address,
           '1' AS residence_type_code, 'H' || i // 3 AS household_no,
           CASE WHEN i % 3 = 0 THEN '02' ELSE '20' END AS relation_code
    FROM range({people}) t(i)"""
PLACED = """
    INSERT INTO resident BY NAME
    SELECT 'R' || record_id AS resident_id, name, id_type_code, id_number, id_status, sex_code,
           birth_date, birth_year, phone, ethnicity_code, residence_address, residence_type_code,
           household_no, relation_code, 'U' || household_no AS household_id, true AS lives_here,
           '{community}' || lpad((1 + record_id % 7)::VARCHAR, 3, '0') AS grid_code,
           '龙港花园' AS place, (record_id % 40)::VARCHAR AS building,
           (record_id % 900)::VARCHAR AS room, valid_from
    FROM resident_record;
    INSERT INTO resident_link
    SELECT record_id, 'R' || record_id, 'single' FROM resident_record;
    INSERT INTO evidence BY NAME SELECT record_id, name FROM resident_record;
    INSERT INTO household BY NAME
    SELECT household_id, household_no, min(resident_id) FILTER (relation_code = '02')
        AS head_resident_id, count(*) AS member_count FROM resident GROUP BY ALL;
    INSERT INTO batch VALUES ('police.residents.000001', 1, 'police', 'residents', 'resident',
        'v1', TIMESTAMPTZ '{now}', TIMESTAMPTZ '{now}', {people}, 0, 0, 0);"""


def make_town(folder: Path, people: int) -> Home:
    """Lay out a home and publish `people` residents."""
    make_home(folder, "测试")
    home, now = open_home(folder), datetime.now(UTC).isoformat()
    with working(home) as work:
        create_brain(work.connection, {e: pl.DataFrame(schema=core_schema(e)) for e in MODELS})
        create_tables(work.connection)
        for statement in (RESIDENTS, PLACED):
            work.connection.execute(statement.format(people=people, now=now, community=COMMUNITY))
        work.close()
        publish_work(work)
    return home
