"""Labels that follow from data: kept with since when, until when, by which rule and version.

A label that a platform grants lies in `resident_label`, one that a rule of labels.yaml gives in
`computed_label`; `HELD` is both. An ended row stays, so that yesterday can be asked for.
"""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date

import duckdb

from warehouse.duck import literal

TABLE = """
    CREATE TABLE computed_label (
        resident_id VARCHAR, label VARCHAR, since DATE, until DATE, rule VARCHAR, version BIGINT,
        basis VARCHAR);
"""
"""Grain: a resident, label, rule and span of days; `until` is the first day it held no more: of
whom died or left, that day, else the day on which it was first seen. Whoever comes back has it
since the day on which that was seen, not since the birthday again.
`basis` names the fields that the rule looked at, never their values."""
LASTS = "(until IS NULL OR until >= {day})"
"""Whether a label that was granted, perhaps as far as a day, holds still."""
HELD = f"""
    (SELECT resident_id, label, detail, platform, stream, record_key, since, until
     FROM resident_label
     UNION ALL
     SELECT c.resident_id, c.label, NULL, 'labels.yaml', NULL,
            c.rule || '（第' || c.version || '版）', c.since, NULL
     FROM computed_label c
     ANTI JOIN (
         SELECT resident_id, label FROM resident_label
         WHERE {LASTS.format(day="(SELECT max(value)::DATE FROM meta WHERE name = 'labels_on')")}) g
         USING (resident_id, label)
     WHERE c.until IS NULL)"""
"""Granted labels, and those computed now that nobody has granted; columns as `resident_label`."""
TEXTS = (
    "resident_id", "id_type_code", "id_status", "sex_code", "ethnicity_code", "nationality_code",
    "marital_code", "education_code", "political_code", "employment_code", "residence_type_code",
    "relation_code", "compound", "building", "grid_code", "birth_date", "died_on", "left_on",
)  # fmt: skip
NUMBERS = ("age", "birth_year", "member_count", "household_youngest")
ALWAYS = {"resident_id", "birth_date", "lives_here", "residence_type_code", "died_on", "left_on"}
BOUNDS = {("age", ">="): "age_least", ("age", ">"): "age_least",
          ("age", "<="): "age_most", ("age", "<"): "age_most"}  # fmt: skip
"""Who is known by the year of birth only fulfils what holds at either age."""
STAYS = "died_on IS NULL AND left_on IS NULL"
AMONG = {
    "residents": "lives_here",
    "registered": f"residence_type_code IN ('1', '2') AND {STAYS}",
    "everyone": "true",
}
BASIS = {"age": "birth_date", "member_count": "household_id",
         "household_youngest": "household_id、birth_date"}  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """`op` is =, !=, <, <=, >, >=, has, has not; any of `values` will do."""

    item: str
    op: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class LabelRule:
    """One rule of labels.yaml; all conditions hold, among `whole` (None: alive and not gone)."""

    label: str
    version: int
    text: str
    whole: str | None
    conditions: tuple[Condition, ...]

    @property
    def basis(self) -> str:
        """The fields it looks at."""
        named = "、".join(BASIS.get(c.item, c.item) for c in self.conditions)
        return "、".join(dict.fromkeys(named.split("、")))


def known(item: str) -> bool:
    """Whether a rule can look at an item."""
    return item in TEXTS or item in NUMBERS or item == "labels"


def update_labels(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[LabelRule], day: date
) -> None:
    """End what no longer holds on `day`, begin what does now; note the day and the rules."""
    _compute(connection, rules, day)
    run = connection.execute
    run(f"""
        UPDATE computed_label SET until = greatest(since, coalesce(g.gone, DATE '{day}'))
        FROM (SELECT e.rowid AS ended, g.gone
              FROM computed_label e ANTI JOIN holding USING (resident_id, label, rule, version)
              LEFT JOIN (SELECT resident_id, least(died_on, left_on, DATE '{day}') AS gone
                         FROM label_fact WHERE NOT ({STAYS})) g USING (resident_id)
              WHERE e.until IS NULL) g
        WHERE computed_label.rowid = g.ended""")
    run(f"""
        INSERT INTO computed_label
        SELECT resident_id, label,
               CASE WHEN ended.until > since THEN DATE '{day}' ELSE since END,
               NULL, rule, version, basis FROM holding
        LEFT JOIN (SELECT resident_id, label, rule, version, max(until) AS until
                   FROM computed_label GROUP BY ALL) ended
            USING (resident_id, label, rule, version)
        ANTI JOIN (FROM computed_label WHERE until IS NULL) o
            USING (resident_id, label, rule, version)""")
    run("DELETE FROM meta WHERE name IN ('labels_on', 'label_rules')")
    run("INSERT INTO meta VALUES ('labels_on', ?), ('label_rules', ?)", [str(day), _text(rules)])


def labels_differ(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[LabelRule], day: date
) -> bool:
    """Whether other labels hold on `day` than a snapshot has: a birthday passed, a rule changed."""
    meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    if (meta.get("labels_on"), meta.get("label_rules")) == (str(day), _text(rules)):
        return False
    _compute(connection, rules, day)
    columns = "resident_id, label, rule, version"
    found = connection.execute(f"""
        SELECT count(*) FROM (
            (SELECT {columns} FROM holding
             EXCEPT SELECT {columns} FROM computed_label WHERE until IS NULL)
            UNION ALL
            (SELECT {columns} FROM computed_label WHERE until IS NULL
             EXCEPT SELECT {columns} FROM holding))""").fetchall()
    return bool(found[0][0])


