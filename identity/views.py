"""One resident, whole: the golden row, and beside each value what every platform says.

Values are clear; masking is the business of whoever shows them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from hub.errors import NotFoundError
from identity.golden import (
    ADDRESS,
    AGREED,
    CLASS,
    FIELDS,
    HALF_A_YEAR,
    HALVED,
    HEAD,
    NOT_OWNED,
    NUMBER,
    ODD,
    PLACING,
    VOTED,
    ordered_query,
    rank,
)
from identity.support import SUPPORTED, support_query
from warehouse.labels import HELD

Row = dict[str, Any]
Place = tuple[bool, int, float, int, int]
"""Borrowed, class, votes (less than 0), what is against it, place among the records: the least is
chosen."""
Support = dict[Any, tuple[float, int]]
"""Of a value: what it has beside platforms' words, and what is against it."""

PIECES = {"id_number": NUMBER, "residence_address": ADDRESS, "head_name": HEAD}
"""Fields chosen together, by the rank of the first."""
ACTIVITIES = 20
PARSED = ("place", "building", "unit", "room", "room_key")
"""Read from the address, so not said by a platform as a value of its own."""


@dataclass(frozen=True)
class Said:
    """One value of one field, as one record gives it; `won` says that it is the one shown.

    `why` it won: only (no other record says anything), owner (一数一源), sounder (the
    others are cut, masked, a title, or of a record without a valid number), votes (most
    platforms), family (theirs, too), likelier (see `identity.support`), newest; or lost: same (it
    is the value shown), odd (an issue was noted), borrowed, less_sound, outvoted, less_likely,
    older, not_owner.
    """

    value: Any
    platform: str
    stream: str
    record_key: str
    batch_id: str | None
    updated_at: Any  # the platform's own time; else when the hub first saw this version
    won: bool
    why: str


@dataclass(frozen=True)
class ResidentView:
    """Everything the brain knows of one person.

    `golden` is empty when no record of the person is left (state `gone`).
    """

    resident_id: str
    asked: str  # another id, if that one was merged into this
    state: str
    golden: Row
    said: dict[str, list[Said]]
    labels: list[Row]
    household: Row | None
    members: list[Row]
    dwelling: Row | None
    grid: Row | None
    records: list[Row]
    activities: list[Row]
    past: list[Row]
    events: list[Row]


def show(
    connection: duckdb.DuckDBPyConnection,
    resident_id: str,
    owners: Mapping[str, Sequence[str]],
) -> ResidentView:
    """Collect what is known of one resident.

    Args:
        connection: An open snapshot.
        resident_id: The id; one that was merged leads to the one it became.
        owners: Per field the platforms whose value goes first (hub.yaml).

    Raises:
        NotFoundError: no such id was ever given.
    """
    living, state = _follow(connection, resident_id)
    found = _query(connection, "SELECT * FROM resident WHERE resident_id = ?", living)
    golden = {name: one for name, one in found[0].items() if name not in PLACING} if found else {}
    home = golden.get("household_id")
    return ResidentView(
        resident_id=living,
        asked=resident_id,
        state=state,
        golden=golden,
        said=_said(connection, living, owners),
        labels=_query(
            connection,
            f"""SELECT label, detail, since, until, platform, stream, record_key
                FROM {HELD} WHERE resident_id = ? ORDER BY label""",
            living,
        ),
        household=_one(connection, "household", "household_id", home),
        members=_members(connection, home),
        dwelling=_one(connection, "dwelling", "dwelling_id", golden.get("dwelling_id")),
        grid=_one(connection, "grid", "grid_code", golden.get("grid_code")),
        records=_records(connection, living),
        activities=activities(connection, "resident_id", living),
        past=_past(connection, living, golden),
        events=_query(
            connection,
            """WITH RECURSIVE mine AS (
                   SELECT $1 AS id
                   UNION SELECT resident_id FROM resident_identity JOIN mine ON merged_into = id)
               SELECT happened_at, kind, resident_id, other_id, reason FROM identity_event
               WHERE resident_id IN (FROM mine) OR other_id IN (FROM mine)
               ORDER BY happened_at, kind, resident_id, other_id""",
            living,
        ),
    )


def _follow(connection: duckdb.DuckDBPyConnection, resident_id: str) -> tuple[str, str]:
    """Go from a merged id to the one that lives on."""
    seen: set[str] = set()
    while resident_id not in seen:
        seen.add(resident_id)
        found = _query(
            connection,
            "SELECT merged_into, state FROM resident_identity WHERE resident_id = ?",
            resident_id,
        )
        if not found:
            raise NotFoundError(
                "no such resident id",
                zh="没有这个居民编码：请先用 hub resident find 姓名、证件号或电话 查到编码。",
            )
        if found[0]["merged_into"] is None:
            return resident_id, str(found[0]["state"])
        resident_id = found[0]["merged_into"]
    raise NotFoundError(
        "merged ids lead in a circle", zh="这个居民编码的合并关系成了环：请把它告诉维护人员。"
    )


