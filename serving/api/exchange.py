"""What departments fetch and give back: extracts, forms, feedback."""

import json
import re
from concurrent.futures import Future
from pathlib import Path as Folder
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import FileResponse

from hub.errors import HubError, NotFoundError
from ledger.feedback import feedback_of, note_feedback
from ledger.idempotency import Replay, begin, begun, finish
from reports.extract_file import NAME, Extract, load_extracts, out_folder
from reports.extract_run import Run, run_extract, runs_of
from reports.form_file import FormFile, load_forms
from security.keys import read_keys
from security.passwords import token_hash
from security.policy import NotAllowedError, prefix_of
from serving.api.bodies import Extracts, Feedback, FeedbackRow, Forms, RunRow, Runs
from serving.api.caller import Called, Caller
from serving.api.problems import Problem
from serving.api.residents import outside
from serving.reading.correcting import is_correctable

router = APIRouter(tags=["exchange"])
Name = Annotated[str, Path(pattern=NAME)]
RunId = Annotated[str, Path(pattern=r"^[A-Za-z0-9]{1,40}$")]
Key = Annotated[
    str,
    Header(alias="Idempotency-Key", pattern=r"^[A-Za-z0-9_\-]{8,80}$",
           description="同一个键只做一次；再用时返回上一次的答复"),
]  # fmt: skip


class Jobs:
    """Runs that are under way in this process; done ones are told by the home's own record."""

    def __init__(self) -> None:
        """None yet."""
        self._runs: dict[str, Future[Run]] = {}
        self._lock = Lock()

    def put(self, key: str, run: Future[Run]) -> None:
        """Remember a run by its key."""
        with self._lock:
            self._runs[key] = run

    def get(self, key: str) -> Future[Run] | None:
        """The run of a key."""
        with self._lock:
            return self._runs.get(key)


@router.get("/extracts", responses={200: {"model": Extracts}})
def list_extracts(caller: Called) -> Response:
    """The extracts that are for the caller's department and within its scope."""
    with caller.doing("extracts"):
        found = _mine(caller)
        caller.note("list", detail={"of": "extracts"}, rows=len(found))
    return caller.answer({"rows": [
        {"extract": one.extract, "title": one.title, "purpose": one.purpose,
         "basis": one.basis.document, "mode": one.mode, "formats": list(one.formats)}
        for one in found
    ]})  # fmt: skip


@router.post("/extracts/{name}/runs", status_code=202, responses={202: {"model": RunRow}})
def run(name: Name, caller: Called, key: Key) -> Response:
    """Begin a run; poll it under the id that is given back."""
    with caller.doing("extracts", subject=name):
        one = _one(caller, name)
        replay = _begin(caller, key, f"run {name}")
        if replay is not None:
            return caller.answer(replay.body, replay.status)
        mark = "J" + token_hash(f"{caller.access.actor} {key}")[:20]
        jobs: Jobs = caller.request.app.state.jobs
        job = caller.doors.background.submit(run_extract, caller.doors.home, one, asked=mark)
        jobs.put(f"{name}/{mark}", job)
        body = RunRow(run=mark, status="running").model_dump()
        finish(caller.doors.ledger, caller.access.actor, key, 202, body)
        caller.note("extract", subject=name, detail={"run": mark})
    return caller.answer(body, 202)


@router.get("/extracts/{name}/runs", responses={200: {"model": Runs}})
def list_runs(
    name: Name,
    caller: Called,
    since: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9]{1,40}$")] = None,
) -> Response:
    """The runs that were made, or those behind the run `since`: what changed from there on."""
    with caller.doing("extracts", subject=name):
        one = _one(caller, name)
        made = _runs(caller, one)
        if since is not None:
            places = [nth for nth, told in enumerate(made) if told["watermark"] == since]
            if not places:
                raise NotFoundError("no such run", zh="没有这一次运行：请写某次运行的编号。")
            made = made[places[0] + 1 :]
        caller.note("list", subject=name, rows=len(made), detail={"of": "runs"})
    return caller.answer({"rows": [_told(told) for told in made]})


