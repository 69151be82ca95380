"""No platform is asked more often than it allows, and every way of saying so is understood."""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from platforms.models import Platform, Quota
from platforms.quota import Windows, asked_to_wait, next_midnight, rates, spend, today
from tests.factories import PlatformFactory
from tests.patience import PATIENCE

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
NOBODY = "redis://127.0.0.1:1/0"
"""A port where nobody listens."""


@pytest.fixture
def prefix() -> str:
    """Windows of this test alone."""
    return f"test-{uuid.uuid4().hex}"


def windows(prefix: str, url: str | None = None) -> Windows:
    return Windows(url or settings.REDIS_URL, prefix)


def taken(shared: Windows, rate: str, times: int, *, urgent: bool = False) -> int:
    """How many of so many calls at once were let through."""
    return sum(shared.take(rates(rate), "x:", urgent=urgent) == 0 for _ in range(times))


def test_rates_are_written_as_people_say_them() -> None:
    assert rates("") == ()
    found = rates("300 per 5 minutes; 3 per second")
    assert [(limit.amount, limit.get_expiry()) for limit in found] == [(3, 1), (300, 300)]


@pytest.mark.parametrize("text", ["often", "3", "-1 per second", "3 per fortnight", "3 per second; nonsense", "0 per minute", "1/2/3"])
def test_a_rate_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        rates(text)


@pytest.mark.parametrize(("rate", "routine", "urgent"), [("9 per hour", 9, 0), ("10 per hour", 8, 2), ("100 per hour", 80, 20)])
def test_a_part_of_every_window_is_kept_for_deadlines(prefix: str, rate: str, routine: int, urgent: int) -> None:
    shared = windows(prefix)
    assert taken(shared, rate, 130) == routine
    assert taken(shared, rate, 130, urgent=True) == urgent


def test_looks_at_deadlines_may_use_the_whole_window_and_no_more(prefix: str) -> None:
    shared = windows(prefix)
    assert taken(shared, "10 per hour", 50, urgent=True) == 10
    assert taken(shared, "10 per hour", 50) == 0


def test_one_server_does_not_use_up_the_window_of_another(prefix: str) -> None:
    shared = windows(prefix)
    assert taken(shared, "2 per hour", 5) == 2
    assert shared.take(rates("2 per hour"), "x:other.example", urgent=False) == 0


def test_who_is_turned_away_is_told_when_to_come_back(prefix: str) -> None:
    shared = windows(prefix)
    began = datetime.now(UTC)
    assert taken(shared, "1 per minute", 1) == 1
    wait = shared.take(rates("1 per minute"), "x:", urgent=False)
    assert wait <= 60
    assert datetime.now(UTC) + timedelta(seconds=wait) >= began + timedelta(seconds=59)


def test_a_call_turned_away_for_a_second_uses_up_nothing_of_the_hour(prefix: str) -> None:
    shared, both = windows(prefix), "60 per hour; 1 per minute"
    assert taken(shared, both, 60) == 1
    assert taken(shared, "60 per hour", 60) == 47  # 80 % of 60, and one call was made


HAMMER = """
import sys
from platforms.quota import Windows, rates
shared = Windows(sys.argv[1], sys.argv[2])
print(sum(shared.take(rates("40 per hour"), "x:", urgent=True) == 0 for _ in range(60)))
"""


def test_threads_that_hammer_together_never_exceed_a_window(prefix: str) -> None:
    shared = windows(prefix)
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: taken(shared, "40 per hour", 60, urgent=True), range(4)))
    assert sum(counts) == 40


def test_processes_that_hammer_together_never_exceed_a_window(prefix: str) -> None:
    command = [sys.executable, "-c", HAMMER, settings.REDIS_URL, prefix]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR) for _ in range(4)]
    assert sum(int(process.communicate(timeout=PATIENCE)[0]) for process in processes) == 40


@pytest.mark.parametrize(("rate", "quarter"), [("40 per hour", 10), ("100 per hour", 25), ("7 per hour", 1), ("2 per hour", 1)])
def test_without_redis_each_process_keeps_to_a_quarter(prefix: str, rate: str, quarter: int) -> None:
    assert taken(windows(prefix, NOBODY), rate, 50, urgent=True) == quarter


def test_a_rate_below_four_is_quartered_by_waiting_longer(prefix: str) -> None:
    alone, began = windows(prefix, NOBODY), datetime.now(UTC)
    assert taken(alone, "2 per minute", 1) == 1
    wait = alone.take(rates("2 per minute"), "x:", urgent=False)
    assert wait <= 120
    assert datetime.now(UTC) + timedelta(seconds=wait) >= began + timedelta(seconds=119)


