"""What is tested here is the ledger: each is made by the migrations, as at a site."""

import pytest

import ledger.ledger
from tests.made_ledgers import MadeLedgers


@pytest.fixture(autouse=True)
def by_migrations(made_ledgers: MadeLedgers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger.ledger, "_upgrade", made_ledgers.by_migrations)
