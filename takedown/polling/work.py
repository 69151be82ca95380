"""Work through the queue of looks: claim, observe, apply, until nothing is due or the time is up."""

import asyncio
import gc
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

import uvloop
from django.conf import settings
from django.db import DataError, IntegrityError

from platforms.base import AnchoredClock, ContentRef, Outcome, Sighting
from platforms.http import Gateway
from platforms.quota import NotAsked
from takedown.models.heartbeat import LOOK, beat
from takedown.polling.apply import Settings, apply
from takedown.polling.claim import Claim, claim, database_clock, put_off
from takedown.polling.eyes import Eye, batches
from takedown.polling.identities import settle_identities
from takedown.polling.pulse import Call, take_pulse

logger = logging.getLogger(__name__)

ROUTINE_SECONDS = 15.0
"""How long one task takes on new work. Then it only finishes what is under way, and still serves deadlines."""
HARD_SECONDS = 42.0
"""Then it drops what is left, which others will find when the lease ends. Long enough for routine looks begun at the last moment, below
the soft time limit of a task."""
TICK_SECONDS = 0.2
"""How often results are written and new work is claimed while looks are under way."""
BATCH = 200
COLLECT_AFTER = 50_000
"""New objects between two runs of the garbage collector. Looks make few cycles and many objects: at the default of 700 the collector took a
sixth of a worker's time to find nothing."""
BEAT_SECONDS = 1.0
"""How often to say that somebody is at work, and that looks are made."""
CANCEL_SECONDS = 2.0
"""How long to wait for looks that are dropped: one that does not end must not keep the worker."""
UNUSABLE_SECONDS = 60.0
"""How long items of a platform wait whose configuration makes no sense."""
PROBE_SECONDS = 5.0
"""How long the others wait while one call at a time shows whether a platform is well again."""
NOT_STORED = "not_stored"

Seen = list[tuple[Claim, Sighting]]


def work() -> int:
    """Look at everything that is due; how many looks counted."""
    total, started, told = 0, time.monotonic(), 0.0
    beat("poll")
    with _Looker(database_clock()) as looker:
        while (elapsed := time.monotonic() - started) < HARD_SECONDS:
            if elapsed - told > BEAT_SECONDS:
                told = elapsed
                beat("poll")
            routine = elapsed < ROUTINE_SECONDS and looker.has_room()
            looker.start(claim(BATCH, routine=routine, without=looker.shut()))
            if not looker.under_way and not looker.waiting:
                break
            total += looker.round(TICK_SECONDS)
    return total


def write_down(seen: Seen, platforms: Mapping[int, Settings]) -> int:
    """Apply a batch. What the database or a rule refuses is found by halving, so that one odd look never costs the others theirs."""
    if not seen:
        return 0
    try:
        counted = apply(seen, platforms)
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
    settle_identities([(one, sighting.identity) for one, sighting in seen if sighting.identity is not None])
    return counted


def look_once(claims: Sequence[Claim]) -> int:
    """Look at these and write it down; for tests and benchmarks that claim by themselves."""
    total = 0
    with _Looker(database_clock()) as looker:
        looker.start(claims)
        while looker.under_way or looker.waiting:
            total += looker.round(TICK_SECONDS)
    return total


