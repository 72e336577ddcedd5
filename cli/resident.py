"""`hub resident find|show`: one person, from every platform, in one view."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.chinese import Command, Group
from cli.noting import noted
from cli.options import ClearOption, HomeOption, JsonOption, the_home

app = typer.Typer(cls=Group, name="resident", help="居民：查找、查看。", no_args_is_help=True)


@app.command(
    "find", cls=Command, help="按姓名、证件号码、电话、居民编码、平台的记录或一段地址查找居民。"
)
def find(
    text: Annotated[
        str,
        typer.Argument(
            metavar="文字",
            help="姓名、证件号码、电话、居民编码、平台/数据流/记录键或一段地址",
            show_default=False,
        ),
    ],
    limit: Annotated[int, typer.Option("--limit", metavar="人数", help="最多列出几人", min=1)] = 20,
    clear: ClearOption = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Look people up."""
    from cli.screen import as_json, say, table
    from identity.pairs import whose
    from serving.reading.wording import masked_row
    from warehouse import answers
    from warehouse.snapshots import reading

    opened = the_home(home)
    with reading(opened) as connection:
        found = answers.find(connection, whose(connection, text) or text, limit + 1)
        former = not found and answers.was_an_id(connection, text.strip())
    more, found = len(found) > limit, found[:limit]
    shown = {"subjects": [row["resident_id"] for row in found], "clear": clear}
    noted(opened, "search", entity="resident", rows=len(found), detail=shown)
    rows = [masked_row(row, clear=clear) for row in found]
    if json:
        as_json(rows)
        return
    if former:
        say(f"{text.strip()} 曾是一位居民的编码，各平台已没有此人的记录。",
            f"看经过：hub resident show {text.strip()}")  # fmt: skip
        return
    if not rows:
        say("没有找到。可以换姓名、证件号码、电话或地址中的一段再查。")
        return
    table(
        ("居民编码", "姓名", "出生", "证件号码", "现住址"),
        [
            (r["resident_id"], r["name"], r["birth_date"] or str(r["birth_year"] or ""),
             r["id_number"], _lives(r))
            for r in rows
        ],
        whole=("居民编码", "出生", "证件号码"),
    )  # fmt: skip
    if more:
        say(f"只列出了前 {limit} 人，请写得更具体，或用 --limit 多列一些。")
    say("看一个人的全部信息：hub resident show 居民编码")


@app.command(
    "show", cls=Command, help="一个居民的全部：各字段取谁的值、其他平台怎么说、户、网格、变化。"
)
def show(
    resident_id: Annotated[
        str,
        typer.Argument(
            metavar="居民编码",
            help="用 find 查到的编码，或 平台/数据流/记录键",
            show_default=False,
        ),
    ],
    clear: ClearOption = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Show one person, whole."""
    from cli.resident_view import resident_answer, show_view
    from cli.screen import as_json

    opened = the_home(home)
    answer = resident_answer(opened, resident_id, clear=clear)
    subject = answer["resident_id"]
    noted(opened, "look", entity="resident", subject=subject, detail={"clear": clear})
    if json:
        as_json(answer)
    else:
        titles = {name: one.title for name, one in opened.read_platforms()[0].items()}
        show_view(answer, titles, clear=clear)


def _lives(row: Mapping[str, Any]) -> str:
    address = row["residence_address"] or ""
    return address if row["lives_here"] else f"{address}（不在此居住）"
