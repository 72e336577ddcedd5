"""Which keys a pull has seen, at eight bytes each: of fifty million that is 400 MB."""

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.uint64]]
Answers = np.ndarray[Any, np.dtype[np.bool_]]

LONGEST = 1 << 22
"""Numbers of a run: to merge longer ones takes memory, to ask more runs takes time."""


class SeenNumbers:
    """Numbers of 64 bits in sorted runs; short ones are merged."""

    def __init__(self) -> None:
        self._runs: list[Numbers] = []

    def known(self, asked: Numbers) -> Answers:
        """Of each whether it was added before."""
        found = np.zeros(len(asked), np.bool_)
        for run in self._runs:
            found |= _among(run, asked)
        return found

    def take(self, numbers: Numbers) -> int:
        """Add those that are new; how many different ones were not."""
        ones = different(numbers)
        known = self.known(ones)
        self.add(ones[~known])
        return int(known.sum())

    def add(self, numbers: Numbers) -> None:
        """Remember them; none may be known."""
        if not len(numbers):
            return
        self._runs.append(np.sort(numbers))
        while len(self._runs) > 1 and len(self._runs[-2]) < min(2 * len(self._runs[-1]), LONGEST):
            both = np.concatenate([self._runs.pop(), self._runs.pop()])
            both.sort(kind="stable")  # which sees that there are two sorted halves
            self._runs.append(both)

    def every(self) -> Numbers:
        """All of them, in no order."""
        return np.concatenate([np.empty(0, np.uint64), *self._runs])


def different(numbers: Numbers) -> Numbers:
    """Each once, sorted: as numpy's `unique`, which takes ten times as long."""
    ordered = np.sort(numbers)
    firsts = np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]
    found: Numbers = ordered[firsts]
    return found


def _among(run: Numbers, asked: Numbers) -> Answers:
    places = np.searchsorted(run, asked)
    inside = places < len(run)
    found = np.zeros(len(asked), np.bool_)
    found[inside] = run[places[inside]] == asked[inside]
    return found
