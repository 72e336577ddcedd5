"""A token that a login endpoint gives and that ends: asked for once, again when it ends."""

import time
from collections.abc import Callable
from typing import Any

from connectors.envelope import ShapeError
from connectors.json_text import ABSENT, as_text, at
from hub.platform_http import Token

MARGIN = 30.0  # seconds before its end at which a token is no longer used


class Tokens:
    """The token in force."""

    def __init__(self, settings: Token, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings, self.clock = settings, clock
        self._value: str | None = None
        self._ends = 0.0

    @property
    def value(self) -> str | None:
        """The token while it may be used."""
        return self._value if self.clock() < self._ends else None

    def forget(self) -> None:
        """The vendor no longer takes it."""
        self._value = None

    def take(self, answer: Any) -> str:  # noqa: ANN401 - JSON
        """The token in a login endpoint's answer.

        Raises:
            ShapeError: there is none.
        """
        found = at(answer, self.settings.at)
        text = None if found is ABSENT or isinstance(found, dict | list) else as_text(found)
        if not text:
            where = self.settings.at
            raise ShapeError(f"no token at {where}", f"回答里没有令牌 {where}，请核对 token.at")
        self._value = text
        self._ends = self.clock() + self._lifetime(answer)
        return text

    def _lifetime(self, answer: Any) -> float:  # noqa: ANN401 - JSON
        seconds = float(self.settings.lifetime)
        told = at(answer, self.settings.expires) if self.settings.expires else ABSENT
        if told not in (ABSENT, None):
            try:
                seconds = float(as_text(told) or "")
            except ValueError:
                seconds = float(self.settings.lifetime)
        return max(seconds - min(MARGIN, seconds / 10), 0.0)
