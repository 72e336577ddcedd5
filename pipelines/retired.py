"""Streams that no platform file names any more.

Their records stay in use, since a file may be gone by mistake, and that is told; once `retired` of
hub.yaml names the stream, or its platform, they leave the brain, and their history stays.
"""

from collections.abc import Mapping
from typing import get_args

from hub.platform import Platform
from hub.platform_streams import Entity
from hub.settings import Home
from warehouse.snapshots import current_number, reading

Streams = Mapping[tuple[str, str], int]
"""(platform, stream) to how many records it has."""


def left_behind(home: Home, platforms: Mapping[str, Platform]) -> Streams:
    """The streams in the brain that are in no platform file, with their records."""
    if current_number(home) is None:
        return {}
    records = (f"SELECT platform, stream FROM {one}_record" for one in get_args(Entity))
    with reading(home, older=True) as connection:
        found = connection.execute(
            f"FROM ({' UNION ALL '.join(records)}) SELECT *, count(*) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    return {
        (platform, stream): rows
        for platform, stream, rows in found
        if platform not in platforms or stream not in platforms[platform].streams
    }


def retired(home: Home, left: Streams) -> Streams:
    """Those of them that the officer has retired."""
    named = set(home.settings.retired)
    return {one: rows for one, rows in left.items() if {one[0], ".".join(one)} & named}


def to_be_told(home: Home, platforms: Mapping[str, Platform]) -> list[str]:
    """A sentence for each stream that is in use though nobody reads it, or though it is retired."""
    left = left_behind(home, platforms)
    gone = retired(home, left)
    names = {*platforms} | {
        f"{one}.{stream}" for one in platforms for stream in platforms[one].streams
    }
    still = [
        f"hub.yaml 的 retired 里有 {name}，平台文件里也有，它的记录照旧在用："
        "停用的，请从 platforms/ 里删去；还用的，请从 retired 里删去。"
        for name in home.settings.retired
        if name in names
    ]
    return still + [
        f"平台文件里已没有 {platform}.{stream}，它的 {rows:,} 条记录还在用，"
        "不再更新，也不会到期清除：误删或改名的，请把文件和名称改回；不再用的，"
        f"在 hub.yaml 写 retired: [{platform}.{stream}]，再同步一次。"
        for (platform, stream), rows in left.items()
        if (platform, stream) not in gone
    ]
