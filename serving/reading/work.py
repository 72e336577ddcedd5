"""待办: what waits for a person, within the scope of whoever asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from identity.corrections import requests
from identity.review import pairs_to_review
from ledger import Ledger
from ledger.decisions import decisions
from security.policy import Access
from serving.reading.resident import Seen, shown_value
from serving.reading.settled import NOTHING, Settled
from serving.reading.wording import advice, reason, refusal, title
from warehouse.answers import ENTITIES, quarantine_rows, rows

Row = dict[str, Any]
MOST = 500
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


@dataclass(frozen=True)
class Waiting:
    """How much waits, of each kind; None where the scope or the role has none of it."""

    pairs: int
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
    return Waiting(
        len(pairs(connection, access, ledger, over)), aside,
        sum(one["rows"] for one in issue_groups(connection, access)),
        len(corrections(connection, access)),
    )  # fmt: skip


def pairs(
    connection: duckdb.DuckDBPyConnection, access: Access, ledger: Ledger, over: Settled = NOTHING
) -> list[Pair]:
    """The pairs of which both sides are of the scope and nobody has decided, the likeliest first.

    `over`: whom decisions make one person already.

    Raises:
        NotAllowedError: the role settles nothing.
    """
    access.require("review")
    settled = {frozenset((one.left_resident, one.right_resident)) for one in decisions(ledger)}
    found = [
        one
        for one in pairs_to_review(connection, MOST + len(settled))
        if frozenset(ids := [side["resident_id"] for side in _sides(one)]) not in settled
        and not over.one_person(*ids)
    ]
    mine = residents_inside(
        connection, access, {s["resident_id"] for o in found for s in _sides(o)}
    )
    return [
        _pair(access, one) for one in found if all(s["resident_id"] in mine for s in _sides(one))
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
    inside = access.where("r")
    found = rows(
        connection,
        f"""SELECT r.resident_id FROM resident r
            WHERE list_contains($ids, r.resident_id) AND ({inside.sql})""",
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
        for one in quarantine_rows(connection, [platform] if platform else (), MOST)
    ]


def _told(one: Row, *, clear: bool) -> Row:
    return {
        "platform": one["platform"], "stream": one["stream"], "row_no": one.get("row_no"),
        "field": title(one["field"], one.get("entity", "resident")),
        "reason": reason(one["reason"]), "advice": advice(one["reason"]),
        "raw": one["raw"] if clear else None, "at": one.get("set_aside_at"),
    }  # fmt: skip


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


def issue_list(
    connection: duckdb.DuckDBPyConnection, access: Access, platform: str, field: str, why: str
) -> list[Row]:
    """The residents behind a line of `issue_groups`; the raw value where numbers are clear."""
    access.require("review")
    found, values = _issues(access)
    clear = access.sees("resident", "id_number")
    listed = rows(
        connection,
        f"""SELECT DISTINCT platform, stream, resident_id, field, raw FROM ({found})
            WHERE platform = $platform AND field = $field AND reason = $why
            ORDER BY stream, resident_id LIMIT {MOST}""",
        values | {"platform": platform, "field": field, "why": why},
    )
    return [one | {"raw": one["raw"] if clear else None} for one in listed]


def _issues(access: Access) -> tuple[str, Row]:
    """SQL of the issues of the scope: of residents by where they live, others by their grid."""
    inside = access.where("r")
    parts = []
    for entity in ENTITIES:
        joined = (
            "LEFT JOIN resident_link l USING (record_id) LEFT JOIN resident r USING (resident_id)"
            if entity == "resident"
            else ""
        )
        alias, whose = ("t", "l.resident_id") if entity == "resident" else ("r", "NULL")
        parts.append(f"""
            SELECT {alias}.platform, {alias}.stream, '{entity}' AS entity, {whose} AS resident_id,
                   unnest({alias}.issues, recursive := true)
            FROM {entity}_record {alias} {joined} WHERE {inside.sql}""")
    return " UNION ALL ".join(parts), dict(inside.values)


def corrections(
    connection: duckdb.DuckDBPyConnection, access: Access, platforms: Sequence[str] = ()
) -> list[Row]:
    """What platforms are asked to check (校核纠错), of residents of the scope, the oldest first.

    Raises:
        NotAllowedError: the role settles nothing.
    """
    access.require("review")
    found = requests(connection, platforms, MOST)
    mine = residents_inside(connection, access, {one["resident_id"] for one in found})
    return [
        {
            "platform": one["platform"], "stream": one["stream"],
            "resident_id": one["resident_id"], "field": title(one["field"]),
            "said": shown_value(access, one["field"], one["said"]),
            "held": shown_value(access, one["field"], one["held"]),
            "backed_by": (one["backed_by"] or "").split("、"), "at": one["opened_at"],
        }
        for one in found
        if one["resident_id"] in mine
    ]  # fmt: skip


def made(access: Access, ledger: Ledger) -> list[Row]:
    """The newest decisions that hold; the residents are ids."""
    access.require("review")
    return [
        {
            "number": one.decision_id, "left": one.left_resident, "right": one.right_resident,
            "verdict": one.verdict, "at": one.decided_at, "by": one.decided_by,
        }
        for one in decisions(ledger)[:-11:-1]
    ]  # fmt: skip


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
