"""By which cause content went: cumulative incidence, the causes competing. No database, no HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from platforms.base import Outcome
from takedown.statistics.figures import Interval, in_sentence, share_text, time_text
from takedown.statistics.rows import BracketRow
from takedown.survival import Floats, cumulative_incidence

CAUSES = {
    "platform_item": "The platform, the item",
    "platform_account": "The platform, the account",
    "user": "Its author or other users",
    "host": "Its host is gone",
    "unknown": "Cause unknown",
}
OUTCOMES = {
    "platform_item": (Outcome.REMOVED_BY_PLATFORM,),
    "platform_account": (Outcome.ACCOUNT_SUSPENDED,),
    "user": (Outcome.REMOVED_BY_USER, Outcome.REMOVED_BY_COMMUNITY, Outcome.ACCOUNT_GONE),
    "host": (Outcome.HOST_GONE,),
}
"""Every other outcome of content that is gone is of unknown cause."""
CAUSE_OF = {str(outcome): cause for cause, outcomes in OUTCOMES.items() for outcome in outcomes}
HORIZONS = (3_600, 86_400, 172_800, 604_800, 2_592_000)
"""Seconds at which the shares are given."""
Step = tuple[Floats, Floats]
"""Times, and the share gone from each of them on."""
_NEVER: Step = (np.empty(0), np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class Cause:
    """One cause, read twice: as if all content had gone at the right ends of its brackets, and as if at the left ends."""

    key: str
    requests: int
    """Confirmed gone by it."""
    late: Step
    early: Step

    @property
    def label(self) -> str:
        return CAUSES[self.key]

    def by(self, seconds: float) -> Interval:
        """Share gone by it after so many seconds, between the two readings."""
        readings = sorted((_at(self.late, seconds), _at(self.early, seconds)))
        return readings[0], readings[1]


@dataclass(frozen=True, slots=True, eq=False)
class Causes:
    causes: tuple[Cause, ...]
    items: int
    longest: float
    """Seconds to the last look that told of anything: no share is given after it."""

    @property
    def horizons(self) -> tuple[int, ...]:
        """Those of `HORIZONS` that were reached."""
        return tuple(seconds for seconds in HORIZONS if seconds <= self.longest)

    @property
    def finding(self) -> str:
        gone = sum(cause.requests for cause in self.causes)
        if not gone:
            return "Nothing is confirmed gone in this period."
        until = self.horizons[-1] if self.horizons else self.longest
        parts = [f"{share_text(cause.by(until))} by {in_sentence(cause.label)}" for cause in self.causes if cause.requests]
        return f"Gone within {time_text(until)}, by estimate: {'; '.join(parts)}."


def causes_of(rows: Sequence[BracketRow]) -> Causes:
    """Aalen and Johansen (1978) on both ends of the brackets; what was not confirmed gone is censored at the last look that found it up.

    The two readings do not bound the truth in every data set, as Turnbull's estimate would: moving a removal past the end of somebody
    else's observation changes the risk set. They show how much depends on the moment within the bracket.
    """
    causes = [None if row.first_gone is None else CAUSE_OF.get(row.outcome, "unknown") for row in rows]
    number = [row.n for row in rows]
    early = [float(row.last_up) for row in rows]
    late = [float(row.last_up if row.first_gone is None else row.first_gone) for row in rows]
    by_late, by_early = (cumulative_incidence(times, causes, number) for times in (late, early))
    totals = {key: sum(n for cause, n in zip(causes, number, strict=True) if cause == key) for key in CAUSES}
    found = tuple(Cause(key, totals[key], by_late.get(key, _NEVER), by_early.get(key, _NEVER)) for key in CAUSES)
    return Causes(found, sum(number), max(late, default=0.0))


def _at(step: Step, seconds: float) -> float:
    times, shares = step
    place = int(np.searchsorted(times, seconds, side="right"))
    return float(shares[place - 1]) if place else 0.0
