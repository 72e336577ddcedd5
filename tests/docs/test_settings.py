"""Every setting has a line in the documents, with the default it really has."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
import yaml
from pydantic import Field, TypeAdapter
from pydantic.fields import FieldInfo

from hub import platform, platform_connections, platform_http, platform_streams, settings
from hub.platform import Platform
from hub.platform_values import Secret, Setting
from schemas.mapping import compile_mapping
from tests.docs.documents import ROOT, Row, blocks, tables

PLATFORM_FILE, OPERATIONS = ROOT / "docs" / "platform-file.md", ROOT / "docs" / "operations.md"
STREAMS = "streams: "
MODELS: dict[str, type[Setting]] = {
    "platform": platform.Platform,
    "owner": platform.Owner,
    "secret": Secret,
    "kind: database": platform_connections.DatabaseConnection,
    "kind: exchange": platform_connections.ExchangeConnection,
    "kind: files": platform_connections.FilesConnection,
    "kind: http_api": platform_http.HttpApiConnection,
    "sign": platform_http.Signer,
    "token": platform_http.Token,
    "encryption": platform_http.Encryption,
    "envelope": platform_http.Envelope,
    "pager": platform_http.Pager,
    "increment": platform_streams.Increment,
    "deletes": platform_streams.Deletes,
    "flag": platform_streams.Flag,
    "tls": platform_connections.Tls,
    "map": platform_streams.FieldMap,
    "streams": platform_streams.Stream,
    "hub.yaml": settings.HubSettings,
    "retention": settings.Retention,
    "gates": settings.Gates,
    "sign_in": settings.SignIn,
}
"""The code in a heading, and the model whose settings are below it."""


def _documented() -> dict[str, list[Row]]:
    """Rows by heading; those of streams, which are parted by kind of connection, together."""
    found = tables(PLATFORM_FILE) | tables(OPERATIONS)
    parts = [name for name in found if name.startswith(STREAMS)]
    return found | {"streams": [row for name in parts for row in found.pop(name)]}


DOCUMENTED = _documented()


def _fields(model: type[Setting]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _words(annotation: Any) -> Iterator[str]:
    """Every text that a setting may be, where it may only be some."""
    if get_origin(annotation) is Literal:
        yield from (one for one in get_args(annotation) if isinstance(one, str))
    else:
        for one in get_args(annotation):
            yield from _words(one)


def test_every_model_of_settings_has_its_table() -> None:
    leaves = {leaf for one in Setting.__subclasses__() for leaf in one.__subclasses__() or [one]}
    ours = {one for one in leaves if one.__module__.startswith("hub.")}
    assert set(MODELS.values()) == ours
    assert set(MODELS) <= set(DOCUMENTED)


@pytest.mark.parametrize("heading", MODELS)
def test_settings_and_documents_name_the_same(heading: str) -> None:
    assert {row.name for row in DOCUMENTED[heading]} == set(_fields(MODELS[heading]))


@pytest.mark.parametrize("heading", MODELS)
def test_defaults_are_those_of_the_code(heading: str) -> None:
    fields = _fields(MODELS[heading])
    for row in DOCUMENTED[heading]:
        field, told = fields[row.name], row.cells[0]
        if told == "必填":
            assert field.is_required(), row.name
            continue
        assert not field.is_required(), row.name
        default = field.get_default(call_default_factory=True)
        if told == "无":
            assert default is None, row.name
            continue
        kind = TypeAdapter(Annotated[(field.annotation, *field.metadata, Field())])
        assert kind.validate_python(yaml.safe_load(told.strip("`"))) == default, row.name


@pytest.mark.parametrize("heading", MODELS)
def test_every_word_a_setting_knows_is_told(heading: str) -> None:
    fields = _fields(MODELS[heading])
    for row in DOCUMENTED[heading]:
        text = " ".join(row.cells)
        for word in _words(fields[row.name].annotation):
            assert f"`{word}`" in text, f"{row.name}: {word}"


def test_the_example_of_a_map_compiles() -> None:
    (example,) = [
        content
        for language, content in blocks(PLATFORM_FILE.read_text(encoding="utf-8"))
        if language == "yaml"
    ]
    stream = {"increment": "snapshot", "entity": "resident"} | yaml.safe_load(example)
    made = Platform.model_validate(
        {
            "platform": "example",
            "title": "例",
            "owner": {"level": "street", "department": "网格办"},
            "connection": {"kind": "files", "path": "."},
            "streams": {"people": stream},
        }
    )
    assert "座机" in compile_mapping(made, "people").columns
