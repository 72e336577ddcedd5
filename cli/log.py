"""data/hub.log: English, one line an event, tracebacks without messages and without values."""

import logging
import os
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path

ROOMS = (
    "hub", "schemas", "security", "connectors", "warehouse", "ledger", "identity", "reports",
    "pipelines", "examples", "cli",
)  # fmt: skip
"""Only our own loggers are written: a library's message may hold a value."""
TEN_MEGABYTES = 10_000_000


class Frames(logging.Formatter):
    """Exceptions as their types and places: a message or a source line may hold a value."""

    def formatException(self, ei: object) -> str:  # noqa: N802 (logging's name)
        """Return the frames of the exception and of what caused it."""
        error = ei[1] if isinstance(ei, tuple) else None
        return frames(error) if isinstance(error, BaseException) else ""


def frames(error: BaseException) -> str:
    """Write an exception, and what caused it, as types and places."""
    lines: list[str] = []
    now: BaseException | None = error
    while now is not None and len(lines) < 200:
        lines.append(f"{type(now).__module__}.{type(now).__qualname__}")
        for frame in traceback.extract_tb(now.__traceback__):
            lines.append(f"  {frame.filename}:{frame.lineno} in {frame.name}")
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)
    return "\n".join(lines)


def log_to(path: Path) -> None:
    """Write our loggers to `path` (mode 0600), from INFO on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = _Private(path, maxBytes=TEN_MEGABYTES, backupCount=3, encoding="utf-8", delay=True)
    handler.setFormatter(Frames("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for room in ROOMS:
        logger = logging.getLogger(room)
        for old in list(logger.handlers):
            logger.removeHandler(old)
            old.close()
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False


class _Private(RotatingFileHandler):
    """A log file that only its owner reads."""

    def _open(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 (the base class's stream type)
        stream = super()._open()
        os.chmod(self.baseFilename, 0o600)  # noqa: PTH101 (the base class keeps a text)
        return stream
