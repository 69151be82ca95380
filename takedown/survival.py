"""Time to removal when only brackets are known. Pure: NumPy arrays in, small frozen values out.

A removal is never seen, only bracketed in `(left, right]` by two looks; what is still up has `right = inf`. Means over removed items
leave out the survivors and are not offered. Times are in any one unit, counted from the start of the clock.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Z95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""
ROUNDING = 1e-7
"""Below this a probability counts as reached, so that 0.1 + 0.2 + 0.2 is a half."""
EXACT_LIMIT = 2000
"""Of a binomial count: beyond it one more or less is no visible difference."""
DENSE_LIMIT = 1500
"""Support points up to which second derivatives are worth their memory (18 MB a matrix)."""


def wilson(successes: float, n: float, *, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a proportion (Wilson 1927); (0, 1) where n is 0. Raises ValueError unless 0 <= successes <= n."""
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no proportion")
    if n == 0:
        return 0.0, 1.0
    share, spread = successes / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(middle - half, 0.0) if successes else 0.0, min(middle + half, 1.0) if successes < n else 1.0


def binomial_limits(share: float, n: int, tail: float) -> tuple[float, float]:
    """Shares of `n` below and above which a binomial count with this probability falls with at most `tail` on each side.

    Exact up to `EXACT_LIMIT`, where counts are few, and interpolated between them (Spiegelhalter 2005, appendix A.1.1); the normal
    approximation beyond. Raises ValueError unless 0 <= share <= 1, n > 0 and 0 < tail < 0.5.
    """
    if not (0 <= share <= 1 and n > 0 and 0 < tail < 0.5):
        raise ValueError(f"No limits for {share} of {n} with {tail} outside")
    if share in (0, 1):
        return share, share
    if n > EXACT_LIMIT:
        half = NormalDist().inv_cdf(1 - tail) * math.sqrt(share * (1 - share) / n)
        return max(share - half, 0.0), min(share + half, 1.0)
    return _lower_limit(share, n, tail), 1 - _lower_limit(1 - share, n, tail)