def test_redis_is_asked_again_after_a_while_and_not_before(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("platforms.quota.time.monotonic", lambda: clock[0])
    shared = windows(prefix)
    well, away = shared._shared, windows(prefix, NOBODY)._shared
    shared._shared = away
    assert taken(shared, "40 per hour", 50, urgent=True) == 10
    shared._shared = well
    clock[0] += Windows.RETRY_REDIS - 0.1
    assert taken(shared, "40 per hour", 50, urgent=True) == 0
    clock[0] += 0.2
    assert taken(shared, "40 per hour", 50, urgent=True) == 40
    assert taken(windows(prefix), "40 per hour", 50, urgent=True) == 0


def test_what_waits_for_one_server_lines_up_at_its_pace(prefix: str) -> None:
    shared, limits = windows(prefix), rates("2 per 4 seconds")
    assert [shared.turn(limits, "a", 1.0, 1000.0) for _ in range(4)] == [1.0, 3.0, 5.0, 7.0]
    assert shared.turn(limits, "b", 1.0, 1000.0) == 1.0
    assert [shared.turn((), "c", 1.0, 1000.0) for _ in range(3)] == [1.0, 1.0, 1.0]
    assert shared.turn(limits, "a", 1.0, 1100.0) == 1.0


def test_promises_that_are_over_are_forgotten(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platforms.quota.MOST_PROMISES", 5)
    shared = windows(prefix)
    for number in range(6):
        shared.turn((), str(number), 1.0, 1000.0)
    shared.turn((), "new", 1.0, 1010.0)
    assert set(shared._promised) == {"new"}


# What replies say about limits ------------------------------------------------------------------------------------------------

UNIX = int(NOW.timestamp())
BUSY = {"page": [{"call_count": 40, "estimated_time_to_regain_access": 12}]}


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (200, {}, 0),
        (200, {"Retry-After": "30"}, 0),
        (429, {"Retry-After": "30"}, 30),
        (503, {"Retry-After": "30"}, 30),
        (429, {"Retry-After": "Fri, 01 May 2026 12:01:40 GMT"}, 100),
        (429, {"Retry-After": "Fri, 01 May 2026 11:00:00 GMT"}, 60),
        (429, {"Retry-After": "99999999999"}, 86_400),
        (429, {}, 60),
        (503, {}, 0),
        # X: Unix time
        (200, {"x-rate-limit-limit": "300", "x-rate-limit-remaining": "299", "x-rate-limit-reset": str(UNIX + 600)}, 0),
        (200, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(UNIX + 600)}, 600),
        (200, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(UNIX - 600)}, 1),
        (429, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(UNIX + 600)}, 600),
        (429, {"x-rate-limit-remaining": "899", "x-rate-limit-reset": str(UNIX + 600)}, 10),
        # Reddit: seconds left, fractions of calls
        (200, {"x-ratelimit-used": "996", "x-ratelimit-remaining": "4.0", "x-ratelimit-reset": "412"}, 0),
        (200, {"x-ratelimit-used": "1000", "x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "412"}, 412),
        # Mastodon: ISO 8601
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-05-01T12:05:00.123456Z"}, 300.123456),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-05-01T14:05:00+02:00"}, 300),
        # Bluesky: the draft of the IETF
        (200, {"RateLimit-Limit": "3000", "RateLimit-Remaining": "0", "RateLimit-Reset": str(UNIX + 120)}, 120),
        (200, {"RateLimit-Limit": "3000", "RateLimit-Remaining": "2999", "RateLimit-Reset": str(UNIX + 120)}, 0),
        # Discord: the seconds left in a header of its own
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(UNIX + 999), "X-RateLimit-Reset-After": "1.250"}, 1.25),
        # Vimeo: ISO 8601 with an offset
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-05-01T12:01:00+00:00"}, 60),
        # Meta: percent of hourly limits
        (200, {"X-App-Usage": json.dumps({"call_count": 94, "total_time": 20, "total_cputime": 3})}, 0),
        (200, {"X-App-Usage": json.dumps({"call_count": 5, "total_time": 95, "total_cputime": 3})}, 600),
        (200, {"X-Business-Use-Case-Usage": json.dumps(BUSY)}, 720),
        (200, {"X-Business-Use-Case-Usage": json.dumps({"page": [{"call_count": 100, "estimated_time_to_regain_access": 0}]})}, 600),
    ],
)
def test_every_way_to_say_that_we_ask_too_much_is_understood(status: int, headers: Mapping[str, str], seconds: float) -> None:
    assert asked_to_wait(status, CIMultiDict(headers), NOW) == pytest.approx(seconds)


