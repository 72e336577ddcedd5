"""What a page was asked for that must not stand in an address: searched texts, stated purposes.

The address carries a random key instead, good for one session and a short time only; so the
browser's way back works, and no log or history holds what was typed.
"""

import secrets
from collections import OrderedDict
from threading import Lock
from time import monotonic

MOST = 20_000
SECONDS = 1800.0


class Kept:
    """Small texts by random key, in memory, each for the session that put it there."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._texts: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()
        self._lock = Lock()

    def put(self, session: str, text: str) -> str:
        """Keep a text; return its key."""
        key = secrets.token_urlsafe(12)
        with self._lock:
            self._texts[session, key] = (monotonic(), text)
            while len(self._texts) > MOST:
                self._texts.popitem(last=False)
        return key

    def get(self, session: str, key: str | None, seconds: float = SECONDS) -> str | None:
        """The text of a key, unless it is another session's or too old."""
        if key is None:
            return None
        with self._lock:
            at, text = self._texts.get((session, key), (0.0, ""))
        return text if text and monotonic() - at < seconds else None

    def forget(self, session: str) -> None:
        """Drop all that a session put here."""
        with self._lock:
            for one in [key for key in self._texts if key[0] == session]:
                del self._texts[one]
