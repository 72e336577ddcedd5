"""The one application: the API, and the console that is mounted on it.

`create_app(home)` gives a FastAPI application; `doors_of(app)` what every page and route needs:
the home, its ledger, its policy and the audit.
"""

from dataclasses import dataclass

from fastapi import FastAPI

from hub.settings import Home
from ledger import Ledger, open_ledger
from ledger.accounts import Account
from ledger.audit import Audit
from ledger.clients import Client
from security.policy import Access, Policy, access_of, read_policy


@dataclass(frozen=True)
class Doors:
    """What routes and pages share in one process."""

    home: Home
    ledger: Ledger
    policy: Policy
    audit: Audit

    def access(self, who: Account | Client) -> Access:
        """What somebody may see and do.

        Raises:
            NotAllowedError: their role is not in policy.yaml.
        """
        return access_of(self.policy, who.actor, who.role, who.scope, self.home.settings.divisions)


def create_app(home: Home) -> FastAPI:
    """Build the application of a home; a console is mounted on it by one call.

    Raises:
        ConfigError: policy.yaml is wrong, or the audit's key is missing.
    """
    ledger = open_ledger(home.data / "ledger.sqlite")
    app = FastAPI(title=home.settings.name, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.doors = Doors(home, ledger, read_policy(home.root), Audit(home, ledger))

    @app.get("/api/v1/health")
    def health() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    return app


def doors_of(app: FastAPI) -> Doors:
    """What routes and pages share."""
    doors: Doors = app.state.doors
    return doors
