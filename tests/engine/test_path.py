"""The main job, end to end, in one process: report, send, look, judge. Real database, real HTTP to the sandbox."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from platforms.models import Platform
from takedown import dispatch, intake, polling, verdicts
from takedown.choices import GONE, Action, Outcome, RequestStatus, VerdictValue
from takedown.models import Event, Observation, Report, TakedownRequest, Watch
from takedown.models.errors import NotPossible
from tests.conftest import Sandbox
from tests.factories import PolicyFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(sandbox: Sandbox) -> None:
    sandbox.configure()
    PolicyFactory.create(key="referral_voluntary", unit="minutes", duration=10)
    PolicyFactory.create(key="one_minute", unit="minutes", duration=1)


def report(url: str, policy: str = "") -> TakedownRequest:
    alice = UserFactory.create(username="alice")
    assert alice.agency is not None
    (filed,) = intake.submit(agency=alice.agency, drafts=[intake.Draft(url, "a_incite", policy=policy)], actor=alice, now=timezone.now())
    assert filed.report is not None, filed.error
    return filed.report.request


def look(*requests: TakedownRequest) -> None:
    """Everything is due now; look once, and read the requests again."""
    Watch.objects.filter(item_id__in=[request.item_id for request in requests]).update(next_look_at=timezone.now() - timedelta(seconds=1))
    polling.work()
    for request in requests:
        request.refresh_from_db()


def start_clock(request: TakedownRequest, at: datetime) -> None:
    """As if it had been sent at `at`."""
    dispatch.mark_sent(request=request, at=at, reference="by hand", actor=None, now=timezone.now())
    request.refresh_from_db()


def age(request: TakedownRequest, seconds: float) -> None:
    """Move the whole past of one request back in time."""
    back = timedelta(seconds=seconds)
    for rows, names in (
        (TakedownRequest.objects.filter(pk=request.pk), ("clock_started_at", "clock_first_started_at", "due_at", "last_up", "first_gone")),
        (
            Watch.objects.filter(item=request.item),
            ("since", "last_up", "first_gone", "last_gone", "confirmed_at", "anchor_at", "unproven_since"),
        ),
    ):
        rows.update(**{name: F(name) - back for name in names})
    request.refresh_from_db()


def test_a_report_is_sent_looked_at_and_met_without_a_hand(sandbox: Sandbox) -> None:
    url = sandbox.add("web", (-60, "available"))
    request = report(url)
    look(request)
    assert dispatch.send_due() == 1
    request.refresh_from_db()
    assert request.status == RequestStatus.SENT
    assert request.due_at is not None
    assert mail.outbox[0].to == ["abuse@web.example"]
    assert "hxxp" in mail.outbox[0].body
    assert url not in mail.outbox[0].body
    look(request)
    assert request.verdict == VerdictValue.PENDING
    sandbox.become(url, "gone_unattributed")
    look(request)
    assert (request.verdict, request.provisional) == (VerdictValue.MET, True)
    look(request)
    assert (request.verdict, request.provisional, request.status) == (VerdictValue.MET, False, RequestStatus.SENT)
    assert request.last_up is not None
    assert request.first_gone is not None
    assert request.last_up < request.first_gone <= request.due_at


@pytest.mark.parametrize(
    ("platform", "outcome"),
    [
        ("youtube", "gone_unattributed"),
        ("x", "account_suspended"),
        ("mastodon", "gone_unattributed"),
        ("bluesky", "removed_by_platform"),
        ("web", "removed_by_platform"),
    ],
)
def test_every_platform_is_seen_up_and_seen_gone(sandbox: Sandbox, platform: str, outcome: str) -> None:
    url = sandbox.add(platform, (-60, "available"))
    request = report(url)
    look(request)
    start_clock(request, timezone.now())
    look(request)
    sandbox.become(url, outcome)
    look(request)
    look(request)
    assert (request.verdict, request.provisional) == (VerdictValue.MET, False)
    assert request.gone_outcome == outcome


def test_content_that_stays_is_breached_and_the_breach_is_dated_at_the_deadline(sandbox: Sandbox) -> None:
    request = report(sandbox.add("web", (-60, "available")), "one_minute")
    start_clock(request, timezone.now() - timedelta(seconds=70))
    assert request.verdict == VerdictValue.UNPROVEN
    look(request)
    assert (request.verdict, request.provisional) == (VerdictValue.BREACHED, False)
    breach = Event.objects.of(request).filter(action=Action.VERDICT).last()
    assert breach is not None
    assert breach.at == request.due_at
    assert request.status == RequestStatus.SENT


@pytest.mark.parametrize(
    "state", ["bot_wall", "login_wall", "rate_limited", "server_error", "garbage", "truncated", "redirect_loop", "indeterminate"]
)
def test_what_cannot_be_told_is_never_gone(sandbox: Sandbox, state: str) -> None:
    url = sandbox.add("web", (-60, "available"))
    request = report(url, "one_minute")
    look(request)
    start_clock(request, timezone.now())
    look(request)
    sandbox.become(url, state)
    age(request, 61)
    for _ in range(3):
        look(request)
    assert request.verdict == VerdictValue.UNPROVEN
    assert request.first_gone is None
    assert not Observation.objects.filter(item=request.item, outcome__in=GONE).exists()
    assert Watch.objects.get(item=request.item).outcome == Outcome.INDETERMINATE


def test_a_blink_leaves_no_trace_in_the_bracket(sandbox: Sandbox) -> None:
    url = sandbox.add("web", (-60, "available"))
    request = report(url)
    look(request)
    start_clock(request, timezone.now())
    sandbox.become(url, "gone_unattributed")
    look(request)
    assert request.provisional
    sandbox.become(url, "available")
    look(request)
    assert (request.verdict, request.provisional, request.first_gone) == (VerdictValue.PENDING, False, None)
    assert Event.objects.of(request.item).filter(action=Action.SEEN_UP_AGAIN).count() == 1


def test_a_request_met_stays_met_when_the_content_returns_after_its_deadline(sandbox: Sandbox) -> None:
    url = sandbox.add("web", (-60, "available"))
    request = report(url, "one_minute")
    look(request)
    start_clock(request, timezone.now())
    sandbox.become(url, "gone_unattributed")
    look(request)
    look(request)
    assert (request.verdict, request.status) == (VerdictValue.MET, RequestStatus.SENT)
    age(request, 61)
    look(request)
    assert request.status == RequestStatus.CLOSED
    sandbox.become(url, "available")
    look(request)
    assert request.verdict == VerdictValue.MET
    assert request.back_at is not None
    assert Watch.objects.get(item=request.item).episode == 2
    again = report(url)
    assert again.pk != request.pk
    assert Report.objects.filter(item=request.item).count() == 2


def test_content_gone_before_anybody_asked_is_not_counted(sandbox: Sandbox) -> None:
    request = report(sandbox.add("web", (-60, "gone_unattributed")))
    look(request)
    start_clock(request, timezone.now())
    look(request)
    look(request)
    assert (request.verdict, request.status) == (VerdictValue.NOT_COUNTED, RequestStatus.SENT)
    age(request, 601)
    look(request)
    assert (request.verdict, request.status) == (VerdictValue.NOT_COUNTED, RequestStatus.CLOSED)


def test_content_that_flickered_before_sending_and_is_up_at_the_deadline_is_breached(sandbox: Sandbox) -> None:
    url = sandbox.add("web", (-60, "gone_unattributed"))
    request = report(url, "one_minute")
    look(request)
    start_clock(request, timezone.now())
    look(request)
    look(request)
    sandbox.become(url, "available")
    look(request)
    assert request.verdict == VerdictValue.PENDING
    age(request, 61)
    look(request)
    assert request.verdict == VerdictValue.BREACHED


def test_content_gone_before_anything_was_sent_needs_no_sending(sandbox: Sandbox) -> None:
    sandbox.configure()
    Platform.objects.update(channel="manual")
    request = report(sandbox.add("web", (-60, "gone_unattributed")))
    look(request)
    assert request.status == RequestStatus.TO_SEND
    look(request)
    assert (request.status, request.verdict) == (RequestStatus.CLOSED, VerdictValue.NOT_STARTED)
    assert "before it was sent" in request.status_reason
    with pytest.raises(NotPossible):
        dispatch.mark_sent(request=request, at=timezone.now(), reference="", actor=None, now=timezone.now())


def test_the_sweep_finds_a_deadline_that_nobody_looked_at(sandbox: Sandbox) -> None:
    request = report(sandbox.add("web", (-60, "available")))
    start_clock(request, timezone.now())
    TakedownRequest.objects.filter(pk=request.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    assert request.verdict == VerdictValue.PENDING
    assert verdicts.sweep() == 1
    request.refresh_from_db()
    assert request.verdict == VerdictValue.UNPROVEN
    assert verdicts.sweep() == 0


def test_a_worker_that_lost_its_claim_writes_nothing(sandbox: Sandbox) -> None:
    request = report(sandbox.add("web", (-60, "available")))
    stale = polling.claim(10)
    Watch.objects.update(next_look_at=timezone.now() - timedelta(seconds=1))
    fresh = polling.claim(10)
    assert polling.look_once(stale) == 0
    assert not Observation.objects.exists()
    assert polling.look_once(fresh) == 1
    assert Observation.objects.filter(item=request.item).count() == 1


def test_one_bad_id_does_not_blind_us_to_the_others(sandbox: Sandbox) -> None:
    bad, good = sandbox.add("youtube", (-60, "garbage")), sandbox.add("youtube", (-60, "available"))
    requests = report(bad), report(good)
    look(*requests)
    look(*requests)
    outcomes = {watch.item_id: watch.outcome for watch in Watch.objects.all()}
    assert outcomes == {requests[0].item_id: Outcome.INDETERMINATE, requests[1].item_id: Outcome.AVAILABLE}


def test_a_slow_instance_keeps_no_other_waiting(sandbox: Sandbox, settings: Settings) -> None:
    settings.FETCH_SECONDS = settings.LOOK_SECONDS = 0.6
    slow, quick = sandbox.add("mastodon", (-60, "timeout")), sandbox.add("mastodon", (-60, "available"))
    requests = report(slow), report(quick)
    look(*requests)
    runs = {run.item_id: run for run in Observation.objects.all()}
    assert runs[requests[0].item_id].outcome == Outcome.INDETERMINATE
    assert runs[requests[1].item_id].outcome == Outcome.AVAILABLE


def test_a_look_that_outlasts_its_lease_is_given_up(sandbox: Sandbox, settings: Settings) -> None:
    settings.FETCH_SECONDS, settings.LOOK_SECONDS = 5, 0.3
    request = report(sandbox.add("web", (-60, "timeout")))
    look(request)
    run = Observation.objects.get(item=request.item)
    assert (run.outcome, run.reason) == (Outcome.INDETERMINATE, "took_too_long")
