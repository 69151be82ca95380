"""What the query string means."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qs

import pytest

from takedown.statistics.filters import Filters, before, read_filters
from tests.factories import AgencyFactory, PlatformFactory, PolicyFactory

pytestmark = pytest.mark.django_db

LATE = datetime(2026, 3, 18, 23, 30, tzinfo=UTC)
"""Wednesday in London, Thursday already in Paris."""


def read(timezone: str = "Europe/Paris", **query: str) -> Filters:
    agency = AgencyFactory.create(slug=timezone.replace("/", "-"), timezone=timezone)
    return read_filters({key.rstrip("_"): value for key, value in query.items()}, agency, LATE)


@pytest.mark.parametrize(
    ("period", "first"), [("7d", date(2026, 3, 13)), ("30d", date(2026, 2, 18)), ("90d", date(2025, 12, 20)), ("365d", date(2025, 3, 20))]
)
def test_a_preset_is_that_many_days_with_today_in_the_agency_s_zone(period: str, first: date) -> None:
    filters = read(period=period)
    assert (filters.first_day, filters.last_day, filters.problems) == (first, date(2026, 3, 19), ())
    assert filters.until == datetime(2026, 3, 19, 23, 0, tzinfo=UTC)


def test_days_begin_at_local_midnight_on_both_sides_of_a_clock_change() -> None:
    filters = read(period="custom", from_="2026-03-01", to="2026-03-18")
    assert filters.since == datetime(2026, 2, 28, 23, 0, tzinfo=UTC)
    winter = read_filters({"from": "2025-07-01", "to": "2025-07-01"}, AgencyFactory.create(slug="Europe-Paris"), LATE)
    assert (winter.since, winter.until) == (datetime(2025, 6, 30, 22, 0, tzinfo=UTC), datetime(2025, 7, 1, 22, 0, tzinfo=UTC))


def test_all_time_has_no_lower_end() -> None:
    filters = read(period="all")
    assert (filters.since, filters.first_day, filters.parameters()["since"]) == (None, None, None)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"period": "fortnight"}, "That period is unknown"),
        ({"period": "custom"}, "needs two days"),
        ({"from_": "yesterday", "to": "2026-03-18"}, "needs two days"),
        ({"from_": "2026-03-18", "to": "2026-03-17"}, "first day lies after"),
        ({"from_": "2027-01-01", "to": "2027-01-02"}, "after today"),
        ({"period": "30d", "from_": "2026-03-01"}, "Days count with"),
        ({"platform": "nowhere"}, "platform is unknown"),
        ({"platform": "\0"}, ""),
        ({"policy": "nothing"}, "policy is unknown"),
    ],
)
def test_what_cannot_be_read_falls_back_and_is_said(query: dict[str, str], problem: str) -> None:
    filters = read(**query)
    assert (filters.period, filters.platform, filters.policies) == ("30d", None, ())
    assert problem in " ".join(filters.problems)


def test_days_that_nobody_can_mean_are_cut_to_those_that_exist() -> None:
    filters = read(from_="0001-01-01", to="9999-12-31")
    assert (filters.first_day, filters.last_day) == (date(2000, 1, 1), date(2026, 3, 19))


def test_a_policy_means_all_its_versions_and_not_another_agency_s() -> None:
    mine, other = AgencyFactory.create(slug="Europe-Paris", timezone="Europe/Paris"), AgencyFactory.create(slug="south")
    first = PolicyFactory.create(key="order", version=1, agency=mine, valid_to=LATE)
    second = PolicyFactory.create(key="order", version=2, agency=mine)
    PolicyFactory.create(key="order", agency=other)
    PolicyFactory.create(key="theirs", agency=other)
    assert set(read(policy="order").policies) == {first, second}
    assert read(policy="theirs").policies == ()


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"period": "7d"}, (date(2026, 3, 6), date(2026, 3, 12))),
        ({"from_": "2025-03-30", "to": "2025-03-31"}, (date(2025, 3, 28), date(2025, 3, 29))),
        ({"period": "all"}, None),
        ({"from_": "2000-01-01", "to": "2026-01-01"}, None),
    ],
)
def test_the_period_before_has_as_many_days_and_ends_where_this_one_begins(query: dict[str, str], days: tuple[date, date] | None) -> None:
    filters = read(**query)
    earlier = before(filters)
    if earlier is None:
        assert days is None
    else:
        assert ((earlier.first_day, earlier.last_day), earlier.until) == (days, filters.since)


def test_the_list_behind_a_number_has_the_same_days_platform_and_policy() -> None:
    PlatformFactory.create(slug="video")
    PolicyFactory.create(key="order")
    filters = read(period="7d", platform="video", policy="order")
    expected = {"tab": "all", "since": "2026-03-13", "until": "2026-03-19", "platform": "video", "policy": "order", "counted": "met"}
    assert filters.listed(counted="met") == expected
    assert filters.period_text == "13 Mar 2026 to 19 Mar 2026"
    assert (read(period="all").listed()["since"], read(period="all").period_text) == ("", "any time to 19 Mar 2026")


def test_filters_survive_a_round_trip_through_the_query_string() -> None:
    PlatformFactory.create(slug="video")
    PolicyFactory.create(key="order")
    filters = read(period="custom", from_="2026-03-01", to="2026-03-18", platform="video", policy="order")
    again = {key: values[0] for key, values in parse_qs(filters.query_string(figure="trend")).items()}
    assert again == {
        "period": "custom",
        "from": "2026-03-01",
        "to": "2026-03-18",
        "platform": "video",
        "policy": "order",
        "figure": "trend",
    }
    assert read("UTC", period="7d").query_string() == "period=7d"
