"""Cumulative incidence by cause, from rows written by hand. No database."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takedown.choices import GONE
from takedown.statistics.causes import CAUSES, OUTCOMES, causes_of
from tests.statistics.rows import bracket

PLATFORM, USER = "removed_by_platform", "removed_by_user"


def test_both_readings_are_the_published_toy_where_brackets_are_narrow() -> None:
    # T = 1..8, causes 1 2 1 0 1 2 0 1: 23/32 by the first cause, 9/32 by the second.
    how = [PLATFORM, USER, PLATFORM, "", PLATFORM, USER, "", PLATFORM]
    rows = [
        bracket(hour * 3_600 - bool(outcome), hour * 3_600 if outcome else None, False, outcome, 1) for hour, outcome in enumerate(how, 1)
    ]
    found = {cause.key: cause for cause in causes_of(rows).causes}
    for hour, first, second in ((1, "1/8", "0"), (4, "1/4", "1/8"), (5, "13/32", "1/8"), (7, "13/32", "9/32"), (8, "23/32", "9/32")):
        assert found["platform_item"].by(hour * 3_600) == pytest.approx((float(Fraction(first)),) * 2)
        assert found["user"].by(hour * 3_600) == pytest.approx((float(Fraction(second)),) * 2)
    assert [found[key].requests for key in CAUSES] == [4, 0, 2, 0, 0]


def test_a_wide_bracket_is_read_at_both_ends() -> None:
    causes = causes_of([bracket(1_800, 7_200, False, PLATFORM, 3), bracket(40_000, None, False, "", 1)])
    [item, *_] = causes.causes
    assert (item.by(1_799), item.by(3_600), item.by(7_200)) == ((0, 0), (0, 0.75), (0.75, 0.75))
    assert (causes.items, causes.horizons) == (4, (3_600,))
    assert causes.finding == "Gone within 1 h, by estimate: 0.0 % to 75.0 % by the platform, the item."


def test_nothing_gone_is_said() -> None:
    assert causes_of([]).finding == causes_of([bracket(60, None, True, "", 2)]).finding == "Nothing is confirmed gone in this period."


def test_every_outcome_has_one_cause() -> None:
    named = [outcome for outcomes in OUTCOMES.values() for outcome in outcomes]
    assert len(named) == len(set(named))
    assert set(named) < GONE
    rows = [bracket(0, 60, False, outcome, 1) for outcome in (*sorted(GONE), "")]
    assert sum(cause.requests for cause in causes_of(rows).causes) == len(rows)
    assert {cause.key: cause.requests for cause in causes_of(rows).causes}["unknown"] == 2  # unattributed, and not named


BRACKET = st.tuples(st.integers(0, 20), st.integers(1, 20) | st.none(), st.sampled_from(sorted(GONE)), st.integers(1, 5))


@settings(deadline=None)
@given(st.lists(BRACKET, max_size=15), st.integers(0, 40))
def test_shares_of_all_causes_are_a_share_together(rows: list[tuple[int, int | None, str, int]], seconds: int) -> None:
    causes = causes_of([bracket(up, None if width is None else up + width, False, how if width else "", n) for up, width, how, n in rows])
    for reading in ("early", "late"):
        values = [getattr(cause, reading)[1] for cause in causes.causes]
        assert sum(float(value[-1]) for value in values if value.size) <= 1 + 1e-9
    assert all(0 <= low <= high <= 1 + 1e-9 for low, high in (cause.by(seconds) for cause in causes.causes))
