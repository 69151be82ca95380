"""Now against the period before of the same length. No database, no HTML."""

import math
from dataclasses import dataclass

import numpy as np

from takedown.statistics.figures import SMALL, TOLERANCE, Interval, Removal, interval_text, reach_text, share_text
from takedown.statistics.histogram import GRID
from takedown.statistics.spread import Standing
from takedown.survival import Floats, HazardRatio, hazard_ratio, score_test

CHANCE = 0.05
"""A difference is named where chance alone makes one as large less often than this, two-sided."""
LATER, SOONER, UNCLEAR = "later than before", "sooner than before", "no clear change"


@dataclass(frozen=True, slots=True)
class Change:
    """One number now and before, each with its 95 % interval in words, and what may be said about the difference."""

    name: str
    now: str
    before: str
    verdict: str


def changes(share: Standing, removal: Removal, share_before: Standing, removal_before: Removal) -> tuple[Change, Change]:
    """Share in time and time to removal, of all requests of a period and of the one before."""
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
    return f"{interval_text(removal.fit.quantile(0.5))} of {removal.items:,} (95 %: {reach_text(removal.half_reach)})"


def _half_verdict(now: Removal, before: Removal) -> str:
    """By the log-rank test for brackets, which weighs all removals and not the median alone: where the two disagree, nothing is named."""
    if min(now.items, before.items) < SMALL:
        return f"too few to compare: fewer than {SMALL}"
    ends, number = np.concatenate((now.ends, before.ends)), np.concatenate((now.number, before.number))
    # To the second against the grid, the finer brackets alone would make a difference.
    ends = outwards(ends) if now.coarse != before.coarse else ends
    first = np.arange(len(ends)) < len(now.ends)
    found = score_test(ends, first, number, tolerance=TOLERANCE)
    p = round(found.p, 3)
    chance = f"p = {p:.3f}" if p else "p < 0.001"
    if p >= CHANCE:
        return f"{UNCLEAR} ({chance})"
    half, half_before = (dict(one.quartiles)[50] or (math.inf, math.inf) for one in (now, before))
    medians = _against(half, half_before, LATER, SOONER)
    by_test = SOONER if found.z > 0 else LATER
    if medians not in (by_test, UNCLEAR):
        return f"{UNCLEAR}, the curves cross ({chance})"
    return f"{by_test} ({chance}){_times(hazard_ratio(ends, first, number), by_test)}"


def _times(rate: HazardRatio | None, verdict: str) -> str:
    """By how much; nothing where the interval does not bear the verdict out, as with few items or rates whose ratio changes with time."""
    if rate is None or (rate.interval[0] <= 1 if verdict == SOONER else rate.interval[1] >= 1):
        return ""
    low, high = rate.interval
    return f", at {rate.ratio:.2f} times the rate before (95 %: {low:.2f} to {high:.2f})"


def outwards(ends: Floats) -> Floats:
    """Brackets rounded outwards to the grid, as those of many requests are when they are counted; inf stays."""
    grid = np.array((*GRID, math.inf))
    left = grid[np.searchsorted(grid, ends[:, 0], side="right") - 1]
    return np.column_stack((left, grid[np.searchsorted(grid, ends[:, 1])]))


def _against(now: Interval, before: Interval, more: str, less: str) -> str:
    """Intervals that have a value in common are no clear change."""
    if now[0] > before[1]:
        return more
    return less if now[1] < before[0] else UNCLEAR
