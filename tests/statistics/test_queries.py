"""Each query against a few rows counted by hand."""

from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from takedown.choices import ClockState, Outcome, VerdictValue
from takedown.models import Agency, TakedownRequest
from takedown.statistics.filters import Filters
from takedown.statistics.rows import AgeRow
from takedown.statistics.tally import Tally, open_by_age, tally
from tests.factories import AgencyFactory, PlatformFactory, PolicyFactory
from tests.statistics.rows import NOW, all_time, counted

pytestmark = pytest.mark.django_db

DAY, NOON = timedelta(days=1), timedelta(hours=12)


def month(**changes: Any) -> Tally:
    """The 30 days before today, and today."""
    filters = Filters(agency_id=AgencyFactory.create().pk, timezone="UTC", since=NOW - 30 * DAY - NOON, until=NOW + NOON)
    return tally(replace(filters, **changes), NOW)


def brackets(**changes: Any) -> list[tuple[int, int | None, bool, str, int]]:
    rows = month(**changes).brackets
    found = ((row.last_up, row.first_gone, row.provisional, row.outcome, row.n) for row in rows)
    return sorted(found, key=lambda row: (row[0], row[1] or 0))


def ages(**changes: Any) -> list[AgeRow]:
    return open_by_age(all_time(AgencyFactory.create().pk, **changes), NOW)


def test_compliance_counts_each_verdict_once() -> None:
    video = PlatformFactory.create(slug="video")
    counted(last_up=20, first_gone=21)
    counted(last_up=58, first_gone=60)  # exactly at the deadline: in time
    counted(last_up=59, first_gone=61)
    counted(last_up=60)  # still up at the last permitted instant
    counted(timedelta(minutes=30), last_up=25)
    counted(last_up=50)
    counted(last_up=20, first_gone=21, confirmed=False)
    counted(item__platform=video, last_up=10, state=ClockState.SUSPENDED)
    counted(item__platform=video, last_up=10, state=ClockState.WITHDRAWN)
    video_row, web_row = month().platforms
    assert asdict(web_row) == {
        "platform_id": web_row.platform_id,
        "slug": "web",
        "name": "Web",
        "requests": 7,
        "met": 2,
        "indeterminate": 1,
        "breached": 1,
        "pending": 1,
        "unproven": 1,
        "suspended": 0,
        "not_counted": 0,
        "provisional": 1,
        "returned": 0,
        "standing": 7,
        "timed": 7,
        "shortest_period": 3600,
        "longest_period": 3600,
    }
    assert (video_row.requests, video_row.suspended, video_row.not_counted, video_row.met) == (2, 1, 1, 0)
    assert video_row.longest_period is None


def test_what_a_person_decided_goes_before_what_was_observed() -> None:
    counted(last_up=59, first_gone=61, adjudicated=VerdictValue.MET)
    counted(last_up=59, first_gone=61, confirmed=False, adjudicated=VerdictValue.BREACHED)
    [row] = month().platforms
    assert (row.met, row.breached, row.indeterminate, row.provisional) == (1, 1, 0, 0)


def test_a_pending_request_is_unproven_from_its_deadline_on() -> None:
    counted(timedelta(minutes=61), last_up=30, judged_at=NOW - timedelta(minutes=10))
    counted(timedelta(minutes=60), last_up=30, judged_at=NOW - timedelta(minutes=10))
    counted(timedelta(minutes=59), last_up=30, judged_at=NOW - timedelta(minutes=10))
    [row] = month().platforms
    assert (row.unproven, row.pending) == (2, 1)


def test_the_period_is_half_open_and_other_agencies_stay_out() -> None:
    midnight = timedelta(hours=12)  # before NOW
    counted(midnight)  # at `until`: out
    counted(midnight + timedelta(minutes=1))
    counted(30 * DAY + midnight, last_up=5, first_gone=6)  # at `since`: in
    counted(30 * DAY + midnight + timedelta(seconds=1))
    counted(agency=AgencyFactory.create(slug="south"))
    counted(clock_started_at=None, due_at=None, state=ClockState.NOT_STARTED)
    [row] = month(until=NOW - midnight).platforms
    assert row.requests == 2
    [row] = month(since=None, until=NOW - midnight).platforms
    assert row.requests == 3


def test_every_query_takes_platform_and_policy() -> None:
    video, week = PlatformFactory.create(slug="video"), PolicyFactory.create(key="one_week", duration=168)
    counted()
    counted(item__platform=video)
    counted(item__platform=video, policy=week)
    found = month(platform=video, policies=(week,))
    assert sum(row.requests for row in found.platforms) == sum(row.requests for row in found.by_week) == 1
    assert sum(row.n for row in found.brackets) == 1
    assert sum(row.requests for row in ages(platform=video, policies=(week,))) == 1


def test_a_return_is_counted_beside_its_verdict() -> None:
    counted(last_up=20, first_gone=21, back_at=NOW - timedelta(minutes=5), gone_until=NOW - timedelta(minutes=30))
    [row] = month().platforms
    assert (row.met, row.returned) == (1, 1)


