"""The API's promises: who is let in, how errors look, paging, ETags, idempotency."""

import base64
import hashlib
from typing import Any

import pytest

from ledger.audit_check import events
from ledger.clients import add_client
from ledger.idempotency import begin, finish
from serving.api.exchange import Jobs
from tests.cli.small_home import COMMUNITY, ZHANG_NUMBER
from tests.serving.api.conftest import GRID, OTHER, Api
from tests.serving.on_disk import on_disk

STAFF = "社区工作人员"


def test_health_is_open_and_all_else_is_not(api: Api) -> None:
    assert api.http.get("/api/v1/health").json() == {"status": "ok", "snapshot": 3}
    for path in ("residents", "residents/R1", "households/H1", "dwellings/D1", "grids", "grids/1",
                 "statistics", "extracts", "forms", "platforms", "metrics",
                 "feedback/1"):  # fmt: skip
        answer = api.http.get(f"/api/v1/{path}")
        assert answer.status_code == 401, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")
    for path in ("residents/search", "residents/verify", "feedback", "extracts/a-b/runs"):
        assert api.http.post(f"/api/v1/{path}", json={}).status_code == 401, path


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer " + "a" * 43, "bearer\t" + "a" * 43]
)
def test_a_wrong_token_is_401(api: Api, header: str) -> None:
    answer = api.http.get("/api/v1/residents", headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_client_gets_its_token(api: Api) -> None:
    client, secret = add_client(api.doors.ledger, "民政局", "部门", [COMMUNITY])
    form = {"grant_type": "client_credentials", "client_id": client.client_id,
            "client_secret": secret}  # fmt: skip
    answer = api.http.post("/api/v1/token", data=form)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert api.http.get("/api/v1/statistics", headers=bearer).status_code == 200
    basic = base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
    answer = api.http.post("/api/v1/token", data={"grant_type": "client_credentials"},
                           headers={"Authorization": f"Basic {basic}"})  # fmt: skip
    assert answer.status_code == 200
    wrong = api.http.post("/api/v1/token", data=form | {"client_secret": "x"})
    assert wrong.status_code == 401
    assert secret not in wrong.text
    assert api.http.post("/api/v1/token", data=form | {"grant_type": "password"}).status_code == 400


def test_one_resident(api: Api, people: dict[str, Any]) -> None:
    zhang = people["张三丰"]
    answer = api.ask(STAFF, f"/residents/{zhang['resident_id']}").json()
    assert answer["resident"]["name"] == "张三丰"
    assert answer["resident"]["id_number"] == ZHANG_NUMBER[:3] + "*" * 11 + ZHANG_NUMBER[-4:]
    assert answer["labels"] == []
    assert {one["platform"] for one in answer["sources"]} == {"police", "street_grid"}
    assert zhang["resident_id"] in {one["resident_id"] for one in answer["members"]}
    clear = api.ask(STAFF, f"/residents/{zhang['resident_id']}", purpose="办事").json()
    assert clear["resident"]["id_number"] == ZHANG_NUMBER
    assert {one["label"] for one in clear["labels"]} == {"党员", "低保"}


def test_a_merged_id_leads_to_the_living_one(api: Api, people: dict[str, Any]) -> None:
    answer = api.ask(STAFF, "/residents/Rformer").json()
    assert answer["resident"]["resident_id"] == people["张五"]["resident_id"]


def test_looks_are_audited_with_what_was_seen(api: Api, people: dict[str, Any]) -> None:
    wang = people["王小红"]["resident_id"]
    api.ask(STAFF, f"/residents/{wang}", purpose="核对")
    last = events(api.doors.ledger, subject=wang, limit=1)[0]
    assert (last["action"], last["outcome"], last["purpose"]) == ("look", "ok", "核对")
    assert last["snapshot"] == 3
    assert {"name", "id_number"} <= set(last["fields"])
    assert last["actor"].startswith("client:c_")
    assert "王小红" not in str(last)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/residents?colour=red", 400),
        ("/residents?limit=0", 400),
        ("/residents?limit=1&limit=2", 400),
        ("/residents?lives_here=maybe", 400),
        ("/residents?cursor=AAAA", 400),
        ("/residents/R1?fields=all", 400),
        ("/residents/Rnobody", 404),
        ("/residents/a'b", 400),
        ("/households/Hnone", 404),
        ("/dwellings/Dnone", 404),
        ("/grids/none", 404),
        ("/extracts/none/runs", 404),
        ("/extracts/..%2f..%2fhub/runs", 404),
        ("/feedback/1", 404),
        ("/nothing", 404),
    ],
)
def test_never_a_silent_wider_answer(api: Api, path: str, status: int) -> None:
    answer = api.ask("数据专员", path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "detail", "places"}


