"""How much we may ask a platform, and who says so.

Short windows are kept on Redis, shared by all workers; daily quotas and pauses are rows in PostgreSQL, because a flushed Redis must not get
a unit banned. `Meter` stands between a connector and the network and lets nothing through that is not allowed yet.
"""

import json
import logging
import re
import time
from asyncio import sleep
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis import RedisError

from platforms.base import Clock
from platforms.http import LONGEST_WAIT, Gateway, Reply, retry_after

logger = logging.getLogger(__name__)

URGENT = ContextVar("urgent", default=False)
"""Whether the look under way is one at a deadline: a part of every window is kept for those."""

BEGUN: ContextVar[list[str] | None] = ContextVar("begun", default=None)
"""The servers that the look under way has called so far."""

ROUTINE_SHARE = 0.8
SMALLEST_SHARED = 10
"""Windows of fewer calls are not divided."""
PATIENCE = 1.0
"""Seconds a call waits for its turn before the look is put off."""
PATIENCE_WITHIN = 10.0
"""The same between the calls of one look."""
MOST_PROMISES = 10_000
WITHOUT_REASON = 60.0
"""Seconds to wait after a 429 that does not say how long."""
LONGEST_HOST_PAUSE = 3600.0
"""A single site cannot blind us for longer."""


class NotAsked(Exception):
    """It is not our turn; nothing was sent. `after`: seconds until it may be."""

    def __init__(self, after: float) -> None:
        super().__init__(f"not before {after:.1f} s")
        self.after = after


@cache
def rates(text: str) -> tuple[RateLimitItem, ...]:
    """`"300 per 5 minutes; 3 per second"` as limits, the shortest window first. "" is no limit. Raises ValueError."""
    limits = sorted(parse_many(text), key=lambda limit: limit.get_expiry()) if text else []
    if any(limit.amount < 1 for limit in limits):
        raise ValueError("A rate needs at least one call. To make none, pause the platform.")
    return tuple(limits)


