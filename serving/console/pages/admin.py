"""管理: accounts, clients, and the roles as policy.yaml has them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Response

from ledger import accounts as ledger_accounts
from ledger import client_keys
from ledger import clients as ledger_clients
from security.client_keys import read_public_key
from security.policy import check_scope
from serving.console.frame import Posted, Visit, Visiting, go

router = APIRouter()
Name = Annotated[str, Form(max_length=64)]
Role = Annotated[str, Form(max_length=64)]
Scope = Annotated[str, Form(max_length=400)]
Password = Annotated[str, Form(max_length=1024)]


@router.get("/admin")
def admin(visit: Visiting) -> Response:
    """Accounts, clients, roles."""
    return _shown(visit)


@router.post("/admin/accounts")
def add(visit: Posted, name: Name, role: Role, scope: Scope, password: Password = "") -> Response:
    """Make an account; without a password only the site's own sign-in opens it."""
    given = _scope(visit, role, scope)
    visit.note("account", entity="account", change="add", role_given=role, scope=list(given))
    kept = None if visit.console.site and not password else password
    ledger_accounts.add_account(visit.console.ledger, name.strip(), role, given, kept)
    return go("/admin")


@router.post("/admin/accounts/role")
def change_role(visit: Posted, name: Name, role: Role, scope: Scope) -> Response:
    """Give an account another role and scope."""
    given = _scope(visit, role, scope)
    _note(visit, name, "role", role_given=role, scope=list(given))
    ledger_accounts.set_role(visit.console.ledger, name, role, given)
    return go("/admin")


@router.post("/admin/accounts/password")
def change_password(visit: Posted, name: Name, password: Password) -> Response:
    """Give an account a new password; its sessions end."""
    _note(visit, name, "password")
    ledger_accounts.set_password(visit.console.ledger, name, password)
    return go("/admin")


@router.post("/admin/accounts/state")
def change_state(
    visit: Posted, name: Name, state: Annotated[Literal["on", "off"], Form()]
) -> Response:
    """Disable an account, or let it work again."""
    _note(visit, name, state)
    ledger_accounts.disable(visit.console.ledger, name, disabled=state == "off")
    return go("/admin")


@router.post("/admin/clients")
def add_client(
    visit: Posted,
    title: Annotated[str, Form(min_length=1, max_length=200)],
    role: Role,
    scope: Scope,
    recipients: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Make a client; its secret is shown once."""
    given = _scope(visit, role, scope)
    named = recipients.replace("，", " ").replace("、", " ").replace(",", " ").split()
    client, secret = ledger_clients.add_client(
        visit.console.ledger, title.strip(), role, given, named
    )
    visit.note("client", entity="client", subject=client.client_id, change="add")
    return _shown(visit, (client.client_id, secret))


@router.post("/admin/clients/key")
def add_key(
    visit: Posted,
    client_id: Annotated[str, Form(max_length=64)],
    public_key: Annotated[str, Form(min_length=1, max_length=4000)],
) -> Response:
    """Let a client sign for its tokens with a key of its own."""
    visit.access.require("accounts")
    key = read_public_key(public_key)
    visit.note("client", entity="client", subject=client_id, change="key", key=key.key_id)
    client_keys.add_key(visit.console.ledger, client_id, key)
    return go("/admin")


@router.post("/admin/clients/{what}")
def change_client(
    visit: Posted, what: Literal["rotate", "revoke"], client_id: Annotated[str, Form(max_length=64)]
) -> Response:
    """Give a client a new secret, or end it."""
    visit.access.require("accounts")
    visit.note("client", entity="client", subject=client_id, change=what)
    ledger = visit.console.ledger
    if what == "revoke":
        ledger_clients.revoke(ledger, client_id)
        return go("/admin")
    return _shown(visit, (client_id, ledger_clients.rotate(ledger, client_id)))


def _shown(visit: Visit, secret: tuple[str, str] | None = None) -> Response:
    visit.access.require("accounts")
    ledger = visit.console.ledger
    return visit.page(
        "admin.html", accounts=ledger_accounts.accounts(ledger),
        clients=ledger_clients.clients(ledger), secret=secret,
        keys={one.client_id: one for one in reversed(client_keys.keys_of(ledger))},
        roles=visit.console.doors.policy.roles, site=visit.console.home.settings.sign_in,
    )  # fmt: skip


def _scope(visit: Visit, role: str, scope: str) -> tuple[str, ...]:
    visit.access.require("accounts")
    return check_scope(
        visit.console.doors.policy, role, scope.replace("，", " ").replace(",", " ").split()
    )


def _note(visit: Visit, name: str, change: str, **detail: Any) -> None:  # noqa: ANN401 (JSON)
    visit.access.require("accounts")
    visit.note("account", entity="account", subject=name, change=change, **detail)