@pytest.mark.parametrize(
    "body",
    [{}, {"grid_code": GRID}, {"birth_date": "1953-04-07"}, {"name": "张三丰", "shoe": 1},
     {"name": ["张三丰"]}, {"name": ""}, {"name": "张\u0000"}, {"name": "张三丰", "limit": 1000}],
)  # fmt: skip
def test_a_malformed_search_is_400_and_tells_no_value(api: Api, body: dict[str, Any]) -> None:
    answer = api.ask(STAFF, "/residents/search", body)
    assert answer.status_code == 400
    assert "张三丰" not in answer.text


def test_search_finds_exactly(api: Api) -> None:
    found = api.ask(STAFF, "/residents/search", {"name": "张三丰"}).json()["rows"]
    assert [one["name"] for one in found] == ["张三丰"]
    found = api.ask(STAFF, "/residents/search", {"id_number": ZHANG_NUMBER}).json()["rows"]
    assert [one["name"] for one in found] == ["张三丰"]
    assert api.ask(STAFF, "/residents/search", {"name": "张"}).json()["rows"] == []


def test_verify_answers_yes_no_and_nothing_held(api: Api) -> None:
    claims = [{"field": "sex_code", "value": "1"}, {"field": "sex_code", "value": "2"},
              {"field": "marital_code", "value": "20"}]  # fmt: skip
    asked = {"id_number": ZHANG_NUMBER, "claims": claims}
    refused = api.ask("数据专员", "/residents/verify", asked)
    assert refused.status_code == 403  # marital status needs a purpose
    answer = api.ask("数据专员", "/residents/verify", asked, purpose="核对").json()
    assert answer["holds"] == [True, False, None]
    nobody = asked | {"id_number": "510108190001010000"}
    assert api.ask("数据专员", "/residents/verify", nobody, purpose="核对").status_code == 404
    thin = {"name": "张三丰", "claims": claims[:1]}
    assert api.ask("数据专员", "/residents/verify", thin).status_code == 400


def test_two_who_fit_are_409(api: Api) -> None:
    claims = [{"field": "sex_code", "value": "1"}]
    twins = {"name": "钱同名", "phone": "13511112222", "claims": claims}
    answer = api.ask("数据专员", "/residents/verify", twins)
    assert answer.status_code == 409
    assert "钱同名" not in answer.text


def test_pages_go_through_all_once(api: Api, people: dict[str, Any]) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        answer = api.ask("数据专员", f"/residents?limit=2{more}").json()
        seen += [one["resident_id"] for one in answer["rows"]]
        cursor = answer["next"]
    assert len(seen) == len(people) + 1  # two have one name
    assert {row["resident_id"] for row in people.values()} <= set(seen)
    assert len(seen) == len(set(seen))


def test_a_cursor_of_another_snapshot_is_409(api: Api) -> None:
    old = base64.urlsafe_b64encode(b"2.Rabc").decode()
    assert api.ask("数据专员", f"/residents?cursor={old}").status_code == 409