def _lower_limit(share: float, n: int, tail: float) -> float:
    log_factorial = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, n + 1)))))
    count = np.arange(n + 1)
    ways = log_factorial[n] - log_factorial - log_factorial[::-1]
    reached = np.cumsum(np.exp(ways + count * math.log(share) + count[::-1] * math.log1p(-share)))
    least = int(np.searchsorted(reached, tail))
    before = float(reached[least - 1]) if least else 0.0
    return float(max((least - (reached[least] - tail) / (reached[least] - before)) / n, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class KaplanMeier:
    """Product-limit estimate at the distinct event times; every array has that length. Before the first time survival is 1."""

    times: Floats
    survival: Floats
    standard_error: Floats
    """Greenwood; 0 where survival is 0, for which it is not defined."""
    lower: Floats
    upper: Floats
    """95 % on the log-log scale. Where survival is 0: from 0 to the upper limit of the time before."""
    at_risk: Ints
    events: Ints

    @property
    def median(self) -> float | None:
        """Smallest time with survival of a half or less; None where it is not reached."""
        return self._reaches_half(self.survival)

    @property
    def median_interval(self) -> tuple[float | None, float | None]:
        """Brookmeyer and Crowley (1982) on the log-log band; None for an end that is not reached."""
        return self._reaches_half(self.lower), self._reaches_half(self.upper)

    def _reaches_half(self, curve: Floats) -> float | None:
        reached = np.flatnonzero(curve <= 0.5 + ROUNDING)
        return float(self.times[reached[0]]) if reached.size else None


def kaplan_meier(durations: Sequence[float] | Floats, observed: Sequence[bool] | NDArray[np.bool_]) -> KaplanMeier:
    """Kaplan and Meier (1958) for exact times. `observed` is False for right-censored ones; at ties events come before censorings.

    Raises ValueError for lengths that differ and for durations that are negative or not finite.
    """
    time, seen = np.asarray(durations, dtype=np.float64), np.asarray(observed, dtype=np.bool_)
    if time.shape != seen.shape or time.ndim != 1:
        raise ValueError("durations and observed must be two lists of one length")
    if not np.all(np.isfinite(time) & (time >= 0)):
        raise ValueError("durations must be finite and not negative")
    times, events = np.unique(time[seen], return_counts=True)
    at_risk = time.size - np.searchsorted(np.sort(time), times, side="left")
    survival = np.cumprod(1 - events / at_risk)
    left = survival > 0
    greenwood = np.cumsum(events[left] / (at_risk[left] * (at_risk[left] - events[left])))
    error = np.zeros_like(survival)
    error[left] = survival[left] * np.sqrt(greenwood)
    log_survival = np.log(survival[left])
    reach = np.exp(Z95 * np.sqrt(greenwood) / -log_survival)
    lower, upper = np.zeros_like(survival), np.ones_like(survival)
    lower[left], upper[left] = np.exp(log_survival * reach), np.exp(log_survival / reach)
    if times.size and not left[-1]:
        upper[-1] = upper[-2] if times.size > 1 else 1.0
    return KaplanMeier(times, survival.astype(np.float64), error, lower, upper, at_risk.astype(np.int64), events.astype(np.int64))


def cumulative_incidence(
    durations: Sequence[float] | Floats, causes: Sequence[Hashable | None], number: Sequence[int] | Ints | None = None
) -> dict[Hashable, tuple[Floats, Floats]]:
    """Aalen and Johansen (1978): share gone by each cause by each time, the other causes competing. Cause None is right-censored.

    `number`: how many items each entry stands for, else one. Gives (times, values) per cause, at the distinct times at which anything
    happened; before the first the value is 0. Raises ValueError for lengths that differ and for durations that are no times.
    """
    time = np.asarray(durations, dtype=np.float64)
    count = np.ones(time.shape, dtype=np.int64) if number is None else np.asarray(number, dtype=np.int64)
    if time.ndim != 1 or time.shape != count.shape or time.size != len(causes):
        raise ValueError("durations, causes and number must be lists of one length")
    if not np.all(np.isfinite(time) & (time >= 0)):
        raise ValueError("durations must be finite and not negative")
    gone = np.array([cause is not None for cause in causes], dtype=np.bool_)
    times, place = np.unique(time, return_inverse=True)
    at_risk = np.cumsum(np.bincount(place, count, times.size)[::-1])[::-1]
    up_after = np.cumprod(1 - np.bincount(place, count * gone, times.size) / at_risk)
    hazard = np.concatenate(([1.0], up_after[:-1])) / at_risk if times.size else up_after
    happened = np.isin(times, time[gone])
    incidences: dict[Hashable, tuple[Floats, Floats]] = {}
    for cause in sorted({cause for cause in causes if cause is not None}, key=str):
        mine = np.array([other == cause for other in causes], dtype=np.bool_)
        incidences[cause] = times[happened], np.cumsum(hazard * np.bincount(place, count * mine, times.size))[happened]
    return incidences


@dataclass(frozen=True, slots=True, eq=False)
class Turnbull:
    """Mass on innermost intervals `(left, right]`, in order. Inside one of them the curve is not determined: draw a box."""

    left: Floats
    right: Floats
    mass: Floats
    log_likelihood: float
    converged: bool
    """The log-likelihood per bracket is within `tolerance` of its maximum."""
    n: int
    censored: int
    """Brackets without an end: still up."""

    def survival_at(self, time: float) -> tuple[float, float]:
        """Lowest and highest share still up just after `time` that the estimate allows; equal outside the innermost intervals."""
        low = float(self.mass[self.left >= time].sum())
        return min(low, 1.0), min(float(self.mass[self.right > time].sum()), 1.0)

    def quantile(self, share: float) -> tuple[float, float] | None:
        """Interval that holds the time by which `share` is gone; None where it is not reached while anyone looked."""
        at = int(np.searchsorted(np.cumsum(self.mass), share - ROUNDING))
        if at >= self.mass.size or math.isinf(self.right[at]):
            return None
        return float(self.left[at]), float(self.right[at])


def turnbull(
    brackets: Sequence[tuple[float, float]] | Floats, *, exact: bool = False, tolerance: float = 1e-10, max_iterations: int = 200
) -> Turnbull:
    """Nonparametric maximum likelihood for interval-censored times (Turnbull 1976).

    `brackets`: rows `(left, right]` with a finite left; `right = inf` is right-censored. With `exact`, `left == right = t` is an event
    at t and is read as `(t-, t]`, t- being the next smaller float; without it, it is an error.

    The maximum lies on the innermost intervals (a left end directly followed by a right end, right ends first at ties). Few of them
    carry mass, so the fit works on a growing set of candidates: fit the set, add the intervals where the gradient says the likelihood
    would rise most, drop the empty ones, until the gradient allows no more than `tolerance`. Where no such set is small (thousands of
    exact times, for which `kaplan_meier` is made) it falls back to Turnbull's own iteration. `max_iterations` limits both.

    Raises ValueError for an empty list, NaN, and right ends before left ends.
    """
    ends = np.asarray(brackets, dtype=np.float64)
    if ends.ndim != 2 or ends.shape[1] != 2 or not ends.size:
        raise ValueError("brackets must be a list of pairs, not empty")
    left, right = ends[:, 0].copy(), ends[:, 1]
    if exact:
        left = np.where(left == right, np.nextafter(left, -np.inf), left)
    if not np.all(np.isfinite(left) & (left < right)):
        raise ValueError("every bracket needs a finite left end before its right end")
    inner_left, inner_right = _innermost(left, right)
    size = inner_left.size
    first = np.searchsorted(inner_left, left, side="left")
    stop = np.searchsorted(inner_right, right, side="right")
    pairs, weight = np.unique(first * (size + 1) + stop, return_counts=True)
    data = _Spans(pairs // (size + 1), pairs % (size + 1), (weight / len(ends)).astype(np.float64), size)
    mass, converged = _fit(data, tolerance, max_iterations)
    kept = mass > 0
    log_likelihood = len(ends) * float(data.weight @ np.log(data.probability(mass)))
    return Turnbull(inner_left[kept], inner_right[kept], mass[kept], log_likelihood, converged, len(ends), int(np.isinf(right).sum()))


@dataclass(frozen=True, slots=True, eq=False)
class _Spans:
    """Distinct brackets as half-open ranges of cells `[first, stop)`, with their share of all brackets."""

    first: Ints
    stop: Ints
    weight: Floats
    size: int

    def probability(self, mass: Floats) -> Floats:
        total = np.concatenate(([0.0], np.cumsum(mass)))
        return np.asarray(total[self.stop] - total[self.first])

    def gradient(self, mass: Floats) -> Floats:
        """Derivative of the mean log-likelihood by the mass of each cell: 1 where there is mass at the maximum, at most 1 elsewhere."""
        pull = self.weight / self.probability(mass)
        steps = np.bincount(self.first, pull, self.size + 1) - np.bincount(self.stop, pull, self.size + 1)
        return np.cumsum(steps)[: self.size]

    def curvature(self, mass: Floats) -> Floats:
        """Negative second derivatives. The bracket [i, j] adds to every pair of cells inside it: two cumulative sums."""
        corner = np.bincount(self.first * self.size + self.stop - 1, self.weight / self.probability(mass) ** 2, self.size**2)
        inside = np.cumsum(np.cumsum(corner.reshape(self.size, self.size), axis=0)[:, ::-1], axis=1)[:, ::-1]
        return np.asarray(np.triu(inside) + np.triu(inside, 1).T)

    def on(self, cells: Ints) -> "_Spans":
        """The same brackets where only these cells may carry mass."""
        before = np.concatenate(([0], np.cumsum(np.bincount(cells, minlength=self.size))))
        width = cells.size + 1
        weight = np.bincount(before[self.first] * width + before[self.stop], self.weight, width**2).astype(np.float64)
        pairs = np.flatnonzero(weight)
        return _Spans(pairs // width, pairs % width, weight[pairs], cells.size)

    def stabbing(self) -> Ints:
        """Fewest cells of which every bracket contains at least one."""
        nearest = np.full(self.size + 1, self.size + 1)
        np.minimum.at(nearest, self.first, self.stop)
        nearest = np.minimum.accumulate(nearest[::-1])[::-1]
        cells, at = [], 0
        while nearest[at] <= self.size:
            at = nearest[at]
            cells.append(at - 1)
        return np.array(cells, dtype=np.int64)


def _innermost(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    lefts, rights = np.unique(left), np.unique(right)
    ends = np.concatenate((rights, lefts))
    is_left = np.repeat((False, True), (rights.size, lefts.size))
    # A stable sort keeps right ends before left ends at ties: (0, 1] and (1, 2] share no instant.
    order = np.argsort(ends, kind="stable")
    ends, is_left = ends[order], is_left[order]
    at = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    return ends[at], ends[at + 1]


def _fit(data: _Spans, tolerance: float, max_iterations: int) -> tuple[Floats, bool]:
    cells, gap, mass = data.stabbing(), 1.0, np.full(data.size, 1 / data.size)
    for _ in range(max_iterations):
        if cells.size > DENSE_LIMIT:
            return _self_consistent(data, tolerance, max_iterations)
        mass = np.zeros(data.size)
        precision = max(tolerance / 10, gap / 100 / cells.size)
        mass[cells] = _interior_point(data.on(cells), precision)
        gradient = data.gradient(mass)
        gap = float(gradient.max()) - 1
        if gap <= tolerance:
            return _without_dust(data, mass), True
        cells = cells[mass[cells] > 1e-7 / cells.size]
        edges = np.concatenate(([0], cells, [data.size]))
        steepest = [low + int(np.argmax(gradient[low:high])) for low, high in pairwise(edges.tolist()) if high > low]
        grown = np.union1d(cells, [cell for cell in steepest if gradient[cell] > 1 + tolerance]).astype(np.int64)
        if precision == tolerance / 10 and np.array_equal(grown, np.flatnonzero(mass)):
            break  # The same set again: what is missing is lost in rounding.
        cells = grown
    return _without_dust(data, mass), False


def _interior_point(data: _Spans, tolerance: float) -> Floats:
    """Maximise the mean log-likelihood over masses >= 0 by primal-dual Newton steps; `slack` is the price of each bound."""
    mass, slack = np.full(data.size, 1 / data.size), np.ones(data.size)
    for _ in range(100):
        descent = 1 - data.gradient(mass)
        complementarity = float(mass @ slack) / data.size
        if max(complementarity, -descent.min(), np.abs(mass * descent).sum()) <= tolerance:
            break
        matrix = data.curvature(mass)
        matrix[np.diag_indices(data.size)] += slack / mass
        target = complementarity / 10
        step = np.linalg.solve(matrix, target / mass - descent)
        slack_step = (target - slack * step) / mass - slack
        length = min(1.0, 0.95 / max(float((-step / mass).max()), float((-slack_step / slack).max()), 1e-300))
        mass, slack = mass + length * step, slack + length * slack_step
    return np.asarray(mass / mass.sum())


def _self_consistent(data: _Spans, tolerance: float, max_iterations: int) -> tuple[Floats, bool]:
    mass = np.full(data.size, 1 / data.size)
    for _ in range(max_iterations):
        gradient = data.gradient(mass)
        if gradient.max() - 1 <= tolerance:
            return mass, True
        mass = mass * gradient
    return mass, False


def _without_dust(data: _Spans, mass: Floats) -> Floats:
    """Drop what the barrier left on empty cells, unless a bracket has nothing else."""
    kept = np.where(mass > 1e-7 / data.size, mass, 0.0)
    return kept / kept.sum() if data.probability(kept).min() > 0 else mass
