"""`hub resident find|show`: one person, from every platform, in one view."""

from typing import Annotated

import typer

from cli.chinese import Command, Group
from cli.options import ClearOption, HomeOption, JsonOption, the_home

app = typer.Typer(cls=Group, name="resident", help="居民：查找、查看。", no_args_is_help=True)
WAYS = {
    "resident_id": "居民编码",
    "id_number": "证件号码",
    "phone": "电话",
    "name": "姓名",
    "name_prefix": "姓名开头",
    "address": "地址",
    "record": "某平台的记录",
}


@app.command("find", cls=Command, help="按姓名、证件号码、电话、居民编码或一段地址查找居民。")
def find(
    text: Annotated[
        str,
        typer.Argument(
            metavar="文字", help="姓名、证件号码、电话、居民编码或一段地址", show_default=False
        ),
    ],
    limit: Annotated[int, typer.Option("--limit", metavar="人数", help="最多列出几人", min=1)] = 20,
    clear: ClearOption = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Look people up."""
    from cli.fields import masked_row, shown
    from cli.screen import as_json, say, table
    from warehouse import answers
    from warehouse.snapshots import reading

    with reading(the_home(home)) as connection:
        found = answers.find(connection, text, limit + 1)
    more, found = len(found) > limit, found[:limit]
    rows = [masked_row(row, clear=clear) for row in found]
    if json:
        as_json(rows)
        return
    if not rows:
        say("没有找到。可以换姓名、证件号码、电话或地址中的一段再查。")
        return
    table(
        ("居民编码", "姓名", "性别", "出生", "证件号码", "现住址", "在住", "查到于"),
        [
            (r["resident_id"], r["name"], _word(shown("sex_code", r["sex_code"], clear=clear)),
             r["birth_date"] or str(r["birth_year"] or ""), r["id_number"],
             r["residence_address"], r["lives_here"], WAYS[r["way"]])
            for r in rows
        ],
    )  # fmt: skip
    if more:
        say(f"只列出了前 {limit} 人，请写得更具体，或用 --limit 多列一些。")
    say("看一个人的全部信息：hub resident show 居民编码")


@app.command(
    "show", cls=Command, help="一个居民的全部：各字段取谁的值、其他平台怎么说、户、网格、变化。"
)
def show(
    resident_id: Annotated[
        str, typer.Argument(metavar="居民编码", help="用 find 查到的编码", show_default=False)
    ],
    clear: ClearOption = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Show one person, whole."""
    from cli.resident_view import masked_view, show_view
    from cli.screen import as_json
    from identity.views import show as look_up
    from warehouse.snapshots import reading

    opened = the_home(home)
    with reading(opened) as connection:
        view = look_up(connection, resident_id, opened.settings.owners)
    answer = masked_view(view, clear=clear)
    if json:
        as_json(answer)
    else:
        titles = {name: one.title for name, one in opened.read_platforms()[0].items()}
        show_view(answer, titles, clear=clear)


def _word(code: object) -> str:
    """`1 男` as 男: in a narrow table the code only disturbs."""
    return str(code or "").partition(" ")[2] or str(code or "")
