"""What identity is told from outside: stewards' decisions, the model to use, the fields' owners."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import duckdb

from hub.errors import ConfigError
from hub.platform import Platform
from hub.settings import Home
from identity.decisions import (
    Binding,
    Named,
    Outcome,
    bindings_differ,
    contradicted,
    outcomes,
)
from identity.model import Model, model_in_use
from identity.resolve import decided_by, owners_text
from identity.state import repeating_in, resolved_so, resolved_under
from ledger import Ledger
from ledger.decisions import Decision, decisions
from ledger.tombstones import tombstones
from security.keys import read_keys
from security.sealing import seal, unseal
from warehouse.snapshots import current_number, reading

Owners = Mapping[str, Sequence[str]]
SILENT = timedelta(days=90)
"""A platform that gave nothing for so long owns no field any more."""


@dataclass(frozen=True)
class Told:
    """Decisions, model and owners of one run."""

    bindings: list[Binding]
    model: Model
    owners: Owners
    erased: frozenset[str] = frozenset()  # marks of records that no sync takes in again


def told_now(home: Home, ledger: Ledger, platforms: Mapping[str, Platform]) -> Told:
    """Collect what a run that starts now is told."""
    owners = owners_in_force(home, ledger, platforms)
    return Told(bindings_of(home, ledger), the_model(home), owners, tombstones(ledger))


def owners_in_force(home: Home, ledger: Ledger, platforms: Mapping[str, Platform]) -> Owners:
    """Per field the owners of hub.yaml, without platforms that have long been silent."""
    last, now = ledger.last_success(), datetime.now(UTC)
    silent = {
        name
        for name, platform in platforms.items()
        if name in last and now - last[name] > max(SILENT, timedelta(seconds=platform.fresh_within))
    }
    return {
        field: tuple(one for one in owners if one not in silent)
        for field, owners in home.settings.owners.items()
    }


def bindings_of(home: Home, ledger: Ledger) -> list[Binding]:
    """The decisions that bind, oldest first; of two about one pair the newer holds."""
    newest: dict[frozenset[Named], Binding] = {}
    for one in decisions(ledger):
        if one.verdict != "later":
            left, right = (open_record(home, text) for text in (one.left_record, one.right_record))
            newest[frozenset((left, right))] = Binding(left, right, one.verdict)
    return list(newest.values())


def refuse_contradiction(
    home: Home, ledger: Ledger, records: tuple[Named, Named], verdict: str
) -> None:
    """Let no decision be made that others, taken together, speak against.

    Raises:
        ConfigError: there are such decisions; the message names them.
    """
    kept = {
        one.decision_id: Binding(
            open_record(home, one.left_record), open_record(home, one.right_record), one.verdict
        )
        for one in decisions(ledger)
        if one.verdict != "later"
    }
    if numbers := contradicted(kept, Binding(*records, verdict)):
        named = "、".join(map(str, numbers))
        raise ConfigError(
            f"the decision contradicts {numbers}",
            zh=f"与决定 {named} 矛盾：照{'它们' if len(numbers) > 1 else '它'}，这两条"
            f"{'是' if verdict == 'different' else '不是'}同一个人。"
            f"请先撤销其中错的那个，例如 hub review undo {numbers[0]}。",
        )


def outcomes_of(
    connection: duckdb.DuckDBPyConnection, home: Home, made: Sequence[Decision]
) -> list[Outcome | None]:
    """What became of each decision; None of those that put a pair off."""
    bound = [one for one in made if one.verdict != "later"]
    bindings = [
        Binding(open_record(home, one.left_record), open_record(home, one.right_record),
                one.verdict)
        for one in bound
    ]  # fmt: skip
    told = dict(zip((o.decision_id for o in bound), outcomes(connection, bindings), strict=True))
    return [told.get(one.decision_id) for one in made]


def seal_record(home: Home, record: Named) -> str:
    """Write a record's name so that the ledger may keep it."""
    key = read_keys(home.secrets, encryption=home.settings.encryption).data
    return seal(key, json.dumps(record, ensure_ascii=False))


def open_record(home: Home, text: str) -> Named:
    """Read what `seal_record` wrote."""
    key = read_keys(home.secrets, encryption=home.settings.encryption).data
    platform, stream, record_key = json.loads(unseal(key, text))
    return platform, stream, record_key


def told_otherwise(home: Home, told: Told) -> bool:
    """Whether the current snapshot was made under other decisions, another model, other owners."""
    if current_number(home) is None:
        return False
    with reading(home, older=True) as connection:
        mark = resolved_under(connection)
        if mark is None or not resolved_so(mark, told.model):
            return True
        if decided_by(connection) != owners_text(told.owners):
            return True
        return bindings_differ(connection, told.bindings)


def the_model(home: Home) -> Model:
    """The model of the home: the one told to be used, else the one that is shipped.

    Whether a platform repeats its people is what its file says; where that cannot be read now,
    what it said when the brain was last resolved.
    """
    platforms, wrong = home.read_platforms()
    repeating = {
        (name, stream)
        for name, platform in platforms.items()
        for stream, one in platform.streams.items()
        if one.repeats
    }
    if wrong and current_number(home) is not None:
        with reading(home, older=True) as connection:
            before = repeating_in(resolved_under(connection) or "")
        repeating |= {one for one in before if one[0] not in platforms}
    return replace(model_in_use(home.data / "models"), repeating=frozenset(repeating))
