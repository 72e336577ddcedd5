"""Platforms as their files would say, without the file."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import make_url

from hub.platform import Platform

MakePlatform = Callable[..., Platform]


@pytest.fixture
def make_platform(monkeypatch: pytest.MonkeyPatch) -> MakePlatform:
    """Build a platform; a password in a database URL becomes an environment variable."""

    def made(connection: dict[str, Any], **streams: dict[str, Any]) -> Platform:
        if "://" in connection.get("url", "") and connection["kind"] in ("database", "exchange"):
            url = make_url(connection["url"])
            if url.password:
                monkeypatch.setenv("TEST_PASSWORD", url.password)
                connection = {"password": {"env": "TEST_PASSWORD"}} | connection
                connection["url"] = url.set(password=None).render_as_string()
        return Platform.model_validate(
            {
                "platform": "test_platform",
                "title": "测试平台",
                "owner": {"level": "street", "department": "网格办"},
                "connection": connection,
                "streams": {name: filled(one) for name, one in streams.items()},
            }
        )

    return made


def filled(stream: dict[str, Any]) -> dict[str, Any]:
    """`read` names the columns to read; the mapping itself is of no interest here."""
    fields = stream.pop("read", [])
    base: dict[str, Any] = {"increment": "snapshot", "entity": "resident"}
    return base | {"map": {f"field_{i}": one for i, one in enumerate(fields)}} | stream
