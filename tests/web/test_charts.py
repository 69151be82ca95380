import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takedown.choices import VerdictValue
from takedown.survival import turnbull
from takedown.web.charts import (
    STACK,
    AgeBar,
    BoundsRow,
    CurvePoint,
    Scale,
    Tick,
    WeekRow,
    age_bars,
    bounds_bars,
    curve_points,
    duration_label,
    nice_ticks,
    removal_curve,
    stacked_weeks,
)

HOUR = 3600
# With 452 x 140 units the plot is 400 wide from x = 40 and 100 high from y = 16.
SIZE = {"width": 452, "height": 140}


@pytest.mark.parametrize(
    ("seconds", "label"),
    [(30, "30 s"), (90, "90 s"), (300, "5 min"), (3600, "1 h"), (129600, "36 h"), (604800, "7 d"), (31536000, "1 y"), (0, "0 s")],
)
def test_a_duration_is_written_in_the_largest_unit_that_divides_it(seconds: float, label: str) -> None:
    assert duration_label(seconds) == label


@pytest.mark.parametrize(
    ("top", "ticks"), [(0, [0, 1]), (1, [0, 1]), (7, [0, 2, 4, 6, 8]), (40, [0, 10, 20, 30, 40]), (41, [0, 20, 40, 60])]
)
def test_ticks_are_round(top: float, ticks: list[int]) -> None:
    assert nice_ticks(top) == ticks


def test_a_scale_clamps() -> None:
    linear, log = Scale(0, 10, 100, 0), Scale(1, 100, 0, 50, logarithmic=True)
    assert [linear(value) for value in (-1, 0, 5, 10, 11)] == [100, 100, 50, 0, 0]
    assert [log(value) for value in (0, 1, 10, 100, 1000)] == [0, 0, 25, 50, 50]


def test_the_removal_curve_has_a_box_wherever_it_is_not_determined() -> None:
    points = curve_points(turnbull([(0, 1000), (1000, 2000), (1000, 2000), (3000, 4000)]))
    chart = removal_curve(points, deadline_seconds=HOUR, **SIZE)
    # 4000 s and 5 % make the axis 4200 s long.
    assert chart.path == "M40 16H40M135.24 41H135.24M230.48 91H325.71M420.95 116H440"
    assert [(box.x, box.y, box.width, box.height) for box in chart.boxes] == [
        (40, 16, 95.24, 25),
        (135.24, 41, 95.24, 50),
        (325.71, 91, 95.24, 25),
    ]
    assert (chart.deadline_x, chart.deadline_label, chart.logarithmic, chart.band) == (382.86, "1 h", False, "")
    assert [tick.label for tick in chart.x_ticks] == ["0", "10 min", "20 min", "30 min", "40 min", "50 min", "1 h", "70 min"]
    assert chart.y_ticks[0] == Tick(116, "0 %")


def test_the_line_ends_with_the_last_look() -> None:
    chart = removal_curve(curve_points(turnbull([(0, 1000), (2000, math.inf)])), deadline_seconds=None, **SIZE)
    assert chart.path.endswith("H420.95")
    assert len(chart.boxes) == 1
    assert (chart.deadline_x, chart.deadline_label) == (None, "")


def test_minutes_and_weeks_share_a_logarithmic_axis() -> None:
    chart = removal_curve([CurvePoint(60, 120, 0.5), CurvePoint(86400, 2592000, 0.2)], deadline_seconds=HOUR, **SIZE)
    assert chart.logarithmic
    assert [tick.label for tick in chart.x_ticks] == ["1 min", "5 min", "30 min", "6 h", "2 d", "30 d"]


def test_the_band_is_a_closed_path_through_its_limits() -> None:
    points = [CurvePoint(0, 1000, 0.5, 0.25, 0.75), CurvePoint(1000, 2000, 0.25, 0, 0.5)]
    chart = removal_curve(points, deadline_seconds=None, **SIZE)
    assert chart.band == ("M230.48 41L420.95 41L420.95 66L440 66L440 116L420.95 116L420.95 91L230.48 91Z")


def test_without_data_nothing_is_removed() -> None:
    chart = removal_curve([], deadline_seconds=HOUR, **SIZE)
    assert (chart.path, chart.boxes) == ("M40 16H440", ())


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 1e7), st.floats(0.01, 1e7)), min_size=1, max_size=20), st.none() | st.floats(1, 1e8))
def test_a_removal_curve_stays_inside_its_plot(rows: list[tuple[float, float]], deadline: float | None) -> None:
    chart = removal_curve(curve_points(turnbull([(left, left + width) for left, width in rows])), deadline_seconds=deadline, **SIZE)
    right, bottom = chart.plot.x + chart.plot.width, chart.plot.y + chart.plot.height
    for box in chart.boxes:
        assert chart.plot.x <= box.x <= box.x + box.width <= right + 0.02
        assert chart.plot.y <= box.y <= box.y + box.height <= bottom + 0.02
    at = [tick.at for tick in chart.x_ticks]
    assert all(later - earlier >= 56 for earlier, later in pairwise(at))
    assert all(chart.plot.x <= x <= right for x in at)


def test_compliance_is_drawn_between_its_bounds_with_whiskers() -> None:
    bar, single, empty = bounds_bars([BoundsRow("Tube", 5, 2, 10), BoundsRow("Chat", 10, 0, 10), BoundsRow("Paste", 0, 0, 0)])
    assert (bar.label, bar.n, bar.low, bar.high, bar.text) == ("Tube", 10, 50, 70, "50 to 70 %")
    # Wilson: 5 of 10 from 23.66 %, 7 of 10 to 89.22 %
    assert (bar.whisker_low, bar.whisker_high) == pytest.approx((23.66, 89.22), abs=0.01)
    assert (single.text, single.whisker_high) == ("100 %", 100)
    assert (empty.low, empty.high, empty.text) == (0, 100, "none decided")


def test_weeks_are_stacked_in_the_order_of_the_verdicts() -> None:
    chart = stacked_weeks([WeekRow("W09", {"breached": 1, "met": 3}), WeekRow("W10", {})], **SIZE)
    week, empty = chart.columns
    assert [(s.css, s.label, s.count, s.y, s.height) for s in week.segments] == [
        ("met", "Met", 3, 41, 75),
        ("breached", "Breached", 1, 16, 25),
    ]
    assert (week.x, week.width, week.total) == (60, 160, 4)
    assert (empty.total, empty.segments) == (0, ())
    assert [tick.label for tick in chart.y_ticks] == ["0", "1", "2", "3", "4"]
    assert stacked_weeks([], **SIZE).columns == ()


def test_columns_of_other_things_are_stacked_in_their_own_order() -> None:
    chart = stacked_weeks([WeekRow("now", {"up": 1, "gone": 3})], {"gone": "Seen gone", "up": "Up"}, **SIZE)
    assert [(s.css, s.label, s.y, s.pattern) for s in chart.columns[0].segments] == [
        ("gone", "Seen gone", 41, "dots"),
        ("up", "Up", 16, ""),
    ]


def test_every_verdict_has_its_place_in_the_stack() -> None:
    assert set(STACK) == set(VerdictValue.values)


def test_ages_are_drawn_against_the_longest_bar() -> None:
    assert age_bars([("under 1 h", 4), ("1 to 24 h", 1)]) == (AgeBar("under 1 h", 4, 100), AgeBar("1 to 24 h", 1, 25))
    assert age_bars([("under 1 h", 0)]) == (AgeBar("under 1 h", 0, 0),)
    assert age_bars([]) == ()
