"""What identity is told from outside: stewards' decisions, and which model to use."""

import json
from dataclasses import dataclass

from hub.settings import Home
from identity.decisions import Binding, Named, bindings_differ
from identity.model import Model, model_in_use
from identity.state import resolved_under
from ledger import Ledger
from ledger.decisions import decisions
from security.keys import read_keys
from security.sealing import seal, unseal
from warehouse.snapshots import current_number, reading


@dataclass(frozen=True)
class Told:
    """Decisions and model of one run."""

    bindings: list[Binding]
    model: Model


def bindings_of(home: Home, ledger: Ledger) -> list[Binding]:
    """The decisions that bind, oldest first; of two about one pair the newer holds."""
    newest: dict[frozenset[Named], Binding] = {}
    for one in decisions(ledger):
        if one.verdict != "later":
            left, right = (open_record(home, text) for text in (one.left_record, one.right_record))
            newest[frozenset((left, right))] = Binding(left, right, one.verdict)
    return list(newest.values())


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
    """Whether the current snapshot was resolved under other decisions or another model."""
    if current_number(home) is None:
        return False
    with reading(home) as connection:
        mark = resolved_under(connection)
        if mark is None or mark.split(" ")[0] != told.model.version:
            return True
        return bindings_differ(connection, told.bindings)


def the_model(home: Home) -> Model:
    """The model of the home: the one told to be used, else the one that is shipped."""
    return model_in_use(home.data / "models")
