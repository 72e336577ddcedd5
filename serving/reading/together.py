"""A resident page of who is several residents so far: each part by its own right, then together."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import duckdb

from hub.errors import NotFoundError
from security.policy import Access
from serving.reading.resident import Field, Seen, see
from serving.reading.settled import Settled, gathered

Row = dict[str, Any]


def see_settled(
    connection: duckdb.DuckDBPyConnection,
    access: Access,
    resident_id: str,
    owners: Mapping[str, Sequence[str]],
    over: Settled,
) -> Seen:
    """What `see` gives, with all that decisions say is of the same person and of the scope.

    Raises:
        NotAllowedError: the role may not look at persons.
        NotFoundError: there is no such resident in the scope.
    """
    first = see(connection, access, resident_id, owners)
    order = over.groups.get(first.resident_id, (first.resident_id,))
    parts = {first.resident_id: first}
    for other in over.others(first.resident_id):
        with suppress(NotFoundError):  # of another scope: nothing of it is shown
            parts[other] = see(connection, access, other, owners)
    seen = [parts[one] for one in order if one in parts]
    return _together(seen, first.asked) if len(seen) > 1 else first


def _together(seen: Sequence[Seen], asked: str) -> Seen:
    first, ids = seen[0], tuple(one.resident_id for one in seen)
    housed = next((one for one in seen if one.household), first)
    placed = next((one for one in seen if one.dwelling), first)
    return replace(
        first,
        asked=asked,
        fields=_fields(seen),
        lives_here=any(one.lives_here for one in seen),
        labels=gathered(one.labels for one in seen),
        labels_hidden=sum(one.labels_hidden for one in seen),
        household=housed.household,
        members=_once(housed.members, ids, housed.resident_id),
        members_outside=housed.members_outside,
        dwelling=placed.dwelling,
        neighbours=_once(placed.neighbours, ids, ""),
        grid=first.grid or placed.grid,
        records=[each for one in seen for each in one.records],
        activities=_newest(gathered(one.activities for one in seen), "happened_at")[::-1],
        past=_newest(gathered(one.past for one in seen), "at")[::-1],
        events=_newest(gathered(one.events for one in seen), "happened_at"),
        clear=tuple(sorted({name for one in seen for name in one.clear})),
        together=ids[1:],
    )


def _newest(rows: list[Row], by: str) -> list[Row]:
    return sorted(rows, key=lambda one: one[by])


def _once(people: Sequence[Row], ids: Sequence[str], kept: str) -> list[Row]:
    """People without the other ids of the person whose page it is."""
    return [one for one in people if one["resident_id"] not in ids or one["resident_id"] == kept]


def _fields(seen: Sequence[Seen]) -> list[Field]:
    """The first's fields, what it lacks from the others, and beside each what theirs say."""
    found = {one.name: one for one in seen[0].fields}
    for each in seen[1:]:
        for field in each.fields:
            mine = found.get(field.name)
            if mine is None or (mine.value is None and field.value is not None):
                found[field.name] = field
            else:
                found[field.name] = _beside(mine, field)
    return list(found.values())


def _beside(mine: Field, field: Field) -> Field:
    said = [*([field.source] if field.source else []), *field.others]
    others = [
        replace(one, won=False, why="same" if mine.shown == "clear" and one.value == mine.value
                else "decided")
        for one in said
    ]  # fmt: skip
    return replace(mine, others=[*mine.others, *others])
