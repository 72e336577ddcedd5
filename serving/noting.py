"""Events of requests that the event loop answers itself: written together, before the answers.

Everything a view needs is in memory, so it is made on the loop; only writing to the disk takes a
thread. What comes while one transaction is under way goes with the next, so that many callers at
once pay for one transaction, and nobody's answer leaves before its event is durable.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ledger.audit import Audit, Event
from ledger.watch import Watch

TOGETHER = 0.001
"""Seconds for which a transaction waits for further events, when there were several before."""
Waiting = tuple[Event, int, "asyncio.Future[int]"]
"""An event, its actor's limit of a day, and who waits for it."""


class Notes:
    """The events of one event loop that wait to be written; one object a process."""

    def __init__(self, audit: Audit, watch: Watch) -> None:
        """Nothing waits yet."""
        self._audit, self._watch = audit, watch
        self._waiting: list[Waiting] = []
        self._pause = 0.0
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "audit")

    async def written(self, event: Event, daily: int) -> int:
        """Write an event and count it; return as `Watch.note` does, once it is on the disk."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[int] = loop.create_future()
        self._waiting.append((event, daily, done))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._write())
        return await done

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            # who came together comes together again: for a moment they are waited for
            await asyncio.sleep(self._pause)
            batch, self._waiting = self._waiting, []
            self._pause = TOGETHER if len(batch) > 1 else 0
            try:
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
        first = self._audit.record(*(event for event, _, _ in batch)) - len(batch) + 1
        return [
            self._watch.note(event, seq, daily)
            for seq, (event, daily, _) in enumerate(batch, first)
        ]

    def close(self) -> None:
        """Wait for what is being written."""
        self._thread.shutdown(wait=True)
