"""待办: what only a person can settle, and what owners are asked to mend."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Response

from serving.console import settling
from serving.console.exporting import sheet
from serving.console.frame import Posted, Visit, Visiting, go
from serving.reading import work
from serving.reading.collecting import to_collect
from serving.reading.correcting import feedback_inside, settle_feedback, waiting_feedback
from serving.reading.platforms import read_states

router = APIRouter()
KINDS = {"pairs": "疑似同一人", "quarantine": "隔离的记录", "issues": "字段问题",
         "corrections": "请归口核对", "feedback": "更正申请",
         "collect": "待采集", "alerts": "提醒"}  # fmt: skip
COLUMNS: dict[str, dict[str, str]] = {
    "quarantine": {"platform": "平台", "stream": "数据流", "row_no": "行号", "field": "字段",
                   "raw": "原值", "reason": "原因", "advice": "请这样处理", "at": "隔离时间"},
    "issues": {"platform": "平台", "stream": "数据流", "title": "字段", "why": "原因",
               "advice": "请这样处理", "rows": "处数"},
    "corrections": {"platform": "平台", "stream": "数据流", "resident_id": "居民编码",
                    "field": "字段", "said": "平台现值", "held": "核对值", "backed_by": "依据",
                    "at": "提出时间"},
    "feedback": {"resident_id": "居民", "field": "字段", "kind": "情况", "proposed": "应为",
                 "by": "谁提的", "at": "时间", "number": "处理"},
    "collect": {"item": "项目", "persons": "人数", "forms": "等它的表"},
    "alerts": {"platform": "平台", "word": "状态", "message": "说明"},
}  # fmt: skip
Kind = Literal["quarantine", "issues", "corrections", "feedback", "collect", "alerts"]
Code = Annotated[str | None, Query(max_length=64)]


@router.get("/work")
@router.get("/work/pairs")
def pairs(
    visit: Visiting, nth: Annotated[int, Query(ge=0)] = 0, done: int = 0, platform: Code = None
) -> Response:
    """One pair that may be one person, side by side, to be settled with one key.

    Who settles none, but collects, goes to what is to be collected.
    """
    if not visit.access.may("review") and visit.access.may("forms"):
        return go("/work/collect")
    every = work.pairs(visit.connection, visit.access, visit.console.ledger, visit.settled)
    found = _of_platform(every, platform)
    nth = min(nth, max(len(found) - 1, 0))
    pair = found[nth] if found else None
    for side in (pair.left, pair.right) if pair else ():
        visit.note("look", entity="resident", subject=side["resident_id"], rows=1, page="pair")
    why = None
    if pair is not None:
        why = settling.reasons(visit, pair.left["resident_id"], pair.right["resident_id"])
    made = work.made(visit.access, visit.console.ledger)
    return visit.page(
        "pairs.html", pair=pair, nth=nth, number=len(found), counts=_counts(visit),
        kinds=_kinds(visit), kind="pairs", done=done, made=made, why=why, platform=platform or "",
        known=sorted({side["platform"] for one in every for side in (one.left, one.right)}),
    )  # fmt: skip


def _of_platform(found: list[work.Pair], platform: str | None) -> list[work.Pair]:
    sides = ((one, {one.left["platform"], one.right["platform"]}) for one in found)
    return [one for one, platforms in sides if not platform or platform in platforms]


@router.get("/work/pairs/export")
def export_pairs(visit: Visiting, platform: Code = None) -> Response:
    """The pairs that wait as an Excel file, a line a pair, masked as on the page."""
    every = work.pairs(visit.connection, visit.access, visit.console.ledger, visit.settled)
    rows = [work.pair_row(one, visit.titles()) for one in _of_platform(every, platform)]
    ids = [each for one in rows for each in (one["left"], one["right"])]
    visit.note_people("list", [{"resident_id": one} for one in ids], list="pairs")
    return sheet(visit, KINDS["pairs"], work.PAIR_COLUMNS, rows)


@router.post("/work/pairs")
def settle(
    visit: Posted,
    left: Annotated[str, Form(max_length=64)],
    right: Annotated[str, Form(max_length=64)],
    verdict: Annotated[Literal["same", "different", "later"], Form()],
    platform: Annotated[str, Form(max_length=64, pattern="^[a-z0-9_]*$")] = "",
) -> Response:
    """Write a decision down; it binds the next sync, and readers see it at once."""
    chosen = f"&platform={platform}" if platform else ""
    return go(f"/work/pairs?done={settling.settle(visit, left, right, verdict)}{chosen}")


@router.post("/work/feedback")
def close_feedback(
    visit: Posted,
    number: Annotated[int, Form(ge=1)],
    verdict: Annotated[Literal["accepted", "refused"], Form()],
) -> Response:
    """Close what somebody said is wrong: a value that is accepted becomes a record of its own."""
    console = visit.console
    one = feedback_inside(visit.connection, visit.access, console.home, console.ledger, number)
    visit.note("decide", entity="resident", subject=one["resident_id"], verdict=verdict)
    done = (number, verdict)
    settle_feedback(visit.connection, console.home, console.ledger, done, visit.account.name)
    return go("/work/feedback")


@router.post("/work/undo")
def take_back(visit: Posted, decision: Annotated[int, Form()]) -> Response:
    """Let a decision no longer hold."""
    settling.take_back(visit, decision)
    return go("/work/pairs")


@router.get("/work/{kind}")
def waiting(
    visit: Visiting, kind: Kind, platform: Code = None, field: Code = None, why: Code = None
) -> Response:
    """One kind of what waits, with its counts per platform."""
    rows, people = _rows(visit, kind), None
    known = sorted({one["platform"] for one in rows if "platform" in one})
    if platform:
        rows = [one for one in rows if one.get("platform") == platform]
    if kind == "issues" and platform and field and why:
        people = work.issue_list(visit.connection, visit.access, platform, field, why)
    visit.note("look", entity="work", rows=len(rows) + len(people or ()), page=kind)
    return visit.page(
        "waiting.html", kind=kind, kinds=_kinds(visit), rows=rows, people=people, platform=platform,
        known=known, columns=COLUMNS[kind], counts=_counts(visit),
    )  # fmt: skip


@router.get("/work/{kind}/export")
def export(visit: Visiting, kind: Kind, platform: Code = None) -> Response:
    """The same rows as an Excel file, as far as the role may export."""
    rows = [one for one in _rows(visit, kind) if platform in (None, one.get("platform"))]
    return sheet(visit, KINDS[kind], COLUMNS[kind], rows)


def _rows(visit: Visit, kind: Kind) -> list[dict[str, Any]]:
    connection, access, console = visit.connection, visit.access, visit.console
    match kind:
        case "quarantine":
            return work.quarantine(connection, access)
        case "issues":
            return work.issue_groups(connection, access)
        case "corrections":
            return work.corrections(connection, access)
        case "feedback":
            return waiting_feedback(connection, access, console.home, console.ledger)
        case "collect":
            return to_collect(console.home, access, visit.brain.number if visit.brain else 0)
    access.require("review")
    found = read_states(console.home, console.ledger, connection)
    return [
        {"platform": one.name, "word": one.word, "message": line}
        for one in found.platforms
        for line in [*((one.message or "").splitlines()), *one.changes]
    ]


def _kinds(visit: Visit) -> dict[str, str]:
    return KINDS if visit.access.may("review") else {"collect": KINDS["collect"]}


def _counts(visit: Visit) -> dict[str, int | None]:
    if not visit.access.may("review"):
        return {}
    found = work.waiting(visit.connection, visit.access, visit.console.ledger, visit.settled)
    return {"pairs": found.pairs, "quarantine": found.quarantine, "issues": found.issues,
            "corrections": found.corrections,
            "feedback": len(waiting_feedback(
                visit.connection, visit.access, visit.console.home, visit.console.ledger
            ))}  # fmt: skip
