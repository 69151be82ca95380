"""The only door to the network.

Every request leaves through `Gateway`: one address parser for checking and for fetching, every address and every hop checked, hard limits
on time and size, and no memory between requests. Connectors that speak JSON use `ask_json`, which sorts replies into an `Answer` that may
prove something and a `NoAnswer` that never does.
"""

import asyncio
import hashlib
import json
import logging
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import aiohttp
import can_ada
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from platforms.addresses import GuardedResolver, NoSuchNameError, RefusedAddressError, SystemResolver, is_literal, is_public
from platforms.base import Clock, ContentRef, Door, Outcome, Sighting
from platforms.connections import Connections, escaped, is_readable, with_params

__all__ = ["Answer", "FetchError", "Gateway", "NoAnswer", "Reply", "ask_json", "is_public", "retry_after"]

logger = logging.getLogger(__name__)

PRODUCT = "Takedown/0.1"
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 20.0
CLOSE_SECONDS = 0.5
"""How long connections may take to close: seen in a storm, one that was cut off by its server never did, and its worker waited for it."""
LARGEST_BODY = 2_000_000
"""Bytes, after decompression."""
LARGEST_HEADER = 32_768
"""Bytes in one header field."""
MOST_REDIRECTS = 5
LONGEST_WAIT = 86_400.0
"""Seconds: no platform makes us wait longer than a day."""

_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
_FOR_ANYBODY = frozenset({"accept", "accept-language"})
"""The headers that another origin gets when a redirect leads there: platforms have their own names for keys."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_SENT = frozenset({"dns_nxdomain", "dns", "connect", "tls", "refused_address", "bad_url"})


Turn = Callable[[str], Awaitable[None]]
"""Waits until an address may be asked, or raises."""


class FetchError(Exception):
    """No usable reply. `reason` is one of `timeout dns_nxdomain dns connect tls refused_address too_large too_many_redirects
    redirect_loop downgrade malformed bad_url wrong_type`."""

    def __init__(self, reason: str, detail: str = "", reply: "Reply | None" = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.reply = reply
        """Status and headers, without a body, for `wrong_type`."""

    @property
    def sent(self) -> bool:
        """Whether the request may have reached the other side."""
        return self.reason not in _NOT_SENT


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply. `url` is the address that gave it, `hops` those that redirected to it; `sent_at` belongs to the last hop."""

    status: int
    headers: Mapping[str, str]
    """Case-insensitive; of a repeated header the first."""
    body: bytes
    url: str
    hops: tuple[str, ...]
    sent_at: datetime
    answered_at: datetime

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").split(";", 1)[0].strip().lower()


@dataclass(frozen=True, slots=True)
class _Hop:
    """One request on its way: what the checks below read and the next hop inherits."""

    method: str
    url: URL
    headers: CIMultiDict[str]
    json: Any = None
    follow: bool = True


