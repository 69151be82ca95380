"""When to look next. Pure: the caller brings the instant, the state of the watch and a random number.

Looks are dense at first and then grow apart geometrically, so that the width of a bracket stays in proportion to the time already
passed. Every deadline of an open request is an anchor: a look shortly before it and one exactly at it leave no room for a removal that
cannot be placed on one side.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often to look. Seconds throughout; `growth` and `jitter` are ratios."""

    dense_seconds: float = 60
    """Shortest interval; at least 1."""
    growth: float = 0.1
    """The interval as a share of the time since the watch became interesting."""
    running_max_seconds: float = 900
    """Longest interval while a deadline lies ahead."""
    idle_max_seconds: float = 86400
    """Longest interval otherwise."""
    lead_seconds: float = 5
    """How long before a deadline the look before it is made."""
    return_seconds: tuple[float, ...] = (3600, 86400, 604800, 2592000)
    """After it was confirmed gone, when to see whether it stays gone; the last one repeats."""
    jitter: float = 0.1
    """Largest relative change of an interval, to spare the platforms looks in step."""

    def __post_init__(self) -> None:
        if self.dense_seconds < 1 or min(self.running_max_seconds, self.idle_max_seconds) < self.dense_seconds:
            raise ValueError("Needs 1 <= dense_seconds <= running_max_seconds and idle_max_seconds")
        if self.growth < 0 or self.lead_seconds < 0 or not 0 <= self.jitter < 1:
            raise ValueError("Needs growth >= 0, lead_seconds >= 0 and 0 <= jitter < 1")
        if not self.return_seconds or any(gap < 1 for gap in self._return_gaps()):
            raise ValueError("return_seconds must rise, by at least 1")

    def _return_gaps(self) -> list[float]:
        return [after - before for before, after in pairwise((0, *self.return_seconds))]

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Take the keys named like the fields, ignore every other. Raises ValueError or TypeError for values that make no rhythm."""
        known: dict[str, Any] = {field.name: config[field.name] for field in fields(cls) if field.name in config}
        for name, value in known.items():
            known[name] = tuple(map(float, value)) if name == "return_seconds" else float(value)
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What confirms an absence: `count` looks that found it gone, the last at least `span_seconds` after the first."""

    count: int
    span_seconds: float

    def __post_init__(self) -> None:
        if self.count < 1 or self.span_seconds < 0:
            raise ValueError("Needs count >= 1 and span_seconds >= 0")


ATTRIBUTED = Confirmation(2, 1800)
"""Default where the platform says by whom it was removed."""
UNATTRIBUTED = Confirmation(3, 86400)
"""Default where it does not."""


@dataclass(frozen=True, slots=True)
class Plan:
    at: datetime
    anchor: bool
    """Due at this very instant, before routine looks."""


def confirmed(*, first_gone: datetime | None, last_gone: datetime | None, gone_count: int, confirmation: Confirmation) -> bool:
    """Whether the looks that found it gone are enough and far enough apart."""
    if first_gone is None or last_gone is None:
        return False
    return gone_count >= confirmation.count and last_gone - first_gone >= timedelta(seconds=confirmation.span_seconds)


def next_look(
    *,
    now: datetime,
    since: datetime,
    anchor_at: datetime | None,
    first_gone: datetime | None,
    last_gone: datetime | None,
    gone_count: int,
    confirmed_at: datetime | None,
    confirmation: Confirmation,
    rhythm: Rhythm,
    spread: float,
) -> Plan:
    """Plan the look after the one just made at `now`; always later than `now`, never beyond an anchor.

    `since`: when the watch became interesting (opened, clock started, came back). `anchor_at`: next deadline of an open request.
    `first_gone`, `last_gone`, `gone_count`: the run of looks that found it gone, None and 0 while it is up or unknown.
    `confirmed_at`: when that run was confirmed. `spread`: a number in [0, 1) drawn by the caller; the plan depends on nothing else.

    - up or unknown: a share of the time since `since`, within the limits of the rhythm, jittered either way;
    - gone: the looks still missing, evenly over the time still missing; jittered to later only, so that none comes too early to confirm;
    - confirmed: the return looks, jittered to later only, so that none is made twice;
    - always: an anchor that comes sooner, or no later than half the interval and the lead after the routine look, takes its place.
    """
    ahead = anchor_at is not None and now < anchor_at
    longest = rhythm.running_max_seconds if ahead else rhythm.idle_max_seconds
    if confirmed_at is not None:
        at = _return_look(now, confirmed_at, rhythm, spread)
    elif first_gone is not None:
        at = _confirming_look(now, first_gone, last_gone or first_gone, gone_count, confirmation, rhythm, longest, spread)
    else:
        at = _routine_look(now, since, rhythm, longest, spread)
    if anchor_at is None or not ahead:
        return Plan(at, anchor=False)
    lead = timedelta(seconds=rhythm.lead_seconds)
    point = anchor_at - lead if now < anchor_at - lead else anchor_at
    if at >= point - min(lead, (at - now) / 2):
        return Plan(point, anchor=True)
    return Plan(at, anchor=False)


def left_alone(plan: Plan, seconds: float | None, *, anchor_at: datetime | None, now: datetime) -> Plan:
    """The plan when the platform wants to be left alone for so many seconds. No site may make us miss its own deadline."""
    if seconds is None:
        return plan
    at = max(plan.at, now + timedelta(seconds=seconds))
    return Plan(anchor_at, anchor=True) if anchor_at is not None and now < anchor_at <= at else replace(plan, at=at)


def _routine_look(now: datetime, since: datetime, rhythm: Rhythm, longest: float, spread: float) -> datetime:
    interval = min(max((now - since).total_seconds() * rhythm.growth, rhythm.dense_seconds), longest)
    return now + timedelta(seconds=interval * (1 + rhythm.jitter * (2 * spread - 1)))


def _confirming_look(
    now: datetime,
    first_gone: datetime,
    last_gone: datetime,
    gone_count: int,
    confirmation: Confirmation,
    rhythm: Rhythm,
    longest: float,
    spread: float,
) -> datetime:
    missing = max(first_gone + timedelta(seconds=confirmation.span_seconds) - last_gone, timedelta())
    step = missing / max(confirmation.count - gone_count, 1)
    if last_gone + step > now:
        return last_gone + step + step * rhythm.jitter * spread
    # The look was due and could not tell: ask again soon, then ever more rarely.
    return _routine_look(now, last_gone + step, rhythm, longest, spread)


def _return_look(now: datetime, confirmed_at: datetime, rhythm: Rhythm, spread: float) -> datetime:
    passed = (now - confirmed_at).total_seconds()
    before, after = next(((low, high) for low, high in pairwise((0, *rhythm.return_seconds)) if high > passed), (0, 0))
    if not after:
        last = rhythm.return_seconds[-1]
        before = last * (passed // last)
        after = before + last
    return confirmed_at + timedelta(seconds=after + (after - before) * rhythm.jitter * spread)