def labels_on(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The day for which a snapshot's labels were computed."""
    found = connection.execute("SELECT value FROM meta WHERE name = 'labels_on'").fetchall()
    return date.fromisoformat(found[0][0]) if found else None


def contradicting(
    connection: duckdb.DuckDBPyConnection, rule: LabelRule, day: date
) -> list[tuple[str, str, str, str]]:
    """Who was granted a label that the rule says they cannot have, for certain.

    Returns: resident_id, platform, stream, record_key. Whom too little is known of is left out.
    """
    _facts(connection, [rule], day)
    doubts = " OR ".join(_contradicted(one, day) for one in rule.conditions) or "false"
    found = connection.execute(
        f"""SELECT f.resident_id, l.platform, l.stream, l.record_key
            FROM label_fact f JOIN resident_label l USING (resident_id)
            WHERE l.label = ? AND {_lasts(day)} AND {STAYS} AND ({doubts})
            ORDER BY ALL""",
        [rule.label],
    )
    return found.fetchall()


def _lasts(day: date) -> str:
    return LASTS.format(day=literal(str(day)) + "::DATE")


def _text(rules: Sequence[LabelRule]) -> str:
    return json.dumps([astuple(one) for one in rules], ensure_ascii=False)


def _compute(connection: duckdb.DuckDBPyConnection, rules: Sequence[LabelRule], day: date) -> None:
    """Fill `holding`: one row a resident and rule that holds on the day."""
    _facts(connection, rules, day)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE holding (
            resident_id VARCHAR, label VARCHAR, since DATE, rule VARCHAR, version BIGINT,
            basis VARCHAR)""")
    for rule in rules:
        holds = " AND ".join(_sql(one, day) for one in rule.conditions) or "true"
        among = STAYS if rule.whole is None else AMONG[rule.whole]
        connection.execute(
            f"""INSERT INTO holding
                SELECT resident_id, ?, {_since(rule, day)}, ?, ?, ? FROM label_fact
                WHERE {among} AND {holds}""",
            [rule.label, rule.text, rule.version, rule.basis],
        )


def _facts(connection: duckdb.DuckDBPyConnection, rules: Sequence[LabelRule], day: date) -> None:
    """`label_fact`: of everybody what the rules look at, with age, and with whom they live."""
    turned = f"month(birth_date) * 100 + day(birth_date) <= {day.month * 100 + day.day}"
    age = f"({day.year} - year(birth_date) - CASE WHEN {turned} THEN 0 ELSE 1 END)"
    looked_at = {c.item for rule in rules for c in rule.conditions} & {*TEXTS, "birth_year"}
    columns = ", ".join(f"a.{one}" for one in sorted(looked_at | ALWAYS))
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE label_fact AS
        WITH aged AS (
            SELECT *, place AS compound, {age} AS age,
                   coalesce({age}, {day.year} - 1 - birth_year) AS age_least,
                   coalesce({age}, {day.year} - birth_year) AS age_most
            FROM resident),
        living AS (
            SELECT household_id, count(*) AS member_count,
                   CASE WHEN count(age) = count(*) THEN min(age) END AS household_youngest
            FROM aged WHERE lives_here AND household_id IS NOT NULL GROUP BY household_id)
        SELECT {columns}, a.age, a.age_least, a.age_most,
               CASE WHEN a.lives_here THEN l.member_count END AS member_count,
               CASE WHEN a.lives_here THEN l.household_youngest END AS household_youngest
        FROM aged a LEFT JOIN living l USING (household_id)""")


def _since(rule: LabelRule, day: date) -> str:
    """A rule of ages alone holds since a birthday; another since the day it was first seen."""
    least = [
        int(c.values[0]) + (c.op == ">")
        for c in rule.conditions
        if c.item == "age" and c.op in (">=", ">")
    ]
    if len(least) != len(rule.conditions) or not least:
        return f"DATE '{day}'"
    birthday = f"(birth_date + INTERVAL {max(least)} YEAR)::DATE"
    return f"coalesce({birthday}, DATE '{day}')"


def _contradicted(condition: Condition, day: date) -> str:
    """Whether a condition fails for certain, at either age."""
    if condition.item == "labels":
        return f"NOT {_sql(condition, day)}"
    bound = _column(condition)
    other = {"age_least": "age_most", "age_most": "age_least"}.get(bound, bound)
    return f"({other} IS NOT NULL AND NOT {_sql(condition, day, other)})"


def _column(condition: Condition) -> str:
    return BOUNDS.get((condition.item, condition.op), condition.item)


def _sql(condition: Condition, day: date, column: str = "") -> str:
    """A condition on `label_fact`; what is not known fulfils nothing."""
    values = [literal(one) for one in condition.values]
    if condition.item == "labels":
        has = (
            "resident_id IN (SELECT resident_id FROM resident_label "
            f"WHERE {_lasts(day)} AND label IN ({', '.join(values)}))"
        )
        return has if condition.op == "has" else f"NOT {has}"
    column = column or _column(condition)
    if condition.item in NUMBERS:
        values = [str(int(one)) for one in condition.values]
    else:
        column = f"{column}::VARCHAR"
    if condition.op in ("=", "!="):
        told = f"{column} {'' if condition.op == '=' else 'NOT '}IN ({', '.join(values)})"
    else:
        told = f"{column} {condition.op} {values[0]}"
    return f"coalesce({told}, false)"