def _said(
    connection: duckdb.DuckDBPyConnection, resident_id: str, owners: Mapping[str, Sequence[str]]
) -> dict[str, list[Said]]:
    """Every value of every field, in the order of choice, the winner first."""
    leads = [*FIELDS, *PIECES]
    ranks = ", ".join(f"{rank(field, owners)} AS rank_{field}" for field in leads)
    voted = ", ".join(f"{one} AS voted_{field}" for field, one in VOTED.items())
    found = _query(
        connection,
        f"""
        WITH members AS (SELECT resident_id, record_id FROM resident_link WHERE resident_id = ?),
        ordered AS ({ordered_query("members")})
        SELECT r.*, e.place, b.batch_id, coalesce(r.updated_at, r.valid_from) AS said_at, o.day,
               {voted}, {ranks}
        FROM members m JOIN resident_record r USING (record_id) JOIN ordered o USING (record_id)
        JOIN evidence e USING (record_id)
        LEFT JOIN batch b ON b.platform = r.platform AND b.stream = r.stream AND b.seq = r.seq""",
        resident_id,
    )
    support = {one: _support(connection, resident_id, one) for one in SUPPORTED}
    said: dict[str, list[Said]] = {}
    for field in FIELDS:
        said[field] = _in_order(found, field, field, (field,), support.get(field, {}))
    for lead, fields in PIECES.items():
        for field in fields:
            if field not in PARSED:
                said[field] = _in_order(found, field, lead, fields[:2], support.get(lead, {}))
    return {field: values for field, values in said.items() if values}


def _support(connection: duckdb.DuckDBPyConnection, resident_id: str, field: str) -> Support:
    voted = VOTED["name"] if field == "name" else f"e.{SUPPORTED[field]}"
    claims = f"""(
        SELECT resident_id, {voted} AS voted FROM resident_link JOIN resident_record r
        USING (record_id) JOIN evidence e USING (record_id) WHERE resident_id = ?)"""
    rows = _query(connection, support_query(field, claims), resident_id)
    return {row["voted"]: (float(row["favour"]), int(row["against"])) for row in rows}


def _in_order(
    found: list[Row], field: str, lead: str, given: Sequence[str], support: Support
) -> list[Said]:
    """Values of `field`; the winner is the best ranked record that gives any of `given`."""
    candidates = [row for row in found if any(row[one] is not None for one in given)]
    by = f"voted_{lead}" if lead in VOTED else lead
    votes = {} if lead in PIECES and lead not in VOTED else _votes(candidates, lead, by)

    def place(row: Row) -> Place:
        borrowed = lead == "id_number" and row["id_status"] == "borrowed"
        at, nth = divmod(int(row[f"rank_{lead}"]), CLASS)
        if at % 1000 < NOT_OWNED:
            return borrowed, at, 0.0, 0, nth
        favour, against = support.get(row[by], (0.0, 0))
        return borrowed, at, -round(votes.get(row[by], 0.0) + favour, 6), against, nth

    candidates.sort(key=place)
    mine = [row for row in candidates if not place(row)[0]]  # not somebody else's number
    best = mine[0] if mine else None
    favour = support.get(best[by], (0.0, 0))[0] if best else 0.0
    return [
        Said(
            row[field], row["platform"], row["stream"], row["record_key"], row["batch_id"],
            row["said_at"], row is best,
            _why_won(_rivals(mine, by, place), favour) if row is best
            else _why_lost(row, best, field, place),
        )
        for row in candidates
        if row[field] is not None
    ]  # fmt: skip


def _votes(candidates: list[Row], field: str, by: str) -> dict[Any, float]:
    """What each value weighs, as in `golden.vote`."""
    days: dict[tuple[Any, str], int] = {}
    for row in candidates:
        key = row[by], row["platform"]
        days[key] = max(row["day"], days.get(key, row["day"]))
    newest, found = max(days.values(), default=0), dict.fromkeys((value for value, _ in days), 0.0)
    for (value, _), day in days.items():
        halved = HALVED.get(field, HALF_A_YEAR)
        found[value] += 1.0 if field in AGREED else 2.0 ** ((day - newest) / halved)
    return {value: round(weight, 6) for value, weight in found.items()}


