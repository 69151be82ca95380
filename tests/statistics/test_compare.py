"""Now against before, from rows written by hand. No database."""

import math

import pytest

from takedown.statistics.compare import changes
from takedown.statistics.figures import Removal, removal_of
from takedown.statistics.rows import BracketRow
from takedown.statistics.spread import Standing


def standing(met: int, breached: int, indeterminate: int = 0, unproven: int = 0) -> Standing:
    return Standing("", "All platforms", met, breached, indeterminate, unproven)


def gone(after: int, n: int, up: int = 0) -> Removal:
    """`n` items gone within the 10 s before `after`, and `up` seen up long after."""
    rows = [BracketRow(after - 10, after, False, "removed_by_platform", n), BracketRow(10_000, None, False, "", up)]
    return removal_of([row for row in rows if row.n], deadline=None, coarse=False)


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        (standing(80, 20), standing(50, 50), "higher than before"),
        (standing(50, 50), standing(80, 20), "lower than before"),
        (standing(60, 40), standing(55, 45), "no clear change"),
        (standing(50, 20, 15, 15), standing(50, 50), "no clear change"),  # all that is open may have been missed
        (standing(9, 0), standing(0, 100), "too few to compare: fewer than 10"),
        (standing(90, 10), standing(0, 0), "too few to compare: fewer than 10"),
    ],
)
def test_a_share_has_changed_only_where_the_intervals_are_apart(now: Standing, before: Standing, verdict: str) -> None:
    assert changes(now, gone(60, 10), before, gone(60, 10))[0].verdict == verdict


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        (gone(100, 50), gone(200, 50), "sooner than before"),
        (gone(200, 50), gone(100, 50), "later than before"),
        (gone(100, 50), gone(105, 50), "no clear change"),
        (gone(100, 50), gone(100, 20, up=80), "sooner than before"),
        (gone(100, 20, up=80), gone(100, 22, up=78), "no clear change"),
        (gone(100, 9), gone(200, 50), "too few to compare: fewer than 10"),
        (gone(100, 50), gone(100, 0), "too few to compare: fewer than 10"),
    ],
)
def test_a_median_has_changed_only_where_the_intervals_are_apart(now: Removal, before: Removal, verdict: str) -> None:
    assert changes(standing(1, 1), now, standing(1, 1), before)[1].verdict == verdict


def test_both_are_told_with_their_intervals() -> None:
    share, half = changes(standing(14, 4, 2), gone(3_600, 50), standing(0, 0), gone(3_600, 0))
    assert share.now == "70.0 % to 80.0 % of 20 (95 %: 48.1 % to 91.9 %)"
    assert changes(standing(5, 4), gone(60, 1), standing(1, 1), gone(60, 1))[0].now == "9, too few for a share"
    assert (share.before, half.before) == ("nothing decided or past due", "no clock started")
    assert half.now == "59 min 50 s to 1 h of 50 (95 %: 59 min 50 s to 1 h)"


def test_the_interval_of_the_median_may_be_open_or_missing() -> None:
    assert gone(100, 50, up=50).half_reach == (90, math.inf)
    assert gone(100, 10, up=90).half_reach is None
    assert gone(100, 90, up=10).half_reach == (90, 100)
    assert gone(100, 0).half_reach is None
    open_end = changes(standing(1, 1), gone(100, 52, up=48), standing(1, 1), gone(100, 10, up=90))[1]
    assert (open_end.now, open_end.before) == (
        "1 min 30 s to 1 min 40 s of 100 (95 %: 1 min 30 s on)",
        "not reached of 100 (95 %: not reached)",
    )
