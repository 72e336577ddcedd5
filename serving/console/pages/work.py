"""待办: what only a person can settle, and what owners are asked to mend."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Response

from hub.errors import NotFoundError
from security.masks import HIDDEN
from serving.console import settling
from serving.console.exporting import refuse_rows, sheet
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
    "feedback": {"resident_id": "居民编码", "field": "字段", "kind": "情况", "proposed": "应为",
                 "by": "谁提的", "at": "时间", "number": "处理"},
    "collect": {"item": "项目", "persons": "人数", "forms": "等它的表"},
    "alerts": {"platform": "平台", "word": "状态", "message": "说明"},
}  # fmt: skip
FILTERS = {"quarantine": ("reason", "原因"), "issues": ("title", "字段"),
           "corrections": ("field", "字段"), "feedback": ("kind", "情况"),
           "collect": ("forms", "等它的表"), "alerts": ("word", "状态")}  # fmt: skip
"""What each kind is filtered by besides the platform: a key of its rows, and its title."""
Kind = Literal["quarantine", "issues", "corrections", "feedback", "collect", "alerts"]
Code = Annotated[str | None, Query(max_length=64)]
Told = Annotated[str, Query(max_length=64)]
Page = Annotated[int, Query(ge=1, le=100_000)]
Row = dict[str, Any]


@router.get("/work")
@router.get("/work/pairs")
def pairs(
    visit: Visiting, nth: Annotated[int, Query(ge=0)] = 0, done: int = 0, platform: Code = None,
    put_off: bool = False,
) -> Response:  # fmt: skip
    """One pair that may be one person, side by side, to be settled with one key.

    Who settles none, but collects, goes to what is to be collected.
    """
    if not visit.access.may("review") and visit.access.may("forms"):
        return go("/work/collect")
    ledger = visit.console.ledger
    every = work.pairs(visit.connection, visit.access, ledger, visit.settled, put_off=put_off)
    found = _of_platform(every, platform)
    nth = min(nth, max(len(found) - 1, 0))
    pair, why = found[nth] if found else None, None
    if pair is not None:
        ids = [side["resident_id"] for side in (pair.left, pair.right)]
        visit.console.doors.throttle(visit.access, ids)
        for side in (pair.left, pair.right):
            visit.note("look", entity="resident", subject=side["resident_id"], rows=1, page="pair",
                       fields=pair.clear)  # fmt: skip
        why = settling.reasons(visit, pair.left["resident_id"], pair.right["resident_id"])
    waits = work.waiting(visit.connection, visit.access, ledger, visit.settled)
    return visit.page(
        "pairs.html", pair=pair, nth=nth, number=len(found), counts=_counts(visit, waits),
        kinds=_kinds(visit), kind="pairs", done=done, why=why, platform=platform or "",
        made=work.made(visit.connection, visit.access, ledger, visit.console.home),
        put_off=put_off,
        later=waits.put_off,
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
    clear = {each for one in _of_platform(every, platform) for each in one.clear}
    visit.note_people("list", [{"resident_id": one} for one in ids], clear, list="pairs")
    return sheet(visit, KINDS["pairs"], work.PAIR_COLUMNS, rows)


@router.post("/work/pairs")
def settle(  # noqa: PLR0913, PLR0917 (one a part of the form)
    visit: Posted,
    left: Annotated[str, Form(max_length=64)],
    right: Annotated[str, Form(max_length=64)],
    verdict: Annotated[Literal["same", "different", "later"], Form()],
    platform: Annotated[str, Form(max_length=64, pattern="^[a-z0-9_]*$")] = "",
    nth: Annotated[int, Form(ge=0)] = 0,
    put_off: Annotated[bool, Form()] = False,
) -> Response:
    """Write a decision down; it binds the next sync, and readers see it at once."""
    chosen = (f"&platform={platform}" if platform else "") + ("&put_off=true" if put_off else "")
    made = settling.settle(visit, left, right, verdict)
    return go(f"/work/pairs?done={made}&nth={nth}{chosen}")


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
    visit: Visiting, kind: Kind, platform: Code = None, stream: Code = None, only: Code = None,
    page: Page = 1,
) -> Response:  # fmt: skip
    """One kind of what waits, narrowed, a page at a time, with its counts."""
    every = _rows(visit, kind)
    rows = _chosen(every, kind, (platform, stream), only)
    shown = rows[(page - 1) * work.PAGE : page * work.PAGE]
    _note_shown(visit, kind, shown)
    waits = None
    if visit.access.may("review"):
        ledger = visit.console.ledger
        waits = work.waiting(visit.connection, visit.access, ledger, visit.settled)
    return visit.page(
        "waiting.html", kind=kind, kinds=_kinds(visit), rows=shown, number=len(rows), at=page,
        pages=max(1, -(-len(rows) // work.PAGE)), platform=platform or "",
        stream=stream or "", only=only or "", places=sum(one.get("rows") or 0 for one in rows),
        known=sorted({one["platform"] for one in every if "platform" in one}),
        choices=_choices(every, kind), filter=FILTERS[kind][1], columns=COLUMNS[kind],
        counts=_counts(visit, waits),
    )  # fmt: skip


@router.get("/work/issues/residents")
def issue_residents(
    visit: Visiting, platform: Told, stream: Told, field: Told, why: Told, page: Page = 1
) -> Response:
    """The residents behind one line of the issues, a page at a time."""
    line = (platform, stream, field, why)
    names = ("platform", "stream", "field", "reason")
    groups = work.issue_groups(visit.connection, visit.access)
    found = next((g for g in groups if tuple(g[name] for name in names) == line), None)
    if found is None:
        raise NotFoundError("no such line", zh="没有这一行：可能已经改好了，请回到字段问题。")
    people = work.issue_list(visit.connection, visit.access, line, (page - 1) * work.PAGE)
    clear = {field} if any(one["raw"] not in ("", HIDDEN) for one in people) else set()
    known = [one for one in people if one["resident_id"]]
    visit.note_people("list", known, clear, list="issues")
    return visit.page(
        "issue.html", kind="issues", kinds=_kinds(visit), counts={}, line=found, people=people,
        at=page, pages=max(1, -(-found["rows"] // work.PAGE)),
    )  # fmt: skip


@router.get("/work/{kind}/export")
def export(
    visit: Visiting, kind: Kind, platform: Code = None, stream: Code = None, only: Code = None
) -> Response:
    """The same rows as an Excel file, as far as the role may export."""
    rows = _chosen(_rows(visit, kind), kind, (platform, stream), only)
    refuse_rows(visit, len(rows))
    _note_shown(visit, kind, rows)
    return sheet(visit, KINDS[kind], COLUMNS[kind], rows)


def _chosen(
    rows: list[Row], kind: str, of: tuple[str | None, str | None], only: str | None
) -> list[Row]:
    """The rows of a platform and of one stream of it, and with `only` in the kind's column."""
    (platform, stream), key = of, FILTERS[kind][0]
    return [
        one for one in rows
        if (not platform or one.get("platform") == platform)
        and (not stream or one.get("stream") == stream)
        and (not only or only in _values(one[key]))
    ]  # fmt: skip


