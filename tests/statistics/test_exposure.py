"""The last twelve months of one platform."""

from datetime import UTC, date, datetime, timedelta

import pytest

from takedown.choices import ClockState
from takedown.statistics.exposure import Exposure, exposure
from tests.factories import AgencyFactory, PlatformFactory, PolicyFactory
from tests.statistics.rows import NOW, counted

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def found(now: datetime = NOW) -> Exposure:
    return exposure(AgencyFactory.create(), PlatformFactory.create(slug="web"), now)


def test_orders_of_twelve_months_that_are_neither_void_nor_withdrawn_may_be_final() -> None:
    order = PolicyFactory.create(key="tco_removal_order", valid_to=NOW)
    counted(364 * DAY, policy=order)
    counted(366 * DAY, policy=order)
    counted(DAY, policy=order, state=ClockState.WITHDRAWN)
    counted(DAY)
    counted(DAY, policy=order, item__platform=PlatformFactory.create(slug="video"))
    counted(DAY, policy=order, agency=AgencyFactory.create(slug="south"))
    assert (found().orders, found().indication) == (1, "1 of this unit: fewer than 2 can be final.")
    counted(DAY, policy=PolicyFactory.create(key="tco_removal_order", version=2), state=ClockState.SUSPENDED)
    assert (found().orders, found().indication) == (2, "2 of this unit, of which 0 to 2 are final: 2 or more may be.")


def test_misses_are_bounds_with_their_interval() -> None:
    for _ in range(4):
        counted(3 * DAY, last_up=65)
    for _ in range(14):
        counted(3 * DAY, last_up=20, first_gone=21)
    counted(3 * DAY, last_up=20)
    assert found().misses == "21.1 % to 26.3 % of 19 deadlines missed (95 %: 8.5 % to 48.8 %): 4 for certain, 1 perhaps."
    counted(3 * DAY, last_up=59, first_gone=61, agency=AgencyFactory.create(slug="south"))
    assert found().standing.n == 19


def test_of_few_deadlines_no_share_is_given() -> None:
    counted(3 * DAY, last_up=65)
    assert found().misses == "1 of 1 deadlines missed for certain; fewer than 10, so no share is given."


@pytest.mark.parametrize(("now", "first"), [(NOW, date(2025, 3, 19)), (datetime(2028, 2, 29, 12, tzinfo=UTC), date(2027, 3, 1))])
def test_the_year_ends_today(now: datetime, first: date) -> None:
    year = found(now).year
    assert (year.first_day, year.last_day) == (first, now.date())
