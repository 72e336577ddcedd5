"""Every template reads a small real source of its kind, whole, and every field that it maps."""

from collections.abc import Iterator
from contextlib import closing
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import polars as pl
import pytest
import yaml

from connectors import open_connector
from hub.platform import Platform, load_platform
from schemas.mapping import compile_mapping
from tests.examples import template_sources as made
from tests.matching.people import TODAY

FOLDER = Path(__file__).parents[2] / "examples" / "platforms"
TEMPLATES = sorted(one.stem for one in FOLDER.glob("*.yaml"))
KINDS = {
    "public_security", "civil_affairs", "health", "human_resources", "housing_fund",
    "medical_insurance", "power_and_gas", "cable", "disabled_federation", "property",
    "door_entry", "elderly_care", "village_link", "hotline",
}  # fmt: skip
NEVER = {"left_on", "died_on"}  # few people of a small source have these
EXPECTED = {"cable": {"id_truncated"}, "property": set(), "power_and_gas": set()}
"""Reasons that the made-up values give on purpose."""


@pytest.fixture
def vendor() -> Iterator[str]:
    made.Vendor.owners = made.objects(made.PROPERTY)
    made.Vendor.insured = made.objects(made.MEDICAL)
    server = ThreadingHTTPServer(("127.0.0.1", 0), made.Vendor)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def pointed_at_a_source(name: str, home: Path, vendor: str) -> Platform:
    """The template as it is, but for the address of its source."""
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    connection = content["connection"]
    if name in made.FILES:
        folder = home / connection["path"]
        folder.mkdir(parents=True)
        made.FILES[name](folder)
    elif name in made.VENDORS:
        connection["url"] = vendor
    else:
        tables = made.TABLES.get(name) or made.BATCHES[name]
        path = home / f"{name}.db"
        connection["url"] = made.sqlite(path, tables, batches=name in made.BATCHES)
        del connection["password"]
    secrets = home / "secrets"
    secrets.mkdir()
    (secrets / name).write_text(made.SECRET, encoding="utf-8")
    return Platform.model_validate(content)


def test_there_is_one_for_every_kind_of_owner() -> None:
    assert set(TEMPLATES) == KINDS


@pytest.mark.parametrize("name", TEMPLATES)
def test_short_and_valid(name: str) -> None:
    path = FOLDER / f"{name}.yaml"
    platform = load_platform(path)
    assert platform.platform == name
    assert len(path.read_text("utf-8").splitlines()) <= 50
    assert platform.owner.department


@pytest.mark.parametrize("name", TEMPLATES)
def test_works_against_its_source(name: str, tmp_path: Path, vendor: str) -> None:
    platform = pointed_at_a_source(name, tmp_path, vendor)
    with closing(open_connector(platform, tmp_path)) as connector:
        found = connector.check()
        assert all(one.ok for one in found), found
        for stream, settings in platform.streams.items():
            pulled = pl.concat(
                pl.DataFrame(chunk.rows)
                for chunk in connector.pull(stream, None, resume=False, chunk_rows=1000)
            )
            raw = pulled.with_columns(
                _key=pl.concat_str(settings.key, separator="|"),
                _op=pl.lit("upsert"),
                _hash=pl.lit(""),
                _row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
            )
            assert raw["_key"].n_unique() >= made.ROWS
            standard = compile_mapping(platform, stream).apply(raw, as_of=TODAY)
            assert standard.core.height == raw.height
            assert not standard.quarantine.height
            for field in settings.map:
                if field not in NEVER:
                    assert standard.core[field].drop_nulls().len(), f"{stream}.{field}"
            if settings.entity == "resident":
                extras = standard.core["extras"].explode().drop_nulls().struct.unnest()
                assert set(extras["item"]) == settings.extras.keys(), stream
            reasons = set(standard.core["issues"].explode().drop_nulls().struct["reason"])
            assert reasons <= EXPECTED.get(name, set()), f"{stream}: {reasons}"