def _choices(rows: list[Row], kind: str) -> list[str]:
    return sorted({one for row in rows for one in _values(row[FILTERS[kind][0]])})


def _values(given: Any) -> list[str]:  # noqa: ANN401 (a cell)
    return given if isinstance(given, list) else [str(given)]


def _note_shown(visit: Visit, kind: str, rows: list[Row]) -> None:
    """What is shown, and of whom: requests and corrections name residents."""
    people = [one for one in rows if one.get("resident_id")]
    if not people:
        visit.note("look", entity="work", rows=len(rows), page=kind)
        return
    clear = {one["of"] for one in people if visit.access.sees("resident", one["of"])}
    visit.note_people("list", people, clear, list=kind)


def _rows(visit: Visit, kind: Kind) -> list[Row]:
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
    if not visit.access.may("review"):
        return {"collect": KINDS["collect"]}
    return {key: KINDS[key] for key in KINDS if key != "collect" or visit.access.may("forms")}


def _counts(visit: Visit, waits: work.Waiting | None) -> dict[str, int | None]:
    """How much waits of each kind, for who settles it; `collect` for who collects."""
    found: dict[str, int | None] = {}
    if waits is not None:
        found = {
            "pairs": waits.pairs,
            "quarantine": waits.quarantine,
            "issues": waits.issues,
            "corrections": waits.corrections,
            "feedback": len(_rows(visit, "feedback")),
            "alerts": len(_rows(visit, "alerts")),
        }
    if visit.access.may("forms"):
        found["collect"] = len(_rows(visit, "collect"))
    return found
