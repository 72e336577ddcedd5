"""What routes and pages share in one process, and the one way in which they note what was done."""

import logging
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from time import monotonic

import duckdb
import httpx

from hub.errors import HubError
from hub.settings import Home
from ledger import Ledger, open_ledger
from ledger.accounts import Account
from ledger.audit import Audit, Event
from ledger.clients import Client, client_of
from ledger.seen import catch_up
from ledger.watch import SHOWING, Watch
from security.keys import keyed_ids, read_keys
from security.passwords import token_hash
from security.policy import Access, Policy, access_of, read_policy
from serving.api.lookups import Lookups
from serving.noting import Notes
from serving.reading.besides import Answers
from serving.reading.settled import Settling
from serving.reading.snapshot import Snapshots

LOGGER = logging.getLogger(__name__)
FRESH = 1.0  # seconds


class TooManyError(HubError):
    """The actor looked at as many residents today as the role may."""


@dataclass(frozen=True)
class Doors:
    """A home, opened for serving."""

    home: Home
    ledger: Ledger
    policy: Policy
    audit: Audit
    watch: Watch
    notes: Notes
    snapshots: Snapshots
    lookups: Lookups
    settling: Settling
    answers: Answers
    background: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "doors"), repr=False
    )
    identity: bytes = field(default=b"", repr=False)
    _clients: dict[str, tuple[Client | None, float]] = field(default_factory=dict, repr=False)
    _known: dict[tuple[str, ...], Access] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def access(self, who: Account | Client, purpose: str | None = None) -> Access:
        """What somebody may see and do, under a purpose they state.

        Raises:
            NotAllowedError: their role is not in policy.yaml, or has no such purpose.
        """
        key = (who.actor, who.role, purpose or "", *who.scope)
        with self._lock:
            if key in self._known:
                return self._known[key]
        served = self.home.settings.divisions
        made = access_of(self.policy, who.actor, who.role, who.scope, served).for_purpose(purpose)
        with self._lock:
            if len(self._known) > 1000:
                self._known.clear()
            self._known[key] = made
        return made

    def note(self, access: Access | None, event: Event) -> None:
        """Write what was done to the audit, durably, and watch for what is unusual.

        Raises:
            TooManyError: with what other processes showed, it was more than the role may see.
        """
        seq, daily = self.audit.record(event), access.rules.daily if access else 0
        _within(access, event, self.watch.note(event, seq, daily))

    async def written(self, access: Access, event: Event) -> None:
        """The same on the event loop, together with what others write at the time.

        Raises:
            TooManyError: as above.
        """
        _within(access, event, await self.notes.written(event, access.rules.daily))

    def throttle(self, access: Access, more: int | Collection[str] = 1) -> None:
        """Stop who would see more residents today than the role may.

        `more`: whom, where that is known, else how many. Whom they saw today they may see again.

        Raises:
            TooManyError: so it is.
        """
        if isinstance(more, int):
            many = self.watch.counted(access.actor) + more
        else:
            many = self.watch.counted(access.actor, more)
        if many > access.rules.daily:
            raise too_many(access)

    def surname_mark(self, name: object) -> dict[str, str]:
        """What the audit keeps of a surname: a keyed mark, the same for the same surname."""
        if not isinstance(name, str) or not name:
            return {}
        return {"surname": _mark(self.identity, name[0])}

    def recent_client(self, token: str) -> Client | None:
        """Whose token it is, if that was found out within the last second: no ledger is asked."""
        with self._lock:
            found, at = self._clients.get(token_hash(token), (None, 0.0))
        return found if monotonic() - at < FRESH else None

    def client(self, token: str) -> Client | None:
        """Whose token it is; an answer holds for a second, and so long a revocation takes."""
        if (found := self.recent_client(token)) is not None:
            return found
        found, key = client_of(self.ledger, token), token_hash(token)
        with self._lock:
            if len(self._clients) > 1000:
                self._clients.clear()
            self._clients.pop(key, None)
            if found is not None:
                self._clients[key] = (found, monotonic())
        return found

    def at_hand(self) -> bool:
        """Whether what lies over the snapshot is known, so that a view asks nothing but memory."""
        number = self.lookups.number
        return number is not None and self.settling.known(number) and self.answers.known(number)

    def fetch(self) -> None:
        """Look at what may have changed: the snapshot, decisions, answers."""
        number = self.lookups.cards()[1]
        self.settling.over(number, self.tables)
        self.answers.given(number, self.tables, ())

    @contextmanager
    def tables(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The tables of the snapshot that the API answers from."""
        with self.lookups.cursor() as (cursor, _):
            yield cursor

    def close(self) -> None:
        """Let go of everything."""
        self.notes.close()
        self.background.shutdown(wait=True)
        self.snapshots.close()
        self.lookups.close()
        self.ledger.close()


def too_many(access: Access) -> TooManyError:
    """What is told to who has seen as many as the role may."""
    return TooManyError(
        "daily limit of residents reached",
        zh=f"今天查看的居民已到“{access.role}”的上限（{access.rules.daily} 人）："
        "明天再看，或请管理员调整 policy.yaml 的 daily。",
    )


def _within(access: Access | None, event: Event, seen: int) -> None:
    showed = event.outcome == "ok" and event.entity == "resident" and event.action in SHOWING
    if access is not None and showed and seen > access.rules.daily:
        raise too_many(access)


@lru_cache(maxsize=4096)  # there are fewer surnames
def _mark(key: bytes, letter: str) -> str:
    return keyed_ids(key, "", [f"surname{letter}"])[0][:8]


def open_doors(home: Home) -> Doors:
    """Open a home for serving.

    Raises:
        ConfigError: policy.yaml is wrong, or the audit's key is missing.
    """
    ledger = open_ledger(home.data / "ledger.sqlite")
    background = ThreadPoolExecutor(1, "doors")
    catch_up(ledger)
    watch = Watch(ledger, lambda text: background.submit(_post, home, text))
    audit = Audit(home, ledger)
    return Doors(
        home, ledger, read_policy(home.root), audit, watch, Notes(audit, watch), Snapshots(home),
        Lookups(home), Settling(home, ledger), Answers(home), background,
        read_keys(home.secrets, encryption=False).identity,
    )  # fmt: skip


def _post(home: Home, text: str) -> None:
    if home.settings.webhook is None:
        return
    body = {"msgtype": "text", "text": {"content": f"【{home.settings.name}】{text}"}}
    try:
        httpx.post(home.settings.webhook, json=body, timeout=10).raise_for_status()
    except httpx.HTTPError as error:
        LOGGER.warning("warning not delivered: %s", type(error).__name__)
