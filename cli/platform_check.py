"""What a mapping makes of a platform's first rows: for `hub platform check`, counted, never shown.

A sample is read as a pull would read it; nothing is stored and no cursor moves. Values are named
only where the standard calls the field no personal one.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from serving.reading.wording import reason, title

if TYPE_CHECKING:
    import polars as pl

    from connectors import Connector, Finding
    from hub.platform import Platform
    from hub.platform_streams import Stream

SAMPLED = 1000
PERSONAL = 3  # level of a field from which its values are not shown
MOSTLY = 0.5  # more than this wrong is a wrong mapping, less is a platform's dirt
FEW = 20  # rows of which most may be odd by chance
SHOWN = 5


def sample_findings(connector: "Connector", platform: "Platform", stream: str) -> "list[Finding]":
    """Rows, keys, codes, and what else the standard finds odd, in the first rows of a stream.

    Raises:
        HubError: the stream cannot be read.
    """
    from connectors import Finding
    from reports.collected import ANSWERS
    from reports.requested import REQUESTED

    settings = platform.streams[stream]
    raw = _first(connector, stream, settings)
    if not raw.height and platform.platform in (ANSWERS.platform, REQUESTED.platform):
        return [Finding(ok=True, what=f"{stream}：没有等着并入的")]  # ours: what is taken in goes
    if not raw.height:
        advice = "请确认来源里有数据、账号看得到、where 和日期没有写窄；有数据以后再检查一次。"
        return [Finding(ok=False, what=f"{stream}：来源是空的，一行也没有", advice=advice)]
    found = [*_keys(raw, stream, settings), *_gone(raw, stream)]
    found += _mapped(raw, platform, stream)
    found += _watermark(raw, platform, stream)
    return found or [Finding(ok=True, what=f"{stream}：前 {raw.height} 行都能归一，没有问题")]


def _first(connector: "Connector", stream: str, settings: "Stream") -> "pl.DataFrame":
    """The first rows that any chunk has; the key joined as a pull joins it."""
    import polars as pl

    for chunk in connector.pull(stream, None, resume=False, chunk_rows=SAMPLED):
        if chunk.rows.num_rows:
            table = pl.DataFrame(chunk.rows.slice(0, SAMPLED))
            key = [pl.col(c) for c in settings.key if c in table.columns]
            joined = pl.concat_str(key, separator="|") if key else pl.lit("-")
            return table.with_columns(
                _key=joined,
                _op=pl.when(_marked(settings, table))
                .then(pl.lit("delete"))
                .otherwise(pl.lit("upsert")),
                _hash=pl.lit(""),
                _row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
            )
    return pl.DataFrame()


def _marked(settings: "Stream", table: "pl.DataFrame") -> "pl.Expr":
    """Which rows the platform has marked as deleted, as a pull takes them."""
    import polars as pl

    deletes = settings.deletes
    if deletes is None or deletes.column not in table.columns:
        return pl.lit(value=False)
    return pl.col(deletes.column).fill_null("").is_in(list(deletes.when))


def _gone(raw: "pl.DataFrame", stream: str) -> "Iterator[Finding]":
    from connectors import Finding

    marked = raw.filter(raw["_op"] == "delete").height
    if marked:
        every = marked == raw.height
        yield Finding(
            ok=not every,
            what=f"{stream}：前 {raw.height} 行里有 {marked} 行标为已删除，不算在记录里",
            advice="一行也不剩：请核对 deletes 的列和值。" if every else "",
        )


def _keys(raw: "pl.DataFrame", stream: str, settings: "Stream") -> "Iterator[Finding]":
    from connectors import Finding

    if not settings.key or settings.increment.batches:  # a later batch repeats a key on purpose
        return
    key = [c for c in settings.key if c in raw.columns]
    empty = raw.filter(raw["_key"].is_null() | (raw["_key"].str.strip_chars("| ") == "")).height
    known = raw.filter(raw["_key"].is_not_null() & (raw["_key"].str.strip_chars("| ") != ""))
    told = known.unique(subset=[c for c in known.columns if not c.startswith("_")])
    same, twice = known.height - told.height, told.height - told["_key"].n_unique()
    names, seen = "、".join(key), f"前 {raw.height} 行"
    if empty:
        yield Finding(
            ok=False,
            what=f"{stream}：{seen}里有 {empty} 行没有主键 {names}",
            advice="没有主键的行会进隔离区：请换一列，或请平台补上。",
        )
    if twice > 0:
        yield Finding(
            ok=False,
            what=f"{stream}：{seen}里有 {twice} 行的主键 {names} 重复而内容不同",
            advice="请再加一列，使每一行都能区分；几份名单里是同一个人的，请核对以哪一份为准。",
        )
    if same:
        yield Finding(ok=True, what=f"{stream}：{seen}里有 {same} 行与别的行完全相同，只算一次")


def _mapped(raw: "pl.DataFrame", platform: "Platform", stream: str) -> "Iterator[Finding]":
    from connectors import Finding
    from schemas.mapping import compile_mapping

    today = datetime.now(ZoneInfo(platform.timezone)).date()
    made = compile_mapping(platform, stream).apply(raw, as_of=today)
    aside, rows = made.quarantine.height, raw.height
    if aside:
        why = "、".join(reason(one) for one in made.quarantine["reason"].unique().sort())
        yield Finding(
            ok=not _most(aside, rows),
            what=f"{stream}：前 {rows} 行里有 {aside} 行会进隔离区：{why}",
            advice="请核对姓名、证件号码等列的映射。" if _most(aside, rows) else "",
        )
    yield from _issues(made.core, platform, stream)
    yield from _empty_fields(made.core, raw, platform, stream)


def _most(odd: int, rows: int) -> bool:
    return rows >= FEW and odd > MOSTLY * rows


def _issues(core: "pl.DataFrame", platform: "Platform", stream: str) -> "Iterator[Finding]":
    """Odd values by field and reason; unknown codes with how many kinds, named if not personal."""
    import polars as pl

    from connectors import Finding

    entity = platform.streams[stream].entity
    odd = core.select(pl.col("issues").explode()).drop_nulls().unnest("issues")
    counted = odd.group_by("field", "reason").agg(
        pl.len().alias("rows"), pl.col("raw").drop_nulls().unique().sort().alias("values")
    )
    for one in counted.sort("field", "reason").to_dicts():
        mostly = _most(one["rows"], core.height)
        what = f"{stream}：{title(one['field'], entity)} 有 {one['rows']} 行{_in_short(one)}"
        if one["reason"] == "unknown_code":
            what += _kinds(one, entity)
        advice = "多半是映射的列或代码集不对，请用 hub platform preview 核对。" if mostly else ""
        if not advice and one["reason"] == "unknown_code":
            advice = "这些值会留空并记问题；说法正确的请写进映射的 codes，或请管理员加进码表。"
        yield Finding(ok=not (mostly and one["reason"] in WRONG), what=what, advice=advice)


WRONG = ("unknown_code", "bad_date", "bad_age", "bad_phone", "bad_name", "garbled_name",
         "id_check_failed", "not_id_number", "bad_time", "bad_division_code")  # fmt: skip
"""Reasons that say, where most rows have them, that another column should be mapped."""


def _in_short(one: dict[str, Any]) -> str:
    said = reason(one["reason"]).rstrip("。")
    return f"：{said}"


def _kinds(one: dict[str, Any], entity: Any) -> str:  # noqa: ANN401 - an Entity
    from schemas.entities import FIELDS

    facts = FIELDS[entity].get(one["field"])
    kinds = len(one["values"])
    if facts is None or facts.level >= PERSONAL:
        return f"（{kinds} 种写法）"
    named = "、".join(one["values"][:SHOWN])
    return f"（{kinds} 种写法：{named}{'…' if kinds > SHOWN else ''}）"


def _empty_fields(
    core: "pl.DataFrame", raw: "pl.DataFrame", platform: "Platform", stream: str
) -> "Iterator[Finding]":
    """Fields whose columns hold nothing at all, which may be the wrong ones."""
    from connectors import Finding

    settings = platform.streams[stream]
    names = []
    for field, maps in settings.map.items():
        columns = {c for one in maps for c in (one.source or ()) if c in raw.columns}
        blank = columns and all(raw[c].drop_nulls().len() == 0 for c in columns)
        if blank and field in core.columns:
            names.append(f"{title(field, settings.entity)}（{'、'.join(sorted(columns))}）")
    if names:
        yield Finding(
            ok=True,
            what=f"{stream}：前 {raw.height} 行里这些列都没有值：{'、'.join(names)}",
            advice="若平台另有一列放这些内容，请改映射。",
        )


def _watermark(raw: "pl.DataFrame", platform: "Platform", stream: str) -> "Iterator[Finding]":
    """Update times that lie ahead hide every later change."""
    import polars as pl

    from connectors import Finding
    from schemas.dates import standard_moment

    mark = platform.streams[stream].increment.watermark
    if mark is None or mark not in raw.columns:
        return
    read = raw.select(standard_moment(pl.col(mark), timezone=platform.timezone).alias("read"))
    moments = read["read"].struct["value"]
    now = datetime.now(ZoneInfo("UTC"))
    ahead = int((moments > now).sum())
    unread = int((raw[mark].is_not_null() & moments.is_null()).sum())
    if ahead:
        yield Finding(
            ok=False,
            what=f"{stream}：更新时间 {mark} 有 {ahead} 行在将来",
            advice="平台的时钟或数据有误：请平台方改正，或改用 increment: snapshot。",
        )
    if unread and not raw[mark].drop_nulls().str.contains(r"^\d+$").all():
        yield Finding(
            ok=False,
            what=f"{stream}：更新时间 {mark} 有 {unread} 行不是时间",
            advice="请换一列作 watermark，或改用 increment: snapshot。",
        )