def test_etags_follow_the_snapshot_and_the_rights(api: Api, people: dict[str, Any]) -> None:
    path = f"/residents/{people['张三丰']['resident_id']}"
    tag = api.ask(STAFF, path).headers["etag"]
    assert api.ask(STAFF, path, headers={"If-None-Match": tag}).status_code == 304
    assert api.ask(STAFF, path, purpose="办事", headers={"If-None-Match": tag}).status_code == 200
    assert api.ask("街道", path, headers={"If-None-Match": tag}).status_code == 200


def test_feedback_is_kept_once_and_sealed(api: Api, people: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "abcdefgh-1"}
    body = {"resident_id": people["张三丰"]["resident_id"], "field": "phone", "kind": "outdated",
            "proposed": "13700007777"}  # fmt: skip
    first = api.ask("部门", "/feedback", body, headers=key)
    assert first.status_code == 201
    assert api.ask("部门", "/feedback", body, headers=key).json() == first.json()
    other = api.ask("部门", "/feedback", body | {"kind": "wrong"}, headers=key)
    assert other.status_code == 409
    assert api.ask("部门", "/feedback", body).status_code == 400
    number = first.json()["feedback"]
    assert api.ask("部门", f"/feedback/{number}").json()["status"] == "open"
    assert api.ask("社区工作人员", f"/feedback/{number}").status_code == 404
    assert b"13700007777" not in on_disk(api.doors.home.data / "ledger.sqlite")
    missing = body | {"field": "shoe_size"}
    assert api.ask("部门", "/feedback", missing, headers=key).status_code == 400


def test_security_headers_are_on_every_answer(api: Api) -> None:
    for path in ("/api/v1/health", "/api/v1/residents", "/api/v1/nothing"):
        headers = api.http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"


def test_a_large_body_is_413(api: Api) -> None:
    answer = api.ask(STAFF, "/residents/search", {"name": "x" * 1_100_000})
    assert answer.status_code == 413


def test_metrics_hold_routes_and_no_ids(api: Api, people: dict[str, Any]) -> None:
    wanted = people["张三丰"]["resident_id"]
    api.ask(STAFF, f"/residents/{wanted}")
    text = api.ask("管理员", "/metrics").text
    assert 'route="/residents/{resident_id}"' in text
    assert wanted not in text
    assert api.ask("网格员", "/metrics").status_code == 403


def test_statistics_count_the_scope(api: Api) -> None:
    whole = api.ask("审计员", "/statistics").json()
    assert {one["name"]: one["value"] for one in whole["counts"]}["grids"] == 2
    none = api.ask("社区工作人员", "/statistics", scope="510108019999").json()
    assert all(one["value"] == 0 for one in none["counts"])


def test_the_daily_limit_ends_bulk_reading(api: Api) -> None:
    """网格员 may see 300 a day; a list counts as many as it may show."""
    answers = [api.ask("网格员", "/residents?limit=200", scope=f"{GRID}") for _ in range(3)]
    assert {one.status_code for one in answers} == {200}  # the same few people, again and again
    api.doors.watch._of[_actor(api, "网格员", GRID)].residents.update(f"x{n}" for n in range(300))
    refused = api.ask("网格员", "/residents?limit=1", scope=GRID)
    assert refused.status_code == 429
    api.doors.watch._of[_actor(api, "网格员", GRID)].residents.clear()


def _actor(api: Api, role: str, scope: str) -> str:
    from ledger.clients import client_of

    client = client_of(api.doors.ledger, api.token(role, scope))
    assert client is not None
    return client.actor


def test_no_cookie_opens_the_api(api: Api) -> None:
    token = api.token(STAFF)
    for name in ("session", "hub", "access_token", "Authorization"):
        answer = api.http.get("/api/v1/residents", headers={"Cookie": f"{name}={token}"})
        assert answer.status_code == 401


def test_no_route_takes_an_address(api: Api) -> None:
    document = api.http.get("/api/v1/openapi.json").text
    for word in ('"url"', '"uri"', '"format":"uri"', '"callback"', '"webhook"'):
        assert word not in document


