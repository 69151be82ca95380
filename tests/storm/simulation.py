"""Bad weather over all platforms, on a clock that is wound forward: an hour passes in a minute.

The real engine, database, Redis and HTTP; simulated is time alone, in PostgreSQL by functions that stand before its own in the search path,
in this process by time-machine. The sandbox is the witness: it knows what is true and counts the calls.
"""

import random
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.db import connection
from django.db.models import Min

from platforms.base import GONE
from platforms.models import Hold, Platform
from platforms.registry import plays
from platforms.sandbox.world import FILTERED, World
from takedown import polling
from takedown.choices import Action
from takedown.models import Agency, Event, Watch
from takedown.polling.claim import Claim, claim
from tests.conftest import Sandbox

FAULTS = ["rate_limited", "bot_wall", "login_wall", "server_error", "truncated", "garbage", "redirect_loop", FILTERED]
HANGING = [*FAULTS, "timeout"]
"""The same with servers that never answer. Each costs real seconds, so they do not hang all the time."""
STEP = 12.0
"""Seconds that pass between two rounds of work."""
RHYTHM = {"dense_seconds": 240, "growth": 0, "running_max_seconds": 240, "idle_max_seconds": 240, "return_seconds": [600, 1200]}
CONFIRM = {"attributed": [2, 240], "unattributed": [3, 600]}
CALLS, WINDOW = 120, 60.0
"""So many calls in so many seconds, for each platform; for the open web, for each host."""
EDGE = 6.0
"""Seconds that a call may take from taking its turn to reaching the sandbox, on a busy machine."""
AT_ONCE = 5000
"""More than can be due at once: a round begins with all of it."""


