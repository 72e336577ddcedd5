"""The main path of each role in Chromium, at a desk and on a phone, with screenshots kept.

On every page that is opened: no accessibility rule of WCAG 2 A and AA is broken, nothing is wider
than the screen, no request leaves this host, nothing is complained of, and it is ready in time.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from ledger.audit_check import events
from tests.programs import CHROMIUM
from tests.serving.console.conftest import ACCOUNTS, PASSWORD, Served
from tests.serving.console.test_pages import resident
from tests.serving.console.two_grids import GRID, NAMES, number

SIZES = {"desk": (1280, 800), "phone": (390, 844)}
KEPT = Path("build/screenshots")
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
READY = 1000  # ms
TAKEN = "performance.getEntriesByType('navigation')[0].loadEventEnd"


@dataclass
class Seen:
    """What the whole run left: addresses, log lines, complaints."""

    addresses: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


class Keeping(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("NOT TESTED: Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    found = Seen()
    handler = Keeping(found.lines)
    logging.getLogger().addHandler(handler)
    yield found
    logging.getLogger().removeHandler(handler)


class Visitor:
    """One account in one window."""

    def __init__(self, page: Page, served: Served, seen: Seen, name: str) -> None:
        self.page, self.served, self.seen, self.name = page, served, seen, name
        page.on("request", lambda request: seen.addresses.append(request.url))
        page.on("console", self.note)
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))

    def note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.seen.complaints.append(message.text)

    def sign_in(self, account: str) -> None:
        self.go("/login")
        self.page.fill("#name", account)
        self.page.fill("#password", PASSWORD)
        self.page.press("#password", "Enter")
        self.page.wait_for_selector("nav.menu")
        self.look("first")

    def go(self, path: str, shot: str | None = None) -> None:
        self.page.goto(f"{self.served.base}/console{path}")
        if shot:
            self.look(shot)

    def look(self, shot: str) -> None:
        page = self.page
        page.wait_for_load_state("load")
        broken = Axe().run(page, options=RULES).response["violations"]
        told = [(one["id"], one["nodes"][0]["html"][:200]) for one in broken]
        assert not told, (self.name, shot, told)
        wide, inner = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= inner, f"{self.name} {shot}: {wide} px wide on {inner}"
        KEPT.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=KEPT / f"{self.name}-{shot}.png")


@pytest.fixture(params=sorted(SIZES))
def window(
    request: pytest.FixtureRequest, browser: Browser, served: Served, seen: Seen
) -> Iterator[Visitor]:
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    test = request.node.name.removeprefix("test_").partition("[")[0]
    context.set_default_timeout(90_000)  # of a machine that does other things besides
    yield Visitor(context.new_page(), served, seen, f"{request.param}-{test}")
    context.close()


def test_grid_worker(window: Visitor) -> None:
    page = window.page
    window.sign_in("grid")
    page.keyboard.press("/")
    page.keyboard.type(NAMES[0])
    page.keyboard.press("Enter")
    page.wait_for_selector("tr[data-row]")
    window.look("found")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("dl.fields")
    window.look("resident")
    assert number(0) not in page.content()
    page.locator("details.source summary").first.press("Enter")
    assert page.locator("details.source[open]").count() == 1
    page.select_option("#purpose", "走访")
    page.click("text=看原值")
    page.wait_for_selector("text=用途：走访")
    window.look("purpose")
    assert "独居" in page.content(), "labels under a purpose"
    page.go_back()
    page.wait_for_selector("dl.fields")
    window.go("/work", "collect")
    window.go(f"/grids/{GRID}", "grid")


def test_staff(window: Visitor) -> None:
    page = window.page
    window.sign_in("staff")
    page.click(".pyramid a >> nth=30")
    page.wait_for_selector("h1 .count")
    window.look("list")
    window.go("/work/pairs", "pair")
    assert "/ 2 对" in page.content()
    page.keyboard.press("2")
    page.wait_for_selector("text=已记下决定")
    window.look("decided")
    page.click(".stated button")
    page.wait_for_selector("text=/ 2 对")
    window.go("/forms", "forms")
    one = resident(window.served, NAMES[5])
    window.go(f"/residents/{one}")
    page.click("h2 >> text=1 人" if page.locator("h2 >> text=1 人").count() else "h2 a")
    page.wait_for_selector("h1 .count")
    window.look("household")


def test_steward(window: Visitor) -> None:
    window.sign_in("steward")
    for kind in ("quarantine", "issues", "corrections", "alerts"):
        window.go(f"/work/{kind}", kind)
    window.go("/platforms", "platforms")
    window.go("/list?what=households", "households")
    window.go("/list?what=dwellings", "dwellings")
    window.page.click("tr[data-row] a")
    window.page.wait_for_selector("h1 .count")
    window.look("dwelling")
    window.page.keyboard.press("?")
    window.page.wait_for_selector("dialog[open]")
    window.look("keys")


def test_auditor(window: Visitor) -> None:
    window.sign_in("auditor")
    window.go("/audit", "events")
    window.page.click("text=校验审计链")
    window.page.wait_for_selector("text=审计链完整")
    window.look("verified")


def test_administrator(window: Visitor) -> None:
    window.sign_in("admin")
    window.go("/admin", "accounts")
    window.go("/me", "me")


@pytest.mark.parametrize("account", ["street", "district"])
def test_upper_levels(window: Visitor, account: str) -> None:
    window.name += f"-{account}"
    window.sign_in(account)
    assert (window.page.locator(".figures a").count() > 0) is (account == "street")


def test_a_stranger(window: Visitor) -> None:
    window.go("/residents")
    window.look("login")
    window.page.fill("#name", "nobody")
    window.page.fill("#password", "not-the-password")
    window.page.press("#password", "Enter")
    window.page.wait_for_selector("[role=alert]")
    window.seen.complaints.pop()  # Chromium notes the 401
    window.look("refused")


def test_without_scripts_and_on_paper(browser: Browser, served: Served, seen: Seen) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 794, "height": 1123}
    )
    page = context.new_page()
    page.goto(f"{served.base}/console/login")
    page.fill("#name", "grid")
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.fill("#find", NAMES[0])
    page.click(".find button")
    page.click("tr[data-row] a")
    assert NAMES[0] in page.inner_text("h1")
    page.emulate_media(media="print")
    assert not page.is_visible("nav.menu")
    assert "含个人信息" in page.inner_text("footer")
    page.screenshot(path=KEPT / "paper-resident.png", full_page=True)
    context.close()


def test_the_run_left_no_personal_value_and_nothing_left_the_host(
    browser: Browser, served: Served, seen: Seen
) -> None:
    assert browser.is_connected()
    assert len(seen.addresses) > 50
    assert len(ACCOUNTS) == 8
    hosts = {address.split("/")[2] for address in seen.addresses if not address.startswith("data:")}
    assert hosts == {served.base.removeprefix("http://")}
    assert seen.complaints == []
    told = "\n".join(map(str, events(served.doors.ledger, limit=100_000)))
    logs = "\n".join(path.read_text(errors="replace") for path in served.home.data.glob("*.log"))
    everything = "\n".join([*seen.addresses, *seen.lines, logs, told])
    with served.doors.snapshots.brain() as brain:
        rows = brain.connection.execute(
            "SELECT name, id_number, phone, residence_address FROM resident_record"
        ).fetchall()
    values = {str(value) for row in rows for value in row if value is not None}
    assert len(values) > 50
    assert [value for value in sorted(values) if value in everything] == []


def test_pages_are_ready_within_a_second(browser: Browser, served: Served, seen: Seen) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    visitor = Visitor(context.new_page(), served, Seen(), "ready")
    visitor.sign_in("steward")
    pages = ("/", "/residents", f"/residents/{resident(served, NAMES[0])}", "/list", "/work",
             "/platforms", "/forms", f"/grids/{GRID}")  # fmt: skip
    for path in pages:
        taken = []
        for _ in range(6):  # the best: what else runs on this machine is no part of the page
            visitor.go(path)
            taken.append(visitor.page.evaluate(TAKEN))
            if taken[-1] <= READY:
                break
        assert taken[-1] <= READY, (path, taken)
    context.close()
    assert "Traceback" not in "\n".join(seen.lines)
