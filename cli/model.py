"""`hub model train|list|use|show`: the model by which records are weighed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.chinese import Command, Group
from cli.options import HomeOption, JsonOption, the_home

if TYPE_CHECKING:
    from identity.model import Model
    from identity.training import Learnt

app = typer.Typer(
    cls=Group, name="model", help="认人的模型：训练、列出、换用、查看。", no_args_is_help=True
)
MOVED = 0.05  # bits, below which a weight counts as kept


@app.command(
    "train", cls=Command,
    help="用本库自己的记录训练一个新模型，不需要人工标注；训练完不会自动启用。",
)  # fmt: skip
def train(home: HomeOption = None, json: JsonOption = False) -> None:
    """Train on the current snapshot; keep the model as a file of the home."""
    from datetime import UTC, datetime

    from cli.screen import as_json, say
    from identity.model import next_version, write_model
    from identity.training import train_model
    from pipelines.deciding import the_model
    from warehouse.snapshots import reading

    opened = the_home(home)
    folder = opened.data / "models"
    day = datetime.now(UTC).date().isoformat()
    with reading(opened) as connection:
        made, learnt = train_model(connection, the_model(opened), next_version(folder), day)
    write_model(folder, made)
    if json:
        as_json({"version": made.version, "learnt": [_learnt(one) for one in learnt]})
        return
    _show_learnt(learnt)
    name = made.version
    say(f"新模型 {name} 已保存，没有启用。看分值：hub model show {name}",
        f"要启用：hub model use {name}；下一次 hub sync 起生效，居民编码照旧。")  # fmt: skip


@app.command("list", cls=Command, help="列出可用的模型，标出正在使用的那一个。")
def list_(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the shipped model and those of the home."""
    from cli.screen import as_json, table
    from identity.model import models_in, version_in_use

    folder = the_home(home).data / "models"
    used = version_in_use(folder)
    found = [
        {"version": one.version, "made_from": str(one.content["made_from"]),
         "in_use": one.version == used}
        for one in models_in(folder)
    ]  # fmt: skip
    if json:
        as_json({"models": found})
        return
    table(
        ("模型", "来历", "使用"),
        [(one["version"], one["made_from"], "正在使用" if one["in_use"] else "") for one in found],
    )


@app.command("use", cls=Command, help="换用另一个模型；下一次同步起生效，居民编码照旧。")
def use(
    version: Annotated[
        str, typer.Argument(metavar="模型", help="list 列出的模型名", show_default=False)
    ],
    home: HomeOption = None,
) -> None:
    """Tell the home which model to use."""
    from cli.screen import say
    from identity.model import PRIOR, use_model

    use_model(the_home(home).data / "models", version)
    say(f"下一次 hub sync 起使用模型 {version}：所有记录重新比较一遍，每个编码的变动都记下原因。",
        f"要换回随程序附带的模型：hub model use {PRIOR}")  # fmt: skip


@app.command("show", cls=Command, help="查看一个模型的全部分值；可另存图表网页。")
def show(
    version: Annotated[
        str | None,
        typer.Argument(metavar="模型", help="不写就是正在使用的那一个", show_default=False),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="文件", help="另存一份图表网页，离线可看", show_default=False
        ),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Show every weight of a model."""
    from cli.screen import as_json, place, say
    from identity.charts import write_model_charts
    from identity.model import model_in_use, named_model

    folder = the_home(home).data / "models"
    model = model_in_use(folder) if version is None else named_model(folder, version)
    if html is not None:
        write_model_charts(model, html)
    if json:
        as_json(_weights(model))
        return
    _show_weights(model)
    if html is not None:
        say(f"图表已写出：{place(html.resolve())}")


def _learnt(one: "Learnt") -> dict[str, Any]:
    return {
        "title": one.title, "label": one.label, "before": round(one.before, 2),
        "after": round(one.after, 2), "pairs": one.pairs,
    }  # fmt: skip


def _show_learnt(learnt: "list[Learnt]") -> None:
    from cli.screen import heading, say, table

    moved = [one for one in learnt if abs(one.after - one.before) >= MOVED]
    heading("分值的变化（单位：比特）")
    if not moved:
        say("没有变化：本库的情形与现用的模型相符。")
        return
    table(
        ("项目", "比较结果", "原来", "现在", "记录对"),
        [
            (one.title, one.label, f"{one.before:+.1f}", f"{one.after:+.1f}", str(one.pairs))
            for one in moved
        ],
        right=("原来", "现在", "记录对"),
    )


def _weights(model: "Model") -> dict[str, Any]:
    return {
        "version": model.version,
        "made_from": model.content["made_from"],
        "join": model.join,
        "ask": model.ask,
        "start": round(model.prior_weight, 2),
        "weights": [
            {"title": one.title, "label": level.label, "weight": round(level.weight, 2)}
            for one in model.comparisons
            for level in one.levels
        ],
    }


def _show_weights(model: "Model") -> None:
    from cli.screen import heading, say, table

    answer = _weights(model)
    heading(f"模型 {model.version}（{answer['made_from']}）")
    table(
        ("项目", "比较结果", "分值"),
        [(one["title"], one["label"], f"{one['weight']:+.1f}") for one in answer["weights"]],
        right=("分值",),
    )
    say(f"分值单位是比特，从 {answer['start']:+.1f} 起累计：{model.join:+.1f} 以上归为一人，"
        f"{model.ask:+.1f} 以上请人判断。姓名的分值随本库同名的多少增减。")  # fmt: skip
