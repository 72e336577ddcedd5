"""Residents: get one, page through a scope, search, verify."""

import base64
import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool

from hub.errors import NotFoundError
from ledger.audit import Event
from security.policy import Access, NotAllowedError
from serving.api.bodies import ID, ResidentPage, ResidentView, Search, Verified, Verify
from serving.api.caller import Called, Caller, marks
from serving.api.problems import Problem
from serving.reading.besides import Besides, besides, by_item
from serving.reading.settled import one_card
from warehouse.answers import rows
from warehouse.doors import NESTED, SOUGHT

Row = dict[str, Any]
router = APIRouter(prefix="/residents", tags=["residents"])
Id = Annotated[str, Path(pattern=ID)]


def outside() -> NotFoundError:
    """The same for what does not exist and for what is out of the scope."""
    return NotFoundError(
        "not found in the scope", zh="没有找到：可能没有这个编码，或者不在管辖范围内。"
    )


def view_of(access: Access, row: Row, told: Besides) -> Row:
    """A person's row as the access may see it, with labels, members of the scope and sources."""
    labels, members = row["labels"] or [], row["members"] or []
    inside = [
        one for one in members
        if access.covers(one["grid_code"]) or one["grid_code"] == row["grid_code"]
    ]  # fmt: skip
    inside.sort(key=lambda one: (one["relation_code"] != "02", one["birth_year"] or 9999,
                                 one["resident_id"]))  # fmt: skip
    sources = sorted(row["sources"] or [], key=lambda one: (one["platform"], one["stream"]))
    return {
        "resident": access.view("resident", own(row)),
        "labels": access.labels(sorted(labels, key=lambda one: (one["label"], one["platform"]))),
        "extras": [
            {
                "item": one.title,
                "value": one.value,
                "platform": said.platform,
                "stream": said.stream,
                "said_at": said.at,
            }
            for one in told.fields
            if (said := one.source)
        ],
        "members": [access.view("resident", one) for one in inside],
        "sources": sources if access.may("look") else [],
    }


def own(row: Row) -> Row:
    """What of a card is the person's own row."""
    return {name: value for name, value in row.items() if name not in NESTED}


SAME = {"description": "与 If-None-Match 相同，没有变化"}


@router.get("/{resident_id}", responses={200: {"model": ResidentView}, 304: SAME})
async def get_resident(resident_id: Id, caller: Called) -> Response:
    """One resident, as the caller may see them."""
    async with caller.looking("look", resident_id):
        caller.doors.throttle(caller.access, [resident_id])
        parts = caller.together(caller.cards().card(resident_id))
        if not parts:
            raise outside()
        row = one_card(parts)
        held = [word for part in parts for word in part["extras"] or ()]
        answers = caller.answers(part["resident_id"] for part in parts)
        told = besides(caller.access, by_item([*answers, *held]))
        body = {"snapshot": caller.snapshot} | view_of(caller.access, row, told)
        await caller.doors.written(caller.access, _look_event(caller, parts, body, told))
    return caller.answer(body)


def _look_event(caller: Caller, parts: list[Row], body: Row, told: Besides) -> Event:
    """Who was looked at, and who of the household was shown beside them."""
    row, members = one_card(parts), body["members"]
    shown_ids = [*(one["resident_id"] for one in parts), *(one["resident_id"] for one in members)]
    subjects = list(dict.fromkeys(shown_ids))
    shown = (own(row), *members)
    clear = [name for one in shown for name in caller.access.clear_fields("resident", one)]
    return caller.event(
        "look", entity="resident", subject=row["resident_id"], rows=1,
        fields=list(dict.fromkeys((*clear, *told.clear))),
        detail=caller.doors.surname_mark(row["name"])
        | ({"subjects": subjects} if len(subjects) > 1 else {}),
    )  # fmt: skip


