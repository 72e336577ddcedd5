"""表单与提取: departments' forms registered and filled, extracts run and downloaded."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
from fastapi import APIRouter, File, Form, Response, UploadFile

from hub.errors import ConfigError, NotFoundError
from hub.scratch import scratch
from reports.doubts import doubts, remarks
from reports.extract_file import Extract, load_extracts
from reports.extract_run import run_extract, runs_of
from reports.fill import fill, measure, origins_path, whose
from reports.form_file import FormFile, load_forms
from reports.items import FREE, facts_of_item
from reports.people import people_of
from reports.register import Sent, register
from security.policy import Access, NotAllowedError
from serving.console.exporting import attachment
from serving.console.frame import Posted, Visit, Visiting, go
from serving.reading.usage import forms_spared, note_form_use

router = APIRouter()
PERIODS = {"daily": "每日", "weekly": "每周", "monthly": "每月", "quarterly": "每季",
           "yearly": "每年", "once": "一次性"}  # fmt: skip
LARGEST = 20 << 20
Period = Literal["daily", "weekly", "monthly", "quarterly", "yearly", "once"]


@router.get("/forms")
def forms(visit: Visiting, registered: str = "") -> Response:
    """Every form and extract, with what may be done with each."""
    visit.access.require("forms")
    home = visit.console.home
    extracts = load_extracts(home) if visit.access.may("extracts") else []
    return visit.page(
        "forms.html", forms=load_forms(home),
        spared=forms_spared(home, visit.console.ledger, visit.access),
        periods=PERIODS, registered=registered,
        extracts=[(one, runs_of(home, one.extract)) for one in extracts],
        scopes=_scopes(visit.access), most=visit.access.rules.export,
        may_register=visit.access.may("extracts"),
    )  # fmt: skip


@router.post("/forms/register")
def take_form(
    visit: Posted,
    file: Annotated[UploadFile, File()],
    department: Annotated[str, Form(min_length=1, max_length=64)],
    period: Annotated[Period, Form()] = "monthly",
    population: Annotated[str, Form(max_length=200)] = "residents",
) -> Response:
    """Register a department's empty form."""
    visit.access.require("forms")
    visit.access.require("extracts")
    content = file.file.read(LARGEST + 1)
    name = Path(file.filename or "").name
    if len(content) > LARGEST or Path(name).suffix.lower() != ".xlsx":
        raise ConfigError(
            "upload is no .xlsx or too large", zh="请上传 .xlsx 格式的空表，不超过 20 MB。"
        )
    with scratch() as folder:
        path = folder / name
        path.write_bytes(content)
        sent = Sent(department.strip(), period, population.strip() or "residents")
        done = register(visit.console.home, path, sent)
    visit.note("register", entity="form", form=done.form.form,
               rows=sum(len(s.columns) for s in done.form.sheets))  # fmt: skip
    return go(f"/forms?registered={done.form.version}#forms")


