"""Which keys a pull has seen, at eight bytes each: of fifty million that is 400 MB."""

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.uint64]]


LONGEST = 1 << 22
"""Numbers of a run: to merge longer ones takes memory, to ask more runs takes time."""


class SeenNumbers:
    """Numbers of 64 bits in sorted runs; short ones are merged."""

    def __init__(self) -> None:
        self._runs: list[Numbers] = []

    def any_of(self, asked: Numbers) -> bool:
        """Whether one of them was added before."""
        return any(_any_in(run, asked) for run in self._runs)

    def add(self, numbers: Numbers) -> None:
        """Remember them."""
        self._runs.append(np.sort(numbers))
        while len(self._runs) > 1 and len(self._runs[-2]) < min(2 * len(self._runs[-1]), LONGEST):
            both = np.concatenate([self._runs.pop(), self._runs.pop()])
            both.sort(kind="stable")  # which sees that there are two sorted halves
            self._runs.append(both)

    def every(self) -> Numbers:
        """All of them, in no order."""
        return np.concatenate([np.empty(0, np.uint64), *self._runs])


def _any_in(run: Numbers, asked: Numbers) -> bool:
    places = np.searchsorted(run, asked)
    inside = places < len(run)
    return bool((run[places[inside]] == asked[inside]).any())
