"""`hub platform add`: look at a source, and write the platform file that it seems to need."""

import dataclasses
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cli.proposal_text import Heading, file_text, stream_names
from cli.screen import LOCAL
from hub.errors import ConfigError, NotFoundError
from hub.platform import load_platform
from hub.platform_mistakes import SECRET_KEY, SECRET_URL
from hub.platform_values import Secret

if TYPE_CHECKING:
    from hub.reflected import ReflectedSource
    from hub.settings import Home
    from schemas.matching.decide import Decision
    from schemas.matching.proposal import Refusal, StreamProposal

DRIVERS = {
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
"""Addresses as people write them, with the driver that is installed."""
SQLITE = (".db", ".sqlite", ".sqlite3")
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
MOST_SKIPPED = 20  # tables named on the screen
HEADERLESS = re.compile(r"\d{7,}|^\d{4}[-/]\d{1,2}[-/]\d{1,2}$|^[男女]$|^[汉回藏彝羌满]族?$")


class Added:
    """What was proposed, for the screen and for programs."""

    def __init__(
        self,
        path: Path,
        text: str,
        streams: "Sequence[StreamProposal]",
        skipped: "Sequence[Refusal]",
        notes: Sequence[str],
    ) -> None:
        self.path, self.text, self.notes = path, text, tuple(notes)
        self.skipped = [{"table": one.table, "why": one.why} for one in skipped]
        self.streams = [
            {
                "name": name,
                "table": one.table.name,
                "entity": one.entity,
                "missing": _lacks(one),
                **one.settings,
                "map": one.map,
                "extras": one.extras,
                "columns": [_column(each, _use(one, each.column)) for each in one.decisions],
            }
            for name, one in zip(stream_names(streams), streams, strict=True)
        ]

    def as_dict(self) -> dict[str, Any]:
        """Everything but the text."""
        return {
            "path": str(self.path),
            "streams": self.streams,
            "skipped": self.skipped,
            "notes": self.notes,
        }


def look_and_propose(home: "Home", name: str, source: str, options: dict[str, Any]) -> Added:
    """Look at `source` and make the file's text; nothing is written yet.

    `options`: title, level, department, password_env, password_file, tables, api, host_key.

    Raises:
        ConfigError: a bad name, a secret in the address, a source of no known kind.
        HubError: as the source's own kind says.
        NotFoundError: nothing in it that the standard knows.
    """
    if not NAME.fullmatch(name):
        raise ConfigError(
            "add: bad name",
            zh="平台名只能用小写字母、数字、下划线，以字母开头，例如 street_grid。",
        )
    _refuse_secret(source, options.get("api"))
    found = _reflect(home, name, source, options)
    streams, skipped = proposals(found, options.get("tables") or ())
    found, streams = _as_exchange(found, streams)
    batches = {one.table.place.get("batch_table") for one in streams}
    skipped = [one for one in skipped if one.table not in batches]
    found, streams, skipped = _once(found, streams, skipped, options.get("tables") or ())
    if not streams:
        why = "；".join([*(f"{one.table}：{one.why}" for one in skipped[:5]), *found.notes[:3]])
        raise NotFoundError(
            f"add: {name}: no table fits the standard",
            zh=f"没有看到居民、户、房屋、网格或事项的表（{why.rstrip('。')}）。"
            "请核对来源，或照示例手写平台文件。",
        )
    department = options.get("department") or "请填写"
    heading = Heading(
        platform=name,
        title=options.get("title") or name,
        owner={"level": options.get("level") or "community", "department": department},
        connection=_without_secrets(name, found.connection),
        notes=found.notes,
    )
    text, kept = file_text(heading, streams, datetime.now(LOCAL).date())
    skipped = [*_unfitting(streams[kept:]), *skipped]
    streams = streams[:kept]
    return Added(home.root / "platforms" / f"{name}.yaml", text, streams, skipped, found.notes)


def _unfitting(streams: "Sequence[StreamProposal]") -> "list[Refusal]":
    """What was proposed and has no room in a file of fifty lines."""
    from schemas.matching.proposal import Refusal

    why = "一个平台文件不超过 50 行，放不下；请用 --table {} 另拟一个平台文件"
    return [Refusal(one.table.name, why.format(one.table.name)) for one in streams]


def proposals(
    found: "ReflectedSource", chosen: Sequence[str] = ()
) -> "tuple[list[StreamProposal], list[Refusal]]":
    """The streams, the most telling first, and the tables that are none."""
    from schemas.matching.proposal import Refusal, propose

    today = datetime.now(LOCAL).date()
    streams: list[StreamProposal] = []
    unsure: list[StreamProposal] = []
    skipped: list[Refusal] = []
    for table in found.tables:
        if any(HEADERLESS.search(one.name) for one in table.columns):
            skipped.append(Refusal(table.name, "没有表头：第一行就是数据，请加上列名"))
            continue
        made = propose(table, today=today)
        if isinstance(made, Refusal):
            skipped.append(made)
        else:
            (unsure if _lacks(made) else streams).append(made)
    unsure.sort(key=lambda one: -one.worth)
    draft = [one for one in unsure if _may_be(one)][: len(chosen) or not streams]
    skipped += [_not_sure(one) for one in unsure if one not in draft]
    streams = sorted([*streams, *draft], key=lambda one: -one.worth)
    if streams and not chosen:  # a table that says little beside the best is another's detail
        best = streams[0].worth
        small = [one for one in streams if one.worth < 0.3 * best and one.entity == "resident"]
        skipped += [Refusal(one.table.name, "人员信息比别的表少，没有列入") for one in small]
        streams = [one for one in streams if one not in small]
    return streams, skipped


def _once(
    found: "ReflectedSource",
    streams: "list[StreamProposal]",
    skipped: "list[Refusal]",
    chosen: Sequence[str],
) -> "tuple[ReflectedSource, list[StreamProposal], list[Refusal]]":
    """Without views and copies of what is proposed already, each named with its reason."""
    from schemas.matching.repeats import without_repeats

    told = without_repeats(streams, chosen)
    notes = (*told.notes, *found.notes)
    kept = sorted(told.kept, key=lambda one: -one.worth)
    return dataclasses.replace(found, notes=notes), kept, [*told.left_out, *skipped]


def _lacks(made: "StreamProposal") -> str:
    """What a stream needs and no column surely is, with those that may be; blank: nothing."""
    from schemas.entities import FIELDS
    from schemas.map_checks import NEEDED

    fields, needed = FIELDS[made.entity], NEEDED[made.entity]
    if {*needed} & {*made.map}:
        return ""
    maybe = [
        f"{one.column}（{fields[name].title}？）"
        for one in made.decisions
        for name in (one.field, *(other for other, _ in one.others))
        if name in needed
    ]
    missing = "、".join(fields[name].title for name in needed)
    columns = "、".join(dict.fromkeys(maybe)) or "没有像的列"
    return f"{missing}都拿不准（{columns}）"


def _may_be(made: "StreamProposal") -> bool:
    """Whether an officer could tell what is missing: one of the columns may be it."""
    from schemas.map_checks import NEEDED

    return any(one.field in NEEDED[made.entity] for one in made.decisions)


def _not_sure(made: "StreamProposal") -> "Refusal":
    from schemas.matching.proposal import Refusal

    way = (
        f"加 --table {made.table.name} 单独拟一个平台文件"
        if _may_be(made)
        else "照示例手写这个数据流"
    )
    return Refusal(made.table.name, f"{_lacks(made)}；确定有的话请{way}")


def _as_exchange(
    found: "ReflectedSource", streams: "list[StreamProposal]"
) -> "tuple[ReflectedSource, list[StreamProposal]]":
    """A database with batch tables is an exchange database; only batches are pulled from it."""
    if found.connection["kind"] != "database":
        return found, streams
    from schemas.matching.batches import batch_places, in_batches

    places = batch_places(found.tables, today=datetime.now(LOCAL).date())
    kept = [in_batches(one, places[name]) for one in streams if (name := one.table.name) in places]
    if not kept:
        return found, streams
    connection = {**found.connection, "kind": "exchange"}
    return dataclasses.replace(found, connection=connection), kept


def write(added: Added, *, replace: bool) -> None:
    """Write the file once it is known to load and to compile.

    Raises:
        ConfigError: there is one already.
    """
    from schemas.mapping import compile_mapping

    if added.path.exists() and not replace:
        raise ConfigError(
            f"add: {added.path.name} exists",
            zh=f"平台文件 {added.path.name} 已经有了，没有改动：请换一个平台名，"
            "或加 --replace 重拟。",
        )
    with TemporaryDirectory() as folder:
        trial = Path(folder) / added.path.name
        trial.write_text(added.text, encoding="utf-8")
        platform = load_platform(trial)
        for stream in added.streams:
            if not stream["missing"]:  # the officer tells it, and the check looks again
                compile_mapping(platform, str(stream["name"]))
    added.path.parent.mkdir(parents=True, exist_ok=True)
    added.path.write_text(added.text, encoding="utf-8")


def show(added: Added, home: Path | None, *, written: bool) -> None:
    """Print stream by stream what each column was taken for; values never."""
    from cli.screen import heading, place, say, table

    for stream in added.streams:
        heading(f"{stream['name']}（{stream['table']}）")
        table(
            ("列", "标准字段", "把握", "", "理由"),
            [
                (one["column"], _shown(one),
                 f"{one['confidence']:.2f}", "✓" if one["active"] else "?" if one["field"] else "",
                 one["why"])
                for one in stream["columns"]
            ],
            right=("把握",),
        )  # fmt: skip
    for one in added.skipped[:MOST_SKIPPED]:
        say(f"没有列入 {one['table']}：{one['why']}。")
    if len(added.skipped) > MOST_SKIPPED:
        more = len(added.skipped) - MOST_SKIPPED
        say(f"另有 {more} 张表没有列入，加 --json 看全部。")
    for note in added.notes:
        say(f"注意：{note}")
    columns = [one for stream in added.streams for one in stream["columns"]]
    sure = sum(one["active"] for one in columns)
    open_ = sum(bool(one["field"]) and not one["active"] for one in columns)
    used = sum(bool(one["use"]) and not one["field"] for one in columns)
    other = f"另用 {used} 列，" if used else ""
    say(
        "",
        f"共 {len(columns)} 列：映射 {sure} 列，待定 {open_} 列，{other}"
        f"不读 {len(columns) - sure - open_ - used} 列。",
    )
    for stream in added.streams:
        if stream["missing"]:
            say(f"{stream['name']}：{stream['missing']}，还不能用。"
                "请打开文件，把确实是的那一列前面的 # 去掉。")  # fmt: skip
    if written:
        name = added.path.stem
        at = "" if home is None else f" --home {home}"
        say(
            f"已写好 {place(added.path)}（{len(added.text.splitlines())} 行）。接下来：",
            "  1. 打开它，核对归口和以 # 开头的列",
            f"  2. hub platform check {name}{at}",
            f"  3. hub platform preview {name}{at}",
        )


def _use(stream: "StreamProposal", column: str) -> str:
    """What a column serves for that fills no field: an extra, the key, the increment, deletes."""
    extra = next((title for title, named in stream.extras.items() if named == column), "")
    increment = stream.settings["increment"]
    marks = increment if isinstance(increment, dict) else {}
    flag = marks.get("flag", {})
    uses = {
        f"附加项目 {extra}": bool(extra),
        "主键": column in stream.settings.get("key", ()),
        "更新时间": marks.get("watermark") == column,
        "抽取标志": isinstance(flag, dict) and flag.get("column") == column,
        "删除标志": stream.settings.get("deletes", {}).get("column") == column,
    }
    return "、".join(name for name, is_so in uses.items() if is_so)


def _shown(one: dict[str, Any]) -> str:
    """What a column is taken for, on the screen."""
    return str(one["field"] or ("丢弃" if one["dropped"] else one["use"] or "不读"))


def _column(one: "Decision", use: str) -> dict[str, Any]:
    return {
        "column": one.column,
        "use": use,
        "field": one.field,
        "confidence": one.confidence,
        "active": one.active,
        "dropped": one.dropped,
        "why": one.why,
        "settings": dict(one.settings),
        "candidates": [{"field": f, "confidence": round(c, 3)} for f, c in one.others],
        "choices": list(one.choices),
    }


def _reflect(home: "Home", name: str, source: str, options: dict[str, Any]) -> "ReflectedSource":
    if source.startswith(("http://", "https://")):
        from connectors.reflect_json import reflect_address

        headers = _headers(options.get("headers") or ())
        values = {key: secret.read(home.root) for key, secret in headers.items()}
        found = reflect_address(source, values)
        if not headers:
            return found
        told = {key: one.model_dump(exclude_none=True) for key, one in headers.items()}
        return dataclasses.replace(found, connection={**found.connection, "headers": told})
    _refuse_other_addresses(source)
    if "://" in source:
        look = _remote if source.startswith("sftp://") else _database
        return look(home, name, source, options)
    path = Path(source).expanduser()
    path = path if path.is_absolute() or path.exists() else home.root / source
    if path.suffix.lower() in SQLITE and path.is_file():
        from connectors.reflect import below

        inside = below(home.root, path)
        where = f"{{home}}/{inside}" if not inside.startswith("/") else inside
        return _database(home, name, f"sqlite:///{where}", options)
    if options.get("api") is not None:
        from connectors.reflect_json import reflect_saved

        return reflect_saved(_existing(path), options["api"])
    from connectors.reflect_files import reflect_files

    return reflect_files(name, _existing(path), home.root)


def _refuse_other_addresses(source: str) -> None:
    """Folders of other machines are looked at from a copy; Java's addresses name no account."""
    kind, _, rest = source.partition(":")
    if kind in ("s3", "ftp", "ftps", "smb"):
        later = "以后也照样放"
        if kind == "s3":
            later = "再把平台文件里的 path 改成这个地址，写上 user、password（和 endpoint）"
        raise ConfigError(
            f"add: a folder behind {kind}",
            zh=f"不能直接看 {kind} 上的文件：请先把几个文件下载到本机的一个文件夹，"
            f"用它拟出平台文件，{later}（见平台文件说明里的“文件”）。",
        )
    if kind == "jdbc":
        scheme, _, where = rest.partition("://")
        bare = where.partition("?")[0]
        like = (
            f"{scheme}://账号@{bare}"
            if scheme in DRIVERS and bare
            else "各数据库的写法见平台文件说明"
        )
        raise ConfigError(
            "add: an address of Java",
            zh=f"jdbc: 开头的是 Java 程序的写法，这里用不了：请改写成带账号的地址（{like}）。",
        )


def _existing(path: Path) -> Path:
    if not path.exists():
        raise NotFoundError(
            "add: no such file or folder",
            zh=f"没有 {path}：请核对路径；数据库请写成 mysql://账号@主机/库名 这样的地址。",
        )
    return path


def _remote(home: "Home", name: str, source: str, options: dict[str, Any]) -> "ReflectedSource":
    from connectors.reflect_files import reflect_remote

    connection = {"kind": "files", "path": source, "host_key": options.get("host_key")}
    return reflect_remote(name, connection | _password(home, name, options), home.root)


def _database(home: "Home", name: str, source: str, options: dict[str, Any]) -> "ReflectedSource":
    from connectors.reflect_database import reflect_database

    scheme, _, rest = source.partition("://")
    connection: dict[str, Any] = {
        "kind": "database",
        "url": f"{DRIVERS.get(scheme, scheme)}://{rest}",
    }
    connection |= _password(home, name, options)
    return reflect_database(name, connection, home.root, only=options.get("tables") or ())


def _password(home: "Home", name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Where the password is kept, if one is given or stands in the usual place."""
    if options.get("password_env"):
        return {"password": {"env": options["password_env"]}}
    if options.get("password_file"):
        return {"password": {"file": options["password_file"]}}
    kept = (home.root / "secrets" / name).is_file()
    return {"password": {"file": f"secrets/{name}"}} if kept else {}


def _headers(given: Sequence[str]) -> dict[str, Secret]:
    """`Authorization=env:TOKEN` or `=file:secrets/token`: a header without its value typed."""
    made = {}
    for one in given:
        key, _, where = one.partition("=")
        kind, _, place = where.partition(":")
        if kind not in ("env", "file") or not place:
            raise ConfigError(
                "add: a header's value must come from env or file",
                zh="--header 要写成 名称=env:变量名 或 名称=file:secrets/文件名，值不能直接写。",
            )
        made[key] = Secret.model_validate({kind: place})
    return made


def _refuse_secret(*addresses: str | None) -> None:
    """A password typed into an address is refused, and never repeated."""
    for one in addresses:
        if one and SECRET_URL.search(one):
            raise ConfigError(
                "add: a secret in the address",
                zh="地址里直接写了密码或密钥，不能这样放（会留在命令历史和文件里）。请把它删掉："
                "数据库密码用 --password-env 变量名 或 --password-file secrets/文件名；"
                "接口令牌用 --header 名称=env:变量名。",
            )


def _without_secrets(name: str, connection: dict[str, Any]) -> dict[str, Any]:
    """Parameters of an address that look secret become files to fill."""
    params = connection.get("params")
    if not params:
        return connection
    kept = {
        key: {"file": f"secrets/{name}.{key}"} if SECRET_KEY.search(key) else value
        for key, value in params.items()
    }
    return {**connection, "params": kept}
