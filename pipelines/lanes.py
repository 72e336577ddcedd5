"""Work begun ahead of its turn: some platforms at a time, while Dagster walks its steps one by one.

A lane is what must be done in order: the pull of a stream, then its standardising, then the
next stream of the same platform. What is never begun here is done when its turn comes.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

WIDEST = 4  # each lane holds a chunk of rows and a scratch database
Job = tuple[str, Callable[[], object]]


class Lanes:
    """Jobs by name, begun in threads, and taken by whoever needs their results."""

    def __init__(self) -> None:
        self.stopped = Event()
        self._futures: dict[str, Future[object]] = {}
        self._pool: ThreadPoolExecutor | None = None

    def begin(self, lanes: Iterable[Sequence[Job]]) -> None:
        """Begin every lane as soon as a thread is free for it; return at once."""
        width = min(WIDEST, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(width, thread_name_prefix="lane")
        for lane in lanes:
            futures: list[Future[object]] = [Future() for _ in lane]
            self._futures |= {name: one for (name, _), one in zip(lane, futures, strict=True)}
            self._pool.submit(self._run, lane, futures)

    def _run(self, lane: Sequence[Job], futures: Sequence[Future[object]]) -> None:
        for (_, job), future in zip(lane, futures, strict=True):
            if self.stopped.is_set() or not future.set_running_or_notify_cancel():
                future.cancel()
                continue
            try:
                future.set_result(job())
            except BaseException as error:  # handed to whoever takes the result
                future.set_exception(error)

    def take(self, name: str, job: Callable[[], object]) -> object:
        """The result of the job begun under that name, or of `job`; its error is raised here.

        A result is taken once: who asks again, as a retry does, has the job done anew.
        """
        begun = self._futures.pop(name, None)
        return job() if begun is None else begun.result()

    def close(self) -> None:
        """Begin nothing more, and wait for what is under way to notice."""
        self.stopped.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
