"""The grids of a made-up town: three buildings of a compound each."""

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from bench.identity.people import Person

BUILDINGS = 3  # of one grid
HOME = tuple[str, int, int, int]
COVERED = pa.list_(
    pa.struct([(name, pa.string()) for name in ("compound", "road", "door_no", "building")])
)


def draw_grids(people: Iterable[Person]) -> dict[HOME, str]:
    """The grid of each home."""
    homes = {one.home for one in people}
    compounds = sorted({home[0] for home in homes})
    return {
        home: f"510108001{compounds.index(home[0]):03d}{(home[1] - 1) // BUILDINGS + 1:03d}"
        for home in homes
    }


def put_grids(connection: duckdb.DuckDBPyConnection, grids: dict[HOME, str]) -> None:
    """Add the grids to the brain, each with the buildings it covers."""
    covers: dict[str, set[tuple[str, int]]] = {}
    for home, grid in grids.items():
        covers.setdefault(grid, set()).add(home[:2])
    rows = pa.table(
        {
            "record_id": pa.array([-nth for nth in range(1, len(covers) + 1)], pa.int64()),
            "grid_code": list(covers),
            "covers": pa.array(
                [
                    [
                        {"compound": place, "road": None, "door_no": None, "building": str(number)}
                        for place, number in sorted(places)
                    ]
                    for places in covers.values()
                ],
                COVERED,
            ),
        }
    )
    connection.register("drawn", rows)
    connection.execute("INSERT INTO grid_record BY NAME SELECT *, now() AS valid_from FROM drawn")
    connection.unregister("drawn")
