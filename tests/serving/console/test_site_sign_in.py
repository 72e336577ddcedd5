"""The site's own sign-in, against an identity provider that is a process of its own."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from hub.errors import ConfigError
from hub.settings import SignIn, open_home
from ledger.accounts import add_account, relink
from ledger.audit_check import events
from serving.app import create_app, doors_of
from serving.doors import Doors
from tests.programs import CHROMIUM
from tests.serving import identity_provider
from tests.serving.console.conftest import PASSWORD
from tests.serving.console.test_browser import KEPT
from tests.serving.console.two_grids import build_two_grids

SETTINGS = """
sign_in:
  issuer: {issuer}
  client_id: hub
  address: {base}
  secret: {{file: secrets/oidc.secret}}
  title: 区统一身份认证
"""


@dataclass
class Site:
    base: str
    provider: str
    doors: Doors

    def name(self, name: str, sub: str, fault: str = "") -> None:
        told = {"name": name, "sub": sub, "fault": fault}
        httpx.post(f"{self.provider}/as", json=told).raise_for_status()

    def sign_in(self, client: httpx.Client, wanted: str = "/") -> httpx.Response:
        """All the way there and back, as a browser goes."""
        to = client.get(f"{self.base}/console/login/site", params={"next": wanted})
        assert to.status_code == 303, to.text
        back = client.get(to.headers["location"])
        return client.get(back.headers["location"])


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    command = [sys.executable, str(Path(identity_provider.__file__))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://localhost:{process.stdout.readline().strip()}"
        process.kill()  # it holds nothing; a worker of the tests may have SIGTERM blocked


@pytest.fixture(scope="module")
def site(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = build_two_grids(tmp_path_factory.mktemp("site") / "home").root
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    (root / "secrets" / "oidc.secret").write_text(identity_provider.SECRET)
    with (root / "hub.yaml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS.format(issuer=provider, base=base))
    app = create_app(open_home(root))
    doors = doors_of(app)
    add_account(doors.ledger, "staff", "社区工作人员", ["510108019006"], None)
    add_account(doors.ledger, "steward", "数据专员", ["*"], PASSWORD)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield Site(base, provider, doors)
    server.should_exit = True
    thread.join()


def signed_in(client: httpx.Client, site: Site) -> bool:
    return client.get(f"{site.base}/console/work").status_code == 200


def refusals(site: Site) -> int:
    return len([one for one in events(site.doors.ledger, limit=5000)
                if one["action"] == "sign_in" and one["outcome"] == "refused"])  # fmt: skip


def test_whom_the_provider_names_gets_in_with_the_role_the_hub_gives(site: Site) -> None:
    site.name("staff", "s-1")
    with httpx.Client() as client:
        page = client.get(f"{site.base}/console/login").text
        assert "区统一身份认证" in page
        done = site.sign_in(client, "/residents")
        assert done.status_code == 200
        assert 'url=/console/residents"' in done.text
        assert client.get(f"{site.base}/console/residents").status_code == 200
        assert client.get(f"{site.base}/console/admin").status_code == 403
    last = events(site.doors.ledger, actor="account:staff", limit=50)
    assert any(one["action"] == "sign_in" and one["detail"] == {"by": "site"} for one in last)


FAULTS = ("denied", "state", "issuer", "audience", "party", "nonce", "old", "expired", "signature",
          "none")  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_that_does_not_hold_lets_nobody_in(site: Site, fault: str) -> None:
    before = refusals(site)
    site.name("staff", "s-1", fault)
    with httpx.Client() as client:
        done = site.sign_in(client)
        assert done.status_code == 401
        assert "重新登录" in done.text
        assert not signed_in(client, site)
    assert refusals(site) == before + 1


def test_new_keys_of_the_provider_are_read(site: Site) -> None:
    site.name("staff", "s-1", "rotated")
    with httpx.Client() as client:
        assert site.sign_in(client).status_code == 200
        site.name("staff", "s-1")
        assert site.sign_in(client).status_code == 200


def test_the_providers_answer_counts_once_and_in_its_own_browser(site: Site) -> None:
    site.name("staff", "s-1")
    with httpx.Client() as client, httpx.Client() as thief:
        to = client.get(f"{site.base}/console/login/site")
        back = client.get(to.headers["location"]).headers["location"]
        assert thief.get(back).status_code == 401
        assert client.get(back).status_code == 200
        assert client.get(back).status_code == 401


def test_nobody_takes_over_an_account_by_its_name(site: Site) -> None:
    """The account keeps the provider's lasting id, until an administrator lets go of it."""
    with httpx.Client() as client:
        site.name("staff", "s-1")
        assert site.sign_in(client).status_code == 200
        site.name("staff", "s-2")
        assert site.sign_in(client).status_code == 401
        site.name("steward", "s-1")  # one person, another's account
        assert site.sign_in(client).status_code == 401
        site.name("nobody", "s-9")
        assert site.sign_in(client).status_code == 401
    relink(site.doors.ledger, "staff")
    with httpx.Client() as client:
        site.name("staff", "s-2")
        assert site.sign_in(client).status_code == 200
        relink(site.doors.ledger, "staff")
        assert not signed_in(client, site)  # open sessions end with it
        site.name("staff", "s-1")
        assert site.sign_in(client).status_code == 200


def test_no_password_opens_an_account_without_one(site: Site) -> None:
    with httpx.Client() as client:
        for password in ("", "None", PASSWORD):
            given = {"name": "staff", "password": password}
            assert client.post(f"{site.base}/console/login", data=given).status_code == 401
        given = {"name": "steward", "password": PASSWORD}
        assert client.post(f"{site.base}/console/login", data=given).status_code == 303


def test_only_the_own_pages_are_gone_to_afterwards(site: Site) -> None:
    site.name("staff", "s-1")
    with httpx.Client() as client:
        assert 'url=/console/"' in site.sign_in(client, "//evil.example/").text


def test_addresses_must_be_safe() -> None:
    for issuer in ("http://id.example", "https:evil", "http://127.0.0.1.evil.example/"):
        assert not SignIn.allows(issuer)
    assert SignIn.allows("https://id.example/realms/a")


def test_an_unsafe_issuer_is_a_mistake_with_its_place(site: Site, tmp_path: Path) -> None:
    text = SETTINGS.format(issuer="http://id.example", base="https://hub.example")
    (tmp_path / "hub.yaml").write_text("name: x" + text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        open_home(tmp_path)
    assert "sign_in.issuer" in error.value.zh


def test_chromium_gets_in_although_it_comes_from_elsewhere(site: Site) -> None:
    """Our cookie is SameSite=Strict; localhost and 127.0.0.1 are two sites to a browser."""
    if not CHROMIUM.exists():
        pytest.skip("NOT TESTED: Chromium is not installed (apt-get install chromium)")
    site.name("staff", "s-1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
        page.goto(f"{site.base}/console/residents")
        page.screenshot(path=KEPT / "phone-site-sign-in.png")
        page.get_by_role("link", name="区统一身份认证").click()
        page.wait_for_url(f"{site.base}/console/residents")
        assert page.locator("h1").first.is_visible()
        browser.close()
