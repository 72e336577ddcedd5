"""Weigh pairs of records: the Fellegi–Sunter sum of a Splink model as one SQL expression.

A test holds it equal to what Splink itself predicts from the same file. Done here because a sync
scores a few thousand pairs among a million records, and Splink prepares the whole table first.
"""

import duckdb

from identity.model import Comparison, Model

COLUMNS = (
    "source", "bare", "sound", "letters", "glyphs", "spelt", "c1", "c2", "rest", "titled",
    "tf_bare", "phone", "room_key", "household_no", "number", "number_kind", "whole", "area",
    "born", "tail", "sex_code", "birth_date", "birth_year", "relation_code", "grams",
)  # fmt: skip
"""What comparisons may speak of."""
GRAMS = """
    CASE WHEN e.written IS NOT NULL THEN list_distinct(list_transform(
        range(1, len(replace(e.written, ' ', '')) - 1),
        lambda i: hash(replace(e.written, ' ', '')[i:i + 2]))) END"""
"""SQL of all that three neighbouring characters of an address in foreign letters are."""
BY_CHANCE = 2
"""log2 of how much commoner a name is than its two parts, were they drawn apart, would have it."""
MAY_MEET = """
    coalesce(l.sex_code = r.sex_code, true) AND (
        coalesce(abs(l.birth_year - r.birth_year) <= 1, true)
        OR l.number_kind = 'document' AND r.number_kind = 'document'
        OR coalesce(month(l.birth_date) = month(r.birth_date)
            AND day(l.birth_date) = day(r.birth_date), false))"""
"""SQL over profiles of what `joining.obstacle` does not refuse at sight: two pairs in five it does,
members of one family."""
RULE = """
    CASE WHEN level_number BETWEEN 2 AND 7 OR number_kind_l = 'document' AND weight_number > 1
         THEN 'number_part'
         WHEN phone_l = phone_r THEN 'name_phone'
         WHEN weight_contact > 0 THEN 'name_room'
         WHEN level_birth BETWEEN 1 AND 3 THEN 'name_birth' ELSE 'evidence' END"""


def make_profiles(connection: duckdb.DuckDBPyConnection, model: Model, which: str) -> None:
    """Fill `profile`: of the records in the table `which`, what can be compared.

    Texts that are only compared for being the same are hashes. What is crowded is left out: many
    strangers share it.
    """
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE profile AS
        SELECT e.record_id, {model.source("e")} AS source,
               CASE WHEN cn.value IS NULL THEN e.bare END AS bare, {_hashed("sound")},
               {_hashed("letters")}, {_hashed("glyphs")},
               CASE WHEN e.bare < '一' THEN e.letters END AS spelt, e.c1, e.c2, e.rest,
               coalesce(e.titled, false) AS titled,
               pow(2, CASE WHEN b.bucket IS NOT NULL THEN b.bucket - {model.scale} ELSE least(
                   3 - {model.scale}, {BY_CHANCE} + coalesce(bf.bucket, 3)
                   + coalesce(bg.bucket, 3) - 2 * {model.scale}) END) AS tf_bare,
               CASE WHEN cp.value IS NULL THEN {_hashed("phone", "")} END AS phone,
               CASE WHEN cr.value IS NULL THEN {_hashed("room_key", "")} END AS room_key,
               {_hashed("household_no")},
               CASE WHEN ci.value IS NULL THEN coalesce(e.id_number, e.number) END AS number,
               e.number_kind, coalesce(regexp_full_match(coalesce(e.id_number, e.number),
                   '[0-9]{{16,18}}[0-9X]'), false) AS whole,
               e.area, e.born, e.tail, e.sex_code, e.birth_date, e.birth_year, e.relation_code,
               {GRAMS} AS grams
        FROM evidence e SEMI JOIN {which} USING (record_id)
        LEFT JOIN name_bucket b ON b.kind = 'name' AND b.value = e.bare
        LEFT JOIN name_bucket bf ON bf.kind = 'first' AND bf.value = e.c1
        LEFT JOIN name_bucket bg ON bg.kind = 'given' AND bg.value = e.c2 || e.rest
        LEFT JOIN crowded cn ON cn.kind = 'name' AND cn.value = e.bare
        LEFT JOIN crowded cp ON cp.kind = 'phone' AND cp.value = e.phone
        LEFT JOIN crowded cr ON cr.kind = 'room' AND cr.value = e.room_key
        LEFT JOIN crowded ci ON ci.kind = 'number' AND ci.value = coalesce(e.id_number, e.number)
        """)


def _hashed(column: str, alias: str | None = None) -> str:
    """SQL of a text that is only ever compared for being the same, as a number: half the time."""
    named = f" AS {column}" if alias is None else ""
    return f"CASE WHEN e.{column} IS NOT NULL THEN hash(e.{column}) END{named}"


def pair_columns() -> str:
    """SQL of both records' columns, as Splink names them."""
    return ", ".join(f"{side}.{c} AS {c}_{side}" for side in ("l", "r") for c in COLUMNS)


def score_query(model: Model, pairs: str, which: str = "true") -> str:
    """SQL of `a, b, weight, rule`, and each comparison's level and weight, of the pairs.

    Args:
        model: Weighs them.
        pairs: A table with `a` and `b`; their records are in `profile`.
        which: SQL over the profiles `l` and `r`: of these pairs only.
    """
    levels = ", ".join(f"{_level_sql(one)} AS level_{one.name}" for one in model.comparisons)
    weights = ", ".join(f"{_weight_sql(one)} AS weight_{one.name}" for one in model.comparisons)
    total = " + ".join(f"weight_{one.name}" for one in model.comparisons)
    chosen = ", ".join(f"level_{one.name}, weight_{one.name}" for one in model.comparisons)
    return f"""
        WITH paired_up AS (
            SELECT p.a, p.b, {pair_columns()} FROM {pairs} p
            JOIN profile l ON l.record_id = p.a JOIN profile r ON r.record_id = p.b
            WHERE {which}),
        levelled AS (SELECT *, {levels} FROM paired_up),
        weighed AS (SELECT *, {weights} FROM levelled)
        SELECT a, b, {model.prior_weight!r}::DOUBLE + {total} AS weight, {RULE} AS rule, {chosen}
        FROM weighed"""


def _level_sql(comparison: Comparison) -> str:
    cases = " ".join(
        f"WHEN {one.condition} THEN {nth}"
        for nth, one in enumerate(comparison.levels)
        if one.condition != "ELSE"
    )
    return f"CASE {cases} ELSE {len(comparison.levels) - 1} END"


def _weight_sql(comparison: Comparison) -> str:
    cases = []
    for nth, one in enumerate(comparison.levels):
        weight = f"{one.weight!r}::DOUBLE"
        if one.frequency_column:
            base = one.weight + one.log2_u
            column = f"tf_{one.frequency_column}"
            weight = f"({base!r}::DOUBLE - log2(greatest({column}_l, {column}_r)))"
        cases.append(f"WHEN {nth} THEN {weight}")
    return f"CASE level_{comparison.name} {' '.join(cases)} END"
