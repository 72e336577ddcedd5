"""One resident, whole, as one actor may see it: now, or as of a past date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import duckdb

from hub.errors import NotFoundError
from identity.views import ResidentView, Said, activities, show
from security.policy import Access
from serving.reading.wording import code_name, title
from warehouse.answers import rows

Row = dict[str, Any]
NOT_SHOWN = ("valid_from", "records", "platforms", "resident_id", "household_id", "dwelling_id",
             "lives_here", "grid_code", "birth_year")  # fmt: skip
"""Shown in their own places, or not at all."""
LEAD = ("name", "sex_code", "birth_date", "id_number", "phone", "residence_address")


@dataclass(frozen=True)
class Other:
    """What else is said of a field: the value as it may be shown, by whom, when, why it lost."""

    value: object
    platform: str
    stream: str
    at: datetime | None
    why: str
    won: bool


@dataclass(frozen=True)
class Field:
    """One field of the golden row: `shown` is clear, masked or hidden, `reason` says why."""

    name: str
    title: str
    value: object
    shown: str
    reason: str
    source: Other | None
    others: list[Other] = field(default_factory=list)


@dataclass(frozen=True)
class Seen:
    """One resident as a page shows it."""

    resident_id: str
    asked: str
    state: str
    as_of: date | None
    name: object
    lives_here: bool
    fields: list[Field]
    labels: list[Row]
    labels_hidden: int
    household: Row | None
    members: list[Row]
    members_outside: int  # of the household, but not of the scope
    dwelling: Row | None
    neighbours: list[Row]  # who else lives in the dwelling, of other households
    grid: Row | None
    records: list[Row]
    activities: list[Row]  # visits, tickets and the like, the newest first
    past: list[Row]
    events: list[Row]
    clear: tuple[str, ...]  # personal fields shown in clear: for the audit
    together: tuple[str, ...] = ()  # other ids of this person, by decisions no sync knows yet


def see(
    connection: duckdb.DuckDBPyConnection,
    access: Access,
    resident_id: str,
    owners: Mapping[str, Sequence[str]],
    as_of: date | None = None,
) -> Seen:
    """Collect what the access may see of one resident.

    Args:
        connection: A cursor on a snapshot.
        access: Whoever looks, and under which purpose.
        resident_id: The id; one that was merged leads to the one it became.
        owners: Per field the platforms whose value goes first (hub.yaml).
        as_of: The day whose evening is asked for; None is now.

    Raises:
        NotAllowedError: the role may not look at persons.
        NotFoundError: there is no such resident in the scope, or none yet on that day.
    """
    access.require("look")
    try:
        view = show(connection, resident_id, owners)
    except NotFoundError:  # it would name a command, and what is elsewhere sounds otherwise
        raise outside() from None
    if not access.covers(view.golden.get("grid_code"), (view.grid or {}).get("community_code")):
        raise outside()
    golden = view.golden if as_of is None else _version(connection, view, as_of)
    shown = access.view("resident", golden)
    mine = {} if as_of is not None else view.said
    placed = (
        _placed(connection, access, view)
        if as_of is None
        else _placed_then(connection, access, golden)
    )
    labels = [one for one in view.labels if _holds(one, as_of)]
    happened = view.activities
    if as_of is not None:
        happened = activities(connection, "resident_id", view.resident_id, evening_of(as_of))
    return Seen(
        view.resident_id, view.asked, view.state, as_of, shown.get("name"),
        bool(golden.get("lives_here")), _fields(access, golden, mine),
        access.labels(labels), 0 if access.sees("resident", "labels") else len(labels),
        placed.household, placed.members, placed.outside, placed.dwelling, placed.neighbours,
        placed.grid,
        _records(access, view), shown_activities(access, happened), _past(access, view),
        list(view.events), _clear(access, golden, happened),
    )  # fmt: skip


def _clear(access: Access, golden: Row, happened: list[Row]) -> tuple[str, ...]:
    """The personal fields shown in clear, of the person and of their events."""
    events = (name for one in happened for name in access.clear_fields("event", one))
    return tuple(dict.fromkeys((*access.clear_fields("resident", golden), *events)))


@dataclass(frozen=True)
class Placed:
    """Where somebody belongs and lives, and with whom."""

    household: Row | None
    members: list[Row]
    outside: int
    dwelling: Row | None
    neighbours: list[Row]
    grid: Row | None


def _placed(connection: duckdb.DuckDBPyConnection, access: Access, view: ResidentView) -> Placed:
    golden = view.golden
    members, hidden = _members(connection, access, golden.get("household_id"), view.resident_id)
    return Placed(
        _household(access, view), members, hidden,
        access.view("dwelling", view.dwelling) if view.dwelling else None,
        _neighbours(connection, access, golden),
        access.view("grid", view.grid) if view.grid else None,
    )  # fmt: skip


def _placed_then(connection: duckdb.DuckDBPyConnection, access: Access, golden: Row) -> Placed:
    """Of a past day the places only: who else was there, their own pages tell of that day."""
    home, rooms, code = (golden.get(one) for one in ("household_id", "dwelling_id", "grid_code"))
    dwelling = rows(connection, "SELECT * FROM dwelling WHERE dwelling_id = $id", {"id": rooms})
    grid = rows(connection, "SELECT * FROM grid WHERE grid_code = $id", {"id": code})
    return Placed(
        {"household_id": home, "apart": False} if home else None, [], 0,
        access.view("dwelling", dwelling[0]) if dwelling else None, [],
        access.view("grid", grid[0]) if grid and access.covers(code) else None,
    )  # fmt: skip


def outside() -> NotFoundError:
    """The same answer for what does not exist and for what is not of the scope."""
    return NotFoundError(
        "not found in the scope", zh="没有找到：可能没有这个编码，或者不在你的管辖范围内。"
    )


def _version(connection: duckdb.DuckDBPyConnection, view: ResidentView, as_of: date) -> Row:
    """The golden row as it was in the evening of that day (Beijing time)."""
    evening = evening_of(as_of)
    if view.golden and view.golden["valid_from"] < evening:
        return view.golden
    found = rows(
        connection,
        """SELECT * EXCLUDE (valid_to) FROM resident_past
           WHERE resident_id = $id AND valid_from < $at AND valid_to >= $at
           ORDER BY valid_to LIMIT 1""",
        {"id": view.resident_id, "at": evening},
    )
    if not found:
        raise NotFoundError(
            "not known on that day",
            zh=f"{as_of} 那天还没有这个人的资料：请选晚一些的日期，或看现在的资料。",
        )
    return found[0]


def evening_of(day: date) -> datetime:
    """The end of a day, Beijing time."""
    return datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(hours=8)


def _holds(label: Row, as_of: date | None) -> bool:
    if as_of is None:
        return True
    since, until = label["since"], label["until"]
    return (since is None or since <= as_of) and (until is None or until >= as_of)


def _fields(access: Access, golden: Row, said: Mapping[str, list[Said]]) -> list[Field]:
    found = []
    names = [*LEAD, *(one for one in golden if one not in LEAD)]
    for name in names:
        if name in NOT_SHOWN or not title(name) or title(name) == name:
            continue
        value, given = golden.get(name), said.get(name, [])
        if name == "birth_date" and value is None:
            value = golden.get("birth_year")
        if value is None and not given:
            continue
        decision = access.decide("resident", name)
        others = [_other(access, name, one) for one in given]
        found.append(
            Field(
                name, title(name), shown_value(access, name, value), decision.shown, decision.why,
                next((one for one in others if one.won), None),
                [one for one in others if not one.won],
            )
        )  # fmt: skip
    return found


def _other(access: Access, name: str, one: Said) -> Other:
    return Other(
        shown_value(access, name, one.value), one.platform, one.stream, one.updated_at, one.why,
        one.won,
    )  # fmt: skip


def shown_value(access: Access, name: str, value: object) -> object:
    """One value as the access may see it, a code by its name; None where it is hidden."""
    seen = access.view("resident", {name: value}).get(name)
    if seen is None or access.decide("resident", name).shown != "clear":
        return seen
    return code_name(code_set(name), seen) or seen


def code_set(name: str) -> str | None:
    """The code set of a field of the resident."""
    from schemas.entities import FIELDS

    facts = FIELDS["resident"].get(name)
    return facts.code_set if facts else None


def _members(
    connection: duckdb.DuckDBPyConnection, access: Access, household_id: str | None, myself: str
) -> tuple[list[Row], int]:
    """Who is of the household and of the scope, without names for whom they are masked."""
    if household_id is None:
        return [], 0
    inside = access.where("r")
    found = rows(
        connection,
        f"""SELECT r.resident_id, r.name, r.relation_code, r.sex_code, r.birth_date, r.birth_year,
                   r.phone, r.lives_here, ({inside.sql}) AS inside
            FROM resident r WHERE r.household_id = $household
            ORDER BY r.relation_code IS DISTINCT FROM '02', r.relation_code NULLS LAST,
                     r.birth_year, r.resident_id""",
        {"household": household_id} | inside.values,
    )
    mine = [one for one in found if one.pop("inside")]
    return [
        access.view("resident", one) | {"myself": one["resident_id"] == myself} for one in mine
    ], len(found) - len(mine)


def _neighbours(connection: duckdb.DuckDBPyConnection, access: Access, golden: Row) -> list[Row]:
    if golden.get("dwelling_id") is None:
        return []
    inside = access.where("r")
    found = rows(
        connection,
        f"""SELECT r.resident_id, r.name, r.sex_code, r.birth_date, r.birth_year, r.household_id
            FROM resident r WHERE r.dwelling_id = $dwelling AND r.lives_here
              AND r.household_id IS DISTINCT FROM $household AND r.resident_id <> $me
              AND ({inside.sql}) ORDER BY r.household_id, r.resident_id LIMIT 50""",
        {"dwelling": golden["dwelling_id"], "household": golden.get("household_id"),
         "me": golden["resident_id"]} | inside.values,
    )  # fmt: skip
    return [access.view("resident", one) for one in found]


def _household(access: Access, view: ResidentView) -> Row | None:
    if view.household is None:
        return None
    lives = view.golden.get("dwelling_id")
    registered = view.household.get("dwelling_id")
    apart = registered is not None and lives is not None and registered != lives
    return access.view("household", view.household) | {"apart": apart}


def _records(access: Access, view: ResidentView) -> list[Row]:
    """The records, without their keys unless numbers are shown: a key may be one."""
    clear = access.sees("resident", "id_number")
    return [one | {"record_key": one["record_key"] if clear else None} for one in view.records]


def shown_activities(access: Access, found: list[Row]) -> list[Row]:
    """Events as the access may see them; none where it sees none of them."""
    if "event" not in access.rules.entities:
        return []
    return [
        access.view("event", one) | {"platform": one["platform"], "found_by": one["found_by"]}
        for one in found
    ]


def _past(access: Access, view: ResidentView) -> list[Row]:
    changed = []
    for one in view.past:
        for name, (before, after) in one["changes"].items():
            if name in NOT_SHOWN or access.decide("resident", name).shown == "hidden":
                continue
            pair = [shown_value(access, name, value) for value in (before, after)]
            changed.append({"at": one["at"], "title": title(name), "before": pair[0],
                            "after": pair[1]})  # fmt: skip
    return changed
