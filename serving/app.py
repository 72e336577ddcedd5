"""The one application: the API, and the console that is mounted on it.

`create_app(home)` gives a FastAPI application; `doors_of(app)` what every page and route needs:
the home, its ledger, its policy and the audit.
"""

from dataclasses import dataclass

from fastapi import FastAPI

from hub.settings import Home
from ledger import Ledger, open_ledger


@dataclass(frozen=True)
class Doors:
    """What routes and pages share in one process."""

    home: Home
    ledger: Ledger


def create_app(home: Home) -> FastAPI:
    """Build the application of a home; a console is mounted on it by one call."""
    app = FastAPI(title=home.settings.name, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.doors = Doors(home, open_ledger(home.data / "ledger.sqlite"))

    @app.get("/api/v1/health")
    def health() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    return app


def doors_of(app: FastAPI) -> Doors:
    """What routes and pages share."""
    doors: Doors = app.state.doors
    return doors
