"""`hub export|erase RESIDENT`: what a resident may ask for (PIPL art. 45 and 47)."""

import json
import os
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.noting import audited, note
from cli.options import HomeOption, the_home
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.settings import Home
    from ledger import Ledger

ResidentArgument = Annotated[
    str, typer.Argument(metavar="居民编码", help="用 find 查到的编码", show_default=False)
]


def export(
    resident_id: ResidentArgument,
    out: Annotated[
        Path, typer.Option("--out", metavar="文件", help="写到哪个 JSON 文件", show_default=False)
    ],
    home: HomeOption = None,
) -> None:
    """Write all that is held of one resident, from whom, and who used it."""
    from cli.screen import place, say

    opened = the_home(home)
    if out.exists():
        raise ConfigError("export: the file exists", zh=f"{out} 已经有了：请换一个文件名。")
    with audited(opened) as (ledger, audit):
        told = _held(opened, ledger, resident_id)
        note(audit, "export", entity="resident", subject=told["resident_id"], rows=1)
    text = json.dumps(told, ensure_ascii=False, indent=2, default=_plain)
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
    say(f"已导出到 {place(out.resolve())}：{len(told['records'])} 条来源记录，"
        f"{len(told['seen_by'])} 次被查看或使用。这个文件是原值，请只交给本人。")  # fmt: skip


def erase(
    resident_id: ResidentArgument,
    reason: Annotated[
        str, typer.Option("--reason", metavar="理由", help="依据或申请编号，记入审计",
                          show_default=False),
    ],
    yes: Annotated[
        bool, typer.Option("--yes", help="确认删除；不能撤销", show_default=False)
    ] = False,
    home: HomeOption = None,
) -> None:  # fmt: skip
    """Erase one resident from all that is held, and keep the next sync from bringing them back."""
    from cli.screen import say

    if not yes:
        raise ConfigError("erase: not confirmed", zh="删除不能撤销：确认后请加上 --yes 再运行。")
    from getpass import getuser

    from pipelines.erasing import erase as carry_out
    from warehouse.snapshots import current_number

    opened = the_home(home)
    with audited(opened) as (ledger, audit):
        done = carry_out(opened, ledger, resident_id, f"command:{getuser()}", reason)
        number = current_number(opened) or 0
        note(audit, "erase", entity="resident", subject=resident_id, snapshot=number,
             rows=len(done.records), detail={"files": done.files})  # fmt: skip
    platforms = sorted({platform for platform, *_ in done.records})
    say(f"已从数据大脑删除（{len(done.records)} 条来源记录），发布为快照 {number}，旧快照已清除；"
        f"原始批次和归一文件重写了 {done.files} 个，去掉 {done.rows} 行。以后的同步不会再收进来。",
        f"来源平台（{'、'.join(platforms)}）里还有，已交付的抽取和填好的表里也可能有："
        "请通知归口部门和接收部门删除。")  # fmt: skip


def _held(home: "Home", ledger: "Ledger", resident_id: str) -> dict[str, Any]:
    from identity.views import activities, show
    from ledger.audit_check import about
    from reports.besides import told_of
    from schemas.entities import FIELDS
    from serving.reading.audited import all_ids
    from serving.reading.usage import used_by
    from serving.reading.wording import title
    from warehouse.snapshots import current_number, reading

    with reading(home) as connection:
        view = show(connection, resident_id, home.settings.owners)
        besides = told_of(home, connection, view.resident_id)
        ids = all_ids(connection, view.resident_id)
        events = activities(connection, "resident_id", view.resident_id, most=None)
    known = home.read_platforms()[0]
    sources = sorted({one["platform"] for one in view.records})
    values = {name: value for name, value in view.golden.items() if value is not None}
    return {
        "resident_id": view.resident_id, "snapshot": current_number(home),
        "exported_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "held": [{"field": name, "title": title(name), "value": value} for name, value in
                 values.items() if name in FIELDS["resident"]],
        "said": {name: [asdict(one) for one in said] for name, said in view.said.items()},
        "besides": besides, "labels": view.labels, "records": view.records,
        "events": events, "past": view.past,
        "from": [{"platform": name, "title": known[name].title,
                  "department": known[name].owner.department} for name in sources
                 if name in known],
        "used_by": used_by(home, ids),
        "seen_by": [
            {name: one[name] for name in ("at", "actor", "role", "action", "fields", "purpose")}
            for one in about(ledger, *ids)
        ],
    }  # fmt: skip


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
