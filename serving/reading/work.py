"""待办: what waits for a person, within the scope of whoever asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from hub.settings import Home
from identity.corrections import requests
from identity.review import pairs_to_review
from ledger import Ledger
from ledger.decisions import Decision, decisions
from pipelines.deciding import outcomes_of
from security.masks import HIDDEN
from security.policy import Access
from serving.reading.resident import Seen, shown_value
from serving.reading.settled import NOTHING, Settled
from serving.reading.wording import advice, reason, reason_aside, refusal, title
from warehouse.answers import ENTITIES, merged_ids, quarantine_rows, rows

Row = dict[str, Any]
MOST = 5000
"""Pairs at once; the heaviest."""
PAGE = 50
PLACED = {
    "resident": (
        "l.resident_id, r.grid_code",
        "LEFT JOIN resident_link l USING (record_id) LEFT JOIN resident r USING (resident_id)",
    ),
    "event": (
        "l.resident_id, coalesce(r.grid_code, d.grid_code) AS grid_code",
        "LEFT JOIN event_link l USING (record_id) LEFT JOIN resident r USING (resident_id) "
        "LEFT JOIN dwelling d ON d.dwelling_id = l.dwelling_id",
    ),
}
"""Whose and where a record `t` of an entity is, and the joins; others have a grid of their own."""
SIDE = ("name", "sex_code", "birth_date", "id_number", "phone", "residence_address")


@dataclass(frozen=True)
class Pair:
    """Two records that only a person can settle; `rows` are (title, left, right, alike)."""

    key: str
    weight: float
    reason: str
    left: Row  # resident_id, platform, stream
    right: Row
    rows: list[tuple[str, object, object, bool]]
    clear: tuple[str, ...]  # personal fields shown in clear: for the audit


@dataclass(frozen=True)
class Waiting:
    """How much waits, of each kind; None where the scope or the role has none of it."""

    pairs: int
    put_off: int
    quarantine: int | None
    issues: int
    corrections: int


def waiting(
    connection: duckdb.DuckDBPyConnection, access: Access, ledger: Ledger, over: Settled = NOTHING
) -> Waiting:
    """Count each kind of what waits.

    Raises:
        NotAllowedError: the role settles nothing.
    """
    aside = (
        rows(connection, "SELECT count(*) AS n FROM quarantine")[0]["n"] if access.whole else None
    )
    inside = access.where("r")
    asked = rows(
        connection,
        f"""SELECT count(*) AS n FROM correction c JOIN record_id USING (record_id)
            JOIN resident r USING (resident_id) WHERE c.closed_at IS NULL AND ({inside.sql})""",
        inside.values,
    )
    return Waiting(
        len(pairs(connection, access, ledger, over)),
        len(pairs(connection, access, ledger, over, put_off=True)), aside,
        sum(one["rows"] for one in issue_groups(connection, access)), asked[0]["n"],
    )  # fmt: skip


def pairs(
    connection: duckdb.DuckDBPyConnection,
    access: Access,
    ledger: Ledger,
    over: Settled = NOTHING,
    *,
    put_off: bool = False,
) -> list[Pair]:
    """The pairs of which both sides are of the scope and nobody has decided, the likeliest first.

    `over`: whom decisions make one person already. `put_off`: those instead that somebody looked at
    and left for later.

    Raises:
        NotAllowedError: the role settles nothing.
    """
    access.require("review")
    made = {
        frozenset((one.left_resident, one.right_resident)): one.verdict for one in decisions(ledger)
    }
    found = (
        []
        if put_off and "later" not in made.values()
        else pairs_to_review(connection, MOST + len(made), access.where("r"))
    )
    wanted = "later" if put_off else None
    return [
        _pair(access, one)
        for one in found
        if made.get(frozenset(ids := [side["resident_id"] for side in _sides(one)])) == wanted
        and not over.one_person(*ids)
    ]


def pair_row(pair: Pair, titles: Mapping[str, str]) -> Row:
    """One pair as a line of a sheet, the values as the page shows them."""
    found: Row = {"reason": pair.reason}
    for side, one in (("left", pair.left), ("right", pair.right)):
        found[side] = one["resident_id"]
        found[f"{side}_platform"] = titles.get(one["platform"], one["platform"])
    for name, (_, left, right, _) in zip(SIDE, pair.rows, strict=True):
        found |= {f"left_{name}": left, f"right_{name}": right}
    return found


PAIR_COLUMNS = {
    "reason": "为什么问",
    **{
        f"{side}{name}": f"{word}{told}"
        for side, word in (("left", "甲"), ("right", "乙"))
        for name, told in {"": "编码", "_platform": "平台",
                           **{f"_{one}": title(one) for one in SIDE}}.items()
    },
}  # fmt: skip


def _sides(pair: Mapping[str, Any]) -> tuple[Row, Row]:
    return pair["left"], pair["right"]


def residents_inside(
    connection: duckdb.DuckDBPyConnection, access: Access, residents: set[str]
) -> set[str]:
    """Which of these residents are of the scope."""
    if not residents:
        return set()
    inside = access.where("r")
    found = rows(
        connection,
        f"""SELECT r.resident_id FROM resident r
            WHERE r.resident_id IN (SELECT unnest($ids)) AND ({inside.sql})""",
        {"ids": sorted(residents)} | inside.values,
    )
    return {one["resident_id"] for one in found}


def _pair(access: Access, pair: Row) -> Pair:
    left, right = _sides(pair)
    lines = []
    for name in SIDE:
        one, other = (
            side[name] if side[name] is not None or name != "birth_date" else side["birth_year"]
            for side in (left, right)
        )
        alike = one is not None and one == other
        lines.append(
            (title(name), shown_value(access, name, one), shown_value(access, name, other), alike)
        )
    short = ("resident_id", "platform", "stream")
    return Pair(
        f"{left['resident_id']}.{right['resident_id']}", pair["weight"], refusal(pair["reason"]),
        {name: left[name] for name in short}, {name: right[name] for name in short}, lines,
        tuple(sorted({name for side in (left, right) for name in access.clear_fields(
            "resident", {name: side[name] for name in SIDE})})),
    )  # fmt: skip


def quarantine(
    connection: duckdb.DuckDBPyConnection, access: Access, platform: str | None = None
) -> list[Row]:
    """Rows set aside; they are of no grid yet, so only a whole scope sees them.

    Raises:
        NotAllowedError: the role settles nothing.
    """
    access.require("review")
    if not access.whole:
        return []
    clear = access.sees("resident", "id_number")
    return [
        _told(one, clear=clear)
        for one in quarantine_rows(connection, [platform] if platform else ())
    ]


def _told(one: Row, *, clear: bool) -> Row:
    return {
        "platform": one["platform"], "stream": one["stream"], "row_no": one.get("row_no"),
        "field": title(one["field"], one.get("entity", "resident")),
        "reason": reason_aside(one["reason"]), "advice": advice(one["reason"]),
        "raw": _raw(one["raw"], clear=clear), "at": one.get("set_aside_at"),
    }  # fmt: skip


def _raw(given: str | None, *, clear: bool) -> str:
    """A raw value, which may hold anything; blank where nothing stood there."""
    return (given or "") if clear or not given else HIDDEN


def issue_groups(connection: duckdb.DuckDBPyConnection, access: Access) -> list[Row]:
    """Fields that were blanked or doubted, counted by platform, field and reason."""
    access.require("review")
    found, values = _issues(access)
    return [
        one | {"title": title(one["field"], one["entity"]), "why": reason(one["reason"]),
               "advice": advice(one["reason"])}
        for one in rows(
            connection,
            f"""SELECT platform, stream, entity, field, reason, count(*) AS rows FROM ({found})
                GROUP BY ALL ORDER BY rows DESC, platform, stream, field, reason""",
            values,
        )
    ]  # fmt: skip


def issue_places(
    connection: duckdb.DuckDBPyConnection, access: Access
) -> dict[tuple[str, str], int]:
    """How many fields were blanked or doubted, by platform and stream."""
    found: dict[tuple[str, str], int] = {}
    for one in issue_groups(connection, access):
        stream = (one["platform"], one["stream"])
        found[stream] = found.get(stream, 0) + one["rows"]
    return found


def issue_list(
    connection: duckdb.DuckDBPyConnection, access: Access, line: tuple[str, str, str, str],
    start: int = 0,
) -> list[Row]:  # fmt: skip
    """A page of the residents behind a line of `issue_groups`; raw values where numbers are clear.

    `line` is platform, stream, field and reason.
    """
    access.require("review")
    found, values = _issues(access)
    clear = access.sees("resident", "id_number")
    listed = rows(
        connection,
        f"""SELECT platform, stream, resident_id, field, raw FROM ({found})
            WHERE platform = $platform AND stream = $stream AND field = $field AND reason = $why
            ORDER BY resident_id, raw LIMIT {PAGE} OFFSET {int(start)}""",
        values | dict(zip(("platform", "stream", "field", "why"), line, strict=True)),
    )
    return [one | {"raw": _raw(one["raw"], clear=clear)} for one in listed]


def _issues(access: Access) -> tuple[str, Row]:
    """SQL of the issues of the scope: of residents by where they live, others by their grid."""
    inside = access.where("r")
    parts = []
    for entity in ENTITIES:
        columns, joined = PLACED.get(entity, ("NULL AS resident_id, t.grid_code", ""))
        parts.append(f"""
            SELECT platform, stream, '{entity}' AS entity, resident_id,
                   unnest(issues, recursive := true)
            FROM (SELECT t.platform, t.stream, t.issues, {columns}
                  FROM (FROM {entity}_record WHERE len(issues) > 0) t {joined}) r
            WHERE {inside.sql}""")
    return " UNION ALL ".join(parts), dict(inside.values)


def corrections(
    connection: duckdb.DuckDBPyConnection, access: Access, platforms: Sequence[str] = ()
) -> list[Row]:
    """What platforms are asked to check (校核纠错), of residents of the scope, the oldest first.

    Raises:
        NotAllowedError: the role settles nothing.
    """
    access.require("review")
    found = requests(connection, platforms)
    mine = residents_inside(connection, access, {one["resident_id"] for one in found})
    return [
        {
            "platform": one["platform"], "stream": one["stream"],
            "resident_id": one["resident_id"], "field": title(one["field"]), "of": one["field"],
            "said": shown_or_hidden(access, one["field"], one["said"]),
            "held": shown_or_hidden(access, one["field"], one["held"]),
            "backed_by": (one["backed_by"] or "").split("、"), "at": one["opened_at"],
        }
        for one in found
        if one["resident_id"] in mine
    ]  # fmt: skip


def shown_or_hidden(access: Access, field: str, given: object) -> object:
    """A value as the access may see it; what is hidden says so, unlike nothing."""
    hidden = access.decide("resident", field).shown == "hidden"
    return HIDDEN if hidden and given is not None else shown_value(access, field, given)


def made(
    connection: duckdb.DuckDBPyConnection, access: Access, ledger: Ledger, home: Home
) -> list[Row]:
    """The newest decisions that hold about residents of the scope, and what became of them.

    The residents are ids.

    Raises:
        NotAllowedError: the role settles nothing.
    """
    newest = _mine(connection, access, ledger)[:-11:-1]
    return [
        {
            "number": one.decision_id, "left": one.left_resident, "right": one.right_resident,
            "verdict": one.verdict, "at": one.decided_at, "by": one.decided_by,
            "outcome": outcome,
        }
        for one, outcome in zip(newest, outcomes_of(connection, home, newest), strict=True)
    ]  # fmt: skip


def may_take_back(
    connection: duckdb.DuckDBPyConnection, access: Access, ledger: Ledger, decision: int
) -> bool:
    """Whether a decision of that number holds, and is about residents of the scope.

    Raises:
        NotAllowedError: the role settles nothing.
    """
    return any(one.decision_id == decision for one in _mine(connection, access, ledger))


def _mine(connection: duckdb.DuckDBPyConnection, access: Access, ledger: Ledger) -> list[Decision]:
    """Decisions of which both sides are of the scope now, or of a whole home: all."""
    access.require("review")
    every = decisions(ledger)
    if access.whole or not every:
        return every
    into = merged_ids(connection)
    sides = [{into.get(x, x) for x in (one.left_resident, one.right_resident)} for one in every]
    mine = residents_inside(connection, access, set[str]().union(*sides))
    return [one for one, both in zip(every, sides, strict=True) if both <= mine]


def verdicts_of(
    connection: duckdb.DuckDBPyConnection, access: Access, ledger: Ledger, seen: Seen
) -> list[Row]:
    """What was decided about a resident and another of the scope whom the page does not show."""
    found = [
        {
            "other": one.right_resident if one.left_resident == seen.resident_id
            else one.left_resident,
            "verdict": one.verdict,
            "at": one.decided_at,
        }
        for one in decisions(ledger)
        if seen.resident_id in (one.left_resident, one.right_resident)
    ]  # fmt: skip
    mine = residents_inside(connection, access, {str(one["other"]) for one in found})
    return [one for one in found if one["other"] in mine - set(seen.together)]
