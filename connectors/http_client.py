"""One signed request for one page, asked again while the trouble may pass.

Tried again: 429 (after what Retry-After says), 5xx, timeouts, a connection cut at any point, an
answer that is no JSON, a vendor's "busy" inside HTTP 200. Not so a refusal or another shape.
Neither addresses nor httpx's own words go into messages: both may hold a secret or a person.
"""

import logging
import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from connectors.envelope import (
    Complaint,
    Page,
    ShapeError,
    cleaned,
    code_of,
    complaint_of,
    decoded,
    opened,
)
from connectors.http_requests import Asked, Requests, Values
from connectors.http_token import Tokens
from hub.errors import (
    ConfigError,
    HubError,
    SourceChangedError,
    SourceDownError,
    SourceRefusedError,
)
from hub.platform import Platform
from hub.platform_http import HttpApiConnection
from hub.platform_streams import Stream

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
LONGEST_PAUSE = 120.0  # a vendor who asks for more is asked again at the next run
CLOCK_SECONDS = 300  # that a timestamp may be off, at most vendors
DOWN_AFTER = "请稍后再试；若一直如此，请检查网络和地址，并询问平台方。"

for _library in ("httpx", "httpcore"):  # at INFO they write whole addresses, signatures included
    logging.getLogger(_library).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Trouble:
    """What went wrong with one attempt and may pass."""

    what: str
    zh: str
    wait: float | None = None  # asked for by the vendor, in seconds
    error: type[HubError] = SourceDownError


NOTHING = httpx.ByteStream(b"")


