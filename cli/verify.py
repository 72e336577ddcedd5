"""`hub verify`: is what is claimed of one person so? Yes or no, never the value."""

from typing import Annotated

import typer

from cli.options import HomeOption, JsonOption, the_home
from hub.errors import ConfigError


def verify(
    who: Annotated[
        str, typer.Argument(metavar="谁", help="居民编码或完整的证件号码", show_default=False)
    ],
    claims: Annotated[
        list[str],
        typer.Argument(metavar="字段=值…", help="要核验的说法，例如 性别=男 出生日期=19530407",
                       show_default=False),
    ],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Compare claims about one person with what is held."""
    from cli.screen import as_json, table
    from reports.people import people_of
    from reports.verify import SAYS
    from reports.verify import verify as verified

    told = dict(_claim(one) for one in claims)
    if len(told) < len(claims):
        raise ConfigError(
            "verify: two claims about one field",
            zh="同一个字段写了两次：一次只核验一个说法，另一个请再运行一次。",
        )
    with people_of(the_home(home), None) as (people, _):
        found = verified(people, who, told)
    if json:
        as_json([{"item": one.item, "title": one.title, "verdict": one.verdict} for one in found])
        return
    table(("项目", "结果"), [(one.title, SAYS[one.verdict]) for one in found])


def _claim(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.strip() and equals and value.strip()):
        raise ConfigError(
            "verify: a claim is no field=value",
            zh="要核验的写成 字段=值，例如 性别=男；标签写 label:低保=是。",
        )
    return name.strip(), value.strip()
