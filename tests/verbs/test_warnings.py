"""Warnings before a deadline: each once, while there is time, and never of what is gone or no longer due."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from takedown import tasks
from takedown.choices import AlertKind, ClockEventKind, RequestStatus
from takedown.models import Alert, TakedownRequest, Watch
from takedown.verdicts import ClockFact, record_clock_events, warn
from tests.factories import PolicyFactory, RequestFactory, WatchFactory
from tests.patience import PATIENCE

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEVER: list[float] = []
Sweep = Callable[[float], int]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """Sweep so many minutes after the start; how many requests were warned of."""

    def sweep(minute: float) -> int:
        monkeypatch.setattr("takedown.verdicts.near.database_now", lambda: START + timedelta(minutes=minute))
        return warn()

    return sweep


def says(request: TakedownRequest, kind: ClockEventKind, minute: float, now: float | None = None, until: float | None = None) -> None:
    event, seen = (START + timedelta(minutes=each) for each in (minute, minute if now is None else now))
    fact = ClockFact(request.pk, kind, event, until=None if until is None else START + timedelta(minutes=until))
    record_clock_events([fact], actor=None, now=seen)


def running(*minutes: int, now: float = 0) -> TakedownRequest:
    """A request with an hour from `START`, warned of so many minutes before its end."""
    policy = PolicyFactory.create(key=f"warns-{'-'.join(map(str, minutes))}", warn_before=list(minutes))
    request: TakedownRequest = RequestFactory.create(policy=policy, status=RequestStatus.SENT, opened_at=START)
    WatchFactory.create(item=request.item, since=START)
    says(request, ClockEventKind.SENT, 0, now)
    return request


def look(request: TakedownRequest, minute: float, *, gone: bool) -> None:
    """What a look leaves behind, and the judgement of it."""
    seen = START + timedelta(minutes=minute)
    found = {"first_gone": seen, "last_gone": seen} if gone else {"first_gone": None, "last_up": seen}
    Watch.objects.filter(item=request.item).update(**found)
    says(request, ClockEventKind.RECEIVED, minute)  # changes nothing in the clock


def warned(request: TakedownRequest) -> list[tuple[float, float]]:
    """Minute of each warning, and of the deadline that it is of."""
    alerts = Alert.objects.filter(kind=AlertKind.DUE_SOON, request=request).order_by("id")
    return [((alert.at - START).total_seconds() / 60, (alert.due_at - START).total_seconds() / 60) for alert in alerts if alert.due_at]


@pytest.mark.parametrize(
    ("sweeps", "warnings"),
    [
        ([29.99], NEVER),
        ([30], [30]),
        ([44.99], [30]),
        ([30, 30, 31, 44.99], [30]),
        ([45], [45]),  # nobody swept in between: one alert for both
        ([59.99], [45]),
        ([30, 59.99], [30, 45]),
        ([*range(0, 120, 5)], [30, 45]),
        ([60], NEVER),
        ([90], NEVER),
        ([35, 60], [30]),
    ],
)
def test_each_warning_is_raised_once_and_not_after_the_deadline(sweeps: list[float], warnings: list[float], at: Sweep) -> None:
    request = running(15, 30)
    for minute in sweeps:
        at(minute)
    assert warned(request) == [(minute, 60) for minute in warnings]


def test_an_alert_names_the_request_its_policy_and_the_deadline(at: Sweep) -> None:
    request = running(15)
    assert [at(minute) for minute in (44, 46, 47)] == [0, 1, 0]
    alert = Alert.objects.get()
    assert (alert.agency, alert.platform, alert.request, alert.detail) == (
        request.agency, request.platform, request, "Removal order, one hour",
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(15))
def test_whenever_workers_come_round_all_that_was_due_is_warned_of_and_nothing_else(seed: int, at: Sweep) -> None:
    chance = random.Random(seed)
    minutes = sorted(chance.sample(range(1, 60), chance.randint(0, 5)))
    request, sweeps = running(*minutes), sorted(chance.uniform(0, 75) for _ in range(chance.randint(1, 8)))
    for minute in sweeps:
        at(minute)
    expected = {
        max(60 - before for before in minutes if 60 - before <= sweep)
        for sweep in sweeps
        if sweep < 60 and 60 - max(minutes, default=-99) <= sweep
    }
    assert warned(request) == [(minute, 60) for minute in sorted(expected)]


def test_without_warnings_there_are_none(at: Sweep) -> None:
    request = running()
    assert (at(59), request.warn_at, warned(request)) == (0, None, [])


def test_a_clock_that_is_known_of_late_still_warns(at: Sweep) -> None:
    request = running(15, 30, now=50)
    at(51)
    assert warned(request) == [(45, 60)]


@pytest.mark.parametrize("status", [RequestStatus.CLOSED, RequestStatus.WITHDRAWN])
def test_what_is_over_is_not_warned_of(status: RequestStatus, at: Sweep) -> None:
    request = running(15)
    TakedownRequest.objects.update(status=status, closed_at=START)
    assert (at(50), warned(request)) == (0, [])


@pytest.mark.parametrize("kind", [ClockEventKind.VOIDED, ClockEventKind.WITHDRAWN, ClockEventKind.OBSTACLE_STARTED])
def test_a_clock_that_does_not_run_is_not_warned_of(kind: ClockEventKind, at: Sweep) -> None:
    request = running(15)
    says(request, kind, 10)
    assert (at(50), warned(request)) == (0, [])


def test_what_was_seen_gone_is_not_warned_of_unless_it_is_back(at: Sweep) -> None:
    request = running(15, 30)
    look(request, 20, gone=True)
    assert [at(minute) for minute in (31, 46)] == [0, 0]
    look(request, 50, gone=False)
    assert [at(minute) for minute in (51, 52)] == [1, 0]
    assert warned(request) == [(45, 60)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # a whole new hour from minute 50
        ([(ClockEventKind.OBSTACLE_STARTED, 40, None), (ClockEventKind.OBSTACLE_ENDED, 50, None)], [(30, 60), (80, 110), (95, 110)]),
        ([(ClockEventKind.EXTENDED, 50, 200)], [(30, 60), (45, 60), (170, 200), (185, 200)]),
        # shorter than the period: the later of the two counts
        ([(ClockEventKind.EXTENDED, 50, 55)], [(30, 60), (45, 60)]),
        # a whole new hour that ends after the extension
        (
            [
                (ClockEventKind.EXTENDED, 1, 200),
                (ClockEventKind.OBSTACLE_STARTED, 172, None),
                (ClockEventKind.OBSTACLE_ENDED, 173, None),
            ],
            [(170, 200), (203, 233), (218, 233)],
        ),
    ],
)
def test_another_deadline_is_warned_of_anew(
    events: list[tuple[ClockEventKind, float, float | None]], expected: list[tuple[float, float]], at: Sweep
) -> None:
    request, ahead = running(15, 30), list(events)
    for minute in range(300):
        while ahead and ahead[0][1] == minute:
            kind, when, until = ahead.pop(0)
            says(request, kind, when, until=until)
        at(minute)
    assert warned(request) == expected


def test_a_deadline_that_comes_back_as_it_was_is_not_warned_of_twice(at: Sweep) -> None:
    request = running(15)
    says(request, ClockEventKind.EXTENDED, 1, until=120)
    assert at(106) == 1
    says(request, ClockEventKind.OBSTACLE_STARTED, 2, now=107)
    says(request, ClockEventKind.OBSTACLE_ENDED, 3, now=108)  # an hour from minute 3 ends before the extension does
    at(109)
    assert warned(request) == [(105, 120)]


def test_a_worker_that_dies_half_way_has_done_nothing(monkeypatch: pytest.MonkeyPatch, at: Sweep) -> None:
    request = running(15)

    def die(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("django.db.models.query.QuerySet.bulk_update", die)
        with pytest.raises(RuntimeError, match="killed"):
            at(50)
    assert warned(request) == []
    at(51)
    assert warned(request) == [(45, 60)]


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_warn_twice(at: Sweep) -> None:
    request, counts = running(15), []
    at(0)

    def other() -> None:
        try:
            counts.append(at(50))
        finally:
            connection.close()

    with transaction.atomic():
        TakedownRequest.objects.select_for_update().get(pk=request.pk)
        second = threading.Thread(target=other)
        second.start()
        second.join(PATIENCE)
    assert (counts, at(50)) == ([0], 1)
    TakedownRequest.objects.update(warn_at=START + timedelta(minutes=45))  # as if its own work had been lost
    assert (at(50), warned(request)) == (1, [(45, 60)])


@pytest.mark.parametrize("number", [1, 5])
def test_the_number_of_statements_does_not_grow_with_the_requests(
    number: int, at: Sweep, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        running(15, 30)
    with django_assert_max_num_queries(7):
        assert at(31) == number


def test_the_task_reads_the_databases_clock() -> None:
    policy, now = PolicyFactory.create(warn_before=[15]), timezone.now()
    request = RequestFactory.create(policy=policy, status=RequestStatus.SENT)
    WatchFactory.create(item=request.item)
    record_clock_events([ClockFact(request.pk, ClockEventKind.SENT, now - timedelta(minutes=50))], actor=None, now=now)
    assert [tasks.warn(), tasks.warn()] == [1, 0]
