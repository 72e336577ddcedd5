"""The tables identity keeps in the brain, beside the records they are made from."""

import duckdb

from warehouse.labels import TABLE as COMPUTED_LABEL

EVIDENCE = """
    CREATE TABLE evidence (
        record_id BIGINT, stable UBIGINT, source UBIGINT,
        name VARCHAR, bare VARCHAR, sound VARCHAR, letters VARCHAR, glyphs VARCHAR,
        c1 VARCHAR, c2 VARCHAR, rest VARCHAR, titled BOOLEAN,
        phone VARCHAR, id_number VARCHAR, number VARCHAR, number_kind VARCHAR,
        area VARCHAR, born VARCHAR, tail VARCHAR,
        sex_code VARCHAR, birth_date DATE, birth_year SMALLINT,
        household_no VARCHAR, relation_code VARCHAR, not_number VARCHAR,
        road VARCHAR, door_no VARCHAR, place VARCHAR, building VARCHAR,
        unit VARCHAR, room VARCHAR, room_key VARCHAR, written VARCHAR);
    CREATE TABLE block_key (key UBIGINT, record_id BIGINT, settled BOOLEAN);
    CREATE TABLE name_bucket (kind VARCHAR, value VARCHAR, bucket TINYINT);
    CREATE TABLE crowded (kind VARCHAR, value VARCHAR);
    CREATE TABLE edge (a BIGINT, b BIGINT, weight DOUBLE, rule VARCHAR);
    CREATE TABLE refused (a BIGINT, b BIGINT, weight DOUBLE, reason VARCHAR);
    CREATE TABLE identity_state (mark VARCHAR);
    CREATE TABLE binding (a BIGINT, b BIGINT, verdict VARCHAR);
"""
"""What identity is decided from. `stable` is a hash of a record's key: an order that does not
depend on arrival. `edge` holds the pairs worth a thought, `refused` those not joined, with
the reason; `binding` what stewards decided, as last applied."""

ENTITIES = """
    CREATE TABLE place_alias (road VARCHAR, door_no VARCHAR, compound VARCHAR);
    CREATE TABLE resident_link (record_id BIGINT, resident_id VARCHAR, rule VARCHAR);
    CREATE TABLE ambiguous (record_id BIGINT, reason VARCHAR);
    CREATE TABLE resident_identity (
        resident_id VARCHAR, founding_record_id BIGINT, merged_into VARCHAR, state VARCHAR);
    CREATE TABLE identity_event (
        happened_at TIMESTAMPTZ, kind VARCHAR, resident_id VARCHAR, other_id VARCHAR,
        reason VARCHAR);
    CREATE TABLE resident (
        resident_id VARCHAR, name VARCHAR, id_type_code VARCHAR, id_number VARCHAR,
        id_status VARCHAR, sex_code VARCHAR, birth_date DATE, birth_year SMALLINT,
        ethnicity_code VARCHAR, nationality_code VARCHAR, marital_code VARCHAR,
        education_code VARCHAR, political_code VARCHAR, employment_code VARCHAR, phone VARCHAR,
        hukou_address VARCHAR, residence_address VARCHAR, place VARCHAR, building VARCHAR,
        unit VARCHAR, room VARCHAR, room_key VARCHAR, residence_type_code VARCHAR,
        household_no VARCHAR, head_name VARCHAR, head_id_number VARCHAR, relation_code VARCHAR,
        stated_grid VARCHAR, died_on DATE, left_on DATE, records BIGINT, platforms BIGINT,
        household_id VARCHAR, dwelling_id VARCHAR, grid_code VARCHAR, lives_here BOOLEAN,
        valid_from TIMESTAMPTZ);
    CREATE TABLE resident_past AS SELECT *, valid_from AS valid_to FROM resident;
    CREATE TABLE resident_label (
        resident_id VARCHAR, label VARCHAR, detail VARCHAR, platform VARCHAR, stream VARCHAR,
        record_key VARCHAR, since DATE, until DATE);
    CREATE TABLE household (
        household_id VARCHAR, household_key VARCHAR, household_no VARCHAR,
        head_resident_id VARCHAR, household_type_code VARCHAR, dwelling_id VARCHAR,
        grid_code VARCHAR, member_count BIGINT);
    CREATE TABLE household_key (household_key VARCHAR, household_id VARCHAR);
    CREATE TABLE dwelling (
        dwelling_id VARCHAR, room_key VARCHAR, place VARCHAR, building VARCHAR, unit VARCHAR,
        room VARCHAR, grid_code VARCHAR);
    CREATE TABLE dwelling_key (room_key VARCHAR, dwelling_id VARCHAR);
    CREATE TABLE grid (
        grid_code VARCHAR, name VARCHAR, community_code VARCHAR, grid_type_code VARCHAR,
        worker_name VARCHAR, worker_phone VARCHAR, buildings VARCHAR, area_hectare DOUBLE);
    CREATE TABLE membership (
        resident_id VARCHAR, household_id VARCHAR, since TIMESTAMPTZ, until TIMESTAMPTZ);
    CREATE TABLE correction (
        resident_id VARCHAR, record_id BIGINT, field VARCHAR, said VARCHAR, held VARCHAR,
        backed_by VARCHAR, opened_at TIMESTAMPTZ, closed_at TIMESTAMPTZ);
    CREATE TABLE event_link (
        record_id BIGINT, resident_id VARCHAR, found_by VARCHAR, dwelling_id VARCHAR);
    CREATE TABLE cover (place VARCHAR, building VARCHAR, grid_code VARCHAR);
"""


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make identity's tables in an empty brain."""
    connection.execute(EVIDENCE)
    connection.execute(ENTITIES)
    connection.execute(COMPUTED_LABEL)
