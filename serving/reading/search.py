"""Finding residents: by name, pinyin, number (full or its end), phone, address, label or grid."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from hub.errors import NotFoundError
from security.policy import Access
from serving.reading.listing import RESIDENT
from serving.reading.settled import NOTHING, Settled
from warehouse.answers import LED_TO, STAYS, TODAY, rows
from warehouse.labels import HELD

Row = dict[str, Any]
LIMIT = 50
SHORTEST = 2
WAYS = {
    "resident_id": "编码",
    "id_number": "证件号码",
    "ending": "号码末四位",
    "phone": "电话",
    "name": "姓名",
    "name_prefix": "姓名开头",
    "pinyin": "拼音",
    "label": "标签",
    "grid": "网格",
    "address": "地址",
    "record": "某平台的记录",
    "key": "平台/数据流/记录键",
}
CONDITIONS = {
    "id_number": "r.id_number = upper($text)",
    "ending": "(r.id_number LIKE '%' || upper($text) OR r.phone LIKE '%' || $text)",
    "phone": "r.phone = $text",
    "name": "r.name = $text",
    "name_prefix": "starts_with(r.name, $text)",
    "label": f"r.resident_id IN (SELECT l.resident_id FROM {HELD} l WHERE l.label = $text "
    f"AND (l.until IS NULL OR l.until >= {TODAY})) AND {STAYS}",
    "grid": "r.lives_here AND r.grid_code IN (SELECT grid_code FROM grid WHERE grid_code = $text "
    "OR name = $text)",
    "address": "contains(r.residence_address, $text)",
}
FIELDS: Mapping[str, tuple[str, ...]] = {
    "id_number": ("id_number",), "ending": ("id_number", "phone"), "phone": ("phone",),
    "name": ("name",), "name_prefix": ("name",), "pinyin": ("name",), "label": ("labels",),
    "address": ("residence_address",), "key": ("id_number",),
}  # fmt: skip
"""What a way of finding tells of a person, so that whoever may not see it may not find by it.
A key may be a number."""
RECORD = {
    "id_number": "t.id_number = upper($text)",
    "phone": "t.phone = $text",
    "name": "t.name = $text",
}
SOUNDS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ing", "in"), ("eng", "en"), ("n", "l"))
"""Both sides are written so: the brain keeps sounds as heard in the south-west, without tones."""


@dataclass(frozen=True)
class Hits:
    """What was found: rows as the access may see them with `way` beside, and whether there is more.

    `refused` are the ways that the access has no right to.
    """

    found: list[tuple[Row, str]]
    more: bool
    refused: tuple[str, ...] = ()


def search(
    connection: duckdb.DuckDBPyConnection, access: Access, text: str, over: Settled = NOTHING
) -> Hits:
    """Find residents of the scope; what only one platform's record says finds them too.

    `over`: whom decisions make one person already; each is found once, under the id that stays.

    Raises:
        NotAllowedError: the role may not search.
        NotFoundError: the text is too short to find anyone by.
    """
    access.require("search")
    wanted = unicodedata.normalize("NFKC", text).strip()
    if len(wanted) < SHORTEST and not "\u4e00" <= wanted[:1] <= "\u9fff":
        raise NotFoundError("too short", zh="请至少写两个字符，或一个汉字（姓）。")
    asked = _ways(connection, wanted)
    allowed = [way for way in asked if _may(access, way)]
    refused = tuple(WAYS[way] for way in asked if way not in allowed)
    if not allowed:
        return Hits([], more=False, refused=refused)
    inside = access.where("r")
    given: Row = {"text": wanted, "limit": LIMIT + 1} | inside.values
    union = " UNION ALL ".join(_hits(way, nth) for nth, way in enumerate(allowed))
    if "pinyin" in allowed:
        given["sound"] = _sound(wanted)
    if "pinyin" in allowed and set(allowed) == {"pinyin"}:
        del given["text"]
    found = rows(
        connection,
        f"""
        WITH hits AS ({union}),
        best AS (SELECT resident_id, min(nth) AS nth, arg_min(way, nth) AS way FROM hits GROUP BY 1)
        SELECT {RESIDENT}, best.way FROM best JOIN resident r USING (resident_id)
        WHERE {inside.sql} ORDER BY best.nth, r.lives_here DESC, r.resident_id LIMIT $limit""",
        given,
    )
    more = len(found) > LIMIT
    ways = [(row, row.pop("way")) for row in found[:LIMIT]]
    seen = [
        (access.view("resident", row), way) for row, way in _once(connection, access, ways, over)
    ]
    return Hits(seen, more, refused)


def _once(
    connection: duckdb.DuckDBPyConnection, access: Access, found: list[tuple[Row, str]],
    over: Settled,
) -> list[tuple[Row, str]]:  # fmt: skip
    """Each person once, by the first of their ids that is of the scope."""
    met = {one for row, _ in found for one in over.groups.get(row["resident_id"], ())}
    if not met:
        return found
    inside = access.where("r")
    others = rows(
        connection,
        f"SELECT {RESIDENT} FROM resident r WHERE list_contains($ids, r.resident_id) "
        f"AND ({inside.sql})",
        {"ids": sorted(met)} | inside.values,
    )
    held = {row["resident_id"]: row for row in others}
    kept: dict[str, tuple[Row, str]] = {}
    for row, way in found:
        own = row["resident_id"]
        first = next((one for one in over.groups.get(own, ()) if one in held), own)
        kept.setdefault(first, (held.get(first, row), way))
    return list(kept.values())


def _ways(connection: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """How a text of this shape may name somebody, the surest first."""
    if re.fullmatch(r"R[a-z2-7]{20}", text):
        return ["resident_id"]
    if re.fullmatch(r"[0-9]{3}[0-9Xx]", text):
        return ["ending"]
    if re.fullmatch(r"[0-9]{15}|[0-9]{17}[0-9Xx]", text):
        return ["id_number", "grid", "record"]
    if re.fullmatch(r"1[0-9]{10}|0[0-9]{2,3}-?[0-9]{7,8}", text):
        return ["phone", "id_number", "record"]
    if re.fullmatch(r"[A-Za-z' ]+", text):
        return ["name", "name_prefix", "pinyin", "record"]
    known = rows(
        connection, f"SELECT count(*) AS n FROM {HELD} WHERE label = $text", {"text": text}
    )
    named = ["label"] if known[0]["n"] else ["key"] if text.count("/") > 1 else []
    return [*named, "name", "name_prefix", "grid", "id_number", "address", "record"]


def _may(access: Access, way: str) -> bool:
    if way == "label":
        return access.sees("resident", "labels")
    return all(access.decide("resident", one).shown != "hidden" for one in FIELDS.get(way, ()))


def _hits(way: str, nth: int) -> str:
    if way == "pinyin":
        letters = (
            "array_to_string(list_transform(string_split(trim(e.sound), ' '), lambda x: x[1]), '')"
        )
        return f"""SELECT l.resident_id, {nth} AS nth, 'pinyin' AS way
            FROM evidence e JOIN resident_link l USING (record_id)
            WHERE starts_with({_folded("e.sound")}, $sound)
               OR replace({letters}, 'n', 'l') = $sound"""
    if way == "record":
        either = " OR ".join(RECORD.values())
        return f"""SELECT l.resident_id, {nth} AS nth, 'record' AS way
            FROM resident_record t JOIN resident_link l USING (record_id) WHERE {either}"""
    if way == "key":
        return f"""SELECT l.resident_id, {nth} AS nth, 'key' AS way
            FROM record_id i JOIN resident_link l USING (record_id)
            WHERE i.platform = split_part($text, '/', 1) AND i.stream = split_part($text, '/', 2)
              AND starts_with($text, i.platform || '/' || i.stream || '/')
              AND i.record_key = substr($text, len(i.platform) + len(i.stream) + 3)"""
    if way == "resident_id":
        return f"""SELECT id AS resident_id, {nth} AS nth, 'resident_id' AS way FROM (
            WITH RECURSIVE {LED_TO} FROM now)"""
    return (
        f"SELECT r.resident_id, {nth} AS nth, '{way}' AS way FROM resident r "
        f"WHERE {CONDITIONS[way]}"
    )


def _sound(text: str) -> str:
    sound = re.sub(r"[^a-z]", "", text.lower())
    for heard, kept in SOUNDS:
        sound = sound.replace(heard, kept)
    return sound


def _folded(column: str) -> str:
    sql = f"replace({column}, ' ', '')"
    for heard, kept in SOUNDS:
        sql = f"replace({sql}, '{heard}', '{kept}')"
    return sql
