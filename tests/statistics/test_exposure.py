"""The last twelve months of one platform."""

from datetime import UTC, date, datetime, timedelta

import pytest

from takedown.choices import ClockState
from takedown.models import RemovalOrder, TakedownRequest
from takedown.statistics.exposure import Exposure, exposure
from tests.factories import AgencyFactory, PlatformFactory, PolicyFactory, UserFactory
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
    assert (found().orders, found().indication) == (1, "0 final of 1 of this unit; 1 may yet become final.")
    counted(DAY, policy=PolicyFactory.create(key="tco_removal_order", version=2), state=ClockState.SUSPENDED)
    assert (found().orders, found().indication) == (2, "0 final of 2 of this unit; 2 may yet become final.")


def test_two_final_orders_of_those_received_in_the_year_are_a_sign_of_exposure() -> None:
    policy, orders = PolicyFactory.create(key="tco_removal_order"), []
    for age in (400, 300, 30, 3):
        orders.append(counted(age * DAY, policy=policy))
        kept = {"agency": orders[-1].agency, "saved_at": NOW, "saved_by": UserFactory.create(username="author")}
        RemovalOrder.objects.create(request=orders[-1], **kept)
    texts = []
    for order in (*orders, None):
        texts.append((found().final, found().indication))
        final = {"final_at": NOW, "final_by": UserFactory.create(username="author"), "final_reason": "x"}
        RemovalOrder.objects.filter(request=order).update(**final)
    sign = "2 or more are final: a sign of exposure."
    assert texts == [
        *((0, "0 final of 3 of this unit; 3 may yet become final."), (0, "0 final of 3 of this unit; 3 may yet become final.")),
        (1, "1 final of 3 of this unit; 2 may yet become final."),
        (2, f"2 final of 3 of this unit; 1 may yet become final. {sign}"),
        (3, f"3 final of 3 of this unit; 0 may yet become final. {sign}"),
    ]
    TakedownRequest.objects.filter(pk=orders[-1].pk).update(clock_state=ClockState.VOIDED)
    assert (found().final, found().orders) == (2, 2)


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