class Time:
    """Time that moves on by itself and jumps when told, everywhere at once."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._traveller = time_machine.travel(datetime.now(UTC), tick=True)

    def __enter__(self) -> "Time":
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA IF NOT EXISTS simulated")
            for name in ("statement_timestamp", "clock_timestamp"):
                cursor.execute(
                    f"CREATE OR REPLACE FUNCTION simulated.{name}() RETURNS timestamptz LANGUAGE sql STABLE AS "
                    f"$$ SELECT pg_catalog.{name}() + current_setting('simulated.ahead')::float8 * interval '1 second' $$"
                )
            cursor.execute("SET search_path = simulated, public, pg_catalog")
        self._coordinates = self._traveller.start()
        self.jump(0)
        return self

    def __exit__(self, *_: object) -> None:
        self._traveller.stop()
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = public")
            cursor.execute("DROP SCHEMA simulated CASCADE")

    def jump(self, seconds: float) -> None:
        self.ahead += seconds
        self._coordinates.shift(timedelta(seconds=seconds))
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('simulated.ahead', %s, false)", [str(self.ahead)])


@dataclass
class Storm:
    sandbox: Sandbox
    agency: Agency
    time: Time
    rng: random.Random
    truth: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    """By canonical URL: (seconds from the start, state)."""
    begun_round: bool = False

    @property
    def world(self) -> World:
        return self.sandbox.world

    def configure(self, **more: Any) -> None:
        rate = {"rate": f"{CALLS} per {WINDOW:.0f} second", "rhythm": RHYTHM, "confirm": CONFIRM}
        self.sandbox.configure(**{**rate, "daily_quota": 100_000, **more})
        for slug in ("web", "paste"):
            # Every page has a host of its own there.
            Platform.objects.filter(slug=slug).update(config=Platform.objects.get(slug=slug).config | {"rate": "4 per 8 second"})

    def populate(self, items: int) -> None:
        """Items of all platforms: most stay, some are removed for good, some only seem to be for a moment."""
        wishes = [self._wish(slug) for place in range(items) for slug in [list(plays())[place % len(plays())]]]
        self.begun = self.world.clock()
        urls = [item.url for item in self.world.add(wishes)]
        self.truth = {url: [(step["at"], step["state"]) for step in wish["script"]] for url, wish in zip(urls, wishes, strict=True)}

    def _wish(self, slug: str) -> dict[str, Any]:
        states = next(iter(plays()[slug].states.values()))
        gone = sorted(states & {outcome.value for outcome in GONE})
        script = [{"at": -60.0, "state": "available"}]
        fate, at = self.rng.random(), self.rng.uniform(300, 1500)
        if fate < 0.2 and gone:
            script.append({"at": at, "state": self.rng.choice(gone)})
        elif fate < 0.25 and gone:
            script += [{"at": at, "state": self.rng.choice(gone)}, {"at": at + self.rng.uniform(20, 200), "state": "available"}]
        elif fate < 0.35:
            script += [{"at": at, "state": self.rng.choice(FAULTS[:-1])}, {"at": at + self.rng.uniform(20, 200), "state": "available"}]
        return {"platform": slug, "script": script}

    def run(self, minutes: float) -> None:
        """Let time pass; work is done as it becomes due."""
        end, rounds = self.time.ahead + minutes * 60, 0
        while self.time.ahead < end:
            if rounds % 25 == 0:
                self.refresh_statistics()
            rounds += 1
            self.begun_round = False
            polling.work()
            polling.release_what_has_passed()
            # Straight to the next instant at which anything is due.
            soonest = Watch.objects.aggregate(at=Min("next_look_at"))["at"]
            idle = (soonest - datetime.now(UTC)).total_seconds() if soonest else STEP
            self.time.jump(min(max(STEP, idle), end - self.time.ahead + 0.001))

    def claim(self, _limit: int, *, routine: bool, without: Collection[int]) -> list[Claim]:
        """In place of the engine's: time goes on during a round, which would never end if it took on what becomes due meanwhile."""
        first, self.begun_round = not self.begun_round, True
        return claim(AT_ONCE, routine=routine and first, without=without)

    def refresh_statistics(self) -> None:
        """In a test's one transaction nobody else does, and plans made for empty tables never end."""
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE takedown_watch, takedown_takedownrequest, takedown_flaggeditem, takedown_observation, takedown_event")

    def truth_at(self, url: str, seconds: float) -> str:
        return next(state for at, state in reversed(self.truth[url]) if at <= seconds)

    def false_conclusions(self) -> list[str]:
        """What was confirmed gone, or stands as gone for good, although it was up."""
        wrong = []
        confirmed = dict(Event.objects.filter(action=Action.CONFIRMED_GONE).values_list("subject_id", "at"))
        for watch in Watch.objects.select_related("item"):
            url = self._url(watch)
            if watch.item_id in confirmed and self.truth_at(url, self._seconds(confirmed[watch.item_id])) not in GONE_STATES:
                wrong.append(f"{url} confirmed gone at {confirmed[watch.item_id]}")
        return wrong

    def missed_removals(self) -> list[str]:
        """What is gone for good and was not found, not within its bracket, or not confirmed. What was held may wait for a person."""
        missed = []
        held = set(Hold.objects.values_list("platform_id", flat=True))
        for watch in Watch.objects.select_related("item"):
            at, state = self.truth[self._url(watch)][-1]
            if state not in GONE_STATES:
                continue
            if watch.first_gone is None or (watch.confirmed_at is None and watch.platform_id not in held):
                missed.append(f"{watch.item} {state} since {at:.0f} s: {watch.outcome} {watch.reason}, gone {watch.gone_count} times")
            elif self._seconds(watch.first_gone) < at - 1 or (watch.last_up and self._seconds(watch.last_up) > at + 1):
                missed.append(f"{watch.item} {state} since {at:.0f} s, bracket {watch.last_up} to {watch.first_gone}")
        return missed

    def exceeded_limits(self) -> list[str]:
        """Windows in which the sandbox received more calls than were allowed."""
        return [
            f"{slug}: call {place} came {received[place + CALLS] - at:.1f} s before the one {CALLS} later"
            for slug, received in self._calls().items()
            for place, at in enumerate(received)
            if place + CALLS < len(received) and received[place + CALLS] - at < WINDOW - EDGE
        ]

    def _calls(self) -> dict[str, list[float]]:
        """Instants of the calls to each platform whose limit is one for all of it."""
        received: dict[str, list[float]] = defaultdict(list)
        for call in self.world.calls:
            slug = call["path"].split("/")[1]
            if slug not in {"web", "paste", "mastodon"}:
                received[slug].append(datetime.fromisoformat(call["at"]).timestamp())
        return received

    def _url(self, watch: Watch) -> str:
        return self._urls()[watch.item.external_id, watch.item.canonical_url]

    def _urls(self) -> dict[tuple[str, str], str]:
        from platforms.identity import identify  # only here: identities of the whole world, once

        if not hasattr(self, "_known"):
            refs = {url: identify(url) for url in self.truth}
            self._known = {(ref.external_id, ref.canonical_url): url for url, ref in refs.items()}
        return self._known

    def _seconds(self, instant: datetime) -> float:
        return instant.timestamp() - self.begun


GONE_STATES = frozenset(outcome.value for outcome in GONE)
