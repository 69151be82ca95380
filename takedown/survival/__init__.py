"""Time to removal when only brackets are known. Pure: NumPy arrays in, small frozen values out.

A removal is never seen, only bracketed in `(left, right]` by two looks; what is still up has `right = inf`. Means over removed items
leave out the survivors and are not offered. Times are in any one unit, counted from the start of the clock.
"""

from takedown.survival.arrays import Bools, Floats, Ints
from takedown.survival.exact import KaplanMeier, cumulative_incidence, kaplan_meier
from takedown.survival.groups import Comparison, log_rank, score_test
from takedown.survival.hazards import HazardRatio, hazard_ratio
from takedown.survival.proportions import EXACT_LIMIT, binomial_limits, wilson
from takedown.survival.turnbull import Turnbull, bootstrap_quantile, turnbull

__all__ = [
    "EXACT_LIMIT",
    "Bools",
    "Comparison",
    "Floats",
    "HazardRatio",
    "Ints",
    "KaplanMeier",
    "Turnbull",
    "binomial_limits",
    "bootstrap_quantile",
    "cumulative_incidence",
    "hazard_ratio",
    "kaplan_meier",
    "log_rank",
    "score_test",
    "turnbull",
    "wilson",
]
