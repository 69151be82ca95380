"""When too much goes wrong at once we look less, and believe less."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from platforms.models import Hold, LookMinute, Pause, PauseReason, Platform, Quota
from platforms.quota import Windows
from takedown import intake, polling, tasks
from takedown.choices import AlertKind, RequestStatus, Role, VerdictValue
from takedown.models import Alert, Observation, TakedownRequest, User, Watch
from takedown.polling.pulse import KEPT_DAYS
from tests.conftest import Sandbox
from tests.engine.test_path import age, look, report, start_clock
from tests.factories import PolicyFactory, UserFactory, cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(sandbox: Sandbox) -> Iterator[None]:
    sandbox.configure()
    for key, minutes in (("referral_voluntary", 10), ("one_minute", 1)):
        PolicyFactory.create(key=key, unit="minutes", duration=minutes)
    own = Windows(settings.REDIS_URL, f"test-{uuid.uuid4().hex}")
    with mock.patch("takedown.polling.eyes.windows", return_value=own):
        yield


def report_all(urls: Sequence[str], agency: str = "north") -> list[TakedownRequest]:
    alice = cast(agency).alice
    assert alice.agency is not None
    drafts = [intake.Draft(url, "a_incite") for url in urls]
    filed = intake.submit(agency=alice.agency, drafts=drafts, actor=alice, now=timezone.now())
    return [one.report.request for one in filed if one.report]


def seen_up(sandbox: Sandbox, count: int, agency: str = "north") -> list[TakedownRequest]:
    """Requests whose clock runs, about videos that have been seen up."""
    requests = report_all([sandbox.add("youtube", (-60, "available")) for _ in range(count)], agency)
    look(*requests)
    for request in requests:
        start_clock(request, timezone.now())
    look(*requests)
    return requests


def lose(sandbox: Sandbox, requests: Sequence[TakedownRequest]) -> None:
    """From now on the platform leaves them out of its lists, and only them."""
    sandbox.world.lost = {("youtube", request.item.external_id) for request in requests}


def hold() -> Hold:
    return Hold.objects.get(released_at=None)


def a_minute_later() -> int:
    Hold.objects.update(checked_at=timezone.now() - timedelta(seconds=61))
    return polling.release_what_has_passed()


def last_seen_a_while_ago() -> None:
    """An item counts as looked at once a minute, however often it was."""
    Watch.objects.update(last_up=F("last_up") - timedelta(minutes=2))


def two_minutes_later() -> None:
    """After a release: what was counted lies before it, and what comes lies in another minute."""
    LookMinute.objects.update(minute=F("minute") - timedelta(minutes=4))
    Hold.objects.update(released_at=F("released_at") - timedelta(minutes=2))


def calls(sandbox: Sandbox) -> int:
    """How many the platforms have received since this was last asked."""
    count = len(sandbox.world.calls)
    sandbox.world.calls.clear()
    return count


def configure(slug: str, **config: Any) -> Platform:
    platform = Platform.objects.get(slug=slug)
    platform.config |= config
    platform.save()
    return platform


# Too many at once -------------------------------------------------------------------------------------------------------------


def test_a_mass_disappearance_is_held_and_no_verdict_is_final(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 12)
    lose(sandbox, requests)
    for _ in range(4):
        look(*requests)
    assert hold().lost == 12
    assert {(request.verdict, request.provisional) for request in requests} == {(VerdictValue.MET, True)}
    assert not Watch.objects.exclude(confirmed_at=None).exists()
    for request in requests:
        age(request, 660)
    look(*requests)
    assert {request.status for request in requests} == {RequestStatus.SENT}


def test_every_agency_that_watches_the_platform_is_told_once(sandbox: Sandbox) -> None:
    north, _ = seen_up(sandbox, 12), seen_up(sandbox, 1, "south")
    report_all([sandbox.add("x", (-60, "available"))], "west")
    lose(sandbox, north)
    look(*north)
    look(*north)
    alerts = Alert.objects.filter(kind=AlertKind.HELD, platform__slug="youtube")
    assert sorted(alerts.values_list("agency__slug", flat=True)) == ["north", "south"]


@pytest.mark.parametrize(("up", "gone", "fewest"), [(9, 9, 10), (40, 8, 5)])
def test_few_are_believed(sandbox: Sandbox, up: int, gone: int, fewest: int) -> None:
    configure("youtube", breaker={"fewest": fewest})
    requests = seen_up(sandbox, up)
    last_seen_a_while_ago()
    lose(sandbox, requests[:gone])
    look(*requests)
    look(*requests)
    assert not Hold.objects.exists()
    assert {(one.verdict, one.provisional) for one in requests[:gone]} == {(VerdictValue.MET, False)}


def test_a_hold_lets_go_by_itself_once_the_items_are_back(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 12)
    lose(sandbox, requests)
    look(*requests)
    assert a_minute_later() == 0
    lose(sandbox, [])
    look(*requests)
    assert polling.release_what_has_passed() == 0  # it was asked less than a minute ago
    assert a_minute_later() == 1
    assert not Hold.objects.filter(released_at=None).exists()
    assert Alert.objects.filter(kind=AlertKind.RELEASED).count() == 1
    assert {request.verdict for request in requests} == {VerdictValue.PENDING}


def test_what_was_seen_gone_while_nothing_was_believed_meets_no_deadline(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 20)
    gone = requests[0]
    lose(sandbox, requests)
    look(*requests)
    assert (gone.verdict, gone.provisional) == (VerdictValue.MET, True)
    for request in requests:
        age(request, 660)
    Hold.objects.update(since=F("since") - timedelta(seconds=660))
    # The interface is well again. One item has really gone by now; its deadline has passed, and nobody saw which came first.
    lose(sandbox, requests[:1])
    look(*requests)
    assert a_minute_later() == 1
    gone.refresh_from_db()
    assert (gone.verdict, gone.first_gone) == (VerdictValue.UNPROVEN, None)
    for _ in range(3):
        look(gone)
    assert (gone.verdict, gone.provisional) == (VerdictValue.INDETERMINATE, False)


def operator() -> User:
    person: User = UserFactory.create(username="olga", agency=None, role=Role.OPERATOR)
    return person


def test_a_supervisor_may_believe_what_is_held(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 12)
    lose(sandbox, requests)
    look(*requests)
    look(*requests)
    polling.release_hold(hold(), reason="The platform said so.", actor=cast().bob, now=timezone.now())
    assert Hold.objects.get().releases.get().by == str(cast().bob)
    look(*requests)
    assert {(request.verdict, request.provisional) for request in requests} == {(VerdictValue.MET, False)}


def test_what_a_person_found_to_be_true_is_not_held_again(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 24)
    lose(sandbox, requests[:12])
    look(*requests)
    polling.release_hold(hold(), reason="True.", actor=operator(), now=timezone.now())
    two_minutes_later()
    lose(sandbox, requests)
    look(*requests)
    assert not Hold.objects.filter(released_at=None).exists()


def test_an_interface_that_fails_again_after_a_hold_let_go_by_itself_is_held_again(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 12)
    lose(sandbox, requests)
    look(*requests)
    lose(sandbox, [])
    look(*requests)
    assert a_minute_later() == 1
    two_minutes_later()
    lose(sandbox, requests)
    look(*requests)
    look(*requests)
    assert hold().lost == 12
    assert not Watch.objects.exclude(confirmed_at=None).exists()


def test_what_disappeared_before_a_hold_let_go_does_not_bring_it_back(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 12)
    lose(sandbox, requests)
    look(*requests)
    lose(sandbox, [])
    look(*requests)
    assert a_minute_later() == 1
    lose(sandbox, requests[:1])
    look(*requests)
    assert not Hold.objects.filter(released_at=None).exists()


def test_what_stays_away_for_a_day_is_believed(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 12)
    lose(sandbox, requests)
    look(*requests)
    Hold.objects.update(since=timezone.now() - timedelta(hours=25))
    assert a_minute_later() == 1
    assert "stayed away" in Hold.objects.get().release_reason
    look(*requests)
    assert {(request.verdict, request.provisional) for request in requests} == {(VerdictValue.MET, False)}


def test_what_was_confirmed_before_a_hold_stays_confirmed_after_it(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 20)
    lose(sandbox, requests[:3])
    look(*requests)
    look(*requests)
    lose(sandbox, requests)
    look(*requests)
    lose(sandbox, requests[:3])
    look(*requests)
    assert a_minute_later() == 1
    look(*requests)
    assert {(one.verdict, one.provisional) for one in requests[:3]} == {(VerdictValue.MET, False)}
    assert {one.verdict for one in requests[3:]} == {VerdictValue.PENDING}


def test_a_hold_is_released_once(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 12)
    lose(sandbox, requests)
    look(*requests)
    seen_by_the_judge = hold()
    polling.release_hold(hold(), reason="True.", actor=operator(), now=timezone.now())
    polling.release(seen_by_the_judge, by="", reason="Back.", now=timezone.now(), believed=False)
    assert Hold.objects.get().released_by == "Olga"
    assert Watch.objects.filter(first_gone=None).count() == 0
    assert Alert.objects.filter(kind=AlertKind.RELEASED).count() == 1


@pytest.mark.parametrize("config", [{"rhythm": {"dense_seconds": 0}}, {"breaker": {"failures": 0}}])
def test_a_hold_on_a_platform_that_is_set_up_wrongly_stops_no_deadline(sandbox: Sandbox, config: dict[str, Any]) -> None:
    requests = seen_up(sandbox, 12)
    lose(sandbox, requests)
    look(*requests)
    other = report(sandbox.add("web", (-60, "available")), "one_minute")
    start_clock(other, timezone.now())
    age(other, 61)
    configure("youtube", **config)
    Hold.objects.update(checked_at=timezone.now() - timedelta(seconds=61))
    assert tasks.judge() == 1
    other.refresh_from_db()
    assert other.verdict == VerdictValue.UNPROVEN


# Counts -----------------------------------------------------------------------------------------------------------------------


def counted() -> dict[str, int]:
    names = ("looks", "indeterminate", "had_been_up", "disappeared", "anchors", "late_anchors")
    rows = LookMinute.objects.filter(platform__slug="youtube")
    return {name: sum(rows.values_list(name, flat=True)) for name in names}


def test_every_look_is_counted_by_what_it_came_to(sandbox: Sandbox) -> None:
    requests = report_all([sandbox.add("youtube", (-60, "available")) for _ in range(3)])
    look(*requests)
    assert counted() == {"looks": 3, "indeterminate": 0, "had_been_up": 0, "disappeared": 0, "anchors": 0, "late_anchors": 0}
    last_seen_a_while_ago()
    lose(sandbox, requests[:1])
    look(*requests)
    last_seen_a_while_ago()
    look(*requests)
    assert counted() == {"looks": 9, "indeterminate": 0, "had_been_up": 5, "disappeared": 1, "anchors": 0, "late_anchors": 0}
    sandbox.become(requests[2].item.canonical_url, "indeterminate")
    look(requests[2])
    assert (counted()["looks"], counted()["indeterminate"], counted()["had_been_up"]) == (10, 1, 5)


@pytest.mark.parametrize(("late", "counts"), [(timedelta(seconds=1), 0), (timedelta(seconds=30), 1), (timedelta(days=40), 1)])
def test_looks_at_deadlines_are_counted_with_how_late_they_are(sandbox: Sandbox, late: timedelta, counts: int) -> None:
    report(sandbox.add("youtube", (-60, "available")))
    due = timezone.now() - late
    Watch.objects.update(is_anchor=True, next_look_at=due)
    assert polling.work() == 1
    row = LookMinute.objects.get()
    assert (row.anchors, row.late_anchors) == (1, counts)
    assert row.latest_anchor_ms >= min(late.total_seconds() * 1000, 2**31 - 1)
    assert due + timedelta(milliseconds=row.latest_anchor_ms) <= timezone.now()
    assert Observation.objects.count() == 1


def test_minutes_of_yesterday_become_quarters_of_an_hour(sandbox: Sandbox) -> None:
    x, y = Platform.objects.get(slug="x"), Platform.objects.get(slug="youtube")
    quarter = (timezone.now() - timedelta(days=2)).replace(hour=10, minute=15, second=0, microsecond=0)
    rows = [(x, 0, 3, 100), (x, 1, 4, 700), (x, 14, 5, 20), (x, 15, 6, 10), (y, 7, 8, 90)]
    for platform, minute, looks, late in rows:
        at = quarter + timedelta(minutes=minute)
        LookMinute.objects.create(platform=platform, for_agency=1, minute=at, looks=looks, anchors=1, latest_anchor_ms=late)
    recent = LookMinute.objects.create(platform=x, for_agency=1, minute=timezone.now() - timedelta(hours=2, minutes=1), looks=9)
    for _ in range(2):
        polling.tidy()
    found = LookMinute.objects.exclude(pk=recent.pk).order_by("platform__slug", "minute")
    assert [(row.platform, row.minute - quarter, row.looks, row.anchors, row.latest_anchor_ms) for row in found] == [
        (x, timedelta(), 12, 3, 700),
        (x, timedelta(minutes=15), 6, 1, 10),
        (y, timedelta(), 8, 1, 90),
    ]
    assert LookMinute.objects.get(pk=recent.pk).looks == 9


def test_what_nobody_reads_any_more_is_forgotten(sandbox: Sandbox) -> None:
    platform, now = Platform.objects.get(slug="x"), timezone.now().astimezone(UTC)
    kept, old = now - timedelta(days=KEPT_DAYS - 1), now - timedelta(days=KEPT_DAYS + 1)
    quarter = kept.replace(minute=0, second=0, microsecond=0)
    for at in (kept, old):
        LookMinute.objects.create(platform=platform, for_agency=1, minute=at.replace(minute=0, second=0, microsecond=0))
        Quota.objects.create(platform=platform, day=at.date())
        Pause.objects.create(platform=platform, reason=PauseReason.RETRY_AFTER, bucket=f"{at:%d}", since=old, until=at)
    Pause.objects.create(platform=platform, reason=PauseReason.OPERATOR, since=old, until=None)
    assert polling.tidy() == 3
    assert (LookMinute.objects.get().minute, Quota.objects.get().day) == (quarter, kept.date())
    assert set(Pause.objects.values_list("until", flat=True)) == {kept, None}
    assert tasks.tidy() == 0