def _rivals(mine: list[Row], by: str, place: Callable[[Row], Place]) -> list[list[Place]]:
    """The places of those who say what the first says, and of those who say otherwise."""
    same = [place(row) for row in mine if row[by] == mine[0][by]]
    return [same, [place(row) for row in mine if row[by] != mine[0][by]]]


def _why_won(places: list[list[Place]], favour: float) -> str:
    """Say why the first of those who say the same is before all who say otherwise."""
    same, others = places
    at, votes, against = same[0][1:4]
    if at % 1000 < NOT_OWNED:
        return "owner"
    if not others:
        return "only" if len(same) == 1 else "votes"
    if min(other[1] for other in others) // 1000 > at // 1000:
        return "sounder"
    rivals = [other for other in others if other[1] == at]
    if -votes - favour > 1 and all(other[2] > votes for other in rivals):
        return "votes"
    if favour:
        return "family"
    return "likelier" if any(o[2] == votes and o[3] > against for o in rivals) else "newest"


def _why_lost(row: Row, best: Row | None, field: str, place: Callable[[Row], Place]) -> str:
    """Say why the value of `row` is not the one that is shown."""
    borrowed, at, votes, against, nth = place(row)
    if borrowed or best is None:
        return "borrowed"
    best_at, best_votes, best_against, best_nth = place(best)[1:]
    if row[field] == best[field]:
        return "same"
    if at % 1000 == ODD:
        return "odd"
    if at != best_at:
        return "less_sound" if at // 1000 != best_at // 1000 else "not_owner"
    if votes == best_votes and against > best_against:
        return "less_likely"
    return "outvoted" if votes > best_votes and (field in AGREED or nth < best_nth) else "older"


def _members(connection: duckdb.DuckDBPyConnection, household_id: str | None) -> list[Row]:
    return _query(
        connection,
        """SELECT resident_id, name, relation_code, sex_code, birth_date, birth_year, lives_here
           FROM resident WHERE household_id = ?
           ORDER BY relation_code IS DISTINCT FROM '02', relation_code NULLS LAST, birth_year,
                    resident_id""",
        household_id,
    )


def _records(connection: duckdb.DuckDBPyConnection, resident_id: str) -> list[Row]:
    """The records of a resident, with the rule by which each is theirs."""
    return _query(
        connection,
        """SELECT r.platform, r.stream, r.record_key, l.rule, r.updated_at,
                  r.valid_from AS seen_at, b.batch_id, len(r.issues) AS issues
           FROM resident_link l JOIN resident_record r USING (record_id)
           LEFT JOIN batch b ON b.platform = r.platform AND b.stream = r.stream AND b.seq = r.seq
           WHERE l.resident_id = ? ORDER BY r.platform, r.stream, r.record_key""",
        resident_id,
    )


def activities(
    connection: duckdb.DuckDBPyConnection,
    column: str,
    key: str,
    before: datetime | None = None,
    most: int | None = ACTIVITIES,
) -> list[Row]:
    """The events of a resident or a dwelling, the newest first, at `most` so many.

    `column` of `event_link` is `key`; those from `before` on are left out.
    """
    cursor = connection.execute(
        f"""SELECT e.platform, e.kind, e.summary, e.status, e.happened_at, e.closed_at, l.found_by
            FROM event_link l JOIN event_record e USING (record_id)
            WHERE l.{column} = $key AND ($before IS NULL OR e.happened_at < $before)
            ORDER BY e.happened_at DESC, e.record_id DESC LIMIT $most""",
        {"key": key, "before": before, "most": most},
    )
    names = [one[0] for one in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _past(connection: duckdb.DuckDBPyConnection, resident_id: str, golden: Row) -> list[Row]:
    """What changed and when, newest first: `at`, `changes` {field: [before, after]}."""
    versions = _query(
        connection, "SELECT * FROM resident_past WHERE resident_id = ? ORDER BY valid_to",
        resident_id,
    )  # fmt: skip
    after = [*versions[1:], golden]
    history = []
    for old, new in zip(versions, after, strict=False):  # without a past, `after` is only now
        skip = {"valid_from", "valid_to", "resident_id", *PLACING}
        changes = {
            field: [value, new.get(field)]
            for field, value in old.items()
            if field not in skip and value != new.get(field)
        }
        if changes:
            history.append({"at": old["valid_to"], "changes": changes})
    return history[::-1]


def _one(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, value: str | None
) -> Row | None:
    found = _query(connection, f"SELECT * FROM {table} WHERE {column} = ?", value)
    return found[0] if found else None


def _query(connection: duckdb.DuckDBPyConnection, query: str, value: str | None) -> list[Row]:
    cursor = connection.execute(query, [value])
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
