"""Times that are known exactly, or right-censored."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from takedown.survival.arrays import ROUNDING, Z95, Bools, Floats, Ints


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


def exact_times(durations: Sequence[float] | Floats, observed: Sequence[bool] | Bools) -> tuple[Floats, Bools]:
    """As arrays. Raises ValueError for lengths that differ and for durations that are negative or not finite."""
    time, seen = np.asarray(durations, dtype=np.float64), np.asarray(observed, dtype=np.bool_)
    if time.shape != seen.shape or time.ndim != 1:
        raise ValueError("durations and observed must be two lists of one length")
    if not np.all(np.isfinite(time) & (time >= 0)):
        raise ValueError("durations must be finite and not negative")
    return time, seen


def kaplan_meier(durations: Sequence[float] | Floats, observed: Sequence[bool] | Bools) -> KaplanMeier:
    """Kaplan and Meier (1958) for exact times. `observed` is False for right-censored ones; at ties events come before censorings.

    Raises ValueError for lengths that differ and for durations that are negative or not finite.
    """
    time, seen = exact_times(durations, observed)
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
