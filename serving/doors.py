"""What routes and pages share in one process, and the one way in which they note what was done."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from time import monotonic

import httpx

from hub.errors import HubError
from hub.settings import Home
from ledger import Ledger, open_ledger
from ledger.accounts import Account
from ledger.audit import Audit, Event
from ledger.clients import Client, client_of
from ledger.watch import Watch
from security.keys import keyed_ids, read_keys
from security.passwords import token_hash
from security.policy import Access, Policy, access_of, read_policy
from serving.api.lookups import Lookups
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
        """Write what was done to the audit, durably, and watch for what is unusual."""
        seq = self.audit.record(event)
        self.watch.note(event, seq, access.rules.daily if access else 0)

    def throttle(self, access: Access, more: int = 1) -> None:
        """Stop who would see more residents today than the role may.

        Raises:
            TooManyError: so it is.
        """
        if self.watch.seen_today(access.actor) + more > access.rules.daily:
            raise TooManyError(
                "daily limit of residents reached",
                zh=f"今天查看的居民已到“{access.role}”的上限（{access.rules.daily} 人）："
                "明天再看，或请管理员调整 policy.yaml 的 daily。",
            )

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

    def close(self) -> None:
        """Let go of everything."""
        self.background.shutdown(wait=True)
        self.snapshots.close()
        self.lookups.close()
        self.ledger.close()


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
    watch = Watch(ledger, lambda text: background.submit(_post, home, text))
    return Doors(
        home, ledger, read_policy(home.root), Audit(home, ledger), watch, Snapshots(home),
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
