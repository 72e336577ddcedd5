"""`hub serve` that numbers its events and does not write them: the difference is their cost."""

from itertools import count

from cli.main import main
from ledger.audit import Audit, Event

_NUMBERS = count(10_000_000)


def _numbered(_: Audit, *events: Event) -> int:
    return [next(_NUMBERS) for _ in events][-1]


if __name__ == "__main__":
    Audit.record = _numbered  # type: ignore[method-assign, assignment]  # in its place
    main()
