"""Schemathesis over the whole OpenAPI document: no 5xx, no answer outside its schema."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.serving.api.conftest import Api

CHECKS = (
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
)  # fmt: skip


OPERATIONS = (
    "POST /token", "GET /residents/{resident_id}", "GET /residents", "POST /residents/search",
    "POST /residents/verify", "GET /households/{household_id}", "GET /dwellings/{dwelling_id}",
    "GET /grids", "GET /grids/{grid_code}", "GET /statistics", "GET /extracts",
    "POST /extracts/{name}/runs", "GET /extracts/{name}/runs",
    "GET /extracts/{name}/runs/{run_id}", "GET /extracts/{name}/runs/{run_id}/files/{file}",
    "GET /forms", "POST /feedback", "GET /feedback/{number}", "GET /health", "GET /metrics",
    "GET /platforms",
)  # fmt: skip


def test_every_operation_is_named_here(api: Api) -> None:
    document = api.http.get("/api/v1/openapi.json").json()
    found = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert found == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_answer_is_outside_the_document(api: Api, name: str) -> None:
    base = str(api.http.base_url).rstrip("/")
    schema = schemathesis.openapi.from_url(f"{base}/api/v1/openapi.json")
    method, path = name.split()
    operation = schema[f"/api/v1{path}"][method]
    sent = {"Authorization": f"Bearer {api.token('数据专员')}"}

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def run(case: schemathesis.Case) -> None:
        api.doors.watch._of.clear()
        case.call_and_validate(base_url=base, headers=sent, checks=list(CHECKS))

    run()