@router.get("", responses={200: {"model": ResidentPage}, 304: SAME})
def list_residents(
    caller: Called,
    grid_code: Annotated[str | None, Query(pattern=ID)] = None,
    household_id: Annotated[str | None, Query(pattern=ID)] = None,
    lives_here: Annotated[bool | None, Query()] = None,
    cursor: Annotated[str | None, Query(max_length=80, pattern=r"^[A-Za-z0-9_\-=]+$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """The residents of the scope, by id, a page at a time."""
    with caller.doing("look", "resident"):
        caller.doors.throttle(caller.access, limit)
        inside = caller.access.where("r")
        given = {"r.grid_code": grid_code, "r.household_id": household_id,
                 "r.lives_here": lives_here}  # fmt: skip
        parts, values = [inside.sql], dict(inside.values)
        for nth, (column, value) in enumerate(given.items()):
            if value is not None:
                parts.append(f"{column} = $given_{nth}")
                values[f"given_{nth}"] = value
        with caller.brain() as connection:
            parts.append("r.resident_id > $after")
            values["after"] = _after(cursor, caller.snapshot)
            found = rows(
                connection,
                f"SELECT r.* FROM resident r WHERE {' AND '.join(f'({p})' for p in parts)} "
                f"ORDER BY r.resident_id LIMIT {limit + 1}",
                values,
            )
        page = found[:limit]
        caller.doors.note(caller.access, _list_event(caller, "list", page))
    return caller.answer({
        "snapshot": caller.snapshot,
        "rows": [caller.access.view("resident", row) for row in page],
        "next": _cursor(caller.snapshot, page[-1]["resident_id"]) if len(found) > limit else None,
    })  # fmt: skip


@router.post("/search", responses={200: {"model": ResidentPage}})
async def search_residents(asked: Search, caller: Called) -> Response:
    """Find residents of the scope by exact values; the values never stand in an address."""
    wanted = {name: value for name, value in asked.model_dump().items()
              if value is not None and name != "limit"}  # fmt: skip
    async with caller.looking("search"):
        if not set(wanted) - {"birth_date", "grid_code"}:
            raise Problem(400, "请至少写编码、证件号码、电话、姓名、住址中的一项。")
        _refuse_hidden(caller.access, wanted)
        caller.doors.throttle(caller.access)
        shown, event = await run_in_threadpool(_searched, caller, wanted, asked.limit)
        await caller.doors.written(caller.access, event)
    return caller.answer({"snapshot": caller.snapshot, "rows": shown, "next": None})


def _searched(caller: Caller, wanted: Row, limit: int) -> tuple[list[Row], Event]:
    """Rows as they may be shown, and what the audit keeps of them. A common name is many cards."""
    found = [own(row) for row in _found(caller, wanted, limit)]
    event = _list_event(caller, "search", found, by=sorted(wanted))
    return [caller.access.view("resident", row) for row in found], event


@router.post("/verify", responses={200: {"model": Verified}})
def verify_resident(asked: Verify, caller: Called) -> Response:
    """Ask about one person: each claim holds, does not hold, or nothing is held."""
    wanted = {name: value for name, value in asked.model_dump(exclude={"claims"}).items()
              if value is not None}  # fmt: skip
    with caller.doing("verify", "resident"):
        if "id_number" not in wanted and len(wanted) < 2:
            raise Problem(400, "请写证件号码，或姓名加电话、姓名加出生日期。")
        fields = {"labels" if one.field == "label" else one.field for one in asked.claims}
        _refuse_hidden(caller.access, dict.fromkeys((*wanted, *fields)))
        _refuse_unpurposed(caller.access, fields)
        caller.doors.throttle(caller.access)
        found = _found(caller, wanted, 2)
        if len(found) > 1:
            caller.note("verify", entity="resident", rows=len(found), detail={"ambiguous": True})
            raise Problem(409, "符合的不止一人：请补充证件号码、电话或出生日期。")
        if not found:
            raise outside()
        holds = [_holds(found[0], one.field, one.value) for one in asked.claims]
        caller.note(
            "verify", entity="resident", subject=found[0]["resident_id"], rows=1,
            fields=sorted(fields), detail={"by": sorted(wanted)},
        )  # fmt: skip
    return caller.answer(
        {"snapshot": caller.snapshot, "resident_id": found[0]["resident_id"], "holds": holds}
    )


def _found(caller: Caller, wanted: Row, limit: int) -> list[Row]:
    """Cards of residents of the scope who fit all that is wanted, by id.

    Who is one person by decisions is found once, by what either says.
    """
    cards, text = caller.cards(), {name: _text(name, value) for name, value in wanted.items()}
    if "resident_id" in text:
        one = cards.card(text["resident_id"])
        held: Iterable[Row] = [one] if one and one["resident_id"] == text["resident_id"] else []
    else:
        first = next(name for name in SOUGHT if name in text)
        held = cards.seek(first, text[first])
    mine = (
        row for row in held
        if caller.access.covers(row["grid_code"], row["community_code"])
        and all(_text(name, row[name]) == value for name, value in text.items())
    )  # fmt: skip
    found: dict[str, Row] = {}
    for row in mine:
        person = one_card(caller.together(row))
        found.setdefault(person["resident_id"], person)
        if len(found) == limit:
            break
    return list(found.values())


def _text(field: str, value: Any) -> Any:  # noqa: ANN401 (JSON)
    """A value as cards hold it; numbers are the same in capital and small letters."""
    text = value.isoformat() if isinstance(value, date) else value
    return text.upper() if field == "id_number" and isinstance(text, str) else text


def _refuse_hidden(access: Access, wanted: Row) -> None:
    """Nobody finds people by what they may not see."""
    for name in wanted:
        if access.decide("resident", name).shown == "hidden":
            raise NotAllowedError(
                f"search by hidden field {name}",
                zh=f"“{access.role}”不能按字段 {name} 查找或核验。",
            )


def _refuse_unpurposed(access: Access, fields: set[str]) -> None:
    """A confirmed value is a clear one; of level 4 it needs a purpose."""
    from schemas.entities import FIELDS

    for name in sorted(fields & set(FIELDS["resident"])):
        if FIELDS["resident"][name].level >= 4 and access.purpose is None:
            raise NotAllowedError(
                f"verify {name} without a purpose", zh=f"核验 {name} 要在 X-Purpose 里写明用途。"
            )


def _holds(row: Row, field: str, claimed: str) -> bool | None:
    if field == "label":
        return any(one["label"] == claimed for one in row["labels"] or [])
    held = row[field]
    if held is None:
        return None
    if isinstance(held, bool):
        return claimed.lower() == str(held).lower()
    return claimed == str(held)


def _list_event(caller: Caller, action: str, page: list[Row], **detail: object) -> Event:
    clear = {name for row in page for name in caller.access.clear_fields("resident", row)}
    return caller.event(
        action, entity="resident", rows=len(page), fields=sorted(clear),
        detail=marks(page) | detail,
    )  # fmt: skip


def _cursor(snapshot: int, last: str) -> str:
    return base64.urlsafe_b64encode(f"{snapshot}.{last}".encode()).decode()


def _after(cursor: str | None, snapshot: int) -> str:
    """The id behind which the page begins."""
    if cursor is None:
        return ""
    try:
        text = base64.urlsafe_b64decode(cursor).decode("ascii")
    except ValueError:
        text = ""
    found = re.fullmatch(r"(\d{1,9})\.([A-Za-z0-9]{1,40})", text)
    if found is None:
        raise Problem(400, "cursor 不对：请原样写上一页给的 next。")
    if int(found[1]) != snapshot:
        raise Problem(409, "翻页期间数据换了新的快照：请从第一页重新取。")
    return found[2]
