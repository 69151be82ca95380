"""Work through the queue of looks: claim, observe, apply, until nothing is due or the time is up."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import uvloop
from django.conf import settings
from django.db import DataError, IntegrityError

from platforms import registry
from platforms.base import AnchoredClock, Connector, ContentRef, Outcome, Sighting
from platforms.http import Gateway
from platforms.models import Platform
from takedown.polling.apply import Settings, apply
from takedown.polling.claim import Claim, claim, database_clock

logger = logging.getLogger(__name__)

ROUTINE_SECONDS = 15.0
"""How long one task takes on new work. Then it only finishes what is under way, and still serves deadlines."""
HARD_SECONDS = 42.0
"""Then it drops what is left, which others will find when the lease ends. Long enough for routine looks begun at the last moment, below
the soft time limit of a task."""
TICK_SECONDS = 0.2
"""How often results are written and new work is claimed while looks are under way."""
BATCH = 200
MOST_DOUBTFUL_CALLS = 20
NOT_STORED = "not_stored"

Seen = list[tuple[Claim, Sighting]]


def work() -> int:
    """Look at everything that is due; how many looks counted."""
    total, started = 0, time.monotonic()
    with _Looker(database_clock()) as looker:
        while (elapsed := time.monotonic() - started) < HARD_SECONDS:
            looker.start(claim(BATCH, routine=elapsed < ROUTINE_SECONDS and looker.has_room()))
            if not looker.under_way:
                break
            total += write_down(looker.collect(TICK_SECONDS), looker.settings)
    return total


def write_down(seen: Seen, platforms: Mapping[int, Settings]) -> int:
    """Apply a batch. What the database or a rule refuses is found by halving, so that one odd look never costs the others theirs."""
    if not seen:
        return 0
    try:
        return apply(seen, platforms)
    except (DataError, IntegrityError, ValueError):
        if len(seen) > 1:
            middle = len(seen) // 2
            return write_down(seen[:middle], platforms) + write_down(seen[middle:], platforms)
        claim, sighting = seen[0]
        logger.exception("The look at item %s cannot be written down", claim.item_id)
        if sighting.reason == NOT_STORED:
            return 0
        nothing = Sighting(sighting.ref, Outcome.INDETERMINATE, NOT_STORED, sighting.sent_at, sighting.answered_at)
        return write_down([(claim, nothing)], platforms)


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


def look_once(claims: Sequence[Claim]) -> int:
    """Look at these and write it down; for tests and benchmarks that claim by themselves."""
    total = 0
    with _Looker(database_clock()) as looker:
        looker.start(claims)
        while looker.under_way:
            total += write_down(looker.collect(TICK_SECONDS), looker.settings)
    return total


@dataclass
class _Looker:
    """Looks under way. The event loop only runs inside `collect`, so that database work outside it is plain synchronous Django."""

    clock: AnchoredClock
    settings: dict[int, Settings] = field(default_factory=dict)
    under_way: dict["asyncio.Task[list[Sighting]]", list[Claim]] = field(default_factory=dict)
    _connectors: dict[int, Connector] = field(default_factory=dict)
    _misconfigured: set[int] = field(default_factory=set)

    def __enter__(self) -> Self:
        self._loop = uvloop.new_event_loop()
        # Slots of their own for anchors: pages that hang must not hold up a look at a deadline.
        self._slots = {anchor: asyncio.Semaphore(settings.LOOKS_IN_FLIGHT) for anchor in (False, True)}
        self._gateway = Gateway(
            self.clock, contact=settings.CONTACT, allow=settings.FETCH_ALLOWED_HOSTS, total_seconds=settings.FETCH_SECONDS
        )
        self._loop.run_until_complete(self._gateway.__aenter__())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for task in self.under_way:
            task.cancel()
        if self.under_way:
            self._loop.run_until_complete(asyncio.wait(self.under_way))
        self._loop.run_until_complete(self._gateway.__aexit__(kind, error, trace))
        self._loop.close()

    def has_room(self) -> bool:
        return len(self.under_way) < settings.LOOKS_IN_FLIGHT

    def start(self, claims: Iterable[Claim]) -> None:
        """Begin to look, in full batches per platform."""
        groups: dict[tuple[int, str, bool], list[Claim]] = defaultdict(list)
        for one in claims:
            if connector := self._connector(one.platform_id):
                groups[one.platform_id, connector.group(one.ref), one.anchor].append(one)
        for (platform_id, _, anchor), group in groups.items():
            connector = self._connectors[platform_id]
            for batch in batches(group, connector.batch_size):
                refs = list(dict.fromkeys(one.ref for one in batch))
                task = self._loop.create_task(self._observe(connector, refs, self._slots[anchor]))
                self.under_way[task] = batch

    def collect(self, seconds: float) -> Seen:
        """Let the looks go on, for at most `seconds` after the first of them is done; what has come in."""
        done, _ = self._loop.run_until_complete(asyncio.wait(self.under_way, timeout=seconds))
        seen: Seen = []
        for task in done:
            seen.extend(self._result(task, self.under_way.pop(task)))
        return seen

    async def _observe(self, connector: Connector, refs: Sequence[ContentRef], slots: asyncio.Semaphore) -> list[Sighting]:
        async with slots, asyncio.timeout(settings.LOOK_SECONDS):
            return await connector.observe(refs)

    def _connector(self, platform_id: int) -> Connector | None:
        """The platform's connector; None, said aloud, where its configuration makes no sense: the others are looked at all the same."""
        if platform_id not in self._connectors and platform_id not in self._misconfigured:
            platform = Platform.objects.get(pk=platform_id)
            try:
                self.settings[platform_id] = Settings.of(platform)
                self._connectors[platform_id] = registry.get(platform.connector)(platform.config, self._gateway, self.clock)
            except (ValueError, TypeError, LookupError, AttributeError):
                logger.exception("The configuration of platform %s cannot be used; its items are not looked at", platform.slug)
                self._misconfigured.add(platform_id)
        return self._connectors.get(platform_id)

    def _result(self, task: "asyncio.Task[list[Sighting]]", batch: Sequence[Claim]) -> Seen:
        """Pair sightings with claims by identity. A connector that failed or forgot an item could not tell."""
        error = task.exception()
        found = {} if error else {sighting.ref: sighting for sighting in task.result()}
        if error and not isinstance(error, TimeoutError):
            logger.error("A connector failed on %s", batch[0].ref.platform, exc_info=error)
        why = "took_too_long" if isinstance(error, TimeoutError) else "connector_error"
        return [(one, found.get(one.ref) or self._could_not_tell(one.ref, why)) for one in batch]

    def _could_not_tell(self, ref: ContentRef, why: str) -> Sighting:
        return Sighting(ref, Outcome.INDETERMINATE, why, self.clock.sent(), self.clock.answered())
