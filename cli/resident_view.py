"""One resident on the screen: what is held true, what else is said, with whom, since when."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from security.masks import HIDDEN
from security.policy import EXTRA, under_mask
from serving.reading.wording import (
    EVENTS,
    RULES,
    STATES,
    WHO_KEEPS,
    WHY,
    event_reason,
    mask_of,
    masked_row,
    shown,
    shown_key,
    title,
)

if TYPE_CHECKING:
    from hub.settings import Home
    from identity.views import ResidentView

Answer = dict[str, Any]
SKIP = ("valid_from", "records", "platforms", "resident_id")


def resident_answer(home: "Home", resident_id: str, *, clear: bool) -> Answer:
    """All that is known of one person, as plain data, under the masks.

    `resident_id` may also name a record, platform/stream/record key.

    Raises:
        NotFoundError: nobody has that id, or nothing is published yet.
    """
    from identity.pairs import whose
    from identity.views import show
    from serving.reading.besides import answers_of, words_on
    from warehouse.snapshots import reading

    with reading(home) as connection:
        meant = whose(connection, resident_id) or resident_id
        view = show(connection, meant, home.settings.owners)
        given = answers_of(home, connection).get(view.resident_id, [])
        words = words_on(connection, [view.resident_id], given)
    return masked_view(view, clear=clear) | masked_extras(words, clear=clear)


def masked_view(view: "ResidentView", *, clear: bool) -> Answer:
    """Return the view as plain data with every personal value under its mask."""
    answer: Answer = asdict(view)
    answer["golden"] = masked_row(answer["golden"], clear=clear)
    numbers = {_key(one): nth for nth, one in enumerate(answer["records"], start=1)}
    for field, values in answer["said"].items():
        for one in values:
            one["value"] = masked_row({field: one["value"]}, clear=clear)[field]
            one["record_no"] = numbers.get(_key(one))
            one["record_key"] = shown_key(one["record_key"], clear=clear)
    for one in answer["records"]:
        one["record_key"] = shown_key(one["record_key"], clear=clear)
    answer["activities"] = [
        masked_row(row, clear=clear, entity="event") for row in answer["activities"]
    ]
    answer["members"] = [masked_row(row, clear=clear) for row in answer["members"]]
    for change in answer["past"]:
        change["changes"] = {
            field: [masked_row({field: value}, clear=clear)[field] for value in pair]
            for field, pair in change["changes"].items()
        }
    if not clear:
        _hide_the_rest(answer)
    return answer


def masked_extras(words: Mapping[str, Sequence[Mapping[str, Any]]], *, clear: bool) -> Answer:
    """The newest word on each extra 附加项目; `extras_hidden` counts what a mask hides whole.

    `words`: every word on each item, the newest first (`serving.reading.besides.words_on`).
    """
    extras = [{"item": item, **said[0]} for item, said in words.items()]
    for one in extras if not clear else ():
        one["value"] = under_mask("resident", EXTRA + one["item"], one["value"])
    shown = [one for one in extras if one["value"] != HIDDEN]
    return {"extras": shown, "extras_hidden": len(extras) - len(shown)}


def _hide_the_rest(answer: Answer) -> None:
    """Labels, the room, the grid worker's phone: not fields of the resident's own row."""
    if mask_of("labels"):
        for label in answer["labels"]:
            label.update(dict.fromkeys(label) | {"label": HIDDEN})
    if answer["dwelling"]:
        answer["dwelling"] |= {"room_key": None, "unit": HIDDEN, "room": HIDDEN}
    if answer["grid"]:
        answer["grid"] = masked_row(answer["grid"], clear=False, entity="grid")
    if answer["household"]:
        answer["household"]["household_key"] = None


def show_view(answer: Answer, titles: Mapping[str, str], *, clear: bool) -> None:
    """Print the view; `titles` are the platforms' Chinese names."""
    from cli.screen import heading, moment, say

    golden = answer["golden"]
    heading(f"{golden.get('name') or '（没有姓名）'}  {answer['resident_id']}")
    if answer["asked"] != answer["resident_id"]:
        say(f"{answer['asked']} 已合并到这个编码。")
    if answer["state"] != "living":
        say(f"状态：{STATES.get(answer['state'], answer['state'])}")
    if golden:
        since = moment(golden["valid_from"])
        say(f"来自 {golden['platforms']} 个平台的 {golden['records']} 条记录，{since} 起有效。")
    _show_records(answer, titles)
    _show_fields(answer, clear=clear)
    _show_extras(answer, titles)
    _show_people(answer, clear=clear)
    _show_activities(answer, titles)
    _show_past(answer, clear=clear)
    if not clear:
        say("个人信息已脱敏；有权限时加 --clear 看原值。")


def _show_records(answer: Answer, titles: Mapping[str, str]) -> None:
    """Print the records, numbered: the fields below say by number whose value is shown."""
    from cli.screen import say, table

    table(
        ("", "平台", "记录", "归到此人的依据", "更新", "问题"),
        [
            (str(nth), titles.get(one["platform"], one["platform"]),
             f"{one['platform']}/{one['stream']}/{one['record_key']}",
             RULES.get(one["rule"], one["rule"]), _day(one["updated_at"] or one["seen_at"]),
             one["issues"] or None)
            for nth, one in enumerate(answer["records"], start=1)
        ],
        right=("问题",),
        whole=("更新", "归到此人的依据"),
    )  # fmt: skip
    if len(answer["records"]) > 1:
        say("有不是此人的：hub review decide 记录 记录 different（照上表写；带 * 的加 --clear 看）")