class Windows:
    """Short windows of calls. Where Redis is away, each process goes on by itself with a quarter of what is allowed."""

    RETRY_REDIS = 10.0

    def __init__(self, url: str, prefix: str) -> None:
        self._promised: dict[str, float] = {}
        options: dict[str, Any] = {"key_prefix": prefix, "socket_timeout": 1, "socket_connect_timeout": 1}
        self._shared = MovingWindowRateLimiter(storage_from_string(url, **options))
        self._alone = MovingWindowRateLimiter(MemoryStorage())
        self._away_until = 0.0

    def take(self, limits: tuple[RateLimitItem, ...], key: str, *, urgent: bool) -> float:
        """Take a place in every window; 0 if there was one, else seconds until there may be."""
        # The first that has none ends it: what is turned away for a second must not use up the hour.
        return next((wait for one in limits if (wait := self._take(one, key, urgent=urgent))), 0.0)

    def turn(self, limits: tuple[RateLimitItem, ...], key: str, after: float, now: float) -> float:
        """Seconds from `now` (Unix time) until the next turn that is not promised to somebody else yet: what waits for one server lines up
        at its pace, or it would all come back at once, to be turned away again."""
        if len(self._promised) > MOST_PROMISES:
            self._promised = {name: at for name, at in self._promised.items() if at > now}
        at = max(now + after, self._promised.get(key, 0.0))
        self._promised[key] = at + max((limit.get_expiry() / limit.amount for limit in limits), default=0.0)
        return at - now

    def _take(self, limit: RateLimitItem, key: str, *, urgent: bool) -> float:
        if time.monotonic() >= self._away_until:
            try:
                return _place(self._shared, limit, key, urgent=urgent)
            except RedisError:
                logger.warning("Redis is away: every process keeps the limits by itself")
                self._away_until = time.monotonic() + self.RETRY_REDIS
        # What cannot be divided by four is spread over a longer window.
        calls, spread = (limit.amount // 4, 1) if limit.amount >= 4 else (1, -(-4 // limit.amount))
        quarter = type(limit)(calls, limit.multiples * spread, namespace=limit.namespace)
        return _place(self._alone, quarter, key, urgent=urgent)


def _place(limiter: MovingWindowRateLimiter, limit: RateLimitItem, key: str, *, urgent: bool) -> float:
    routine = int(limit.amount * ROUTINE_SHARE)
    if limit.amount < SMALLEST_SHARED:
        return _hit(limiter, limit, key)
    reserved = type(limit)(limit.amount - routine, limit.multiples, namespace=f"{limit.namespace}-urgent")
    if urgent and not _hit(limiter, reserved, key):
        return 0.0
    return _hit(limiter, type(limit)(routine, limit.multiples, namespace=limit.namespace), key)


def _hit(limiter: MovingWindowRateLimiter, limit: RateLimitItem, key: str) -> float:
    if limiter.hit(limit, key):
        return 0.0
    return max(0.05, limiter.get_window_stats(limit, key).reset_time - time.time())


@dataclass
class Meter:
    """The network as one platform's connector sees it: a `Gateway` that waits its turn and heeds what replies say about limits."""

    gateway: Gateway
    windows: Windows
    clock: Clock
    slug: str
    limits: tuple[RateLimitItem, ...]
    bucket: Callable[[str], str]
    """The server a URL belongs to, for platforms that are many servers; "" for one that is one."""
    closed: dict[str, datetime] = field(default_factory=dict)
    """Until when which server, or with "" the platform, wants to be left alone."""
    news: list[tuple[str, datetime, str]] = field(default_factory=list)
    """Pauses learnt from replies and not yet stored: server, until, why."""

    async def fetch(self, method: str, url: str, **request: Any) -> Reply:
        """As `Gateway.fetch`. Raises `NotAsked` when it is not our turn."""
        await self._wait_for_turn(url)
        reply = await self.gateway.fetch(method, url, turn=self._wait_for_turn, **request)
        self._heed(url, reply)
        return reply

    async def exists(self, host: str) -> bool:
        return await self.gateway.exists(host)

    def turn(self, url: str, after: float) -> float:
        """Seconds until a look at `url` that was not let through may come back; at least `after`."""
        return self.windows.turn(self.limits, f"{self.slug}:{self.bucket(url)}", after, self.clock.sent().timestamp())

    async def _wait_for_turn(self, url: str) -> None:
        if not self.limits and not self.closed:
            return
        bucket, urgent = self.bucket(url), URGENT.get()
        # No single server can hide behind its own wish to be left alone while a deadline passes; a platform's is respected.
        heeded = ("",) if urgent else ("", bucket)
        until = max((self.closed[one] for one in heeded if one in self.closed), default=None)
        if until is not None and (left := (until - self.clock.sent()).total_seconds()) > 0:
            raise NotAsked(left)
        begun, waited = BEGUN.get(), 0.0
        while wait := self.windows.take(self.limits, f"{self.slug}:{bucket}", urgent=urgent):
            # A look that has begun goes on: given up half-way, it would have to begin anew, again and again.
            if waited + wait > (PATIENCE_WITHIN if begun else PATIENCE):
                raise NotAsked(wait)
            await sleep(wait)
            waited += wait
        if begun is not None:
            begun.append(bucket)

    def _heed(self, url: str, reply: Reply) -> None:
        wait = asked_to_wait(reply.status, reply.headers, reply.answered_at)
        if wait <= 0:
            return
        bucket = self.bucket(url)
        until = reply.answered_at + timedelta(seconds=min(wait, LONGEST_HOST_PAUSE) if bucket else wait)
        self.closed[bucket] = max(until, self.closed.get(bucket, until))
        self.news.append((bucket, until, f"HTTP {reply.status}: {wait:.0f} s"))


def asked_to_wait(status: int, headers: Mapping[str, str], now: datetime) -> float:
    """Seconds the platform wants to be left alone, by `Retry-After` or by the rate headers it is known to send; 0 if it does not.

    A 429 with calls left is a limit by the second, which the headers do not show (seen with X): ten seconds are enough.
    """
    if status in {429, 503} and (said := retry_after(headers, now)):
        return said
    remaining, reset = _rate_headers(headers, now)
    if remaining is not None and remaining < 1:
        return max(reset, 1.0)
    if status == 429:
        return 10.0 if remaining else max(reset, WITHOUT_REASON)
    return _meta_usage(headers)


def _rate_headers(headers: Mapping[str, str], now: datetime) -> tuple[float | None, float]:
    """Calls left and seconds until there are more. The styles of X (Unix time), Reddit (seconds left), Mastodon and Vimeo (ISO 8601) and
    Bluesky (`RateLimit-`) differ in the reset only; Discord adds the seconds left in a header of its own."""
    for prefix in ("x-ratelimit-", "x-rate-limit-", "ratelimit-"):
        if (remaining := _number(headers.get(f"{prefix}remaining", ""))) is not None:
            reset = headers.get(f"{prefix}reset-after") or headers.get(f"{prefix}reset", "")
            return remaining, min(_seconds_until(reset, now), LONGEST_WAIT)
    return None, 0.0


def _seconds_until(reset: str, now: datetime) -> float:
    number = _number(reset)
    if number is not None:
        return number - now.timestamp() if number > 10**9 else number
    try:
        moment = datetime.fromisoformat(reset)
    except ValueError:
        return 0.0
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,12}(?:\.\d{1,6})?", text.strip()) else None


