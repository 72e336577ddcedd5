"""Grids are drawn from the home's own boundaries, where it gives them."""

import json
from pathlib import Path

import pytest

from hub.errors import ConfigError
from hub.settings import Home, HubSettings
from serving.reading.boundaries import shapes_of

SQUARES = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "properties": {"grid_code": code},
         "geometry": {"type": kind, "coordinates": coordinates}}
        for code, kind, coordinates in (
            ("001", "Polygon", [[[104.0, 30.0], [104.01, 30.0], [104.01, 30.01], [104.0, 30.0]]]),
            ("002", "MultiPolygon",
             [[[[104.01, 30.0], [104.02, 30.0], [104.02, 30.01], [104.01, 30.0]]]]),
        )
    ],
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, HubSettings(name="x"))


def test_without_a_file_there_is_no_map(home: Home) -> None:
    assert shapes_of(home, ["001"]) is None


def test_only_the_grids_of_the_scope_are_drawn(home: Home) -> None:
    (home.root / "boundaries.geojson").write_text(json.dumps(SQUARES))
    both, one = shapes_of(home, ["001", "002", "003"]), shapes_of(home, ["002"])
    assert both is not None
    assert one is not None
    assert [shape.grid_code for shape in both.shapes] == ["001", "002"]
    assert [shape.grid_code for shape in one.shapes] == ["002"]
    first, second = both.shapes
    assert first.x < both.width / 2 < second.x, "west is left"
    assert first.path.startswith("M0.0,")
    assert first.path.endswith("Z")
    assert both.height / both.width == pytest.approx(0.01 / (0.02 * 0.866), rel=0.01)
    assert shapes_of(home, ["009"]) is None


@pytest.mark.parametrize("text", ["", "[]", '{"features": [{"geometry": null}]}', "\u0000"])
def test_another_file_is_told(home: Home, text: str) -> None:
    (home.root / "boundaries.geojson").write_text(text)
    with pytest.raises(ConfigError) as error:
        shapes_of(home, ["001"])
    assert "boundaries.geojson" in error.value.zh
