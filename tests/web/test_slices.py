"""The histogram against the deadline: bars inside the plot, the deadline between two of them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from takedown.statistics.against import against_of
from takedown.web.slices import Histogram, histogram
from tests.statistics.rows import bracket
from tests.statistics.test_against import BRACKETS, HOUR, gone

SIZES = ((1080.0, 320.0), (600.0, 280.0), (300.0, 240.0))


def drawn(width: float = 552.0, height: float = 140.0) -> Histogram:
    # The plot is 500 wide from x = 40 and 100 high from y = 16; 20 slices share 400.
    rows = [*gone((0, 300), (0, 300), (3_300, 3_700)), bracket(60, None, False, "", 4)]
    return histogram(against_of(rows, HOUR), width=width, height=height)


def test_bars_are_filled_up_to_what_is_sure_and_hatched_up_to_what_may_be() -> None:
    first, *_, last_in_time, first_late = drawn().bars[:11]
    assert (first.surely.x, first.surely.width, first.surely.y, first.surely.height) == (41, 18, 66, 50)
    assert (first.perhaps.height, last_in_time.perhaps.height, first_late.perhaps.height) == (0, 25, 25)
    assert last_in_time.text == "54 min to 1 h: 0 surely, 1 perhaps"
    assert (drawn().left.height, drawn().left_text) == (100, "not confirmed gone: 4")


def test_the_deadline_stands_between_the_last_slice_in_time_and_the_first_after_it() -> None:
    chart = drawn()
    before, after = chart.bars[9].surely, chart.bars[10].surely
    assert before.x + before.width < chart.deadline_x == 240 < after.x
    assert chart.deadline_label == "1 h"
    assert [tick.label for tick in chart.x_ticks] == ["0", "30 min", "1 h", "1 h 30 min", "2 h", "later", "not gone"]


@given(BRACKETS.filter(bool), st.sampled_from(SIZES))
def test_everything_stays_inside_the_plot_and_labels_apart(rows: list[tuple[int, int, int]], size: tuple[float, float]) -> None:
    brackets = [bracket(left, left + width, False, "removed_by_platform", n) for left, width, n in rows]
    chart = histogram(against_of(brackets, HOUR), width=size[0], height=size[1])
    right, bottom = chart.plot.x + chart.plot.width, chart.plot.y + chart.plot.height
    for box in (*(bar.surely for bar in chart.bars), *(bar.perhaps for bar in chart.bars), chart.left):
        assert chart.plot.x <= box.x <= box.x + box.width <= right
        assert chart.plot.y <= box.y <= round(box.y + box.height, 2) <= bottom
    at = [tick.at for tick in chart.x_ticks]
    assert at == sorted(at)
    assert min(later - earlier for earlier, later in pairwise(at)) >= 25
