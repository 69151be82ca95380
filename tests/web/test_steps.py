"""The small charts of causes."""

from takedown.statistics.causes import causes_of
from takedown.web.steps import cause_charts
from tests.statistics.rows import bracket


def test_each_cause_that_anything_went_by_has_a_chart_on_the_same_axes() -> None:
    rows = [bracket(1_000, 2_000, False, "removed_by_platform", 2), bracket(1_000, 4_000, False, "removed_by_user", 2)]
    item, user = cause_charts(causes_of(rows))
    # 248 units wide from x = 40 for 4,200 s, 120 units high from y = 16 for half of all
    assert item.late == "M40 136H158.1V16H276.19V16H288"
    assert user.late == "M40 136H158.1V136H276.19V16H288"
    assert item.early == user.early == "M40 136H99.05V16H288"
    assert (item.label, item.requests, item.x_ticks == user.x_ticks) == ("The platform, the item", 2, True)
    assert [tick.label for tick in item.y_ticks] == ["0 %", "25 %", "50 %"]


def test_without_removals_there_is_no_chart() -> None:
    assert cause_charts(causes_of([bracket(60, None, False, "", 1)])) == ()
