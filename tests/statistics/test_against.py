"""Removals in slices of the period allowed: bounds, and slices that lie on the grid of the brackets."""

from bisect import bisect_left, bisect_right
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedown.statistics.against import Against, against_of
from takedown.statistics.histogram import GRID
from takedown.statistics.rows import BracketRow
from tests.statistics.rows import bracket

HOUR, DAY = 3_600, 86_400
PERIODS = (60, 300, 600, 1_800, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY)
BRACKETS = st.lists(st.tuples(st.integers(0, 9_000), st.integers(1, 4_000), st.integers(1, 5)), max_size=12)


def gone(*ends: tuple[int, int]) -> list[BracketRow]:
    return [bracket(left, right, False, "removed_by_platform", 1) for left, right in ends]


def slices(against: Against) -> dict[str, tuple[int, int]]:
    return {one.label: (one.surely, one.perhaps) for one in against.slices if one.perhaps}


def test_a_bracket_over_an_end_is_in_neither_slice_surely_and_in_both_perhaps() -> None:
    # Slices of 6 minutes
    found = against_of([*gone((0, 360), (361, 720), (300, 400), (8_000, 9_000)), bracket(7_000, None, False, "", 3)], HOUR)
    assert len(found.slices) == 21
    assert slices(found) == {"up to 6 min": (1, 2), "6 min to 12 min": (1, 2), "later than 2 h": (1, 1)}
    assert (found.items, found.unconfirmed) == (7, 3)


def test_the_deadline_itself_is_in_time() -> None:
    found = against_of(gone((3_540, 3_600), (3_590, 3_601), (3_600, 3_660)), HOUR)
    assert "1 surely went within the 1 h allowed and 1 perhaps; 1 surely went later, and 0 are not" in found.finding


def test_without_one_deadline_there_is_nothing_to_hold_against() -> None:
    for deadline in (None, 61.5, 900, 3_601):
        found = against_of(gone((0, 60)), deadline)
        assert (found.slices, found.allowed) == ((), None)
        assert found.finding.startswith("No one deadline")
    assert against_of([], None).finding == "No clock started in this period."


@pytest.mark.parametrize("period", PERIODS)
def test_the_usual_periods_have_slices_of_one_length_that_lie_on_the_grid(period: int) -> None:
    parts = against_of([], period).slices
    ends = [one.seconds_from for one in parts]
    assert ends[0] == 0
    assert ends[-1] == 2 * period
    assert period in ends
    assert set(ends) <= set(GRID)
    assert len({later - earlier for earlier, later in pairwise(ends)}) == 1
    assert 8 <= len(parts) - 1 <= 28


@given(BRACKETS)
def test_each_removal_lies_surely_in_one_slice_at_most_and_perhaps_in_one_at_least(rows: list[tuple[int, int, int]]) -> None:
    brackets = [bracket(left, left + width, False, "removed_by_platform", n) for left, width, n in rows]
    found = against_of(brackets, HOUR)
    items = sum(row.n for row in brackets)
    assert sum(one.surely for one in found.slices) <= items <= sum(one.perhaps for one in found.slices)
    assert all(one.surely <= one.perhaps for one in found.slices)


@given(BRACKETS)
def test_rounding_outwards_to_the_grid_changes_no_number(rows: list[tuple[int, int, int]]) -> None:
    exact = [bracket(left, left + width, False, "removed_by_platform", n) for left, width, n in rows]
    rough = [
        bracket(int(GRID[bisect_right(GRID, left) - 1]), int(GRID[bisect_left(GRID, left + width)]), False, "removed_by_platform", n)
        for left, width, n in rows
    ]
    assert against_of(exact, HOUR) == against_of(rough, HOUR)