@router.get("/extracts/{name}/runs/{run_id}", responses={200: {"model": RunRow}})
def get_run(name: Name, run_id: RunId, caller: Called) -> Response:
    """How a run stands; a finished one names its files."""
    with caller.doing("extracts", subject=name):
        one = _one(caller, name)
        body = _state(caller, one, run_id)
        caller.note("look", subject=name, detail={"of": "run"})
    return caller.answer(body)


@router.get(
    "/extracts/{name}/runs/{run_id}/files/{file}",
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def download(
    name: Name, run_id: RunId, file: Annotated[str, Path(pattern=r"^[a-z0-9_\-]+\.[a-z]+$")],
    caller: Called,
) -> Response:  # fmt: skip
    """A file of a run, whole."""
    with caller.doing("extracts", subject=name):
        one = _one(caller, name)
        told = _manifest(caller, one, run_id)
        if told["rows"] > caller.access.rules.export:
            raise NotAllowedError(
                "more rows than the role may export",
                zh=f"这一份有 {told['rows']:,} 行，超过“{caller.access.role}”一次可导出的"
                f" {caller.access.rules.export:,} 行。",
            )
        named = {each["name"] for each in told["files"]}
        folder = _folder(caller, one, told["watermark"])
        if file not in named or folder is None or not (folder / file).is_file():
            raise NotFoundError("no such file", zh="这次运行没有这个文件，或者文件已被移走。")
        caller.note("extract", subject=name, rows=told["rows"],
                    fields=[each.item for each in one.fields],
                    detail={"run": told["watermark"], "file": file})  # fmt: skip
    return FileResponse(folder / file, media_type="application/octet-stream", filename=file,
                        headers={"Cache-Control": "no-store"})  # fmt: skip


@router.get("/forms", responses={200: {"model": Forms}})
def list_forms(caller: Called) -> Response:
    """The registered forms of the caller's department: what each asks for."""
    with caller.doing("forms"):
        found = [one for one in load_forms(caller.doors.home)
                 if one.department in caller.client.recipients]  # fmt: skip
        caller.note("list", detail={"of": "forms"}, rows=len(found))
    return caller.answer({"rows": [
        {"form": one.form, "title": one.title, "period": one.period, "version": one.version,
         "items": _items(one)} for one in found
    ]})  # fmt: skip


@router.post("/feedback", status_code=201, responses={201: {"model": FeedbackRow}})
def give_feedback(asked: Feedback, caller: Called, key: Key) -> Response:
    """Say that a value is wrong; the proposed value is kept sealed until a steward has decided."""
    if not is_correctable(asked.field):
        raise Problem(400, "field 要写数据字典里居民的字段名，或 other:附加项目名。")
    with caller.doing("feedback", "resident", asked.resident_id):
        row = caller.cards().card(asked.resident_id)
        if row is None or not caller.access.covers(row["grid_code"], row["community_code"]):
            raise outside()
        replay = _begin(caller, key, asked.model_dump_json())
        if replay is not None:
            return caller.answer(replay.body, replay.status)
        sealing = read_keys(caller.doors.home.secrets, encryption=True).data
        number = note_feedback(
            caller.doors.ledger, caller.access.actor,
            (row["resident_id"], asked.field, asked.kind), asked.proposed, str(sealing),
        )  # fmt: skip
        body = {"feedback": number, "status": "open"}
        finish(caller.doors.ledger, caller.access.actor, key, 201, body)
        caller.note("feedback", entity="resident", subject=row["resident_id"],
                    fields=[asked.field])  # fmt: skip
    return caller.answer(body, 201)


@router.get("/feedback/{number}", responses={200: {"model": FeedbackRow}})
def get_feedback(number: Annotated[int, Path(ge=1, le=2**31)], caller: Called) -> Response:
    """What became of the caller's own feedback."""
    with caller.doing("feedback"):
        status = feedback_of(caller.doors.ledger, number, caller.access.actor)
        if status is None:
            raise NotFoundError("no such feedback", zh="没有这条反馈，或者不是本客户端提交的。")
        caller.note("look", detail={"of": "feedback"})
    return caller.answer({"feedback": number, "status": status})


def _begin(caller: Caller, key: str, request: str) -> Replay | None:
    replay = begin(caller.doors.ledger, caller.access.actor, key, request)
    if replay is not None and (not replay.same or replay.status == 0):
        raise Problem(409, "这个 Idempotency-Key 已用于另一个请求，或那个请求还没做完：请换一个。")
    return replay


def _mine(caller: Caller) -> list[Extract]:
    """Deny by default: the extract names the department, and lies within the scope."""
    return [
        one for one in load_extracts(caller.doors.home)
        if one.recipient.department in caller.client.recipients and _within(caller, one.scope)
    ]  # fmt: skip


def _runs(caller: Caller, one: Extract) -> list[dict[str, Any]]:
    """The runs that were for the caller: the extract's file may have named another or more."""
    return [
        told for told in runs_of(caller.doors.home, one.extract)
        if told["recipient"]["department"] in caller.client.recipients
        and _within(caller, told.get("scope", told["recipient"]["scope"]))
    ]  # fmt: skip


def _within(caller: Caller, scope: str | None) -> bool:
    access = caller.access
    return access.whole or (
        scope is not None and any(prefix_of(scope).startswith(one) for one in access.scope)
    )


def _one(caller: Caller, name: str) -> Extract:
    for one in _mine(caller):
        if one.extract == name:
            return one
    raise NotFoundError("no such extract", zh="没有这个提取，或者它不是给本部门的。")


def _state(caller: Caller, one: Extract, run_id: str) -> dict[str, Any]:
    job = caller.request.app.state.jobs.get(f"{one.extract}/{run_id}")
    if job is None:
        if _kept(caller, one, run_id) is None and begun(caller.doors.ledger, run_id):
            again = "服务重启，这次运行没有做完：请换一个 Idempotency-Key 再运行一次。"
            return {"run": run_id, "status": "failed", "detail": again, "files": []}
        return _told(_manifest(caller, one, run_id))
    if not job.done():
        return {"run": run_id, "status": "running", "files": []}
    error = job.exception()
    if error is not None:
        detail = error.zh if isinstance(error, HubError) else "程序内部出错，请告诉维护人员。"
        return {"run": run_id, "status": "failed", "detail": detail, "files": []}
    return _told(_manifest(caller, one, job.result().watermark))


def _manifest(caller: Caller, one: Extract, run_id: str) -> dict[str, Any]:
    job = caller.request.app.state.jobs.get(f"{one.extract}/{run_id}")
    if job is not None and job.done() and job.exception() is None:
        run_id = job.result().watermark
    told = _kept(caller, one, run_id)
    if told is None:
        raise NotFoundError("no such run", zh="没有这一次运行，或者它还没有做完。")
    return told


def _kept(caller: Caller, one: Extract, run_id: str) -> dict[str, Any] | None:
    """What is on file of a run, by its watermark or by what was given back when it began."""
    made = _runs(caller, one)
    return next((one for one in made if run_id in (one["watermark"], one.get("asked"))), None)


def _told(told: dict[str, Any]) -> dict[str, Any]:
    files = [{name: one[name] for name in ("name", "rows", "bytes", "sha256")}
             for one in told["files"]]  # fmt: skip
    return {"run": told["watermark"], "status": "done", "made_at": told["made_at"],
            "mode": told["mode"], "rows": told["rows"], "detail": None, "files": files}  # fmt: skip


def _folder(caller: Caller, one: Extract, mark: str) -> Folder | None:
    """Where a run was delivered to, if it is still there."""
    base = out_folder(caller.doors.home, one)
    for path in sorted(base.glob(f"{one.extract}-*/manifest.json"), reverse=True):
        if json.loads(path.read_text(encoding="utf-8"))["watermark"] == mark:
            return path.parent
    return None


def _items(one: FormFile) -> list[str]:
    found = [column.item for sheet in one.sheets for column in sheet.columns]
    return [re.sub(r"^other:.*", "other", item) for item in dict.fromkeys(found)]