def _meta_usage(headers: Mapping[str, str]) -> float:
    """Meta tells shares of its hourly limits in percent, and sometimes the minutes until access is regained. From 95 on we stop."""
    if "X-App-Usage" not in headers and "X-Business-Use-Case-Usage" not in headers:
        return 0.0
    try:
        app = json.loads(headers.get("X-App-Usage", "{}"))
        business = json.loads(headers.get("X-Business-Use-Case-Usage", "{}"))
        uses = [app, *(use for group in business.values() for use in group)]
        regain = max((float(use.get("estimated_time_to_regain_access", 0)) for use in uses), default=0.0)
        highest = max((float(use.get(name, 0)) for use in uses for name in ("call_count", "total_time", "total_cputime")), default=0.0)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return 0.0
    # Any server can send these: no number of theirs is taken at its word, and one that is no number compares as false.
    return min(regain * 60, LONGEST_WAIT) if regain > 0 else 600.0 if highest >= 95 else 0.0


def daily(config: Mapping[str, Any]) -> tuple[int, str]:
    """Units a day, 0 for no limit, and the zone of its days. Raises what `ZoneInfo` and `int` do, or ValueError."""
    units, zone = int(config.get("daily_quota", 0)), str(config.get("quota_zone", "UTC"))
    if units < 0:
        raise ValueError("daily_quota must be 0 or more")
    ZoneInfo(zone)
    return units, zone


def today(now: datetime, zone: str) -> date:
    """The platform's own day."""
    return now.astimezone(ZoneInfo(zone)).date()


def next_midnight(now: datetime, zone: str) -> datetime:
    """When the platform's day ends, in UTC."""
    tomorrow = today(now, zone) + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def spend(platform_id: int, day: date, units: int, limit: int) -> bool:
    """Take `units` of a daily quota of `limit`, all or none; whether they were there."""
    if units > limit:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platforms_quota (platform_id, day, used) VALUES (%s, %s, %s) ON CONFLICT (platform_id, day) "
            "DO UPDATE SET used = platforms_quota.used + excluded.used WHERE platforms_quota.used + excluded.used <= %s RETURNING used",
            [platform_id, day, units, limit],
        )
        return cursor.fetchone() is not None


def give_back(platform_id: int, day: date, units: int) -> None:
    """Return units of a daily quota that were not used after all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE platforms_quota SET used = greatest(used - %s, 0) WHERE platform_id = %s AND day = %s", [units, platform_id, day]
        )
