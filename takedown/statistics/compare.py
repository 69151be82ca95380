"""Now against the period before of the same length. No database, no HTML."""

import math
from dataclasses import dataclass

from takedown.statistics.figures import SMALL, Interval, Removal, interval_text, share_text
from takedown.statistics.spread import Standing


@dataclass(frozen=True, slots=True)
class Change:
    """One number now and before, each with its 95 % interval in words, and what may be said about the difference."""

    name: str
    now: str
    before: str
    verdict: str


def changes(share: Standing, removal: Removal, share_before: Standing, removal_before: Removal) -> tuple[Change, Change]:
    """Share in time and median time to removal, of all requests of a period and of the one before."""
    in_time = Change("Met in time", _share(share), _share(share_before), _share_verdict(share, share_before))
    halves = (_half(removal), _half(removal_before))
    return in_time, Change("Half gone after", *halves, _half_verdict(removal, removal_before))


def _share(one: Standing) -> str:
    if not one.n:
        return "nothing decided or past due"
    return f"{one.n}, too few for a share" if one.few else f"{share_text(one.share)} of {one.n:,} (95 %: {share_text(one.reach)})"


def _share_verdict(one: Standing, other: Standing) -> str:
    if one.few or other.few:
        return f"too few to compare: fewer than {SMALL}"
    return _against(one.reach, other.reach, "higher than before", "lower than before")


def _half(removal: Removal) -> str:
    if removal.fit is None:
        return "no clock started"
    reach = removal.half_reach
    within = "not reached" if reach is None else interval_text(reach) if math.isfinite(reach[1]) else f"{interval_text((reach[0],) * 2)} on"
    return f"{interval_text(removal.fit.quantile(0.5))} of {removal.items:,} (95 %: {within})"


def _half_verdict(one: Removal, other: Removal) -> str:
    if min(one.items, other.items) < SMALL:
        return f"too few to compare: fewer than {SMALL}"
    never = (math.inf, math.inf)
    return _against(one.half_reach or never, other.half_reach or never, "later than before", "sooner than before")


def _against(now: Interval, before: Interval, more: str, less: str) -> str:
    """Intervals that have a value in common are no clear change."""
    if now[0] > before[1]:
        return more
    return less if now[1] < before[0] else "no clear change"