@router.post("/forms/fill")
def fill_form(
    visit: Posted,
    name: Annotated[str, Form(max_length=100)],
    scope: Annotated[str, Form(max_length=15)] = "",
    purpose: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """The form filled, as a file; who may not see a column in clear gets no file."""
    access = visit.access.for_purpose(purpose or None)
    access.require("forms")
    home, form = visit.console.home, _form(visit, name)
    within = _within(access, scope)
    _refuse_columns(access, form)
    with (
        people_of(home, within) as (people, connection),
        scratch() as folder,
    ):
        them = [one.frame["resident_id"] for one in whose(form, people).values()]
        _refuse_rows(access, pl.concat(them).n_unique())
        target = folder / "filled.xlsx"
        report = fill(home, connection, form, people, target)
        origins_path(target).unlink(missing_ok=True)
        content = target.read_bytes()
    Visit(visit.console, visit.request, visit.token, visit.account, access, visit.brain).note(
        "form", entity="form", rows=report.rows, form=form.form, form_version=form.version,
        scope=within or "*", asked=report.asked, answered=report.answered,
        fields=_personal(column.item for sheet in form.sheets for column in sheet.columns),
    )  # fmt: skip
    note_form_use(home, form.form, report.residents)
    return attachment(f"{form.form}.xlsx", content)


@router.post("/forms/measure")
def measure_form(
    visit: Posted,
    name: Annotated[str, Form(max_length=100)],
    scope: Annotated[str, Form(max_length=15)] = "",
) -> Response:
    """How much of a form is held already, column by column."""
    visit.access.require("forms")
    form = _form(visit, name)
    with people_of(visit.console.home, _within(visit.access, scope)) as (people, _):
        report = measure(form, people)
    visit.note("statistics", entity="form", rows=report.rows, form=form.form)
    return visit.page("form.html", form=form, report=report,
                      remarks=[*doubts(form), *remarks(report)])  # fmt: skip


@router.post("/extracts/run")
def give_extract(visit: Posted, name: Annotated[str, Form(max_length=100)]) -> Response:
    """Run an extract and give its files as one package."""
    visit.access.require("extracts")
    home = visit.console.home
    one = next((each for each in load_extracts(home) if each.extract == name), None)
    if one is None:
        raise NotFoundError("no such extract", zh="没有这个抽取：请刷新页面。")
    _refuse_extract(visit.access, one)
    _refuse_fields(visit.access, one)
    with people_of(home, one.scope) as (people, _):
        from reports.conditions import chosen, parse_population

        rows = chosen(people.frame, parse_population(one.population)).height
    if not one.count_by:
        _refuse_rows(visit.access, rows)
    run = run_extract(home, one)
    visit.note(
        "extract", entity="extract", subject=run.watermark, rows=run.rows, mode=run.mode,
        extract=one.extract, stated=one.purpose,
        fields=_personal(each.item for each in one.fields if not each.mask),
    )  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(run.folder.iterdir()):
            archive.write(path, path.name)
    return attachment(f"{one.title or one.extract}.zip", packed.getvalue())


def _form(visit: Visit, name: str) -> FormFile:
    """The form of that name, from the list: the name never becomes a path of itself."""
    for one in load_forms(visit.console.home):
        if one.form == name:
            return one
    raise NotFoundError("no such form", zh="没有这张表：请刷新页面。")


def _scopes(access: Access) -> list[str]:
    return [""] if access.whole else list(access.scope)


def _within(access: Access, scope: str) -> str | None:
    """The scope to fill for: all, if that is the visitor's; else one of theirs or inside it."""
    if access.whole:
        return scope or None
    wanted = scope or (access.scope[0] if access.scope else "")
    if not any(wanted.startswith(one) for one in access.scope):
        raise NotAllowedError("scope is not the role's", zh="这个范围不归你管：请选自己的范围。")
    return wanted


def _refuse_columns(access: Access, form: FormFile) -> None:
    """Refuse unless every column may be seen in clear."""
    clear = access.rules.clear
    wrong = [
        column.header
        for sheet in form.sheets
        for column in sheet.columns
        if column.item not in FREE
        and (level := facts_of_item(column.item).level) >= 3
        and (level > clear or (level >= 4 and access.purpose is None))
    ]
    if wrong:
        raise NotAllowedError(
            f"{len(wrong)} columns are above the role's right",
            zh=f"这张表有你不能看原值的列：{'、'.join(wrong)}。"
            "含敏感个人信息的表要先选用途；选了仍不行，请数据专员填写。",
        )


def _refuse_fields(access: Access, one: Extract) -> None:
    """Refuse unless every column that is not masked may be seen in clear.

    The extract's file states the purpose, for each run the same.
    """
    wrong = [
        facts.title
        for each in one.fields
        if not each.mask and each.item not in FREE
        and 3 <= (facts := facts_of_item(each.item)).level > access.rules.clear
    ]  # fmt: skip
    if wrong:
        raise NotAllowedError(
            f"{len(wrong)} fields of the extract are above the role's right",
            zh=f"这个抽取有你不能看原值的列：{'、'.join(wrong)}。请数据专员运行。",
        )


def _personal(items: Iterable[str]) -> tuple[str, ...]:
    """The items that are personal: for the audit."""
    known = dict.fromkeys(one for one in items if one not in FREE)
    return tuple(one for one in known if facts_of_item(one).level >= 3)


def _refuse_rows(access: Access, rows: int) -> None:
    if rows > access.rules.export:
        raise NotAllowedError(
            "more rows than the role may export",
            zh=f"“{access.role}”一次最多导出 {access.rules.export:,} 行，这里有 {rows:,} 行："
            "请缩小范围，或请数据专员导出。",
        )


def _refuse_extract(access: Access, one: Extract) -> None:
    inside = one.scope is not None and any(one.scope.startswith(each) for each in access.scope)
    if not (access.whole or inside):
        raise NotAllowedError(
            "extract is wider than the scope", zh="这个抽取的范围比你的管辖范围大：请数据专员运行。"
        )