class HttpClient:
    """Asks one platform for pages."""

    def __init__(
        self, platform: Platform, home: Path, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        assert isinstance(platform.connection, HttpApiConnection)  # noqa: S101 - open_connector dispatches
        self.platform, self.home, self.sleep = platform, home, sleep
        self.connection = platform.connection
        self.skew: float | None = None  # seconds the platform's clock was ahead at the last answer
        self._free_at = 0.0  # when the next request may go, on the monotonic clock
        self.requests = Requests(platform, home)
        self.tokens = Tokens(self.connection.token) if self.connection.token else None
        self._client = httpx.Client(
            timeout=self.connection.timeout or None,
            verify=self._verify(),
            trust_env=False,  # residents' data pass no proxy that happens to be set
        )

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def page(
        self, name: str, stream: Stream, number: int, size: int, more: Values | None = None
    ) -> Page:
        """One page of a stream; `more` are parameters of this pull, the moment to ask from.

        Raises:
            SourceDownError: nothing but passing trouble, `attempts` times.
            SourceRefusedError: the vendor said no.
            SourceChangedError: the answer is an error or is not shaped as declared.
        """
        where = f"{self.platform.title}」{name}"
        trouble: Trouble | None = None
        for attempt in range(self.connection.attempts):
            if trouble is not None:
                self.sleep(_wait(attempt, trouble))
            outcome = self._attempt(name, stream, Asked(number, size, more or {}))
            if isinstance(outcome, Page):
                return outcome
            trouble = outcome
            if (trouble.wait or 0) > LONGEST_PAUSE:
                break
        assert trouble is not None  # noqa: S101 - attempts is at least 1
        raise trouble.error(
            f"{self.platform.platform}.{name}: page {number}: {trouble.what}",
            zh=f"「{where} 第 {number} 页没有读到：{trouble.zh}。{DOWN_AFTER}",
        )

    def _attempt(self, name: str, stream: Stream, asked: Asked) -> Page | Trouble:
        """Ask once; twice if the token turns out to have ended."""
        fresh = self.tokens is None or self.tokens.value is None
        token = self._token(name)
        if isinstance(token, Trouble):
            return token
        response = self._send(self.requests.page(self._client, stream, asked, token))
        if isinstance(response, Trouble):
            return response
        if self.tokens is not None and not fresh and self._token_ended(response):
            self.tokens.forget()
            return self._attempt(name, stream, asked)
        return self._read(name, response)

    def _send(self, request: httpx.Request) -> httpx.Response | Trouble:
        """An answer of whatever meaning, or what may pass."""
        self._keep_pace()
        try:
            response = self._client.send(request)
            response.stream = NOTHING  # the one it has read refers to it: no page would be let go
        except httpx.TimeoutException:
            return Trouble("timeout", f"等了 {self.connection.timeout} 秒没有回答")
        except (httpx.TransportError, httpx.DecodingError) as error:
            return Trouble(type(error).__name__, "连接不上或中途断开")
        self._look_at_clock(response)
        status = response.status_code
        if status == 429:
            return Trouble("429", "平台说请求太频繁", _retry_after(response))
        if status >= 500 or status == 408:
            return Trouble(str(status), f"平台出错（HTTP {status}）", _retry_after(response))
        return response

    def _keep_pace(self) -> None:
        """No more requests a minute than the vendor allows."""
        allowed = self.connection.per_minute
        if allowed is None:
            return
        now = time.monotonic()
        if now < self._free_at:
            self.sleep(self._free_at - now)
        self._free_at = max(now, self._free_at) + 60 / allowed

    def _token(self, name: str) -> str | Trouble | None:
        """The token in force; another is asked for where it has ended."""
        if self.tokens is None:
            return None
        if (known := self.tokens.value) is not None:
            return known
        response = self._send(self.requests.login(self._client))
        if isinstance(response, Trouble):
            return response
        answer: Any = None
        try:
            answer = decoded(response.content)
            if not response.is_success:
                raise ShapeError("refused", "")
            token = self.tokens.take(answer)
        except ValueError:
            return Trouble("no JSON", "令牌接口的回答不是 JSON", error=SourceChangedError)
        except ShapeError as error:
            found = complaint_of(answer, self.connection.envelope)
            if found.kind == "busy":
                return Trouble(f"busy ({self._words(found)})", f"平台说“{self._words(found)}”")
            if found.message or not response.is_success:
                refused = replace(found, kind="refused")
                raise self._refused_or_changed(name, response.status_code, refused) from None
            raise SourceChangedError(
                f"{self.platform.platform}.{name}: {error}",
                zh=f"「{self.platform.title}」令牌接口的{error.zh}。",
            ) from None
        self.requests.remember(token)
        return token

    def _token_ended(self, response: httpx.Response) -> bool:
        if response.status_code == 401 or response.is_redirect or _is_page(response):
            return True  # many send to a page on which a person would log in
        assert self.connection.token is not None  # noqa: S101 - there are tokens
        try:
            code = code_of(decoded(response.content), self.connection.envelope)
        except ValueError:
            return False
        return code in self.connection.token.expired_values

    def _read(self, name: str, response: httpx.Response) -> Page | Trouble:
        status, wrong = response.status_code, not response.is_success
        try:
            answer = decoded(response.content)
        except ValueError:
            if wrong:
                raise self._refused_or_changed(name, status, None) from None
            if response.content.lstrip()[:1] in (b"{", b"["):
                return Trouble("cut answer", "回答不完整，像是中途断开")
            page = "，而是网页，可能是登录页或网关的提示" if _is_page(response) else ""
            return Trouble("no JSON", f"回答不是 JSON{page}", error=SourceChangedError)
        try:
            if self.requests.cipher is not None:
                answer = self.requests.cipher.opened(answer)
            found = opened(answer, self.connection.envelope, known_bad=wrong)
        except ShapeError as error:
            if wrong:
                raise self._refused_or_changed(name, status, None) from None
            raise SourceChangedError(
                f"{self.platform.platform}.{name}: {error}",
                zh=f"「{self.platform.title}」{name} 的{error.zh}。",
            ) from None
        if isinstance(found, Page):
            return found
        if found.kind == "busy":
            return Trouble(f"busy ({self._words(found)})", f"平台说“{self._words(found)}”")
        raise self._refused_or_changed(name, status, found)

    def _refused_or_changed(self, name: str, status: int, found: Complaint | None) -> HubError:
        said = f"HTTP {status}" if status != 200 else ""
        if found:
            said = f"{said} {self._words(found)}".strip()
        where = f"{self.platform.platform}.{name}"
        title = f"「{self.platform.title}」{name}"
        if status in (401, 403) or (found and found.kind == "refused"):
            off = abs(self.skew or 0)
            clock = f"平台的时钟与本机相差 {off / 60:.0f} 分钟，" if off > CLOCK_SECONDS else ""
            return SourceRefusedError(
                f"{where}: refused ({said})",
                zh=f"{title} 拒绝了请求（{said}）：{clock}请核对密钥、签名设置和本机时钟，"
                "并请平台方确认接口权限。",
            )
        return SourceChangedError(
            f"{where}: error instead of rows ({said})",
            zh=f"{title} 回答了错误而不是数据（{said}）：请核对平台文件里的地址和参数，"
            "或把这句话交给平台方查询。",
        )

    def _words(self, found: Complaint) -> str:
        return cleaned(f"{found.code} {found.message}", self.requests.secrets)

    def _look_at_clock(self, response: httpx.Response) -> None:
        if (there := _moment(response, "Date")) is not None:
            self.skew = (there - datetime.now(UTC)).total_seconds()

    def _verify(self) -> ssl.SSLContext | bool:
        if self.connection.url.startswith("http://"):
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts no one: nothing to load
        if self.connection.ca_file is None:
            return True
        try:
            return ssl.create_default_context(cafile=self.home / self.connection.ca_file)
        except OSError:  # of which ssl.SSLError is one
            raise ConfigError(
                f"{self.platform.platform}: ca_file cannot be read",
                zh=f"证书文件 {self.connection.ca_file} 读不到或不是证书，请核对 ca_file。",
            ) from None


def _is_page(response: httpx.Response) -> bool:
    return response.content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _wait(attempt: int, trouble: Trouble) -> float:
    """Twice as long each time, with jitter so that streams do not come back together."""
    if trouble.wait is not None:
        return trouble.wait
    longest: float = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - no secret depends on it


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, or the moment as an HTTP date: by the clock of the server."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    if (moment := _moment(response, "Retry-After")) is None:
        return None
    return max(0.0, (moment - (_moment(response, "Date") or datetime.now(UTC))).total_seconds())


def _moment(response: httpx.Response, header: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(response.headers.get(header, ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