@dataclass
class _Looker:
    """Looks under way. The event loop only runs inside `round`, so that database work outside it is plain synchronous Django."""

    clock: AnchoredClock
    under_way: dict["asyncio.Task[list[Sighting]]", list[Claim]] = field(default_factory=dict)
    waiting: list[tuple[list[Claim], float]] = field(default_factory=list)
    """Looks to be put off, and for how many seconds."""
    eyes: dict[int, Eye | None] = field(default_factory=dict)
    told: float = 0.0
    """When it last said that a look was made."""

    def __enter__(self) -> Self:
        self._thresholds = gc.get_threshold()
        gc.set_threshold(COLLECT_AFTER, *self._thresholds[1:])
        self._loop = uvloop.new_event_loop()
        # Slots of their own for anchors: pages that hang must not hold up a look at a deadline.
        self._slots = {anchor: asyncio.Semaphore(settings.LOOKS_IN_FLIGHT) for anchor in (False, True)}
        self._gateway = Gateway(
            self.clock, contact=settings.CONTACT, allow=settings.FETCH_ALLOWED_HOSTS, total_seconds=settings.FETCH_SECONDS
        )
        self._loop.run_until_complete(self._gateway.__aenter__())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # All of them: a look that was given up may have left calls behind.
        if left := asyncio.all_tasks(self._loop):
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait(left, timeout=CANCEL_SECONDS))
        self._loop.run_until_complete(self._gateway.__aexit__(kind, error, trace))
        self._loop.close()
        gc.set_threshold(*self._thresholds)

    def has_room(self) -> bool:
        return len(self.under_way) < settings.LOOKS_IN_FLIGHT

    def shut(self) -> list[int]:
        """Platforms whose routine looks there is no use in claiming now."""
        now = self.clock.sent()
        return [platform_id for platform_id, eye in self.eyes.items() if eye is not None and eye.is_shut(now)]

    def start(self, claims: Iterable[Claim]) -> None:
        """Begin to look, in full batches per platform and server."""
        groups: dict[tuple[int, str, bool], list[Claim]] = defaultdict(list)
        for one in claims:
            if (eye := self._eye(one.platform_id)) is None:
                self.waiting.append(([one], UNUSABLE_SECONDS))
            else:
                groups[one.platform_id, eye.connector.group(one.ref), one.anchor].append(one)
        for (platform_id, _, anchor), group in groups.items():
            if eye := self._eye(platform_id):
                for batch in batches(group, eye.connector.batch_size):
                    self._begin(eye, batch, anchor)

    def _begin(self, eye: Eye, batch: list[Claim], anchor: bool) -> None:
        refs = list(dict.fromkeys(one.ref for one in batch))
        if eye.probing and eye.under_way:
            self.waiting.append((batch, PROBE_SECONDS))
        elif wait := eye.may_spend(refs, self.clock.sent()):
            self.waiting.append((batch, wait))
        else:
            eye.remind(batch)
            eye.under_way += 1
            self.under_way[self._loop.create_task(self._observe(eye, refs, anchor))] = batch

    def round(self, seconds: float) -> int:
        """Let the looks go on, for at most `seconds` after the first of them is done, and write down what has come in; how many counted."""
        done: set[asyncio.Task[list[Sighting]]] = set()
        if self.under_way:
            done, _ = self._loop.run_until_complete(asyncio.wait(self.under_way, timeout=seconds))
        calls = [call for task in done if (call := self._result(task, self.under_way.pop(task)))]
        known = {platform_id: eye.settings for platform_id, eye in self.eyes.items() if eye}
        now = self.clock.answered()
        for eye in self.eyes.values():
            if eye and eye.meter.news:
                eye.store_news(now)
        put_off(self.waiting)
        self.waiting.clear()
        pulse = take_pulse(calls, known, now)
        if calls and time.monotonic() - self.told > BEAT_SECONDS:
            self.told = time.monotonic()
            beat(LOOK)
        for platform_id, until in pulse.closed.items():
            self._eye_of(platform_id).meter.closed[""] = until
        for platform_id in pulse.well:
            self._eye_of(platform_id).probing = False
        platforms = {platform_id: replace(one, held=platform_id in pulse.held) for platform_id, one in known.items()}
        return write_down([look for call in calls for look in call.looks], platforms)

    async def _observe(self, eye: Eye, refs: Sequence[ContentRef], anchor: bool) -> list[Sighting]:
        async with eye.slots[anchor], self._slots[anchor], asyncio.timeout(settings.LOOK_SECONDS):
            return await eye.look(refs, anchor)

    def _eye(self, platform_id: int) -> Eye | None:
        if platform_id not in self.eyes:
            self.eyes[platform_id] = Eye.open(platform_id, self._gateway, self.clock)
        return self.eyes[platform_id]

    def _eye_of(self, platform_id: int) -> Eye:
        """Of a platform that a call has been made to."""
        eye = self._eye(platform_id)
        assert eye is not None  # noqa: S101  a call needs an eye
        return eye

    def _result(self, task: "asyncio.Task[list[Sighting]]", batch: list[Claim]) -> Call | None:
        """Pair sightings with claims by identity. A connector that failed or forgot an item could not tell; one that had to wait its turn
        did not look."""
        eye = self._eye_of(batch[0].platform_id)
        error = task.exception()
        eye.under_way -= 1
        eye.forget(batch)
        if isinstance(error, NotAsked):
            eye.give_back([one.ref for one in batch], self.clock.sent())
            # A deadline does not line up behind routine looks.
            wait = error.after if batch[0].anchor else eye.meter.turn(batch[0].ref.canonical_url, error.after)
            self.waiting.append((batch, wait))
            return None
        found = {} if error else {sighting.ref: sighting for sighting in task.result()}
        if error and not isinstance(error, TimeoutError):
            logger.error("A connector failed on %s", batch[0].ref.platform, exc_info=error)
        why = "took_too_long" if isinstance(error, TimeoutError) else "connector_error"
        return Call(batch[0].platform_id, [(one, found.get(one.ref) or self._could_not_tell(one.ref, why)) for one in batch])

    def _could_not_tell(self, ref: ContentRef, why: str) -> Sighting:
        return Sighting(ref, Outcome.INDETERMINATE, why, self.clock.sent(), self.clock.answered())
