"""Figures and their sentences, from rows written by hand. No database."""

from datetime import date

import pytest

from takedown.statistics.figures import Bounds, Compliance, OpenByAge, Trend, bounds_of, interval_text, removal_of, time_text
from takedown.statistics.histogram import GRID
from takedown.statistics.rows import AgeRow, ComplianceRow, WeekRow, total
from tests.statistics.rows import bracket


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3_600, "1 h"),
        (3_601, "1 h"),
        (5_400, "1 h 30 min"),
        (86_400 * 3 + 7_200, "3 d 2 h"),
    ],
)
def test_a_time_is_told_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


def test_a_percentile_that_is_not_reached_is_said_to_be_so() -> None:
    assert (interval_text(None), interval_text((2_460, 2_820)), interval_text((8_161, 8_166))) == (
        "not reached",
        "41 min to 47 min",
        "2 h 16 min",
    )


def test_the_median_is_an_interval_and_what_is_up_is_counted() -> None:
    # (0, 60] x 4, (60, 120] x 4, 2 up at 300: masses 0.4, 0.4, 0.2, so half are gone in (60, 120].
    rows = [
        bracket(0, 60, False, "", 4),
        bracket(60, 120, False, "", 4),
        bracket(300, None, False, "", 1),
        bracket(300, None, True, "", 1),
    ]
    removal = removal_of(rows, deadline=120, coarse=False)
    assert removal.finding == "Of 10 items, 8 confirmed gone, 2 not. By estimate half go within 1 min to 2 min."
    assert removal.caption == "By estimate 80.0 % go within the 2 min allowed; 10 items."
    assert dict(removal.quartiles)[90] is None
    assert (removal.items, removal.still_up, removal.provisional, removal.watched) == (10, 2, 1, ((0.0, 10),))


def test_inside_a_box_the_share_gone_by_the_deadline_is_between_two_bounds() -> None:
    removal = removal_of([bracket(0, 60, False, "", 10), bracket(60, 120, False, "", 10)], deadline=90, coarse=False)
    assert removal.gone_by_deadline == pytest.approx((0.5, 1.0))
    assert removal.caption == "By estimate 50.0 % to 100.0 % go within the 1 min 30 s allowed; 20 items."


def test_few_items_are_flagged_and_none_are_no_curve() -> None:
    few = removal_of([bracket(0, 60, False, "", 1), bracket(100, None, False, "", 2)], deadline=None, coarse=False)
    assert few.finding == "Of 3 items, 1 confirmed gone, 2 not. Half being gone was not reached. Too few to say much."
    none = removal_of([], deadline=3_600, coarse=False)
    assert (none.fit, none.finding, none.caption, none.gone_by_deadline) == (None,) + ("No clock started in this period.",) * 2 + (None,)
    assert [interval for _, interval in none.quartiles] == [None] * 4


def test_the_band_holds_the_curve_and_widens_where_less_is_known() -> None:
    sure = removal_of([bracket(0, 60, False, "", 50), bracket(120, 180, False, "", 50)], deadline=None, coarse=False)
    vague = removal_of(
        [bracket(0, 60, False, "", 5), bracket(120, 180, False, "", 5), bracket(0, 180, False, "", 90)],
        deadline=None,
        coarse=False,
    )
    assert sure.fit
    assert vague.fit
    (low, high), (loose_low, loose_high) = sure.band[0], vague.band[0]
    assert low < 0.5 < high
    assert loose_low < 0.5 < loose_high
    assert loose_high - loose_low > high - low


def test_the_grid_rises_from_nought_and_holds_every_usual_deadline() -> None:
    assert list(GRID) == sorted(set(GRID))
    assert {0, 60, 3_600, 86_400, 48 * 3_600, 7 * 86_400, 30 * 86_400} <= set(GRID)
    assert len(GRID) < 1_000  # as many as fit beside each other in a cell


def row(**counts: int) -> ComplianceRow:
    verdicts = ("met", "indeterminate", "breached", "pending", "unproven", "suspended", "not_counted", "provisional")
    numbers = {verdict: counts.get(verdict, 0) for verdict in verdicts}
    others = {"returned": 0, "standing": 0, "timed": 0}
    return ComplianceRow(
        sum(numbers.values()), **numbers, **others, shortest_period=None, longest_period=None, platform_id=1, slug="web", name="Web"
    )


def compliance(**counts: int) -> Compliance:
    rows = [row(**counts)]
    return Compliance(tuple(bounds_of([line], slug=line.slug, name=line.name) for line in rows), bounds_of(rows, slug="", name="All"))


def test_compliance_lies_between_two_bounds_and_wilson_goes_around_both() -> None:
    # 14 .. 16 of 20: 70 % .. 80 %
    total = compliance(met=14, indeterminate=2, breached=4, pending=7, provisional=3).total
    assert total.share == (0.7, 0.8)
    low, high = total.reach
    assert low == pytest.approx(0.4810, abs=1e-4)
    assert high == pytest.approx(0.9193, abs=1e-4)
    assert (total.decided, total.apart["pending"], total.apart["provisional"], total.small) == (20, 7, 3, False)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"met": 14, "indeterminate": 2, "breached": 4}, "70.0 % to 80.0 % of 20 decided requests were met in time."),
        (
            {"met": 10, "breached": 10, "unproven": 1},
            "50.0 % of 20 decided requests were met in time. 1 past due is unproven and not in it.",
        ),
        ({"met": 1}, "100.0 % of 1 decided requests were met in time. Too few to say much."),
        ({"pending": 4, "unproven": 2}, "Nothing is decided yet. 2 past due are unproven and not in it."),
    ],
)
def test_compliance_in_a_sentence(counts: dict[str, int], sentence: str) -> None:
    assert compliance(**counts).finding == sentence


def test_nothing_decided_has_no_share() -> None:
    assert Bounds("", "All", 0, 0, 0, {}).share is None


def test_open_requests_in_a_sentence() -> None:
    ages = OpenByAge((AgeRow(0, 3_600, 2, 1, 1), AgeRow(604_800, 2_592_000, 3, 2, 0), AgeRow(2_592_000, None, 1, 1, 0)))
    assert ages.finding == "6 open now, 4 of them overdue; 4 older than 7 days."
    assert (ages.requests, ages.overdue, ages.due_soon) == (6, 4, 1)
    assert OpenByAge((AgeRow(0, 3_600, 0, 0, 0),)).finding == "Nothing is open."


def test_the_trend_names_the_busiest_week() -> None:
    nothing = total([])
    quiet = WeekRow(**{**nothing, "requests": 1, "met": 1}, week=date(2026, 3, 2))
    busy = WeekRow(**{**nothing, "requests": 9, "met": 4, "indeterminate": 1, "breached": 2, "pending": 2}, week=date(2026, 3, 9))
    assert Trend((quiet, busy)).finding == "Busiest week: that of 9 March 2026 with 9 requests, 4 of 7 decided ones met in time."
    assert Trend((WeekRow(**nothing, week=date(2026, 3, 2)),)).finding == "No clock started in these weeks."
