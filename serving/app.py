"""The one application: the API, and the console that is mounted on it.

`create_app(home)` gives a FastAPI application; `doors_of(app)` what every page and route needs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from hub.settings import Home
from serving import disclosure
from serving.api import exchange, places, residents, state, token
from serving.api.caller import PURPOSE
from serving.api.outer import Outer
from serving.api.problems import ProblemBody, answer_problems
from serving.console.counting import Counting
from serving.console.mounting import mount_console
from serving.doors import Doors, open_doors

__all__ = ["Doors", "create_app", "doors_of"]

PREFIX = "/api/v1"
ROUTERS = (token.router, residents.router, places.router, exchange.router, state.router)
SCHEMA = {"schema": {"$ref": "#/components/schemas/ProblemBody"}}
PROBLEM = {
    "model": ProblemBody,
    "description": "出错",
    "content": {"application/problem+json": SCHEMA},
}
OPEN = ("/token", "/health")
"""What needs no token, and so has no purpose."""
CODES = (400, 401, 403, 404, 409, 413, 429, 503)
PROBLEMS: dict[int | str, dict[str, Any]] = dict.fromkeys(CODES, PROBLEM)


def create_app(home: Home) -> FastAPI:
    """Build the application of a home; a console is mounted on it by one call.

    Raises:
        ConfigError: policy.yaml is wrong, or the audit's key is missing.
    """
    doors = open_doors(home)
    app = FastAPI(
        title=f"{home.settings.name} API", version="1", docs_url=None, redoc_url=None,
        openapi_url=None, lifespan=_closing, redirect_slashes=False,
    )  # fmt: skip
    app.state.doors, app.state.metrics, app.state.jobs = doors, state.Metrics(), exchange.Jobs()
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX, responses=PROBLEMS)
    app.include_router(disclosure.router)
    answer_problems(app)
    app.add_middleware(Outer, metrics=app.state.metrics)
    mount_console(app, doors)

    @app.get(f"{PREFIX}/openapi.json", include_in_schema=False)
    def document() -> JSONResponse:
        """The API's own description; it holds no data, so it is open."""
        return JSONResponse(openapi(app))

    return app


def openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document; what FastAPI adds of its own for malformed requests is a 400 here."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes)
        for address, path in made["paths"].items():
            for operation in path.values():
                if address.removeprefix(PREFIX) not in OPEN:
                    operation.setdefault("parameters", []).append(dict(PURPOSE))
                operation["responses"].pop("422", None)
                for answer in operation["responses"].values():
                    if "application/problem+json" in answer.get("content", {}):
                        answer["content"].pop("application/json", None)
        app.openapi_schema = made
    return app.openapi_schema


def doors_of(app: FastAPI) -> Doors:
    """What routes and pages share."""
    doors: Doors = app.state.doors
    return doors


@asynccontextmanager
async def _closing(app: FastAPI) -> AsyncIterator[None]:
    counting = Counting(doors_of(app))
    yield
    counting.stop()
    doors_of(app).close()
