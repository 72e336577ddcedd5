"""Every error this project raises on purpose.

HubError
├── ConfigError          a file of the hub home is wrong; edit it
├── SourceDownError      the source did not answer; trying later may work
├── SourceRefusedError   the source answered and said no (password, rights, signature)
├── SourceChangedError   the source answered in a shape we do not know; a person must look
├── HeldError            a pull looks truncated; its deletions were not believed
├── ContractError        rows do not satisfy a contract; nothing was written
├── GateError            the work copy failed its gates; nothing was published
├── BusyError            another process is writing; trying later will work
├── ShortageError        the machine, or hub.yaml, gives too little memory or disk
└── NotFoundError        what was asked for by name or number is not there

`str(error)` is English, for logs; `error.zh` is what the officer reads: what, where, and what to
do next, in one or two sentences. Neither ever holds a personal value.
"""


class HubError(Exception):
    """Base class: caught where a run, a command or a request starts, never in the middle of one."""

    def __init__(self, message: str, *, zh: str) -> None:
        """Keep the log's sentence and the officer's."""
        super().__init__(message)
        self.zh = zh


class ConfigError(HubError):
    """A file of the hub home is wrong; editing it mends it."""


class SourceDownError(HubError):
    """The source did not answer; trying later may work."""


class SourceRefusedError(HubError):
    """The source answered and said no: password, rights or signature."""


class SourceChangedError(HubError):
    """The source answered in a shape we do not know; a person must look."""


class HeldError(HubError):
    """A pull misses more records than allowed; its deletions were not believed."""


class ContractError(HubError):
    """Rows do not satisfy a contract; nothing was written."""


class GateError(HubError):
    """The work copy failed its gates; nothing was published."""


class BusyError(HubError):
    """Another process is writing; trying later will work."""


class ShortageError(HubError):
    """The machine, or hub.yaml, gives too little memory or disk; see `hub.shortage`."""


class NotFoundError(HubError):
    """What was asked for by name or number is not there."""
