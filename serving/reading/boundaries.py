"""Grids as shapes, where the home has a boundaries.geojson; drawn without any map server."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub.errors import ConfigError
from hub.settings import Home

FILE = "boundaries.geojson"
WIDTH = 720.0
Ring = list[tuple[float, float]]


@dataclass(frozen=True)
class Shape:
    """One grid: its code, the path of its outline, and where its name stands (pixels)."""

    grid_code: str
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """All grids in one picture, `width` by `height` pixels."""

    width: float
    height: float
    shapes: list[Shape]


def shapes_of(home: Home, grids: Sequence[str]) -> Drawing | None:
    """The outlines of `grids`; None where the home gives no boundary of any of them.

    The file is GeoJSON: polygons in degrees, each with a property `grid_code`.

    Raises:
        ConfigError: the file cannot be read as that.
    """
    path = home.root / FILE
    if not path.is_file():
        return None
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        rings = {
            str(one["properties"]["grid_code"]): list(_rings(one["geometry"])) for one in features
        }
    except (ValueError, KeyError, TypeError):
        raise ConfigError(
            f"{FILE} is not GeoJSON of grids",
            zh=f"{FILE} 读不懂：要是 GeoJSON，每个多边形带属性 grid_code（网格编码）。",
        ) from None
    mine = {code: rings[code] for code in grids if rings.get(code)}
    return _drawn(mine) if mine else None


def _rings(geometry: Any) -> Iterator[Ring]:  # noqa: ANN401 (as JSON gives it)
    given = geometry["coordinates"]
    for polygon in {"Polygon": [given], "MultiPolygon": given}[geometry["type"]]:
        for ring in polygon:
            yield [(float(point[0]), float(point[1])) for point in ring]


def _drawn(rings: dict[str, list[Ring]]) -> Drawing:
    points = [point for many in rings.values() for ring in many for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    squeeze = math.cos(math.radians((south + north) / 2))  # a degree of longitude is shorter
    scale = WIDTH / max((east - west) * squeeze, 1e-9)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return (point[0] - west) * squeeze * scale, (north - point[1]) * scale

    shapes = []
    for code, many in rings.items():
        placed = [[place(point) for point in ring] for ring in many]
        path = " ".join("M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in r) + "Z" for r in placed)
        outer = max(placed, key=len)
        middle = [sum(point[axis] for point in outer) / len(outer) for axis in (0, 1)]
        shapes.append(Shape(code, path, middle[0], middle[1]))
    return Drawing(WIDTH, (north - south) * scale, shapes)
