"""When too much goes wrong at once we look less, and believe less."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from platforms.base import Outcome, Sighting
from platforms.breaker import BreakerRule
from platforms.models import Breaker, Hold, LookMinute, Pause, PauseReason, Platform, Quota
from platforms.quota import Windows
from takedown import intake, polling, tasks
from takedown.choices import AlertKind, RequestStatus, VerdictValue
from takedown.models import Alert, Observation, TakedownRequest, Watch
from takedown.polling import Settings
from takedown.polling.claim import Claim
from takedown.polling.pulse import KEPT_DAYS, Call, take_pulse
from tests.conftest import Sandbox
from tests.engine.test_path import age, look, report, start_clock
from tests.factories import ItemFactory, PolicyFactory, WatchFactory, cast

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
    assert (hold().lost, hold().looked) == (12, 24)
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


@pytest.mark.parametrize(("up", "gone"), [(9, 9), (60, 11)])
def test_few_are_believed(sandbox: Sandbox, up: int, gone: int) -> None:
    requests = seen_up(sandbox, up)
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


def test_a_supervisor_may_believe_what_is_held(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 12)
    lose(sandbox, requests)
    look(*requests)
    look(*requests)
    polling.release_hold(hold(), reason="The platform said so.", actor=cast().bob, now=timezone.now())
    assert Hold.objects.get().released_by == str(cast().bob)
    look(*requests)
    assert {(request.verdict, request.provisional) for request in requests} == {(VerdictValue.MET, False)}


def test_what_a_person_found_to_be_true_is_not_held_again(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 24)
    lose(sandbox, requests[:12])
    look(*requests)
    polling.release_hold(hold(), reason="True.", actor=cast().bob, now=timezone.now())
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
    LookMinute.objects.update(minute=F("minute") - timedelta(minutes=4))
    Hold.objects.update(released_at=F("released_at") - timedelta(minutes=2))
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


def test_a_hold_is_released_once(sandbox: Sandbox) -> None:
    requests = seen_up(sandbox, 12)
    lose(sandbox, requests)
    look(*requests)
    seen_by_the_judge = hold()
    polling.release_hold(hold(), reason="True.", actor=cast().bob, now=timezone.now())
    polling.release(seen_by_the_judge, by="", reason="Back.", now=timezone.now(), believed=False)
    assert Hold.objects.get().released_by == str(cast().bob)
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


# Errors in a row --------------------------------------------------------------------------------------------------------------


def broken(sandbox: Sandbox, items: int = 1) -> tuple[list[TakedownRequest], Breaker]:
    """The breaker of a platform that answers with nothing but errors, open."""
    configure("x", breaker={"failures": 3})
    requests = report_all([sandbox.add("x", (-60, "server_error")) for _ in range(items)])
    for _ in range(3):
        look(*requests)
    return requests, Breaker.objects.get(platform__slug="x")


def pause_is_over() -> None:
    Pause.objects.update(until=timezone.now() - timedelta(seconds=1))


def test_errors_in_a_row_open_the_breaker_and_nobody_calls_any_more(sandbox: Sandbox) -> None:
    (request,), breaker = broken(sandbox)
    assert (breaker.failures, breaker.trips, breaker.last_failure) == (3, 1, "http_503")
    pause = Pause.objects.get(platform__slug="x", reason=PauseReason.BREAKER)
    assert pause.until is not None
    assert 50 < (pause.until - timezone.now()).total_seconds() <= 60
    assert list(Alert.objects.filter(kind=AlertKind.BREAKER).values_list("agency__slug", flat=True)) == ["north"]
    assert calls(sandbox) == 3
    start_clock(request, timezone.now())
    age(request, 700)
    for _ in range(3):
        look(request)
    assert calls(sandbox) == 0
    assert Watch.objects.get().first_gone is None


def test_an_ill_platform_keeps_no_other_waiting(sandbox: Sandbox) -> None:
    broken(sandbox)
    other = report(sandbox.add("youtube", (-60, "available")))
    look(other)
    assert Watch.objects.get(item=other.item).outcome == Outcome.AVAILABLE


def test_after_the_pause_one_call_shows_whether_it_is_well(sandbox: Sandbox) -> None:
    requests, _ = broken(sandbox, items=4)
    pause_is_over()
    calls(sandbox)
    look(*requests)
    assert calls(sandbox) == 1
    breaker = Breaker.objects.get()
    assert breaker.trips == 2
    until = Pause.objects.get().until
    assert until is not None
    assert 110 < (until - timezone.now()).total_seconds() <= 120
    assert Alert.objects.filter(kind=AlertKind.BREAKER).count() == 1


def test_a_call_that_succeeds_closes_the_breaker(sandbox: Sandbox) -> None:
    requests, _ = broken(sandbox, items=4)
    for item in sandbox.world.items.values():
        item.script.append((sandbox.world.clock() - 0.001, "available"))
    pause_is_over()
    calls(sandbox)
    look(*requests)
    look(*requests)
    breaker = Breaker.objects.get()
    assert (breaker.failures, breaker.trips, breaker.last_success_at is not None) == (0, 0, True)
    assert calls(sandbox) > 1
    assert set(Watch.objects.values_list("outcome", flat=True)) == {Outcome.AVAILABLE}


@pytest.fixture
def claimed() -> Claim:
    """One item of X that is due, claimed."""
    WatchFactory.create(item=ItemFactory.create(platform=Platform.objects.get(slug="x")))
    (claim,) = polling.claim(1)
    return claim


def call(claim: Claim, outcome: Outcome, reason: str) -> Call:
    now = timezone.now()
    return Call(claim.platform_id, [(claim, Sighting(claim.ref, outcome, reason, now, now))])


def pulse_of(*made: Call, now: datetime | None = None) -> Breaker:
    platform = Platform.objects.get(slug="x")
    take_pulse(made, {platform.pk: Settings.of(platform)}, now or timezone.now())
    return Breaker.objects.get(platform=platform)


def test_calls_that_were_under_way_when_it_opened_do_not_lengthen_the_pause(claimed: Claim) -> None:
    now, fault = timezone.now(), call(claimed, Outcome.INDETERMINATE, "timeout")
    for second in range(20):
        breaker = pulse_of(fault, now=now + timedelta(seconds=second))
    assert (breaker.failures, breaker.trips) == (20, 1)
    assert Pause.objects.get().until == now + timedelta(seconds=4 + BreakerRule().cooldown_seconds)


def test_only_failures_in_a_row_count(claimed: Claim) -> None:
    fault, well = call(claimed, Outcome.INDETERMINATE, "timeout"), call(claimed, Outcome.AVAILABLE, "ok")
    assert pulse_of(*[fault] * 4, well).failures == 0
    assert pulse_of(well, *[fault] * 4).failures == 4
    assert pulse_of(call(claimed, Outcome.INDETERMINATE, "rate_limited")).failures == 4
    assert not Pause.objects.exists()
    assert pulse_of(fault).failures == 5
    assert Pause.objects.exists()


def test_a_batch_of_which_one_item_could_be_told_is_no_failure(claimed: Claim) -> None:
    fault, well = call(claimed, Outcome.INDETERMINATE, "http_500"), call(claimed, Outcome.GONE_UNATTRIBUTED, "not_found")
    assert pulse_of(*[Call(claimed.platform_id, [*fault.looks, *well.looks])] * 9).failures == 0


# Counts -----------------------------------------------------------------------------------------------------------------------


def counted() -> dict[str, int]:
    names = ("looks", "indeterminate", "had_been_up", "disappeared", "anchors", "late_anchors")
    rows = LookMinute.objects.filter(platform__slug="youtube")
    return {name: sum(rows.values_list(name, flat=True)) for name in names}


def test_every_look_is_counted_by_what_it_came_to(sandbox: Sandbox) -> None:
    requests = report_all([sandbox.add("youtube", (-60, "available")) for _ in range(3)])
    look(*requests)
    assert counted() == {"looks": 3, "indeterminate": 0, "had_been_up": 0, "disappeared": 0, "anchors": 0, "late_anchors": 0}
    lose(sandbox, requests[:1])
    look(*requests)
    look(*requests)
    assert counted() == {"looks": 9, "indeterminate": 0, "had_been_up": 5, "disappeared": 1, "anchors": 0, "late_anchors": 0}
    sandbox.become(requests[2].item.canonical_url, "indeterminate")
    look(requests[2])
    assert (counted()["looks"], counted()["indeterminate"], counted()["had_been_up"]) == (10, 1, 5)


@pytest.mark.parametrize(("late", "counts"), [(timedelta(seconds=1), 0), (timedelta(seconds=30), 1), (timedelta(days=40), 1)])
def test_looks_at_deadlines_are_counted_with_how_late_they_are(sandbox: Sandbox, late: timedelta, counts: int) -> None:
    report(sandbox.add("youtube", (-60, "available")))
    Watch.objects.update(is_anchor=True, next_look_at=timezone.now() - late)
    assert polling.work() == 1
    row = LookMinute.objects.get()
    assert (row.anchors, row.late_anchors) == (1, counts)
    assert min(late.total_seconds() * 1000, 2**31 - 1) <= row.latest_anchor_ms <= late.total_seconds() * 1000 + 20_000
    assert Observation.objects.count() == 1


def test_what_nobody_reads_any_more_is_forgotten(sandbox: Sandbox) -> None:
    platform, now = Platform.objects.get(slug="x"), timezone.now().astimezone(UTC)
    kept, old = now - timedelta(days=KEPT_DAYS - 1), now - timedelta(days=KEPT_DAYS + 1)
    for at in (kept, old):
        LookMinute.objects.create(platform=platform, minute=at)
        Quota.objects.create(platform=platform, day=at.date())
        Pause.objects.create(platform=platform, reason=PauseReason.RETRY_AFTER, bucket=f"{at:%d}", since=old, until=at)
    Pause.objects.create(platform=platform, reason=PauseReason.OPERATOR, since=old, until=None)
    assert polling.tidy() == 3
    assert (LookMinute.objects.get().minute, Quota.objects.get().day) == (kept, kept.date())
    assert set(Pause.objects.values_list("until", flat=True)) == {kept, None}
    assert tasks.tidy() == 0
