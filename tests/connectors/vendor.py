"""A platform of the misbehaving vendor, and what is pulled from it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors import Chunk
from connectors.http_api import HttpApiConnector
from hub.platform import Platform

from .misbehaving_api import Api

ENVELOPE = {"ok": "code", "items": "data.records", "total": "data.total", "message": "msg"}


def people(count: int) -> list[dict[str, Any]]:
    return [{"id": f"OW{i}", "name": f"居民{i}"} for i in range(count)]


def platform_of(api: Api, *, stream: dict[str, Any] | None = None, **connection: Any) -> Platform:
    base = {"kind": "http_api", "url": api.url, "envelope": ENVELOPE}
    base |= {"pager": {"rows": 3, "stop": "total"}}
    owners = {"path": "owners", "key": ["id"], "increment": "snapshot", "entity": "resident"}
    return Platform.model_validate(
        {
            "platform": "vendor",
            "title": "物业系统",
            "owner": {"level": "community", "department": "物业公司"},
            "connection": base | connection,
            "streams": {"owners": owners | {"map": {"name": "name"}} | (stream or {})},
        }
    )


class Run:
    """A connector that does not wait but writes down how long it would."""

    def __init__(self, platform: Platform) -> None:
        self.waits: list[float] = []
        self.connector = HttpApiConnector(platform, Path("/"), sleep=self.waits.append)

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        self.connector.close()

    def pull(self, cursor: Any = None, *, resume: bool = False, rows: int = 100) -> Iterator[Chunk]:
        return self.connector.pull("owners", cursor, resume=resume, chunk_rows=rows)


def pulled(platform: Platform, **how: Any) -> list[Chunk]:
    with Run(platform) as run:
        return list(run.pull(**how))


def ids(chunks: list[Chunk]) -> list[str]:
    return [one for chunk in chunks for one in chunk.rows["id"].to_pylist()]
