"""A platform that fails again and again is left alone for a while; one call at a time then shows whether it is well."""

from datetime import datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from platforms.base import Outcome, Sighting
from platforms.breaker import BreakerRule
from platforms.models import Breaker, Pause, PauseReason, Platform
from takedown import polling
from takedown.choices import AlertKind
from takedown.models import Alert, TakedownRequest, Watch
from takedown.polling import Settings
from takedown.polling.claim import Claim
from takedown.polling.pulse import Call, take_pulse
from tests.conftest import Sandbox
from tests.engine.test_path import age, look, report, start_clock
from tests.engine.test_pulse import _world, calls, configure, report_all
from tests.factories import ItemFactory, WatchFactory
from tests.patience import eventually

__all__ = ["_world"]
pytestmark = pytest.mark.django_db


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
    began = timezone.now()
    (request,), breaker = broken(sandbox)
    assert (breaker.failures, breaker.trips, breaker.last_failure) == (0, 1, "http_503")
    pause = Pause.objects.get(platform__slug="x", reason=PauseReason.BREAKER)
    assert pause.until is not None
    assert began + timedelta(seconds=60) <= pause.until <= timezone.now() + timedelta(seconds=60)
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


def test_after_the_pause_one_call_at_a_time_shows_whether_it_is_well(sandbox: Sandbox) -> None:
    requests, _ = broken(sandbox, items=4)
    pause_is_over()
    calls(sandbox)
    began = timezone.now()
    for trips in (1, 1, 2):
        look(*requests)
        assert calls(sandbox) == 1
        assert Breaker.objects.get().trips == trips
    until = Pause.objects.get().until
    assert until is not None
    assert began + timedelta(seconds=120) <= until <= timezone.now() + timedelta(seconds=120)
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
    assert (breaker.failures, breaker.trips) == (0, 1)
    assert Pause.objects.get().until == now + timedelta(seconds=4 + BreakerRule().cooldown_seconds)


def test_a_success_soon_after_the_last_one_closes_it_all_the_same(claimed: Claim) -> None:
    now, fault, well = timezone.now(), call(claimed, Outcome.INDETERMINATE, "timeout"), call(claimed, Outcome.AVAILABLE, "ok")
    pulse_of(well, now=now)
    assert pulse_of(*[fault] * 5, now=now + timedelta(seconds=1)).trips == 1
    closed = pulse_of(well, now=now + timedelta(seconds=3))
    assert (closed.trips, closed.failures) == (0, 0)


def test_a_call_that_succeeded_while_it_was_open_outweighs_those_that_failed_then(claimed: Claim) -> None:
    fault, well = call(claimed, Outcome.INDETERMINATE, "timeout"), call(claimed, Outcome.AVAILABLE, "ok")
    pulse_of(*[fault] * 5)
    closed = pulse_of(well, *[fault] * 4)
    assert (closed.trips, closed.failures) == (0, 0)


def waits_for_another() -> bool:
    """Whether a connection waits for a lock of this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # or this transaction sees the first answer for ever
        cursor.execute("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_opens_it(claimed: Claim) -> None:
    fault, platform = call(claimed, Outcome.INDETERMINATE, "timeout"), Platform.objects.get(slug="x")
    known, now = {platform.pk: Settings.of(platform)}, timezone.now().replace(second=59)

    def later() -> None:
        # Of the next minute: they wait for each other at the breaker, not at the minute's counts.
        take_pulse([fault] * 5, known, now + timedelta(seconds=2))
        connection.close()

    other = Thread(target=later)
    with transaction.atomic():
        take_pulse([fault] * 5, known, now)
        other.start()
        assert eventually(waits_for_another)
    other.join()
    assert Breaker.objects.get().trips == 1
    assert Pause.objects.get().until == now + timedelta(seconds=BreakerRule().cooldown_seconds)


def test_only_failures_in_a_row_count(claimed: Claim) -> None:
    fault, well = call(claimed, Outcome.INDETERMINATE, "timeout"), call(claimed, Outcome.AVAILABLE, "ok")
    assert pulse_of(*[fault] * 4, well).failures == 0
    assert pulse_of(well, *[fault] * 4).failures == 4
    assert pulse_of(call(claimed, Outcome.INDETERMINATE, "rate_limited")).failures == 4
    assert not Pause.objects.exists()
    assert pulse_of(fault).trips == 1
    assert Pause.objects.exists()


def test_a_batch_of_which_one_item_could_be_told_is_no_failure(claimed: Claim) -> None:
    fault, well = call(claimed, Outcome.INDETERMINATE, "http_500"), call(claimed, Outcome.GONE_UNATTRIBUTED, "not_found")
    assert pulse_of(*[Call(claimed.platform_id, [*fault.looks, *well.looks])] * 9).failures == 0
