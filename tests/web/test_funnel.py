"""The funnel plot: marks inside the plot, limits that narrow, labels that can be read."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from takedown.statistics.spread import spread_of
from takedown.web.funnel import LABEL_SPACE, funnel
from tests.statistics.test_spread import row

SIZE = {"width": 452.0, "height": 140.0}
COUNTS = st.tuples(st.integers(0, 3_000), st.integers(0, 3_000), st.integers(0, 50), st.integers(0, 50))


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split() for point in path[1:].split("L"))]


def test_a_platform_stands_at_its_number_and_spans_its_bounds() -> None:
    # The plot is 400 wide from x = 40, 100 high from y = 16; the axis ends at 110.
    chart = funnel(spread_of([row("web", 50, 20, 30), row("few", 1, 1)]), **SIZE)
    [mark] = chart.marks
    assert (mark.x, mark.top, mark.bottom, mark.side) == (403.64, 36, 66, "")
    assert mark.text == "Web: 50.0 % to 80.0 % of 100 in time; no clear difference"
    assert [tick.label for tick in chart.x_ticks] == ["0", "50", "100"]


def test_the_limits_narrow_with_the_number_and_the_strict_ones_lie_outside() -> None:
    outer, inner = funnel(spread_of([row("web", 500, 500)]), **SIZE).limits
    lower = [y for _, y in points(inner.lower)]
    assert lower[0] > lower[-1] > 66  # y points downwards; half is at 66
    assert all(strict >= loose for (_, strict), (_, loose) in zip(points(outer.lower), points(inner.lower), strict=True))
    assert all(strict <= loose for (_, strict), (_, loose) in zip(points(outer.upper), points(inner.upper), strict=True))


def test_labels_do_not_run_into_each_other() -> None:
    chart = funnel(spread_of([*(row(f"p{place}", place, 100) for place in range(5)), row("web", 5_000, 10)]), **SIZE)
    labels = [mark.label_y for mark in chart.marks if mark.side]
    assert len(labels) == 6
    assert all(below - above >= LABEL_SPACE - 0.01 for above, below in pairwise(labels))


@settings(deadline=None, max_examples=40)
@given(st.lists(COUNTS, min_size=1, max_size=8).filter(lambda rows: any(sum(counts) >= 10 for counts in rows)))
def test_everything_stays_inside_the_plot(rows: list[tuple[int, int, int, int]]) -> None:
    chart = funnel(spread_of([row(f"p{place}", *counts) for place, counts in enumerate(rows)]), **SIZE)
    right, bottom = chart.plot.x + chart.plot.width, chart.plot.y + chart.plot.height
    for mark in chart.marks:
        assert chart.plot.x <= mark.x <= right
        assert chart.plot.y <= mark.top <= mark.bottom <= bottom
    for limit in chart.limits:
        assert all(chart.plot.x <= x <= right and chart.plot.y <= y <= bottom for x, y in points(limit.lower) + points(limit.upper))
    assert all(chart.plot.x <= tick.at <= right for tick in chart.x_ticks)
