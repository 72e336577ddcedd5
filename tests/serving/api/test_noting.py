"""Views are made on the event loop: each is in the chain before its answer, limits hold for all."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import serving.noting
from ledger.audit import Event
from ledger.audit_check import about, verify
from security.audit_key import public_key
from serving.doors import open_doors
from tests.serving.api.conftest import Api


@pytest.mark.parametrize("slow", [0.01, 0.0])
def test_views_at_the_same_time_are_all_in_the_chain(
    api: Api, people: dict[str, Any], monkeypatch: pytest.MonkeyPatch, slow: float
) -> None:
    """Also when every transaction counts as slow, and all but the first are left to a thread."""
    monkeypatch.setattr(serving.noting, "SLOW", slow)
    resident = people["张五"]["resident_id"]
    before = len(about(api.doors.ledger, resident))
    api.token("数据专员")

    def look(_: int) -> int:
        answer = api.ask("数据专员", f"/residents/{resident}")
        assert answer.status_code == 200
        return len(about(api.doors.ledger, resident))

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(look, range(40)))
    assert len(about(api.doors.ledger, resident)) == before + 40
    assert min(counts) > before, "nobody has an answer before an event of theirs is written"
    key = public_key(api.doors.home.secrets / "audit.pub")
    assert verify(api.doors.ledger, key).faults == []


def test_what_another_process_showed_counts_before_the_answer_leaves(
    api: Api, people: dict[str, Any]
) -> None:
    """The other showed as many as the role may; this process has not asked the ledger since."""
    resident = people["张三丰"]["resident_id"]
    token = api.token("街道", "510108019")
    actor = _actor(api, token)
    assert api.ask("街道", f"/residents/{resident}", scope="510108019").status_code == 200
    most = api.doors.policy.roles["街道"].daily
    other = open_doors(api.doors.home)
    seen = [f"Relsewhere{n}" for n in range(most)]
    other.audit.record(Event(actor, "list", entity="resident", detail={"subjects": seen}))
    other.close()
    answer = api.ask("街道", f"/residents/{resident}", scope="510108019")
    assert answer.status_code == 429
    assert "张" not in answer.text
    last = about(api.doors.ledger, resident)[-1]
    assert (last["actor"], last["outcome"]) == (actor, "refused")


def _actor(api: Api, token: str) -> str:
    client = api.doors.client(token)
    assert client is not None
    return client.actor
