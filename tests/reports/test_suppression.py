"""A count that is hidden cannot be worked out by whoever knows every total."""

from itertools import product

import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reports.suppression import suppressed

LEAST = 5
COUNTS = st.one_of(st.integers(LEAST, 9), st.integers(LEAST, 9), st.integers(1, LEAST - 1))
TABLES = st.tuples(st.integers(2, 3), st.integers(2, 3)).flatmap(
    lambda size: st.lists(
        st.lists(COUNTS, min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0]
    )
)


def _cells(rows: list[list[int]]) -> dict[tuple[int, int], int]:
    return {(r, c): n for r, row in enumerate(rows) for c, n in enumerate(row) if n}


def _hidden(cells: dict[tuple[int, int], int]) -> set[tuple[int, int]]:
    frame = pl.DataFrame(
        [(r, c, n) for (r, c), n in cells.items()],
        schema={"r": pl.Int64, "c": pl.Int64, "persons": pl.Int64}, orient="row",
    )  # fmt: skip
    made = suppressed(frame, ["r", "c"], LEAST)
    assert made.select("r", "c").rows() == list(cells)
    shown = made.filter(pl.col("persons").is_not_null())
    assert all(cells[r, c] == n for r, c, n in shown.iter_rows())
    return {(r, c) for r, c, n in made.iter_rows() if n is None}


def _possible(
    cells: dict[tuple[int, int], int], hidden: list[tuple[int, int]]
) -> list[tuple[int, ...]]:
    """Every way to fill the hidden cells so that rows, columns and the whole come out right."""
    largest = {
        at: min(sum(cells[o] for o in hidden if o[d] == at[d]) for d in (0, 1)) for at in hidden
    }
    found = []
    for told in product(*(range(1, largest[at] + 1) for at in hidden)):
        guess = dict(zip(hidden, told, strict=True))
        if all(
            sum(n for at, n in guess.items() if at[d] == one)
            == sum(cells[at] for at in hidden if at[d] == one)
            for d in (0, 1)
            for one in {at[d] for at in hidden}
        ):
            found.append(told)
    return found


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_small_counts_cannot_be_computed_from_totals(rows: list[list[int]]) -> None:
    cells = _cells(rows)
    hidden = sorted(_hidden(cells))
    small = {at for at, n in cells.items() if n < LEAST}
    assert small <= set(hidden)
    assume(len(hidden) <= 5 and len(hidden) < len(cells))  # all hidden: nothing more can be done
    possible = _possible(cells, hidden)
    for nth, at in enumerate(hidden):
        if at in small:
            assert len({told[nth] for told in possible}) > 1, (cells, hidden)


def test_a_table_of_lone_cells_comes_to_an_end() -> None:
    assert _hidden(_cells([[0, 0, 1], [0, 1, 1], [7, 0, 0]])) >= {(0, 2), (1, 1), (1, 2)}


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    assert _hidden(_cells([[5, 6], [7, 8]])) == set()


def test_one_small_count_hides_another_of_its_line_and_column() -> None:
    assert _hidden(_cells([[2, 9, 20], [30, 8, 40], [50, 60, 70]])) >= {(0, 0), (0, 1), (1, 0)}
