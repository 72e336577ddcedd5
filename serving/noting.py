"""Events of requests that the event loop answers itself: written together, before the answers.

Everything a view needs is in memory, so it is made on the loop, and so is the transaction of its
event: handed to a thread, every view of a busy server waits for two turns at the interpreter more
than the disk takes. While the disk is slow a thread writes: what comes meanwhile goes with the
next transaction. Nobody's answer leaves before its event is durable.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ledger.audit import Audit, Event
from ledger.watch import Watch

SLOW, ASIDE = 0.01, 100
"""Behind a transaction of so many seconds, so many are left to a thread."""
Waiting = tuple[Event, int, "asyncio.Future[int]"]
"""An event, its actor's limit of a day, and who waits for it."""


class Notes:
    """The events of one event loop that wait to be written; one object a process."""

    def __init__(self, audit: Audit, watch: Watch) -> None:
        """Nothing waits yet."""
        self._audit, self._watch = audit, watch
        self._waiting: list[Waiting] = []
        self._aside = 0  # transactions still left to the thread
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "audit")

    async def written(self, event: Event, daily: int) -> int:
        """Write an event and count it; return as `Watch.note` does, once it is on the disk."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[int] = loop.create_future()
        self._waiting.append((event, daily, done))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._write(loop))
        return await done

    async def _write(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            known = 0
            while known < len(self._waiting):  # what comes together goes together
                known = len(self._waiting)
                await asyncio.sleep(0)
            batch, self._waiting = self._waiting, []
            try:
                if self._aside == 0:
                    seen = self._note(batch)
                else:
                    self._aside -= 1
                    seen = await loop.run_in_executor(self._thread, self._note, batch)
            except Exception as error:  # whoever waits fails by it: no audit, no answer
                for _, _, done in batch:
                    if not done.done():
                        done.set_exception(error)
            else:
                for (_, _, done), many in zip(batch, seen, strict=True):
                    if not done.done():
                        done.set_result(many)

    def _note(self, batch: Sequence[Waiting]) -> list[int]:
        begun = time.perf_counter()
        try:
            first = self._audit.record(*(event for event, _, _ in batch)) - len(batch) + 1
        finally:
            if time.perf_counter() - begun > SLOW and not self._aside:
                self._aside = ASIDE
        return [
            self._watch.note(event, seq, daily)
            for seq, (event, daily, _) in enumerate(batch, first)
        ]

    def close(self) -> None:
        """Wait for what is being written."""
        self._thread.shutdown(wait=True)
