"""The estimate for times of which only brackets are known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from takedown.survival.arrays import ROUNDING, Floats, Ints

DENSE_LIMIT = 1500
"""Support points up to which second derivatives are worth their memory (18 MB a matrix)."""
FEW = 250
"""Support points that are cheaper to fit all at once than to choose from; the grid of the statistics seldom leaves more."""
Brackets: TypeAlias = Sequence[tuple[float, float]] | Floats
Number: TypeAlias = Sequence[int] | Ints | None


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


def counted(brackets: Brackets, number: Number = None) -> tuple[Floats, Ints]:
    """As arrays: rows `(left, right]`, and how many items each stands for, else one. Raises ValueError where they are no such lists."""
    ends = np.asarray(brackets, dtype=np.float64)
    if ends.ndim != 2 or ends.shape[1] != 2 or not ends.size:
        raise ValueError("brackets must be a list of pairs, not empty")
    count = np.ones(len(ends), dtype=np.int64) if number is None else np.asarray(number, dtype=np.int64)
    if count.shape != (len(ends),) or count.min() < 1:
        raise ValueError("number must say of each bracket how many it stands for")
    return ends, count


def check(left: Floats, right: Floats) -> None:
    """Raises ValueError where these are no ends of brackets."""
    if not np.all(np.isfinite(left) & (left < right)):
        raise ValueError("every bracket needs a finite left end before its right end")


def turnbull(
    brackets: Brackets,
    number: Number = None,
    *,
    exact: bool = False,
    tolerance: float = 1e-10,
    max_iterations: int = 200,
) -> Turnbull:
    """Nonparametric maximum likelihood for interval-censored times (Turnbull 1976).

    `brackets`: rows `(left, right]` with a finite left; `right = inf` is right-censored. `number`: how many items each stands for, else
    one. With `exact`, `left == right = t` is an event at t and is read as `(t-, t]`, t- being the next smaller float; without it, it is
    an error.

    The maximum lies on the innermost intervals (a left end directly followed by a right end, right ends first at ties). Few of them
    carry mass, so the fit works on a growing set of candidates: fit the set, add the intervals where the gradient says the likelihood
    would rise most, drop the empty ones, until the gradient allows no more than `tolerance`. Where no such set is small (thousands of
    exact times, for which `kaplan_meier` is made) it falls back to Turnbull's own iteration. `max_iterations` limits both.

    Raises ValueError for an empty list, NaN, right ends before left ends, and numbers that are not of one length and positive.
    """
    ends, count = counted(brackets, number)
    left, right = ends[:, 0].copy(), ends[:, 1]
    if exact:
        left = np.where(left == right, np.nextafter(left, -np.inf), left)
    check(left, right)
    inner_left, inner_right = innermost(left, right)
    size = inner_left.size
    first, stop = spanned(inner_left, inner_right, left, right)
    pairs, place = np.unique(first * (size + 1) + stop, return_inverse=True)
    items = int(count.sum())
    data = _Spans(pairs // (size + 1), pairs % (size + 1), np.bincount(place, count) / items, size)
    mass, converged = _fit(data, tolerance, max_iterations)
    kept = mass > 0
    log_likelihood = items * float(data.weight @ np.log(data.probability(mass)))
    censored = int(count[np.isinf(right)].sum())
    return Turnbull(inner_left[kept], inner_right[kept], mass[kept], log_likelihood, converged, items, censored)


def bootstrap_quantile(
    brackets: Brackets, number: Number, share: float, *, resamples: int = 500, seed: int, tolerance: float = 1e-5
) -> tuple[float, float]:
    """95 % percentile interval of the time by which `share` is gone, the items being drawn anew (Efron 1979).

    From the lowest 2.5 % of the left ends of the quantile's interval to the highest 2.5 % of the right ends; inf where it is not reached.
    Equal seeds give equal ends, in whatever order the rows come. Each resample is a fit: see `turnbull` for arguments and errors.
    """
    ends, count = counted(brackets, number)
    ends, place = np.unique(ends, axis=0, return_inverse=True)
    items = int(count.sum())
    chance = np.bincount(place.reshape(-1), count) / items
    found = []
    for drawn in np.random.default_rng(seed).multinomial(items, chance, size=resamples):
        kept = drawn > 0
        found.append(turnbull(ends[kept], drawn[kept], tolerance=tolerance).quantile(share) or (math.inf, math.inf))
    lefts, rights = np.sort(found, axis=0).T
    outside = int(0.025 * resamples)
    return float(lefts[outside]), float(rights[-1 - outside])


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
        """Negative second derivatives."""
        return pairs_inside(self.first, self.stop, self.weight / self.probability(mass) ** 2, self.size)

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


def innermost(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Ends of the cells that mass can lie in, in order: a left end directly followed by a right end."""
    lefts, rights = np.unique(left), np.unique(right)
    ends = np.concatenate((rights, lefts))
    is_left = np.repeat((False, True), (rights.size, lefts.size))
    # A stable sort keeps right ends before left ends at ties: (0, 1] and (1, 2] share no instant.
    order = np.argsort(ends, kind="stable")
    ends, is_left = ends[order], is_left[order]
    at = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    return ends[at], ends[at + 1]


def spanned(inner_left: Floats, inner_right: Floats, left: Floats, right: Floats) -> tuple[Ints, Ints]:
    """The cells inside each bracket, as half-open ranges `[first, stop)`."""
    return np.searchsorted(inner_left, left, side="left"), np.searchsorted(inner_right, right, side="right")


def pairs_inside(first: Ints, stop: Ints, weight: Floats, size: int) -> Floats:
    """A symmetric matrix of `size` cells: the range `[first, stop)` adds its weight to every pair of cells inside it, by two cumulative
    sums."""
    corner = np.bincount(first * size + stop - 1, weight, size**2)
    inside = np.cumsum(np.cumsum(corner.reshape(size, size), axis=0)[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(np.triu(inside) + np.triu(inside, 1).T)


def _fit(data: _Spans, tolerance: float, max_iterations: int) -> tuple[Floats, bool]:
    cells, gap, mass = data.stabbing(), 1.0, np.full(data.size, 1 / data.size)
    if data.size <= FEW:
        cells, gap = np.arange(data.size), 0.0
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
        # Measured: with a tenth and 0.95, which are safe for any problem, these take twice as many steps.
        target = complementarity / 100
        step = np.linalg.solve(matrix, target / mass - descent)
        slack_step = (target - slack * step) / mass - slack
        length = min(1.0, 0.99 / max(float((-step / mass).max()), float((-slack_step / slack).max()), 1e-300))
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
