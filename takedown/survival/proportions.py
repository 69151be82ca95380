"""Shares of a number, and how far chance alone moves them."""

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from takedown.survival.arrays import Z95

EXACT_LIMIT = 2000
"""Of a binomial count: beyond it one more or less is no visible difference."""


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


@lru_cache(maxsize=4096)  # a funnel asks for the same limits at each of its sizes
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