def test_weeks_begin_on_monday_in_the_agency_s_zone_and_empty_ones_are_zero() -> None:
    monday = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # Monday 2 March, 00:30, in Paris
    counted(NOW - monday, last_up=20, first_gone=21)
    counted(timedelta(hours=2), last_up=65)
    Agency.objects.update(timezone="Europe/Paris")
    paris = month(timezone="Europe/Paris", since=None).by_week
    assert [(row.week, row.requests, row.met, row.breached) for row in paris] == [
        (date(2026, 3, 2), 1, 1, 0),
        (date(2026, 3, 9), 0, 0, 0),
        (date(2026, 3, 16), 1, 0, 1),
    ]
    Agency.objects.update(timezone="UTC")
    assert month(since=None).by_week[0].week == date(2026, 2, 23)


def test_weeks_fill_the_whole_period() -> None:
    rows = month(since=datetime(2026, 2, 25, tzinfo=UTC), until=datetime(2026, 3, 16, tzinfo=UTC)).by_week
    assert [row.week for row in rows] == [date(2026, 2, 23), date(2026, 3, 2), date(2026, 3, 9)]  # `until` is a Monday and outside
    assert month(since=None).by_week == []


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (timedelta(hours=1) - timedelta(seconds=1), 0),
        (timedelta(hours=1), 1),
        (timedelta(hours=24) - timedelta(seconds=1), 1),
        (timedelta(hours=24), 2),
        (timedelta(days=3), 3),
        (timedelta(days=7), 4),
        (timedelta(days=30) - timedelta(seconds=1), 4),
        (timedelta(days=30), 5),
    ],
)
def test_an_age_band_is_half_open(age: timedelta, band: int) -> None:
    counted(opened_at=NOW - age)
    rows = ages()
    assert [row.requests for row in rows] == [int(place == band) for place in range(6)]


def test_open_requests_are_overdue_as_the_queue_says() -> None:
    counted(timedelta(hours=2), last_up=65)
    counted(timedelta(hours=3), last_up=50)
    counted(timedelta(minutes=20), last_up=10)
    counted(timedelta(hours=2), last_up=20, first_gone=21, confirmed=False)  # met, provisionally
    counted(timedelta(hours=2), last_up=20, first_gone=21)  # closed
    counted(timedelta(hours=40), last_up=20, hours=None)
    rows = ages()
    assert [(row.requests, row.overdue, row.due_soon) for row in rows] == [(1, 0, 1), (3, 2, 0), (1, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0)]
    assert sum(row.overdue for row in rows) == TakedownRequest.objects.overdue(NOW).count()


def test_brackets_are_seconds_after_the_clock_started_rounded_outwards() -> None:
    counted(last_up=20.01, first_gone=21.01)  # 1200.6 s .. 1260.6 s
    counted(last_up=20, first_gone=21)
    counted(last_up=20, first_gone=21)
    counted(last_up=-5, first_gone=3)
    counted(first_gone=4)  # never seen up
    assert brackets() == [
        (0, 180, False, Outcome.REMOVED_BY_PLATFORM, 1),
        (0, 240, False, Outcome.REMOVED_BY_PLATFORM, 1),
        (1200, 1260, False, Outcome.REMOVED_BY_PLATFORM, 2),
        (1200, 1261, False, Outcome.REMOVED_BY_PLATFORM, 1),
    ]


def test_what_is_up_is_censored_at_the_last_look_of_its_watch() -> None:
    counted(last_up=20, watched_up=70)
    counted(last_up=20)
    counted(first_gone=90, last_up=80, confirmed=False, watched_up=80)
    assert brackets() == [
        (1200, None, False, "", 1),
        (4200, None, False, "", 1),
        (4800, None, True, "", 1),
    ]


def test_the_curve_leaves_out_what_is_not_the_platform_s_doing() -> None:
    counted(last_up=-20, first_gone=-10)  # gone before the clock started
    counted(last_up=10, state=ClockState.WITHDRAWN)
    counted(last_up=10, first_gone=12, adjudicated=VerdictValue.NOT_COUNTED)
    assert brackets() == []


def test_the_curve_keeps_removals_under_a_policy_without_a_fixed_period() -> None:
    gone = counted(last_up=10, first_gone=12, hours=None)
    assert gone.verdict == VerdictValue.NOT_COUNTED
    assert brackets() == [(600, 720, False, Outcome.REMOVED_BY_PLATFORM, 1)]


@pytest.mark.parametrize(
    ("bracket", "coarse"),
    [
        ((3, 7), (0, 10)),
        ((59, 61), (50, 70)),
        ((60, 70), (60, 70)),
        ((590, 601), (570, 660)),
        ((3599, 3600), (3480, 3600)),
        ((3600, 3601), (3600, 3720)),
        ((86399, 86400), (84600, 86400)),
        ((86400, 86401), (86400, 90000)),
        ((604799, 604801), (583200, 648000)),
        ((2592000, 2592001), (2592000, 2851200)),
        ((125_000_000, 400_000_000), (123_379_200, 2_000_000_000)),
    ],
)
def test_the_coarse_grid_rounds_outwards_and_keeps_whole_hours_and_days(
    bracket: tuple[int, int], coarse: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("takedown.statistics.tally.MANY", 0)
    last_up, first_gone = bracket
    counted(4_700 * DAY, last_up=last_up / 60, first_gone=first_gone / 60)
    assert brackets(since=None) == [(*coarse, False, Outcome.REMOVED_BY_PLATFORM, 1)]
