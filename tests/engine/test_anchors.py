"""Deadlines are looked at on time, whatever else happens to the item."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from platforms.base import Outcome, Sighting
from platforms.models import Platform
from takedown import dispatch, polling, verdicts
from takedown.choices import RequestStatus, VerdictValue
from takedown.models import Observation, TakedownRequest, Watch
from takedown.polling import Settings
from takedown.polling.apply import apply
from tests.conftest import Sandbox
from tests.engine.test_path import age, look, report, start_clock
from tests.factories import PolicyFactory, UserFactory

pytestmark = pytest.mark.django_db
CONFIRMED = timedelta(days=8)


@pytest.fixture(autouse=True)
def _world(sandbox: Sandbox) -> None:
    sandbox.configure()
    PolicyFactory.create(key="referral_voluntary", unit="minutes", duration=10)
    PolicyFactory.create(key="one_minute", unit="minutes", duration=1)
    PolicyFactory.create(key="hour", unit="hours", duration=1)


@pytest.fixture
def _calm(_world: None) -> None:
    """The rhythm of a real install."""
    for platform in Platform.objects.all():
        platform.config = {key: value for key, value in platform.config.items() if key not in {"rhythm", "confirm"}}
        platform.save()


def sight(request: TakedownRequest, outcome: Outcome, sent: datetime, answered: datetime, **more: Any) -> Watch:
    """One look at one item, with instants of our choice."""
    Watch.objects.filter(item=request.item).update(next_look_at=timezone.now() - timedelta(seconds=1))
    claim = next(claim for claim in polling.claim(200) if claim.item_id == request.item_id)
    platform = Platform.objects.get(pk=claim.platform_id)
    apply([(claim, Sighting(claim.ref, outcome, "x", sent, answered, **more))], {platform.pk: Settings.of(platform)})
    request.refresh_from_db()
    return Watch.objects.get(item=request.item)


def within(watch: Watch, seconds: float) -> bool:
    """Whether the next look is due in so many seconds at the latest."""
    return watch.next_look_at is not None and watch.next_look_at <= timezone.now() + timedelta(seconds=seconds)


@pytest.mark.usefixtures("_calm")
@pytest.mark.parametrize("outcome", [Outcome.AVAILABLE, Outcome.GONE_UNATTRIBUTED, Outcome.INDETERMINATE])
def test_a_look_that_spans_the_deadline_is_followed_by_another_at_once(sandbox: Sandbox, outcome: Outcome) -> None:
    request = report(sandbox.add("web", (-60, "available")), "one_minute")
    start_clock(request, timezone.now() - timedelta(seconds=61))
    assert request.due_at is not None
    watch = sight(request, outcome, request.due_at - timedelta(seconds=4), request.due_at - timedelta(seconds=0.5))
    assert watch.is_anchor
    assert within(watch, 0)


@pytest.mark.usefixtures("_calm")
def test_no_site_makes_us_miss_its_own_deadline(sandbox: Sandbox) -> None:
    request = report(sandbox.add("web", (-60, "available")), "hour")
    start_clock(request, timezone.now())
    watch = sight(request, Outcome.INDETERMINATE, timezone.now(), timezone.now(), retry_after=86_400.0)
    assert (watch.next_look_at, watch.is_anchor) == (request.due_at, True)


@pytest.mark.usefixtures("_calm")
def test_an_undecided_deadline_hides_no_later_one(sandbox: Sandbox) -> None:
    url = sandbox.add("web", (-60, "available"))
    old, new = report(url, "one_minute"), report(url, "hour")
    for request in (old, new):
        start_clock(request, timezone.now() - timedelta(seconds=3595))
    now = timezone.now()
    watch = sight(old, Outcome.INDETERMINATE, now, now)
    assert old.verdict == VerdictValue.UNPROVEN
    new.refresh_from_db()
    assert (watch.anchor_at, watch.unproven_since) == (new.due_at, old.due_at)
    assert watch.is_anchor
    assert within(watch, 5)


@pytest.mark.usefixtures("_calm")
def test_a_deadline_that_nobody_could_tell_of_is_looked_at_soon_although_it_was_gone_for_days(sandbox: Sandbox) -> None:
    request = report(sandbox.add("web", (-60, "available")), "one_minute")
    start_clock(request, timezone.now())
    gone = timezone.now() + timedelta(seconds=1)
    Watch.objects.update(first_gone=gone - CONFIRMED, last_gone=gone - CONFIRMED, gone_count=5, confirmed_at=gone - CONFIRMED)
    Watch.objects.update(gone_outcome=Outcome.GONE_UNATTRIBUTED)
    age(request, 61)
    TakedownRequest.objects.update(clock_first_started_at=gone - 2 * CONFIRMED)
    now = timezone.now()
    watch = sight(request, Outcome.INDETERMINATE, now, now)
    assert request.verdict == VerdictValue.MET
    assert watch.unproven_since is not None
    assert within(watch, 120)


def test_a_return_that_is_reported_and_sent_before_anybody_looks_is_not_closed_on_old_news(sandbox: Sandbox) -> None:
    url = sandbox.add("web", (-60, "available"))
    first = report(url)
    look(first)
    start_clock(first, timezone.now() - timedelta(seconds=5))
    sandbox.become(url, "gone_unattributed")
    look(first)
    look(first)
    age(first, 3600)
    look(first)
    assert first.status == RequestStatus.CLOSED
    sandbox.become(url, "available")
    second = report(url)
    start_clock(second, timezone.now())
    assert second.status == RequestStatus.SENT
    look(second)
    assert second.verdict == VerdictValue.PENDING
    age(second, 3600)
    look(second)
    assert second.verdict == VerdictValue.BREACHED


def test_reports_of_a_hot_item_do_not_keep_it_from_being_looked_at(sandbox: Sandbox) -> None:
    url = sandbox.add("web", (-60, "available"))
    request = report(url)
    claims = polling.claim(10)
    for _ in range(5):
        report(url)
        assert polling.claim(10) == []
    assert polling.look_once(claims) == 1
    assert Watch.objects.get(item=request.item).run_count == 1


@pytest.mark.usefixtures("_calm")
def test_a_look_asked_for_during_a_look_is_made(sandbox: Sandbox) -> None:
    request = report(sandbox.add("web", (-60, "available")), "hour")
    claims = polling.claim(10)
    polling.look_now(item=request.item, actor=UserFactory.create(), now=timezone.now())
    assert polling.look_once(claims) == 1
    watch = Watch.objects.get(item=request.item)
    assert (watch.is_anchor, within(watch, 0)) == (True, True)


def test_pages_that_hang_do_not_hold_up_a_deadline(sandbox: Sandbox, settings: DjangoSettings) -> None:
    settings.LOOKS_IN_FLIGHT, settings.FETCH_SECONDS, settings.LOOK_SECONDS = 2, 1.5, 1.5
    for _ in range(12):
        report(sandbox.add("web", (-60, "timeout")))
    urgent = report(sandbox.add("web", (-60, "available")), "one_minute")
    start_clock(urgent, timezone.now() - timedelta(seconds=70))
    polling.work()
    run = Observation.objects.get(item=urgent.item)
    assert run.first_answered < Observation.objects.exclude(pk=run.pk).earliest("first_answered").first_answered
    urgent.refresh_from_db()
    assert urgent.verdict == VerdictValue.BREACHED


@pytest.mark.parametrize("config", [{"rhythm": {"dense_seconds": 0}}, {"confirm": {"attributed": 2}}, {"batch_size": 0}])
def test_a_platform_that_is_set_up_wrongly_stops_only_itself(sandbox: Sandbox, config: dict[str, Any]) -> None:
    good, bad = report(sandbox.add("web", (-60, "available"))), report(sandbox.add("x", (-60, "available")))
    platform = Platform.objects.get(slug="x")
    platform.config |= config
    platform.save()
    assert polling.work() == 1
    assert Watch.objects.get(item=good.item).outcome == Outcome.AVAILABLE
    assert Watch.objects.get(item=bad.item).run_count == 0


def test_the_sweep_leaves_closed_requests_alone(sandbox: Sandbox) -> None:
    request = report(sandbox.add("web", (-60, "available")))
    start_clock(request, timezone.now())
    dispatch.withdraw(request=request, reason="No.", actor=None, now=timezone.now())
    TakedownRequest.objects.update(verdict=VerdictValue.PENDING, due_at=timezone.now() - timedelta(seconds=1))
    assert verdicts.sweep() == 0
