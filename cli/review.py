"""`hub review list|decide|undo`: the pairs that only a person can settle."""

from getpass import getuser
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.chinese import Command, Group
from cli.noting import noted
from cli.options import ClearOption, HomeOption, JsonOption, the_home
from hub.errors import ConfigError, NotFoundError

if TYPE_CHECKING:
    import duckdb

    from hub.settings import Home
    from ledger import Ledger

app = typer.Typer(
    cls=Group, name="review", help="人工复核：拿不准是不是同一个人的记录。", no_args_is_help=True
)
WhoArgument = Annotated[
    str,
    typer.Argument(metavar="居民编码", help="居民编码，或 平台/数据流/记录键", show_default=False),
]
VERDICTS = {"same": "是同一个人", "different": "不是同一个人", "later": "以后再定"}


@app.command("list", cls=Command, help="列出等人判断的记录对，最像的在前；也列出已作的决定。")
def list_(
    limit: Annotated[int, typer.Option("--limit", metavar="对数", help="最多列出几对", min=1)] = 20,
    clear: ClearOption = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """List what is to be settled, and what was."""
    from cli.screen import as_json
    from identity.review import pairs_to_review
    from warehouse.snapshots import reading

    opened = the_home(home)
    with reading(opened) as connection:
        made = _decisions(opened, connection, clear=clear)
        looked_at = {frozenset(one["residents"]) for one in made}
        found = pairs_to_review(connection, limit + len(made))
    found = [one for one in found if frozenset(_residents(one)) not in looked_at][:limit]
    answer = {"pairs": [_masked(one, clear=clear) for one in found], "decisions": made}
    if json:
        as_json(answer)
    else:
        _show(answer)


@app.command("decide", cls=Command, help="作出判断；以后每次同步都照此办理，可用 undo 撤销。")
def decide(
    one: WhoArgument,
    other: WhoArgument,
    verdict: Annotated[
        str,
        typer.Argument(
            metavar="判断",
            help="same 是同一个人，different 不是，later 以后再定",
            show_default=False,
        ),
    ],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Write a decision into the ledger."""
    from cli.screen import as_json, say
    from identity.pairs import pair_meant
    from ledger import open_ledger
    from ledger.decisions import note_decision
    from pipelines.deciding import refuse_contradiction, seal_record, the_model
    from warehouse.snapshots import reading

    if verdict not in VERDICTS:
        raise ConfigError(
            "review decide: no such verdict",
            zh="判断只能写 same（是同一个人）、different（不是）或 later（以后再定）。",
        )
    opened = the_home(home)
    with reading(opened) as connection:
        pair = pair_meant(connection, one, other, the_model(opened))
    ledger = open_ledger(opened.data / "ledger.sqlite")
    try:
        if verdict != "later":
            refuse_contradiction(opened, ledger, (pair[0].named, pair[1].named), verdict)
        former = _former(opened, ledger, {pair[0].named, pair[1].named})
        number = note_decision(
            ledger,
            (seal_record(opened, pair[0].named), seal_record(opened, pair[1].named)),
            (pair[0].resident_id, pair[1].resident_id),
            verdict,  # type: ignore[arg-type]  # one of VERDICTS, as checked above
            getuser(),
            former,
        )
    finally:
        ledger.close()
    noted(opened, "decide", detail={"decision": number, "verdict": verdict})
    if json:
        as_json({"decision_id": number, "verdict": verdict})
    else:
        effect = "这一对先不再列出。" if verdict == "later" else "下一次 hub sync 起生效。"
        instead = [f"代替决定 {former}，那一个不再有效。"] if former else []
        say(f"已记下决定 {number}：{VERDICTS[verdict]}。{effect}", *instead,
            f"要撤销：hub review undo {number}")  # fmt: skip


@app.command("undo", cls=Command, help="撤销一个决定；下一次同步起不再照它办理。")
def undo(
    decision: Annotated[
        int, typer.Argument(metavar="决定", help="list 列出的决定编号", show_default=False)
    ],
    home: HomeOption = None,
) -> None:
    """Take a decision back."""
    from cli.screen import say
    from ledger import open_ledger
    from ledger.decisions import undo_decision

    opened = the_home(home)
    ledger = open_ledger(opened.data / "ledger.sqlite")
    try:
        done = undo_decision(ledger, decision)
    finally:
        ledger.close()
    if not done:
        raise NotFoundError(
            f"no decision {decision} that holds",
            zh=f"没有编号为 {decision} 的有效决定：请用 hub review list 查看。",
        )
    noted(opened, "decide", detail={"decision": decision, "verdict": "undone"})
    say(f"已撤销决定 {decision}。下一次 hub sync 起生效。")


def _former(home: "Home", ledger: "Ledger", pair: set[tuple[str, str, str]]) -> int | None:
    """The decision about the same pair that still holds."""
    from ledger.decisions import decisions
    from pipelines.deciding import open_record

    for one in decisions(ledger):
        if {open_record(home, text) for text in (one.left_record, one.right_record)} == pair:
            return one.decision_id
    return None


def _record(parts: tuple[str, str, str], *, clear: bool) -> str:
    """Platform, stream and key as they are typed, the key under its mask unless `clear`."""
    from serving.reading.wording import shown_key

    platform, stream, record_key = parts
    return f"{platform}/{stream}/{shown_key(record_key, clear=clear)}"


def _decisions(
    home: "Home", connection: "duckdb.DuckDBPyConnection", *, clear: bool
) -> list[dict[str, Any]]:
    from ledger import open_ledger
    from ledger.decisions import decisions
    from pipelines.deciding import open_record, outcomes_of

    ledger = open_ledger(home.data / "ledger.sqlite")
    try:
        made = decisions(ledger)
        return [
            {
                "decision_id": one.decision_id,
                "residents": [one.left_resident, one.right_resident],
                "records": [_record(open_record(home, text), clear=clear)
                            for text in (one.left_record, one.right_record)],
                "verdict": one.verdict,
                "decided_at": one.decided_at,
                "decided_by": one.decided_by,
                "outcome": outcome,
            }
            for one, outcome in zip(made, outcomes_of(connection, home, made), strict=True)
        ]  # fmt: skip
    finally:
        ledger.close()


def _residents(pair: dict[str, Any]) -> tuple[str, str]:
    return pair["left"]["resident_id"], pair["right"]["resident_id"]


def _masked(pair: dict[str, Any], *, clear: bool) -> dict[str, Any]:
    from serving.reading.wording import masked_row, refusal

    return {
        "weight": round(pair["weight"], 2),
        "reason": pair["reason"],
        "reason_zh": refusal(pair["reason"]),
        "left": masked_row(pair["left"], clear=clear),
        "right": masked_row(pair["right"], clear=clear),
    }


def _sex(code: str | None) -> str:
    from serving.reading.wording import code_name

    return code_name("sex", code) or "" if code else ""


def _show(answer: dict[str, Any]) -> None:
    from cli.screen import heading, say, table
    from serving.reading.wording import OUTCOMES

    if not answer["pairs"]:
        say("没有等人判断的记录。")
    for nth, pair in enumerate(answer["pairs"], 1):
        heading(f"{nth}. {pair['reason_zh']}（{pair['weight']:+.1f}）")
        table(
            ("居民编码", "姓名", "性别", "出生", "证件号码", "电话", "住址", "记录"),
            [
                (r["resident_id"], r["name"], _sex(r["sex_code"]),
                 r["birth_date"] or str(r["birth_year"] or ""), r["id_number"], r["phone"],
                 r["residence_address"], f"{r['platform']}/{r['stream']}/{r['record_key']}")
                for r in (pair["left"], pair["right"])
            ],
            whole=("居民编码",),
        )  # fmt: skip
    if answer["decisions"]:
        heading("已作的决定")
        table(
            ("编号", "居民", "记录", "判断", "时间", "经办", "结果"),
            [
                (str(d["decision_id"]), "\n".join(d["residents"]), "\n".join(d["records"]),
                 VERDICTS[d["verdict"]], d["decided_at"], d["decided_by"],
                 OUTCOMES.get(d["outcome"]))
                for d in answer["decisions"]
            ],
            right=("编号",),
            whole=("居民", "判断", "结果"),
        )  # fmt: skip
        if against := [d["decision_id"] for d in answer["decisions"] if d["outcome"] == "against"]:
            say(f"决定 {'、'.join(map(str, against))} 没有办成："
                "更强的依据（如同一个证件号码）或别的决定说的相反。"
                "用 hub explain 看这些记录，撤销其中错的那个。")  # fmt: skip
    if answer["pairs"]:
        say("看依据：hub explain 居民编码 居民编码",
            "作判断：hub review decide 居民编码 居民编码 same（或 different、later）")  # fmt: skip
    if answer["decisions"]:
        say("撤销：hub review undo 编号")
