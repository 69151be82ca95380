"""The dashboard's numbers as one."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from takedown.choices import ClockState, CountingRule, DurationUnit
from takedown.models import DeadlinePolicy
from takedown.statistics.filters import Filters
from takedown.statistics.readers import Dashboard, dashboard, nominal_seconds
from takedown.statistics.tables import TABLES
from tests.factories import AgencyFactory, PlatformFactory, PolicyFactory
from tests.guards import unguarded
from tests.statistics.rows import NOW, counted

pytestmark = pytest.mark.django_db


def board(*policies: DeadlinePolicy) -> Dashboard:
    agency = AgencyFactory.create()
    return dashboard(Filters(agency_id=agency.pk, timezone="UTC", since=NOW - timedelta(days=30), until=NOW, policies=policies), NOW)


def test_all_figures_tell_of_the_same_requests() -> None:
    counted(last_up=20, first_gone=21)
    counted(last_up=65, item__platform=PlatformFactory.create(slug="video"))
    counted(last_up=59, first_gone=61)
    found = board()
    assert found.requests == found.compliance.total.decided == found.removal.items == sum(week.requests for week in found.trend.weeks) == 3
    assert found.open_by_age.requests == found.removal.still_up == found.open_by_age.overdue == 1
    assert found.compliance.total.share == pytest.approx((1 / 3, 2 / 3))
    assert [line.slug for line in found.compliance.platforms] == ["video", "web"]


def test_an_empty_agency_has_a_dashboard() -> None:
    found = board()
    assert (found.requests, found.removal.fit, found.compliance.platforms, found.removal.deadline) == (0, None, (), None)
    assert all(len(row) == len(table.columns) for table_of in TABLES.values() for table in [table_of(found)] for row in table.rows)


def test_the_deadline_is_drawn_where_all_share_one() -> None:
    counted(last_up=20, first_gone=21)
    counted(last_up=20, state=ClockState.SUSPENDED)
    counted(last_up=20, state=ClockState.WITHDRAWN)
    assert board().removal.deadline == 3_600
    without = counted(last_up=20, first_gone=21, hours=None)
    assert board().removal.deadline is None
    with unguarded():
        without.delete()
    counted(last_up=20, first_gone=21, hours=24)
    assert board().removal.deadline is None


def test_the_deadline_of_a_chosen_policy_is_drawn_even_where_one_was_extended() -> None:
    hour = PolicyFactory.create(key="one_hour")
    counted(last_up=20, first_gone=21, policy=hour)
    counted(last_up=20, first_gone=21, policy=hour, hours=3)
    assert board(hour).removal.deadline == 3_600


@pytest.mark.parametrize(
    ("duration", "unit", "rule", "seconds"),
    [
        (90, DurationUnit.MINUTES, CountingRule.ELAPSED_EXACT, 5_400),
        (24, DurationUnit.HOURS, CountingRule.ELAPSED_EXACT, 86_400),
        (24, DurationUnit.HOURS, CountingRule.WHOLE_UNITS, None),
        (2, DurationUnit.WEEKS, CountingRule.ELAPSED_EXACT, 1_209_600),
        (2, DurationUnit.WORKING_DAYS, CountingRule.ELAPSED_EXACT, None),
        (1, DurationUnit.MONTHS, CountingRule.ELAPSED_EXACT, None),
        (0, DurationUnit.NONE, CountingRule.ELAPSED_EXACT, None),
    ],
)
def test_only_periods_of_one_length_have_a_line(duration: int, unit: str, rule: str, seconds: int | None) -> None:
    assert nominal_seconds(DeadlinePolicy(duration=duration, unit=unit, counting_rule=rule)) == seconds


def test_many_requests_are_counted_on_the_grid_and_stay_on_their_side_of_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(6):
        counted(timedelta(days=2), last_up=58.2, first_gone=60)
        counted(timedelta(days=2), last_up=60, first_gone=63.4)
    exact = board().removal
    monkeypatch.setattr("takedown.statistics.tally.MANY", 5)
    coarse = board().removal
    assert (exact.coarse, coarse.coarse) == (False, True)
    assert exact.gone_by_deadline == coarse.gone_by_deadline == pytest.approx((0.5, 0.5))
    assert dict(coarse.quartiles)[25] == (3_480, 3_600)
    assert dict(coarse.quartiles)[75] == (3_600, 3_840)


def test_the_number_of_queries_does_not_grow(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(5):
        counted(last_up=20, first_gone=21)
    with django_assert_num_queries(12):  # one of them finds the agency
        board()


def test_tables_hold_the_numbers_of_the_figures() -> None:
    counted(last_up=20, first_gone=21)
    counted(last_up=65)
    found = board()
    tables = {name: table_of(found) for name, table_of in TABLES.items()}
    assert tables["removal"].rows == (("20 min", "21 min", 1_200, 1_260, 0.5, *tables["removal"].rows[0][5:]),)
    assert [row[:6] for row in tables["compliance"].rows] == [
        ("Web", 2, 1, 0, 1, "fewer than 10"),
        ("All platforms", 2, 1, 0, 1, "fewer than 10"),
    ]
    assert tables["open-by-age"].rows[1] == ("1 h to 1 d", 1, 1, 0)
    assert tables["open-by-age"].rows[5][0] == "over 30 d"
    assert tables["trend"].rows[-1][:7] == ("2026-W12", "2026-03-16", "2026-03-18", 2, 1, 0, 1)


def test_shares_are_given_from_ten_on() -> None:
    for place in range(10):
        counted(last_up=20, first_gone=21) if place < 7 else counted(last_up=65)
    rows = {name: table_of(board()).rows[0] for name, table_of in TABLES.items() if name in {"platforms", "compliance"}}
    # 7 of 10: 0.7 (0.3968 .. 0.8922)
    for row, first in ((rows["platforms"], 7), (rows["compliance"], 5)):
        assert row[first : first + 4] == pytest.approx((0.7, 0.7, 0.3968, 0.8922), abs=1e-4)