HUGE = "9" * 400
ODD = [
    {"X-App-Usage": "[" * 30_000},
    {"X-App-Usage": f'{{"call_count": {HUGE}}}'},
    {"X-App-Usage": '{"estimated_time_to_regain_access": NaN}'},
    {"X-App-Usage": '{"estimated_time_to_regain_access": Infinity}'},
    {"X-App-Usage": '{"estimated_time_to_regain_access": 1e300, "call_count": "1e400"}'},
    {"X-App-Usage": "null"},
    {"X-Business-Use-Case-Usage": '{"a": [[]]}'},
    {"X-Business-Use-Case-Usage": "7"},
    {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999-12-31T23:59:59-23:59"},
    {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "0001-01-01T00:00:00+23:59"},
    {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "999999999999"},
    {"x-ratelimit-remaining": HUGE, "x-ratelimit-reset": "NaN"},
    {"Retry-After": "-5"},
    {"Retry-After": "soon"},
    {"Retry-After": "Mon, 20 Nov 1995 19:12:08 +99999999999999999999"},
]


def sane(status: int, headers: Mapping[str, str]) -> None:
    wait = asked_to_wait(status, CIMultiDict(headers), NOW)
    assert 0 <= wait <= 86_400, wait


@pytest.mark.parametrize("headers", ODD)
@pytest.mark.parametrize("status", [200, 429, 503])
def test_no_header_of_a_hostile_server_stops_a_worker(status: int, headers: Mapping[str, str]) -> None:
    sane(status, headers)


_NAMES = st.sampled_from(
    [
        *("Retry-After", "X-App-Usage", "X-Business-Use-Case-Usage", "x-ratelimit-remaining", "x-ratelimit-reset"),
        *("x-rate-limit-remaining", "x-rate-limit-reset", "ratelimit-remaining", "ratelimit-reset", "x-ratelimit-reset-after"),
    ]
)
_NUMBERS = st.one_of(st.integers(), st.floats()).map(str)
_USAGE = st.dictionaries(
    st.sampled_from(["call_count", "total_time", "estimated_time_to_regain_access", "page"]),
    st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5), st.lists, max_leaves=3),
).map(json.dumps)
_INSTANTS = st.datetimes(timezones=st.timezones()).map(datetime.isoformat)


@given(
    status=st.sampled_from([200, 403, 429, 503]),
    headers=st.dictionaries(_NAMES, st.one_of(st.text(max_size=30), _NUMBERS, _USAGE, _INSTANTS), max_size=4),
)
def test_no_header_whatever_is_in_it_stops_a_worker(status: int, headers: Mapping[str, str]) -> None:
    sane(status, headers)


# Days and daily quotas --------------------------------------------------------------------------------------------------------

PACIFIC = "America/Los_Angeles"


@pytest.mark.parametrize(
    ("now", "day", "midnight"),
    [
        ("2026-01-15T07:59:59", "2026-01-14", "2026-01-15T08:00:00"),
        ("2026-01-15T08:00:00", "2026-01-15", "2026-01-16T08:00:00"),
        # The clocks go forward on 8 March 2026 at two: that day has 23 hours.
        ("2026-03-08T08:00:00", "2026-03-08", "2026-03-09T07:00:00"),
        ("2026-03-09T06:59:59", "2026-03-08", "2026-03-09T07:00:00"),
        # And back on 1 November at two: that day has 25.
        ("2026-11-01T07:00:00", "2026-11-01", "2026-11-02T08:00:00"),
        ("2026-11-01T08:30:00", "2026-11-01", "2026-11-02T08:00:00"),
        ("2026-11-01T09:30:00", "2026-11-01", "2026-11-02T08:00:00"),
        ("2026-11-02T07:59:59", "2026-11-01", "2026-11-02T08:00:00"),
    ],
)
def test_the_day_of_a_quota_is_the_platforms_own(now: str, day: str, midnight: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert today(at, PACIFIC) == date.fromisoformat(day)
    assert next_midnight(at, PACIFIC) == datetime.fromisoformat(midnight).replace(tzinfo=UTC)


@given(at=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_midnight_is_ahead_and_begins_the_next_day(at: datetime) -> None:
    for zone in (PACIFIC, "UTC", "Asia/Kathmandu"):
        midnight = next_midnight(at, zone)
        assert timedelta() < midnight - at <= timedelta(hours=25)
        assert today(midnight, zone) == today(at, zone) + timedelta(days=1)
        assert today(midnight - timedelta(seconds=1), zone) == today(at, zone)


DAY = date(2026, 5, 1)


@pytest.mark.django_db
def test_a_daily_quota_is_spent_all_or_none() -> None:
    platform = PlatformFactory.create()
    assert spend(platform.pk, DAY, 7, 10)
    assert not spend(platform.pk, DAY, 4, 10)
    assert spend(platform.pk, DAY, 3, 10)
    assert not spend(platform.pk, DAY, 1, 10)
    assert not spend(platform.pk, DAY + timedelta(days=1), 11, 10)
    assert spend(platform.pk, DAY + timedelta(days=1), 10, 10)
    assert list(Quota.objects.order_by("day").values_list("used", flat=True)) == [10, 10]


def in_threads(work: Callable[[int], Any], threads: int = 4) -> list[Any]:
    """Each with a database connection of its own."""

    def alone(number: int) -> Any:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(alone, range(threads)))


@pytest.mark.django_db(transaction=True)
def test_workers_that_spend_together_never_exceed_a_daily_quota() -> None:
    platform = Platform.objects.create(slug="p", name="P", connector="web")
    counts = in_threads(lambda _: sum(spend(platform.pk, DAY, 3, 100) for _ in range(20)))
    assert sum(counts) == 33
    assert Quota.objects.get().used == 99
