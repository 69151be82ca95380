"""A platform as one worker looks at it: its connector, its limits, and what has been learnt about both on the way."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from django.conf import settings

from platforms import registry
from platforms.base import AnchoredClock, Connector, ContentRef, Outcome, Sighting
from platforms.credentials import UnreadableCredentialsError
from platforms.http import Gateway
from platforms.identity import is_link
from platforms.links import follow
from platforms.models import Breaker, Pause, PauseReason, Platform, heed, pause
from platforms.quota import BEGUN, URGENT, Meter, Windows, daily, give_back, next_midnight, rates, spend, today
from takedown.polling.apply import Settings
from takedown.polling.claim import Claim

logger = logging.getLogger(__name__)

MOST_DOUBTFUL_CALLS = 20


@cache
def windows() -> Windows:
    """One for each process."""
    return Windows(settings.REDIS_URL, f"{settings.BROKER_PREFIX}limits")


@dataclass
class Eye:
    """One platform, for as long as one task lasts."""

    platform: Platform
    settings: Settings
    connector: Connector
    meter: Meter
    quota: int
    """Units a day, in a day of `zone`; 0 is no limit."""
    zone: str
    probing: bool
    """Its breaker has opened and no call has succeeded since: one call at a time shows whether it is well again."""
    slots: Mapping[bool, asyncio.Semaphore]
    """Calls at the same time, by whether they are at a deadline: no platform takes them all."""
    under_way: int = 0
    reminded: Counter[ContentRef] = field(default_factory=Counter)
    spent: bool = False
    """The daily quota is used up."""

    @classmethod
    def open(cls, platform_id: int, gateway: Gateway, clock: AnchoredClock) -> "Eye | None":
        """None, said aloud, where the configuration makes no sense: the other platforms are looked at all the same."""
        platform = Platform.objects.get(pk=platform_id)
        try:
            config = platform.settings()
            known = Settings.of(platform)
            kind = registry.get(platform.connector)
            limits = rates(str(config.get("rate", kind.defaults.get("rate", ""))))
            connector = kind(config, gateway, clock)
            quota, zone = daily(connector.config)
        except (ValueError, TypeError, LookupError, AttributeError, OSError, UnreadableCredentialsError):
            logger.exception("The configuration of platform %s cannot be used; its items are not looked at", platform.slug)
            return None
        meter = Meter(gateway, windows(), clock, platform.slug, limits, connector.bucket)
        connector.http = meter
        for one in Pause.objects.active().felt_by(None).filter(platform=platform, until__isnull=False):
            meter.closed[one.bucket] = max(one.until or clock.sent(), meter.closed.get(one.bucket, clock.sent()))
        breaker = Breaker.objects.filter(platform=platform).first()
        share = -(-settings.LOOKS_IN_FLIGHT * 3 // 4)
        return cls(
            platform=platform,
            settings=known,
            connector=connector,
            meter=meter,
            quota=quota,
            zone=zone,
            probing=breaker is not None and breaker.trips > 0,
            slots={anchor: asyncio.Semaphore(share) for anchor in (False, True)},
        )

    def is_shut(self, now: datetime) -> bool:
        """Whether there is no use in claiming routine looks at it now."""
        closed = self.meter.closed.get("")
        return self.spent or self.under_way >= settings.LOOKS_IN_FLIGHT or (closed is not None and closed > now)

    def may_spend(self, refs: Sequence[ContentRef], now: datetime) -> float:
        """Take the units these cost from the daily quota; 0 if they were there, else seconds until there are more."""
        if not self.quota:
            return 0.0
        if not self.spent and spend(self.platform.pk, today(now, self.zone), self.connector.calls(refs), self.quota):
            return 0.0
        until = next_midnight(now, self.zone)
        if not self.spent:
            self.spent = True
            pause(self.platform.pk, PauseReason.QUOTA, until, now=now, detail=f"{self.quota} units a day, until midnight in {self.zone}")
        return (until - now).total_seconds()

    def give_back(self, refs: Sequence[ContentRef], now: datetime) -> None:
        """Return what a call that was not let through has cost. Of a look that takes several calls, some may have been made: it is paid."""
        if self.quota and self.connector.calls(refs) == 1:
            give_back(self.platform.pk, today(now, self.zone), 1)

    def remind(self, claims: Sequence[Claim]) -> None:
        """Lay out what was kept and reported of these for the connector. Two agencies may have the same content under way."""
        for one in claims:
            self.reminded[one.ref] += 1
            if one.kept is not None:
                self.connector.kept[one.ref] = one.kept
            if one.reported:
                self.connector.reported.setdefault(one.ref, one.reported)

    def forget(self, claims: Sequence[Claim]) -> None:
        for one in claims:
            self.reminded[one.ref] -= 1
            if not self.reminded[one.ref]:
                del self.reminded[one.ref]
                self.connector.kept.pop(one.ref, None)
                self.connector.reported.pop(one.ref, None)

    async def look(self, refs: Sequence[ContentRef], anchor: bool) -> list[Sighting]:
        """One call's worth of items. Raises `NotAsked` when it is not our turn."""
        URGENT.set(anchor)
        BEGUN.set([])
        links = {ref for ref in refs if is_link(ref)}
        if not links:
            return await self.connector.observe(refs)
        followed = [await follow(self.connector, self.meter, self.meter.clock, ref) for ref in links]
        content = [ref for ref in refs if ref not in links]
        return [*followed, *(await self.connector.observe(content) if content else [])]

    def store_news(self, now: datetime) -> None:
        """Write down the pauses that replies have asked for."""
        wishes: dict[str, tuple[datetime, str]] = {}
        for bucket, until, detail in self.meter.news:
            wishes[bucket] = max(wishes.get(bucket, (until, detail)), (until, detail))
        heed(self.platform.pk, wishes, now=now)
        self.meter.news.clear()


def batches(claims: Sequence[Claim], size: int) -> Iterator[list[Claim]]:
    """Cut the claims of one platform into calls.

    One bad id can spoil the reply for all that are asked with it. So items that could not be told last time are kept from the others and
    asked in small groups, but never in more than 20 calls: when the platform itself is ill, that must not multiply the calls.
    """
    doubtful = [one for one in claims if one.last_outcome == Outcome.INDETERMINATE]
    healthy = [one for one in claims if one.last_outcome != Outcome.INDETERMINATE]
    small = min(size, -(-len(doubtful) // MOST_DOUBTFUL_CALLS)) or 1
    for group, step in ((healthy, size), (doubtful, small)):
        for first in range(0, len(group), step):
            yield group[first : first + step]
