"""How many times faster one group goes than another, where only brackets are known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from takedown.survival.arrays import Z95, Bools, Floats, Ints
from takedown.survival.groups import members
from takedown.survival.turnbull import Brackets, Number, counted, innermost

STEEPEST = 8.0
"""Coefficients as large (a ratio of 3,000) are none: all of one group went before any of the other."""
LEAST, MOST = -30.0, 5.0
"""Logarithms of what the cumulative hazard grows by in one cell: e^-30 is nothing, after e^5 nothing is left."""
PRECISION = {"ftol": 1e-11, "gtol": 1e-6, "maxiter": 20_000, "maxfun": 40_000, "maxcor": 30}


@dataclass(frozen=True, slots=True)
class HazardRatio:
    """The rate at which the first group goes, held against that of the second, if their ratio is the same at all times (Cox 1972)."""

    coefficient: float
    """Natural logarithm of the ratio."""
    error: float
    """Standard error of the coefficient."""

    @property
    def ratio(self) -> float:
        return math.exp(self.coefficient)

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, normal in the coefficient."""
        return math.exp(self.coefficient - Z95 * self.error), math.exp(self.coefficient + Z95 * self.error)


def hazard_ratio(brackets: Brackets, groups: Sequence[bool] | Bools, number: Number = None) -> HazardRatio | None:
    """Proportional hazards for brackets over any baseline by maximum likelihood (Finkelstein 1986), the error from the curvature of the
    profile likelihood (Murphy and van der Vaart 2000). None where the likelihood has no maximum, or no curvature.

    `groups` is True for rows of the first group; see `turnbull` for the other arguments and for errors.
    """
    ends, count = counted(brackets, number)
    model = _Model.of(ends, members(groups, len(ends)), count)
    gone = int(count @ np.isfinite(ends[:, 1]))
    if model.cells < 2 or not gone:
        return None
    coefficient, baseline, loss = model.fit(model.spread_evenly(), -STEEPEST, STEEPEST)
    # Far enough to each side for the rise to stand out of rounding, near enough for a parabola.
    step = 2 / math.sqrt(gone)
    rise = sum(model.fit(baseline, at, at)[2] - loss for at in (coefficient - step, coefficient + step))
    if abs(coefficient) > STEEPEST / 2 or rise < 1e-3:
        return None
    return HazardRatio(coefficient, step / math.sqrt(rise))


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """Distinct brackets as half-open ranges of cells `[first, stop)`, by group. What is left in the last cell goes in it."""

    first: Ints
    stop: Ints
    group: Ints
    """1 in the first group, 0 in the second."""
    count: Ints
    cells: int

    @classmethod
    def of(cls, ends: Floats, first_group: Bools, count: Ints) -> Self:
        left, right = innermost(ends[:, 0], ends[:, 1])
        first, stop = np.searchsorted(left, ends[:, 0], side="left"), np.searchsorted(right, ends[:, 1], side="right")
        kinds = np.column_stack((first, stop, first_group)).astype(np.int64)
        rows, place = np.unique(kinds, axis=0, return_inverse=True)
        return cls(rows[:, 0], rows[:, 1], rows[:, 2], np.bincount(place.reshape(-1), count).astype(np.int64), left.size)

    def spread_evenly(self) -> Floats:
        """A baseline to begin with: as much goes in each cell."""
        still_up = 1 - np.arange(self.cells) / self.cells
        return np.log(np.log(still_up[:-1] / still_up[1:]))

    def fit(self, baseline: Floats, lowest: float, highest: float) -> tuple[float, Floats, float]:
        """The best coefficient between these two, its baseline, and minus its log-likelihood."""
        from scipy.optimize import minimize  # only here: 30 MB and a quarter of a second, which no other page needs

        start = np.concatenate(([(lowest + highest) / 2], baseline))
        bounds = [(lowest, highest), *[(LEAST, MOST)] * baseline.size]
        found: Any = minimize(self.loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=PRECISION)
        return float(found.x[0]), found.x[1:], float(found.fun * self.count.sum())

    def loss(self, parameters: Floats) -> tuple[float, Floats]:
        """Minus the mean log-likelihood, and its derivatives by the coefficient and by the logarithm of each step of the baseline."""
        steps, rate = np.exp(parameters[1:]), np.exp(parameters[0] * self.group)
        hazard = np.concatenate(([0.0], np.cumsum(steps), [0.0]))
        # The last cell takes the rest: after it the hazard is infinite, and whatever is multiplied by what is left then is 0.
        ends = self.stop < self.cells
        grown = np.where(ends, (hazard[self.stop] - hazard[self.first]) * rate, np.inf)
        share = np.maximum(-np.expm1(-grown), np.finfo(np.float64).tiny)
        begun = self.count * rate / share
        ended = begun * np.exp(-grown)
        value = self.count @ (hazard[self.first] * rate - np.log(share))
        at_steps = np.bincount(self.first, begun, self.cells + 1) - np.bincount(self.stop, ended, self.cells + 1)
        onwards = np.cumsum(at_steps[::-1])[::-1]
        by_coefficient = self.group @ (begun * hazard[self.first] - ended * hazard[self.stop])
        total = self.count.sum()
        return float(value / total), np.concatenate(([by_coefficient], steps * onwards[1 : self.cells])) / total
