"""How many times faster one group goes than another, where only brackets are known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from takedown.survival.arrays import Z95, Bools, Floats, Ints
from takedown.survival.groups import members
from takedown.survival.turnbull import Brackets, Number, check, counted, innermost, pairs_inside, spanned

STEEPEST = 8.0
"""Coefficients as large (a ratio of 3,000) are none: all of one group went before any of the other."""
LEAST, MOST = -30.0, 5.0
"""Logarithms of what the cumulative hazard grows by in one cell: e^-30 is nothing, after e^5 nothing is left."""
PRECISION = {"ftol": 1e-13, "gtol": 1e-7, "maxiter": 2_000, "maxfun": 4_000, "maxcor": 30}
"""Of the mean log-likelihood."""
EMPTY = 1e-6
"""Steps of the cumulative hazard below it are none."""
LEAST_SHARE = 1e-200
"""What may go in a bracket at the least, so that steps in a hopeless direction stay numbers."""


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
    check(ends[:, 0], ends[:, 1])
    first = members(groups, len(ends))
    model = _Model.of(ends, first, count)
    if model.cells < 2 or first.all() or not first.any() or np.isinf(ends[:, 1]).all():
        return None
    best = model.fit()
    curvature = model.curvature(best)
    if abs(best[0]) > STEEPEST / 2 or curvature * STEEPEST**2 < 1:
        return None
    return HazardRatio(float(best[0]), 1 / math.sqrt(curvature))


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """Distinct brackets as half-open ranges of cells `[first, stop)`, by group.

    Its parameters: the coefficient, then the logarithm of what the cumulative hazard of the second group grows by in each cell but the
    last, in which the rest goes.
    """

    first: Ints
    stop: Ints
    group: Ints
    """1 in the first group, 0 in the second."""
    count: Ints
    cells: int

    @classmethod
    def of(cls, ends: Floats, first_group: Bools, count: Ints) -> Self:
        left, right = innermost(ends[:, 0], ends[:, 1])
        kinds = np.column_stack((*spanned(left, right, ends[:, 0], ends[:, 1]), first_group)).astype(np.int64)
        rows, place = np.unique(kinds, axis=0, return_inverse=True)
        return cls(rows[:, 0], rows[:, 1], rows[:, 2], np.bincount(place.reshape(-1), count).astype(np.int64), left.size)

    def fit(self) -> Floats:
        """The parameters of most likelihood."""
        from scipy.optimize import minimize  # only here: 30 MB and a quarter of a second, which no other page needs

        # To begin with, as much goes in each cell.
        still_up = 1 - np.arange(self.cells) / self.cells
        start = np.concatenate(([0.0], np.log(np.log(still_up[:-1] / still_up[1:]))))
        bounds = [(-STEEPEST, STEEPEST), *[(LEAST, MOST)] * (self.cells - 1)]
        best: Any = minimize(self.loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=PRECISION)
        return np.asarray(best.x)

    def loss(self, parameters: Floats) -> tuple[float, Floats]:
        """Minus the mean log-likelihood, and its derivatives."""
        steps, before, rate, grown = self._hazards(parameters)
        share = np.maximum(-np.expm1(-grown), LEAST_SHARE)
        begun = self.count * rate / share
        ended = begun * np.exp(-grown)
        value = self.count @ (before * rate - np.log(share))
        at_steps = np.bincount(self.first, begun, self.cells + 1) - np.bincount(self.stop, ended, self.cells + 1)
        onwards = np.cumsum(at_steps[::-1])[::-1]
        growth = np.where(np.isfinite(grown), grown, 0.0)
        by_coefficient = self.group @ (self.count * before * rate - self.count * growth * np.exp(-grown) / share)
        total = self.count.sum()
        return float(value / total), np.concatenate(([by_coefficient], steps * onwards[1 : self.cells])) / total

    def curvature(self, parameters: Floats) -> float:
        """Minus the second derivative by the coefficient, the baseline being fitted anew to each: that of the profile likelihood."""
        steps, before, rate, grown = self._hazards(parameters)
        odds = np.where(np.isfinite(grown), 1 / np.maximum(np.expm1(grown), LEAST_SHARE), 0.0)
        growth = np.where(np.isfinite(grown), grown, 0.0)
        bend = odds * (1 + odds)
        own = self.group * self.count
        straight = own @ (before * rate - growth * odds + growth**2 * bend)
        # By the coefficient and a step: one before the bracket, or in it.
        onwards = np.cumsum(np.bincount(self.first, own * rate, self.cells + 1)[::-1])[::-1][1:]
        inside = own * rate * (odds - growth * bend)
        mixed = np.cumsum(np.bincount(self.first, inside, self.cells + 1) - np.bincount(self.stop, inside, self.cells + 1))[:-1] - onwards
        both = pairs_inside(self.first, self.stop, self.count * rate**2 * bend, self.cells)
        # What is empty stays so: its step is no parameter.
        used = np.flatnonzero(steps > EMPTY)
        moved = np.linalg.lstsq(both[np.ix_(used, used)], mixed[used], rcond=None)[0]
        return float(straight - mixed[used] @ moved)

    def _hazards(self, parameters: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Steps of the baseline; by row the baseline before it, the rate, and what its own hazard grows by: inf into the last cell."""
        steps, rate = np.exp(parameters[1:]), np.exp(parameters[0] * self.group)
        hazard = np.concatenate(([0.0], np.cumsum(steps), [np.inf]))
        return steps, hazard[self.first], rate, (hazard[self.stop] - hazard[self.first]) * rate