def test_long_values_are_refused_at_once(api: Api) -> None:
    import time

    for body in ({"name": "张" * 100_000}, {"resident_id": "a" * 100_000 + "!"},
                 {"id_number": "1" * 100_000}):  # fmt: skip
        begun = time.monotonic()
        assert api.ask(STAFF, "/residents/search", body).status_code == 400
        assert time.monotonic() - begun < 5


def test_an_extract_is_run_polled_and_fetched_by_its_department_only(api: Api) -> None:
    path = api.doors.home.root / "extracts" / "elders.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(EXTRACT, encoding="utf-8")
    (row,) = api.ask("部门", "/extracts").json()["rows"]
    assert row["extract"] == "elders"
    key = {"Idempotency-Key": "run-elders-1"}
    begun = api.ask("部门", "/extracts/elders/runs", {}, headers=key)
    assert begun.status_code == 202
    again = api.ask("部门", "/extracts/elders/runs", {}, headers=key)
    assert again.json() == begun.json()
    done = _polled(api, begun.json()["run"])
    assert (done["status"], done["rows"]) == ("done", 3)
    (file,) = done["files"]
    content = api.ask("部门", f"/extracts/elders/runs/{done['run']}/files/{file['name']}")
    assert content.status_code == 200
    assert hashlib.sha256(content.content).hexdigest() == file["sha256"]
    assert api.ask("部门", f"/extracts/elders/runs?since={done['run']}").json() == {"rows": []}
    for name in ("manifest.json", "other.csv"):
        nothing = api.ask("部门", f"/extracts/elders/runs/{done['run']}/files/{name}")
        assert nothing.status_code == 404
    assert api.ask("部门", "/extracts/elders/runs/Wnone").status_code == 404
    api.app.state.jobs = Jobs()  # as after a restart
    assert api.ask("部门", f"/extracts/elders/runs/{begun.json()['run']}").json() == done
    lost = "J" + "0" * 20  # begun, and cut short
    begin(api.doors.ledger, "client:c_lost", "run-lost", "run elders")
    finish(api.doors.ledger, "client:c_lost", "run-lost", 202, {"run": lost, "status": "running"})
    told = api.ask("部门", f"/extracts/elders/runs/{lost}").json()
    assert (told["status"], "重启" in told["detail"]) == ("failed", True)
    (log,) = (api.doors.home.data / "extracts" / "elders").glob("elders-*.json")
    kept = log.read_text(encoding="utf-8")
    for changed in (kept.replace("民政局", "人社局"), kept.replace(COMMUNITY, COMMUNITY[:6])):
        log.write_text(changed, encoding="utf-8")  # as before the extract's file was changed
        assert api.ask("部门", "/extracts/elders/runs").json() == {"rows": []}
        gone = api.ask("部门", f"/extracts/elders/runs/{done['run']}/files/{file['name']}")
        assert gone.status_code == 404
    log.write_text(kept, encoding="utf-8")
    api.tokens.pop(("部门", OTHER), None)
    other = api.token("部门", OTHER, title="人社局")
    headers = {"Authorization": f"Bearer {other}"}
    assert api.http.get("/api/v1/extracts", headers=headers).json() == {"rows": []}
    assert api.http.get("/api/v1/extracts/elders/runs", headers=headers).status_code == 404


EXTRACT = f"""
extract: elders
title: 名单
recipient: {{department: 民政局, scope: "{COMMUNITY}"}}
purpose: 核对
basis: {{document: 试验, fields: [name, sex_code]}}
scope: "{COMMUNITY}"
fields: [resident_id, name, sex_code]
fresh_within: 36500d
"""


def _polled(api: Api, run: str) -> Any:
    import time

    for _ in range(300):
        told = api.ask("部门", f"/extracts/elders/runs/{run}").json()
        if told["status"] != "running":
            return told
        time.sleep(0.1)
    raise AssertionError("still running")
