"""Now against before, from rows written by hand. No database."""

import math
from bisect import bisect_left, bisect_right

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedown.statistics.compare import changes, outwards
from takedown.statistics.figures import Removal, removal_of
from takedown.statistics.histogram import GRID
from takedown.statistics.spread import Standing
from tests.statistics.rows import bracket


def standing(met: int, breached: int, indeterminate: int = 0, unproven: int = 0) -> Standing:
    return Standing("", "All platforms", met, breached, indeterminate, unproven)


def gone(after: int, n: int, up: int = 0) -> Removal:
    """`n` items gone within the 10 s before `after`, and `up` seen up long after."""
    rows = [bracket(after - 10, after, False, "removed_by_platform", n), bracket(10_000, None, False, "", up)]
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


def removal(*rows: tuple[int, int | None, int], coarse: bool = False) -> Removal:
    """Of `(last up, first gone, items)`."""
    found = [bracket(up, gone_at, False, "removed_by_platform" if gone_at else "", n) for up, gone_at, n in rows]
    return removal_of(found, deadline=None, coarse=coarse)


def verdict(now: Removal, before: Removal) -> str:
    """Without the ratio of the rates."""
    return changes(standing(1, 1), now, standing(1, 1), before)[1].verdict.split(", at ")[0]


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (gone(100, 50), gone(200, 50), "sooner than before (p < 0.001)"),
        (gone(200, 50), gone(100, 50), "later than before (p < 0.001)"),
        (gone(100, 50), gone(105, 50), "no clear change (p = 1.000)"),  # all may have gone in the five seconds they share
        (gone(100, 50), gone(100, 20, up=80), "sooner than before (p < 0.001)"),
        (gone(100, 20, up=80), gone(100, 50), "later than before (p < 0.001)"),
        (gone(100, 20, up=80), gone(100, 22, up=78), "no clear change (p = 0.729)"),
        (gone(100, 9), gone(200, 50), "too few to compare: fewer than 10"),
        (gone(100, 50), gone(100, 0), "too few to compare: fewer than 10"),
        # At one time only, z² is 19 times the squared correlation of a table of 20: 19 / 4 and 19 * 3 / 17.
        (gone(100, 10), removal((90, 100, 6), (190, 200, 4)), "sooner than before (p = 0.029)"),
        (gone(100, 10), removal((90, 100, 7), (190, 200, 3)), "no clear change (p = 0.067)"),
        # Half goes sooner, and yet what is left stays far longer.
        (removal((0, 10, 52), (990, None, 48)), removal((20, 30, 80), (30, 40, 20)), "no clear change, the curves cross (p = 0.003)"),
    ],
)
def test_times_have_changed_where_chance_alone_seldom_makes_such_a_difference(now: Removal, before: Removal, expected: str) -> None:
    assert verdict(now, before) == expected


def test_how_much_sooner_is_a_ratio_with_its_interval() -> None:
    def told(now: Removal, before: Removal) -> str:
        return changes(standing(1, 1), now, standing(1, 1), before)[1].verdict

    # One look: 50 and 20 of 100 went, so the ratio is log 0.5 / log 0.8, and its logarithm has this error by the delta method.
    now, before = removal((0, 60, 50), (60, None, 50)), removal((0, 60, 20), (60, None, 80))
    ratio = math.log(0.5) / math.log(0.8)
    reach = 1.96 * math.sqrt(0.5 / 50 / math.log(0.5) ** 2 + 0.2 / 80 / math.log(0.8) ** 2)
    expected = f"at {ratio:.2f} times the rate before (95 %: {ratio / math.exp(reach):.2f} to {ratio * math.exp(reach):.2f})"
    assert told(now, before) == f"sooner than before (p < 0.001), {expected}"
    assert told(now, now) == "no clear change (p = 1.000)"
    # Two rates that are not proportional: the ratio of all times together says nothing of either.
    early = removal((0, 10, 45), (990, 1_000, 5)), removal((0, 10, 25), (10, 20, 25))
    assert told(*early) == "sooner than before (p = 0.021)"
    # All went before any of the others: there is no such ratio.
    assert told(gone(100, 50), gone(200, 50)) == "sooner than before (p < 0.001)"
    crossing = removal((0, 10, 52), (990, None, 48)), removal((20, 30, 80), (30, 40, 20))
    assert told(*crossing) == "no clear change, the curves cross (p = 0.003)"


def test_what_is_known_to_the_second_is_compared_with_the_grid_on_the_grid() -> None:
    fine, coarse = ((58, 59, 30), (59, 62, 20)), removal((50, 60, 34), (60, 70, 16), coarse=True)
    on_the_grid = removal((50, 60, 30), (50, 70, 20), coarse=True)
    assert verdict(removal(*fine), coarse) == verdict(on_the_grid, coarse)
    assert verdict(coarse, removal(*fine)) == verdict(coarse, on_the_grid)
    assert verdict(removal(*fine, coarse=True), coarse) != verdict(on_the_grid, coarse)


@given(st.lists(st.tuples(st.integers(0, 100_000_000), st.integers(1, 1_000_000) | st.none()), min_size=1))
def test_outwards_is_what_the_database_does(rows: list[tuple[int, int | None]]) -> None:
    ends = [(up, math.inf if after is None else up + after) for up, after in rows]
    expected = [(GRID[bisect_right(GRID, up) - 1], GRID[bisect_left(GRID, end)] if end < math.inf else end) for up, end in ends]
    rounded = outwards(np.array(ends, dtype=np.float64))
    assert rounded.tolist() == [list(pair) for pair in expected]
    assert outwards(rounded).tolist() == rounded.tolist()


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