def _show_fields(answer: Answer, *, clear: bool) -> None:
    """Print each field's value, which record gives it, and what others say instead."""
    from cli.screen import heading, table

    heading("各字段取值")
    rows = []
    for field, value in answer["golden"].items():
        if field in SKIP or value is None:
            continue
        said = answer["said"].get(field, [])
        won = "、".join(f"{o['record_no']} {WHY[o['why']]}" for o in said if o["won"])
        rows.append((title(field), _word(field, value, clear=clear), won,
                     _others(field, value, said, clear=clear)))  # fmt: skip
    table(("字段", "取值", "取自", "其他记录的说法"), rows, whole=("字段",))


def _show_extras(answer: Answer, titles: Mapping[str, str]) -> None:
    """Print what is told besides the fields, by whom and when."""
    from cli.screen import heading, say, table

    if answer["extras"]:
        heading("附加项目")
        table(
            ("项目", "取值", "取自", "时间"),
            [
                (one["item"], one["value"], titles.get(one["platform"], one["platform"]),
                 _day(one["at"]))
                for one in answer["extras"]
            ],
            whole=("项目",),
        )  # fmt: skip
    if answer["extras_hidden"]:
        say(f"另有附加项目 {answer['extras_hidden']} 项（已隐藏）。")


def _others(
    field: str,
    value: object,
    said: Sequence[Mapping[str, Any]],
    *,
    clear: bool,
) -> str:
    """What is said instead, a line a value, with the numbers of the records that say it."""
    from cli.screen import cell

    heard: dict[str, list[str]] = {}
    for one in said:
        if one["value"] != value:
            text = cell(_word(field, one["value"], clear=clear))
            heard.setdefault(text, []).append(f"{one['record_no']} {WHY[one['why']]}")
    return "\n".join(f"{text}（{'、'.join(who)}）" for text, who in heard.items())


def _show_people(answer: Answer, *, clear: bool) -> None:
    from cli.screen import heading, say, table

    if answer["labels"] and not clear and mask_of("labels"):
        heading(f"标签 {len(answer['labels'])} 个（已隐藏）")
    elif answer["labels"]:
        heading("标签")
        table(
            ("标签", "说明", "起", "止", "取自"),
            [
                (one["label"], one["detail"], one["since"], one["until"],
                 f"{one['platform']}.{one['stream']}")
                for one in answer["labels"]
            ],
        )  # fmt: skip
    if answer["members"]:
        heading(f"同户 {len(answer['members'])} 人")
        table(
            ("居民编码", "姓名", "与户主关系", "出生", "在住"),
            [
                (one["resident_id"], one["name"],
                 _word("relation_code", one["relation_code"], clear=clear),
                 one["birth_date"] or str(one["birth_year"] or ""), one["lives_here"])
                for one in answer["members"]
            ],
        )  # fmt: skip
    registered = (answer["household"] or {}).get("dwelling_id")
    if registered and registered != answer["golden"].get("dwelling_id"):
        say("人户分离：所在户的住房与本人现住房屋不同。")
    home, grid = answer["dwelling"], answer["grid"]
    if home:
        parts = (home["place"], home["building"], home["unit"], home["room"])
        heading("房屋和网格")
        say("房屋  " + " - ".join(part for part in parts if part))
    if grid:
        worker = "，".join(t for t in (grid["worker_name"], grid["worker_phone"]) if t)
        say(f"网格  {grid['grid_code']} {grid['name'] or ''}  网格员 {worker or '（未填）'}")


def _show_activities(answer: Answer, titles: Mapping[str, str]) -> None:
    """Print visits, tickets and the like, the newest first."""
    from cli.screen import heading, table

    if answer["activities"]:
        heading("事项")
        table(
            ("时间", "事项", "内容", "办理", "平台"),
            [
                (one["happened_at"], one["kind"], one["summary"], one["status"],
                 titles.get(one["platform"], one["platform"]))
                for one in answer["activities"]
            ],
        )  # fmt: skip


def _show_past(answer: Answer, *, clear: bool) -> None:
    from cli.screen import cell, heading, say, table

    changes = [
        (change["at"], title(field), *(cell(_word(field, v, clear=clear)) for v in pair))
        for change in answer["past"]
        for field, pair in change["changes"].items()
        if field not in SKIP
    ]
    if changes:
        heading("变化")
        table(("时间", "字段", "原来", "后来"), changes)
    if answer["events"]:
        heading("编码的经过")
        table(
            ("时间", "事情", "编码", "另一编码", "原因"),
            [
                (
                    e["happened_at"],
                    EVENTS.get(e["kind"], e["kind"]),
                    e["resident_id"],
                    e["other_id"],
                    event_reason(e["reason"]),
                )
                for e in answer["events"]
            ],
            whole=("编码", "另一编码"),
        )
        if any(e["other_id"] for e in answer["events"]):
            say(WHO_KEEPS)


def _word(field: str, value: object, *, clear: bool) -> object:
    """A code with its name, a year without thousands; masked values are left as they are."""
    if field == "birth_year" and value is not None:
        return str(value)
    return value if mask_of(field) and not clear else shown(field, value, clear=True)


def _key(one: Mapping[str, Any]) -> tuple[str, ...]:
    return one["platform"], one["stream"], one["record_key"]


def _day(at: datetime | None) -> str:
    from cli.screen import moment

    return moment(at)[:10]