class Gateway:
    """Fetches public addresses. Use as `async with Gateway(clock, contact=...) as gateway`.

    `contact` (an address or e-mail) is put into the User-Agent so that a site can reach the operator. `allow` holds "host:port" entries
    that are exempt from the address and port rules: it opens the stand-in server in development.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        contact: str = "",
        allow: frozenset[str] = frozenset(),
        total_seconds: float = TOTAL_SECONDS,
        largest_body: int = LARGEST_BODY,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._clock, self._allow, self._total, self._largest = clock, allow, total_seconds, largest_body
        self._agent = f"{PRODUCT} (+{contact})" if contact else PRODUCT
        self._inner = resolver
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        resolver = GuardedResolver(self._inner or SystemResolver(), self._allow)
        self._session = aiohttp.ClientSession(
            connector=Connections(resolver=resolver, use_dns_cache=False, limit=128),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            headers={"User-Agent": self._agent, "Accept-Encoding": "gzip, deflate"},
            max_line_size=LARGEST_HEADER,
            max_field_size=LARGEST_HEADER,
            trust_env=False,
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._session.close()

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        params: Sequence[tuple[str, str]] = (),
        accept: Collection[str] = (),
        follow: bool = True,
        turn: Turn | None = None,
    ) -> Reply:
        """One request and the redirects it leads to. Raises `FetchError`; HTTP error codes are replies, not errors.

        `accept` names the content types that a 2xx reply may have; empty takes any. Only GET and HEAD follow redirects, and not without
        `follow`: the redirect itself is the reply then. `turn` is awaited with the address of every redirect before it is followed.
        """
        try:
            hop = _Hop(method, self._checked(with_params(url, params)), CIMultiDict(headers or {}), json, follow)
            if accept:
                hop.headers.setdefault("Accept", ", ".join(sorted(accept)))
            async with asyncio.timeout(self._total):
                return await self._follow(hop, accept, turn)
        except FetchError:
            raise
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise FetchError(_reason(error), type(error).__name__) from error

    async def exists(self, host: str) -> bool:
        """Whether the name system knows `host`. Raises `FetchError("dns")` when it could not be asked."""
        try:
            async with asyncio.timeout(self._total):
                await (self._inner or SystemResolver()).resolve(host, 443)
        except NoSuchNameError:
            return False
        except (OSError, TimeoutError) as error:
            raise FetchError("dns", type(error).__name__) from error
        return True

    async def _follow(self, hop: _Hop, accept: Collection[str], turn: Turn | None) -> Reply:
        seen: list[str] = []
        while True:
            seen.append(str(hop.url))
            sent_at = self._clock.sent()
            async with self._session.request(
                hop.method, hop.url, headers=hop.headers, json=hop.json, allow_redirects=False, raise_for_status=False
            ) as response:
                location = response.headers.get("Location")
                if not (hop.follow and location and response.status in _REDIRECTS and hop.method in {"GET", "HEAD"}):
                    return await self._whole(response, tuple(seen), sent_at, accept)
            hop = self._next(hop, location, seen)
            if turn:
                await turn(str(hop.url))

    def _next(self, hop: _Hop, location: str, seen: Sequence[str]) -> _Hop:
        try:
            target = (can_ada.parse(str(hop.url)) + escaped(location)).href
        except ValueError as error:
            raise FetchError("bad_url", "redirect to nowhere") from error
        url = self._checked(target)
        if str(url) in seen:
            raise FetchError("redirect_loop")
        if len(seen) > MOST_REDIRECTS:
            raise FetchError("too_many_redirects")
        if url.origin() == hop.url.origin():
            return _Hop(hop.method, url, hop.headers)
        if hop.url.scheme == "https" and url.scheme == "http" and _CREDENTIALS & {name.lower() for name in hop.headers}:
            raise FetchError("downgrade")
        return _Hop(hop.method, url, CIMultiDict((name, value) for name, value in hop.headers.items() if name.lower() in _FOR_ANYBODY))

    def _checked(self, text: str) -> URL:
        """Parse with the one parser, then check scheme, credentials, port and literal addresses. Names are checked by the resolver."""
        try:
            parsed = can_ada.parse(text)
            host = parsed.hostname.strip("[]")
            url = URL(parsed.href.split("#", 1)[0], encoded=True)
        except (ValueError, TypeError) as error:
            raise FetchError("bad_url", "not an address") from error
        if url.scheme not in {"http", "https"} or parsed.username or parsed.password or not host or url.raw_host != host:
            raise FetchError("bad_url", "only plain http and https addresses")
        if f"{host}:{url.port}" in self._allow:
            return url
        if url.port not in {80, 443}:
            raise FetchError("refused_address", f"port {url.port}")
        if host.rstrip(".").endswith("localhost") or (is_literal(host) and not is_public(host)):
            raise FetchError("refused_address", host)
        return url

    async def _whole(self, response: aiohttp.ClientResponse, urls: Sequence[str], sent_at: datetime, accept: Collection[str]) -> Reply:
        if not is_readable(response):
            response.close()
            raise FetchError("malformed", "not a reply to what was asked")
        if accept and 200 <= response.status < 300 and response.content_type not in accept:
            response.close()
            raise FetchError("wrong_type", response.content_type, self._reply(response, b"", urls, sent_at))
        chunks, size = [], 0
        async for chunk in response.content.iter_any():
            chunks.append(chunk)
            size += len(chunk)
            if size > self._largest:
                # Closing, not draining: reading a decompression bomb to its end is what it wants.
                response.close()
                raise FetchError("too_large")
        return self._reply(response, b"".join(chunks), urls, sent_at)

    def _reply(self, response: aiohttp.ClientResponse, body: bytes, urls: Sequence[str], sent_at: datetime) -> Reply:
        return Reply(response.status, response.headers, body, urls[-1], tuple(urls[:-1]), sent_at, self._clock.answered())


_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (NoSuchNameError, "dns_nxdomain"),
    (RefusedAddressError, "refused_address"),
    (aiohttp.ConnectionTimeoutError, "connect"),
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientConnectorCertificateError, "tls"),
    (aiohttp.ClientSSLError, "tls"),
    (ssl.SSLError, "tls"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.InvalidURL, "bad_url"),
)


def _reason(error: BaseException) -> str:
    """Our code for what the network library raised, looking at the cause first: it wraps what a resolver raises."""
    for cause in (getattr(error, "os_error", None), error):
        for kind, reason in _REASONS:
            if isinstance(cause, kind):
                return reason
    return "malformed"


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by `Retry-After` (RFC 9110, section 10.2.3): a number or a date. At most a day; None when absent or past."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value[:9])
    else:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
    return min(seconds, LONGEST_WAIT) if seconds > 0 else None


class NoAnswer(Exception):
    """The reply, or its absence, proves nothing about any item."""

    def __init__(
        self, reason: str, method: str, sent_at: datetime, answered_at: datetime, *, status: int | None = None, wait: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason, self.method, self.sent_at, self.answered_at, self.status, self.wait = (
            reason,
            method,
            sent_at,
            answered_at,
            status,
            wait,
        )
        self.sent = True
        """Whether the request may have reached the other side."""
        self.data: Any = None
        """The body, where it was JSON."""
        self.evidence: dict[str, Any] = {}

    def says(self, ref: ContentRef) -> Sighting:
        return Sighting(
            ref,
            Outcome.INDETERMINATE,
            self.reason,
            self.sent_at,
            self.answered_at,
            self.method,
            self.status,
            evidence=self.evidence,
            retry_after=self.wait,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """A healthy JSON reply to the call named `method`, with one of the codes the caller understands."""

    method: str
    status: int
    data: Any
    sent_at: datetime
    answered_at: datetime
    redirected: bool = False
    """Whether another address than the one asked gave the reply."""
    digest: str = ""
    """Of the body: SHA-256, the first 16 hexadecimal digits."""

    def says(self, ref: ContentRef, outcome: Outcome, reason: str, *, countries: Sequence[str] = (), **evidence: Any) -> Sighting:
        return Sighting(ref, outcome, reason, self.sent_at, self.answered_at, self.method, self.status, tuple(countries), evidence)

    def unhealthy(self, reason: str) -> NoAnswer:
        """For a reply that is JSON but not of the documented shape."""
        return NoAnswer(reason, self.method, self.sent_at, self.answered_at, status=self.status)

    def unknown(self, reason: str, code: Any) -> NoAnswer:
        """For a code that nobody has told us the meaning of: it is logged with the digest of the payload, and never guessed."""
        logger.warning("%s: %s %r, payload %s", self.method, reason, str(code)[:100], self.digest)
        unclear = self.unhealthy(reason)
        unclear.evidence = {"code": str(code)[:100], "digest": self.digest}
        return unclear


async def ask_json(
    gateway: Door, clock: Clock, name: str, url: str, *, verb: str = "GET", codes: Collection[int] = (200,), **request: Any
) -> Answer:
    """Ask a JSON interface. `codes` are the HTTP codes documented to mean something about the item. Raises `NoAnswer` for all else."""
    sent_at = clock.sent()
    try:
        reply = await gateway.fetch(verb, url, **request)
    except FetchError as error:
        unanswered = NoAnswer(error.reason, name, sent_at, clock.answered())
        unanswered.sent = error.sent
        raise unanswered from error
    data = _json_of(reply)
    if reply.status not in codes or data is None:
        reason = "rate_limited" if reply.status == 429 else f"http_{reply.status}" if reply.status not in codes else "not_json"
        wait = retry_after(reply.headers, reply.answered_at)
        unclear = NoAnswer(reason, name, reply.sent_at, reply.answered_at, status=reply.status, wait=wait)
        unclear.data = data
        raise unclear
    return Answer(name, reply.status, data, reply.sent_at, reply.answered_at, bool(reply.hops), digest(reply.body))


def digest(body: bytes) -> str:
    """What is kept of a payload: enough to tell two of them apart, nothing of their content."""
    return hashlib.sha256(body).hexdigest()[:16]


def _json_of(reply: Reply) -> dict[str, Any] | list[Any] | None:
    if not (reply.content_type == "application/json" or reply.content_type.endswith("+json")):
        return None
    try:
        data = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict | list) else None
