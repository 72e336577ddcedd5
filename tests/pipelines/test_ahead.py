"""Chunks fetched ahead of their turn: in order, errors in their place, closed by who ran them."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, current_thread
from threading import enumerate as enumerate_threads

import pytest
from small_home import make_home

from connectors.chunk import Chunk, empty_table
from ledger import open_ledger
from pipelines.ahead import ahead
from pipelines.pull import pull_stream


def chunks(count: int, *, fail: bool = False) -> Iterator[Chunk]:
    for number in range(count):
        yield Chunk(empty_table(["a"]), {"n": number})
    if fail:
        raise ValueError("cut")


def test_order_is_kept_and_nothing_is_left_out() -> None:
    assert [chunk.cursor["n"] for chunk in ahead(chunks(20))] == list(range(20))
    assert list(ahead(chunks(0))) == []


def test_an_error_comes_behind_what_was_read_before_it() -> None:
    told = ahead(chunks(3, fail=True))
    assert [next(told).cursor["n"] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="cut"):
        next(told)


def test_the_next_chunk_is_made_before_it_is_asked_for() -> None:
    begun = Event()

    def two() -> Iterator[Chunk]:
        yield Chunk(empty_table(["a"]), {"n": 0})
        begun.set()
        yield Chunk(empty_table(["a"]), {"n": 1})

    told = ahead(two())
    next(told)
    assert begun.wait(10)
    assert next(told).cursor == {"n": 1}


def test_who_stops_early_closes_the_source_in_the_thread_that_ran_it() -> None:
    threads = []

    def source() -> Iterator[Chunk]:
        threads.append(current_thread())
        try:
            yield from chunks(100)
        finally:
            threads.append(current_thread())

    told = ahead(source())
    next(told)
    told.close()
    assert len(threads) == 2
    assert threads[0] is threads[1] is not current_thread()


def test_a_pull_that_cannot_store_leaves_no_thread_behind(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    raw = home.data / "raw" / "police" / "persons"
    raw.mkdir(parents=True)
    for number in range(3):  # no file can take the place of a folder
        (raw / f"{number:06d}.parquet" / "in the way").mkdir(parents=True)
    ledger = open_ledger(home.data / "ledger.sqlite")
    kept = None
    try:
        pull_stream(home, ledger, home.platforms()["police"], "persons", lambda *_: None)
    except OSError as error:
        kept = error  # with its traceback, and so everything on the way
    assert kept is not None
    assert not [one for one in enumerate_threads() if one.name.startswith("ahead")]
    ledger.close()
