"""平台: what each platform gave, how fresh it is, and a button to sync now."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import JSONResponse

from hub.errors import NotFoundError
from serving.console.frame import Posted, Visit, Visiting, go
from serving.reading.platforms import states
from serving.reading.work import issue_places

router = APIRouter()
PULLS = {
    "complete": "完成",
    "held": "待确认",
    "failed": "失败",
    "open": "未完成",
    "never": "未同步",
}
RUNS = {"ok": "全部成功", "partial": "部分成功", "failed": "没有成功", "running": "正在进行",
        "cut": "中途被打断"}  # fmt: skip


@router.get("/platforms")
def platforms(visit: Visiting) -> Response:
    """Every platform on one page."""
    console = visit.console
    connection = visit.brain.connection if visit.brain else None
    found = states(console.home, console.ledger, visit.access, connection)
    visit.note("look", entity="platform", rows=len(found.platforms))
    return visit.page(
        "platforms.html", found=found, pulls=PULLS, runs=RUNS, syncing=console.syncing,
        may_sync=visit.access.may("sync"), places=places_of(visit),
    )  # fmt: skip


def places_of(visit: Visit) -> dict[tuple[str, str], int] | None:
    """Fields with issues by platform and stream, for who may open the list of them."""
    if visit.brain is None or not visit.access.may("review"):
        return None
    return issue_places(visit.connection, visit.access)


@router.post("/platforms/sync")
def sync(visit: Posted, platform: Annotated[str, Form(max_length=64)] = "") -> Response:
    """Start the sync job, of one platform or of all."""
    visit.access.require("sync")
    known, _ = visit.console.home.read_platforms()
    if platform and platform not in known:
        raise NotFoundError("no such platform", zh="没有这个平台：请刷新页面。")
    visit.note("sync", entity="platform", subject=platform)
    visit.console.syncing.start([platform] if platform else [])
    return go("/platforms#syncing")


@router.get("/platforms/syncing")
def progress(visit: Visiting) -> Response:
    """How far the sync is, for the page that waits for it."""
    visit.access.require("platforms")
    syncing = visit.console.syncing
    return JSONResponse({"running": syncing.running, "lines": syncing.said()})
