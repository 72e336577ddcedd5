"""What a command did, written to the audit under the name of who typed it."""

from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.settings import Home
    from ledger import Ledger
    from ledger.audit import Audit


@contextmanager
def audited(home: "Home") -> Iterator[tuple["Ledger", "Audit"]]:
    """The ledger of a home and its audit.

    Raises:
        ConfigError: there are events, but their signing key is missing.
    """
    from ledger import open_ledger
    from ledger.audit import Audit

    ledger = open_ledger(home.data / "ledger.sqlite")
    try:
        yield ledger, Audit(home, ledger)
    finally:
        ledger.close()


def note(audit: "Audit", action: str, **facts: Any) -> None:  # noqa: ANN401 (parts of an Event)
    """Record what the command did."""
    from ledger.audit import Event

    audit.record(Event(f"command:{getuser()}", action, origin="命令行", **facts))


def noted(home: "Home", action: str, **facts: Any) -> None:  # noqa: ANN401 (parts of an Event)
    """Record one thing that a command is about to show or has done."""
    with audited(home) as (_, audit):
        note(audit, action, **facts)
