"""Which events showed whom: an index of the audit's subjects, brought up to date when it is read.

Kept at every event it would cost as much as the event: subjects come in no order, so each changes
another page of the ledger's file. It covers those whom lists and searches showed, too.
"""

import sqlalchemy as sa

from ledger.door_tables import EventRow, SeenRow, SeenToRow
from ledger.ledger import Ledger

AT_ONCE = 20_000
"""Events put in by one transaction: nobody waits long for the ledger meanwhile."""
PUT = (
    """INSERT OR IGNORE INTO audit_seen (subject, seq)
    SELECT subject, seq FROM audit_event WHERE seq > :done AND seq <= :to AND subject <> ''""",
    """INSERT OR IGNORE INTO audit_seen (subject, seq)
    SELECT value, seq FROM audit_event, json_each(detail, '$.subjects')
    WHERE seq > :done AND seq <= :to""",
)


def catch_up(ledger: Ledger) -> None:
    """Put in the events behind the last one that is in."""
    while _some(ledger):
        pass


def showing(ledger: Ledger, *subjects: str) -> sa.ColumnElement[bool]:
    """Whether an event showed one of these, alone or in a list, as a condition on `EventRow`."""
    catch_up(ledger)
    return EventRow.seq.in_(sa.select(SeenRow.seq).where(SeenRow.subject.in_(subjects)))


def amiss(connection: sa.Connection) -> list[int]:
    """Events that are in the index under a wrong subject, or not under theirs."""
    (done,) = connection.execute(sa.select(SeenToRow.seq)).scalars()
    wanted = " UNION ".join(one.partition("\n")[2] for one in PUT)
    held = "SELECT subject, seq FROM audit_seen"
    query = " UNION ".join(f"SELECT seq FROM (SELECT * FROM ({one}) EXCEPT SELECT * FROM ({two}))"
                           for one, two in ((wanted, held), (held, wanted)))  # fmt: skip
    return list(connection.execute(sa.text(query), {"done": 0, "to": done}).scalars())


def _some(ledger: Ledger) -> bool:
    newest = sa.select(sa.func.max(EventRow.seq))
    with ledger.engine.connect() as connection:
        done = connection.execute(sa.select(SeenToRow.seq)).scalar_one()
        if done >= (connection.execute(newest).scalar() or 0):
            return False
    with ledger.engine.begin() as connection:
        # the write lock first: another process may be at it
        connection.execute(sa.update(SeenToRow).values(one=1))
        done = connection.execute(sa.select(SeenToRow.seq)).scalar_one()
        to = min(done + AT_ONCE, connection.execute(newest).scalar_one())
        for one in PUT:
            connection.execute(sa.text(one), {"done": done, "to": to})
        connection.execute(sa.update(SeenToRow).values(seq=to))
    return True
