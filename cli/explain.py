"""`hub explain A B`: why two records are, or are not, one person."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import ClearOption, HomeOption, JsonOption, the_home
from cli.review import WhoArgument

if TYPE_CHECKING:
    from identity.explain import Explanation

TITLES = {"platform": "平台", "stream": "数据流"}


def explain(
    one: WhoArgument,
    other: WhoArgument,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="文件", help="另存一份图表网页，离线可看，不含个人信息",
            show_default=False,
        ),
    ] = None,
    clear: ClearOption = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Weigh two records before the officer's eyes."""
    from cli.screen import as_json, place, say
    from identity.charts import write_charts
    from identity.explain import explain as weigh
    from identity.pairs import pair_meant
    from pipelines.deciding import the_model
    from warehouse.snapshots import reading

    opened = the_home(home)
    with reading(opened) as connection:
        records = connection.execute("SELECT count(*) FROM resident_record").fetchall()[0][0]
        model = the_model(opened).at(records)
        pair = pair_meant(connection, one, other, model)
        found = weigh(connection, *pair, model)
        if html is not None:
            write_charts(connection, *pair, model, html)
    answer = _answer(found, clear=clear)
    if json:
        as_json(answer)
        return
    _show(answer)
    if html is not None:
        say(f"图表已写出：{place(html.resolve())}")


def _answer(found: "Explanation", *, clear: bool) -> dict[str, Any]:
    from serving.reading.wording import masked_row, refusal

    made = asdict(found)
    made["left"] = masked_row(found.left, clear=clear)
    made["right"] = masked_row(found.right, clear=clear)
    made["obstacle_zh"] = refusal(found.obstacle) if found.obstacle else None
    return made


def _show(answer: dict[str, Any]) -> None:
    from cli.screen import heading, say, table
    from serving.reading.wording import title

    left, right = answer["left"], answer["right"]
    rows_of = [
        (TITLES.get(name) or title(name), _word(name, left[name]), _word(name, right[name]))
        for name in left
        if left[name] or right[name]
    ]
    table(("", "甲", "乙"), rows_of)
    heading("依据（正数支持是同一个人，单位：比特）")
    rows: list[tuple[str, str, str, str]] = [
        ("起点", "任取两条记录", f"{answer['start']:+.1f}", f"{answer['start']:+.1f}")
    ]
    total = answer["start"]
    for part in answer["parts"]:
        total += part["weight"]
        rows.append((part["title"], part["label"], f"{part['weight']:+.1f}", f"{total:+.1f}"))
    table(("项目", "比较结果", "分值", "累计"), rows, right=("分值", "累计"))
    say(
        f"合计 {answer['weight']:+.1f}；{answer['join']:+.1f} 以上归为一人，"
        f"{answer['ask']:+.1f} 以上请人判断。模型 {answer['model']}。",
        _conclusion(answer),
    )


def _word(field: str, value: object) -> str:
    """A value that may be masked already: a code by its name."""
    from serving.reading.wording import shown

    word = shown(field, value, clear=True)
    return "" if word is None else str(word)


def _conclusion(answer: dict[str, Any]) -> str:
    if answer["decision"]:
        verdicts = {"same": "是同一个人", "different": "不是同一个人"}
        return f"已有人工决定：{verdicts.get(answer['decision'], '')}。"
    if answer["one_person"] and answer["obstacle"] == "two_names":
        return f"结论：已归为同一位居民，等人判断：{answer['obstacle_zh']}。"
    if answer["one_person"]:
        return "结论：已归为同一位居民。"
    if answer["obstacle_zh"]:
        return f"结论：没有归为一人。原因：{answer['obstacle_zh']}。"
    return "结论：没有归为一人，依据不足。"
