"""Whether two groups go at different speed: log-rank tests."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from takedown.survival.arrays import Bools, Floats
from takedown.survival.exact import exact_times
from takedown.survival.turnbull import Brackets, Number, counted, spanned, turnbull


@dataclass(frozen=True, slots=True)
class Comparison:
    """`z` is standard normal where both groups go alike, and positive where the first goes sooner; 0 where nothing can be compared."""

    z: float

    @property
    def statistic(self) -> float:
        """Chi-squared with one degree of freedom."""
        return self.z**2

    @property
    def p(self) -> float:
        """Two-sided."""
        return math.erfc(abs(self.z) / math.sqrt(2))


def log_rank(durations: Sequence[float] | Floats, observed: Sequence[bool] | Bools, groups: Sequence[bool] | Bools) -> Comparison:
    """Log-rank test for exact, right-censored times (Mantel 1966, Peto and Peto 1972) with the hypergeometric variance.

    `groups` is True for items of the first group. Raises ValueError as `kaplan_meier` does.
    """
    time, seen = exact_times(durations, observed)
    first = members(groups, time.size)
    times, place = np.unique(time[seen], return_inverse=True)
    events = np.bincount(place, minlength=times.size)
    at_risk, first_at_risk = (some.size - np.searchsorted(np.sort(some), times) for some in (time, time[first]))
    share = first_at_risk / at_risk
    surplus = float(first[seen].sum() - events @ share)
    return _compared(surplus, float((events * share * (1 - share) * (at_risk - events) / np.maximum(at_risk - 1, 1)).sum()))


def score_test(brackets: Brackets, groups: Sequence[bool] | Bools, number: Number = None, *, tolerance: float = 1e-10) -> Comparison:
    """Log-rank test for brackets: scores of Sun (1996), variance under permutation (Fay and Shaw 2010).

    An item has the mean score of the times it may have gone at, by the pooled estimate; the score of a time is one minus the cumulative
    hazard up to it. `groups` is True for rows of the first group; see `turnbull` for the other arguments and for errors.
    """
    ends, count = counted(brackets, number)
    first = members(groups, len(ends))
    fit = turnbull(ends, count, tolerance=tolerance)
    still_up = np.cumsum(fit.mass[::-1])[::-1]
    of_cells = fit.mass * (1 - np.cumsum(fit.mass / still_up))
    start, stop = spanned(fit.left, fit.right, ends[:, 0], ends[:, 1])
    total, mass = (np.concatenate(([0.0], np.cumsum(values))) for values in (of_cells, fit.mass))
    score = (total[stop] - total[start]) / (mass[stop] - mass[start])
    n, size = fit.n, int(count[first].sum())
    score -= count @ score / n
    return _compared(float(count[first] @ score[first]), size * (n - size) / n / max(n - 1, 1) * float(count @ score**2))


def members(groups: Sequence[bool] | Bools, n: int) -> Bools:
    """Raises ValueError where `groups` does not say of each of `n` items whether it is in the first."""
    first = np.asarray(groups, dtype=np.bool_)
    if first.shape != (n,):
        raise ValueError("groups must say of each item whether it is in the first")
    return first


def _compared(surplus: float, variance: float) -> Comparison:
    return Comparison(surplus / math.sqrt(variance) if variance > 0 else 0.0)
