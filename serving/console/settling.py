"""A steward's decision about two residents: checked, sealed, written down, audited."""

from hub.errors import NotFoundError
from identity.explain import Explanation, explain
from identity.pairs import Meant, pair_meant
from ledger import Ledger
from ledger.decisions import Verdict, decisions, note_decision, undo_decision
from pipelines.deciding import open_record, refuse_contradiction, seal_record, the_model
from serving.console.frame import Visit
from serving.reading.resident import see
from serving.reading.work import may_take_back


def settle(visit: Visit, left: str, right: str, verdict: Verdict) -> int:
    """Write the decision down and return its number; readers see it at once, the next sync binds.

    Raises:
        NotAllowedError: the role settles nothing.
        NotFoundError: one of the residents is not in the scope.
        ConfigError: other decisions, taken together, say otherwise.
    """
    visit.access.require("review")
    home, ledger = visit.console.home, visit.console.ledger
    for one in (left, right):
        see(visit.connection, visit.access, one, home.settings.owners)
    pair = pair_meant(visit.connection, left, right, the_model(home))
    refuse_contradiction(home, ledger, (pair[0].named, pair[1].named), verdict)
    visit.note("decide", entity="resident", subject=left, subjects=[left, right], verdict=verdict)
    made = note_decision(
        ledger,
        (seal_record(home, pair[0].named), seal_record(home, pair[1].named)),
        (pair[0].resident_id, pair[1].resident_id),
        verdict,
        visit.account.name,
        _former(visit, ledger, pair),
    )
    visit.console.doors.settling.look_again()
    return made


def reasons(visit: Visit, left: str, right: str) -> Explanation:
    """The evidence for and against a pair, as the run weighs it; it holds no value of anybody."""
    home, connection = visit.console.home, visit.connection
    records = connection.execute("SELECT count(*) FROM resident_record").fetchall()[0][0]
    model = the_model(home).at(records)
    return explain(connection, *pair_meant(connection, left, right, model), model)


def _former(visit: Visit, ledger: Ledger, pair: tuple[Meant, Meant]) -> int | None:
    """The decision about the same pair that still holds."""
    meant, home = {pair[0].named, pair[1].named}, visit.console.home
    for one in decisions(ledger):
        if {open_record(home, text) for text in (one.left_record, one.right_record)} == meant:
            return one.decision_id
    return None


def take_back(visit: Visit, decision: int) -> None:
    """Let a decision no longer hold.

    Raises:
        NotAllowedError: the role settles nothing.
        NotFoundError: none of that number holds about residents of the scope.
    """
    ledger = visit.console.ledger
    mine = may_take_back(visit.connection, visit.access, ledger, decision)
    visit.note("decide", entity="decision", subject=str(decision), verdict="undone",
               outcome="ok" if mine else "not_found")  # fmt: skip
    if not mine or not undo_decision(ledger, decision):
        raise NotFoundError(
            f"no decision {decision} that holds", zh="这个决定已经撤销了，或者没有这个编号。"
        )
    visit.console.doors.settling.look_again()
