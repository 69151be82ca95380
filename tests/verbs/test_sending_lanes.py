"""Whose turn it is to be sent: the shortest deadline first, and no agency, platform or mail server keeps another waiting."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from platforms.models import Platform
from takedown import dispatch
from takedown.choices import Action, Channel, Decision, RequestStatus, Severity, SubmissionState
from takedown.dispatch import hands, lanes
from takedown.dispatch.lanes import Turn, Urgency, urgency
from takedown.models import Event, Recipient, Submission, TakedownRequest
from takedown.models.heartbeat import leave, take
from takedown.verdicts import digest_of
from tests.factories import AgencyFactory, ItemFactory, PlatformFactory, PolicyFactory, RequestFactory, UserFactory, WatchFactory
from tests.patience import PATIENCE

pytestmark = pytest.mark.django_db
HOUR, DAYS = {"key": "hour", "duration": 1}, {"key": "days", "duration": 5, "unit": "days"}


def waiting(
    count: int = 1,
    *,
    agency: str = "north",
    platform: str = "web",
    severity: str = Severity.MEDIUM,
    policy: dict[str, Any] = DAYS,
    **more: Any,
) -> list[TakedownRequest]:
    """So many requests whose time has come, the later ones behind the earlier."""
    unit = AgencyFactory.create(slug=agency)
    channel = more.pop("channel", Channel.EMAIL)
    host = PlatformFactory.create(slug=platform, connector="web", channel=channel, contact_email=f"abuse@{platform}.example")
    since = timezone.now() - timedelta(hours=2)
    found = []
    for number in range(count):
        item = ItemFactory.create(agency=unit, platform=host)
        WatchFactory.create(item=item, run_count=1)
        at = {"opened_at": since, "next_attempt_at": since + timedelta(seconds=number)}
        fields = {"agency": unit, "item": item, "channel": channel, "severity": severity, "policy": PolicyFactory.create(**policy)}
        found.append(RequestFactory.create(**{**fields, **at, **more}))
    return found


def claimed(times: int, turn: Turn = Turn.DEADLINE) -> list[TakedownRequest]:
    """What so many hands take that are not done yet."""
    return [submission.request for _ in range(times) for submission in dispatch.claim_next(turn)]


def sent_in_order() -> list[str]:
    dispatch.send_due()
    return [message.subject.removeprefix("Takedown request ") for message in mail.outbox]


@pytest.mark.parametrize(
    ("key", "unit", "duration", "step"),
    [
        ("a", "minutes", 1, 0),
        ("a", "minutes", 60, 0),
        ("a", "hours", 1, 0),
        ("a", "minutes", 61, 1),
        ("a", "hours", 24, 1),
        ("a", "working_days", 1, 1),
        ("a", "hours", 25, 2),
        ("a", "weeks", 1, 2),
        ("a", "days", 8, 3),
        ("a", "months", 1, 3),
        ("a", "none", 0, 3),
        ("tco_removal_order", "days", 5, 0),
    ],
)
def test_urgent_is_what_leaves_little_time(key: str, unit: str, duration: int, step: int) -> None:
    by_severity = [urgency(key=key, unit=unit, duration=duration, severity=severity) for severity in Severity.values]
    assert {found.step for found in by_severity} == {step}
    assert [found.severity for found in by_severity] == [3, 2, 1, 0]
    assert by_severity[0].is_urgent == (step == 0)
    assert Urgency(0, 3) < Urgency(1, 0)


def test_short_deadlines_go_first_and_of_equal_ones_the_more_severe() -> None:
    last = waiting(policy={"key": "none", "duration": 0, "unit": "none"}, severity=Severity.CRITICAL)
    third = waiting(severity=Severity.LOW)
    second = waiting(severity=Severity.HIGH)
    first = waiting(policy=HOUR, severity=Severity.LOW)
    assert sent_in_order() == [request.reference for request in first + second + third + last]


def test_within_a_lane_the_first_come_is_first() -> None:
    requests = waiting(4)
    TakedownRequest.objects.filter(pk=requests[2].pk).update(next_attempt_at=timezone.now() - timedelta(days=1))
    assert sent_in_order() == [requests[place].reference for place in (2, 0, 1, 3)]


def test_a_backlog_of_one_agency_keeps_no_other_waiting() -> None:
    waiting(9, policy=HOUR)
    waiting(3, policy=HOUR, agency="south")
    agencies = Counter(request.agency.slug for request in claimed(6))
    assert agencies == {"north": 3, "south": 3}


def test_an_agency_with_many_platforms_has_no_larger_share() -> None:
    for platform in ("a", "b", "c", "d"):
        waiting(4, policy=HOUR, platform=platform)
    waiting(4, policy=HOUR, agency="south", platform="a")
    assert Counter(request.agency.slug for request in claimed(8)) == {"north": 4, "south": 4}


def test_platforms_share_what_an_agency_sends() -> None:
    for platform in ("a", "b", "c"):
        waiting(6, policy=HOUR, platform=platform)
    assert Counter(request.platform.slug for request in claimed(6)) == {"a": 2, "b": 2, "c": 2}


def test_what_is_not_urgent_never_takes_all_places_at_a_platform_nor_all_of_the_mail_server() -> None:
    waiting(6, platform="a", channel=Channel.API)
    waiting(6, platform="b")
    assert Counter(request.platform.slug for request in claimed(9)) == {"a": 2, "b": 2}
    for platform in ("c", "d", "e"):
        waiting(6, platform=platform)
    assert len(claimed(9)) == lanes.BY_MAIL - 2
    urgent = waiting(3, platform="b", policy=HOUR)
    assert {request.pk for request in claimed(3)} == {request.pk for request in urgent}


def test_places_of_attempts_that_lost_their_worker_are_free_again() -> None:
    waiting(4, channel=Channel.API)
    assert len(claimed(4)) == 2
    Submission.objects.update(started_at=timezone.now() - timedelta(minutes=2))
    assert len(claimed(4)) == 2


def test_some_hands_take_only_what_is_urgent_and_some_go_round_the_agencies_first() -> None:
    waiting(3, agency="south")
    assert claimed(1, Turn.URGENT) == []
    waiting(6, policy=HOUR)
    assert [request.agency.slug for request in claimed(2, Turn.URGENT)] == ["north", "north"]
    assert [request.agency.slug for request in claimed(2, Turn.AGENCY)] == ["south", "south"]
    assert [request.agency.slug for request in claimed(2)] == ["north", "north"]


def test_an_urgent_request_waits_less_for_its_first_look() -> None:
    (urgent,), (other,) = waiting(policy=HOUR), waiting()
    for request in (urgent, other):
        request.item.watch.run_count = 0
        request.item.watch.save()
    TakedownRequest.objects.update(opened_at=timezone.now() - timedelta(seconds=10))
    assert claimed(2) == [urgent]


def test_the_queue_is_read_from_its_index() -> None:
    for number in range(3):
        waiting(30, platform=f"p{number}", channel=Channel.API)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {lanes._LANES}", [timezone.now()])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert plan.count("request_lanes") == 2


# Limits of a recipient --------------------------------------------------------------------------------------------------------


def limited(**config: int) -> None:
    Platform.objects.update(config=config)


def test_an_address_gets_no_more_mails_an_hour_than_it_takes_and_what_waits_says_so(client: Client) -> None:
    requests = waiting(5)
    limited(mails_per_hour=2)
    assert dispatch.send_due() == 2
    assert [dispatch.held_until(again(request), timezone.now()) is not None for request in requests] == [False, False, True, True, True]
    (recipient,) = Recipient.objects.all()
    assert dispatch.held_until(again(requests[2]), timezone.now()) == min(recipient.mails) + timedelta(hours=1)
    client.force_login(UserFactory.create(agency=requests[0].agency))
    says = ["at most 2 mails an hour" in client.get(reverse("request", args=[request.pk])).content.decode() for request in requests[1:3]]
    assert says == [False, True]
    recipient.mails[0] -= timedelta(hours=1)
    recipient.save()
    assert dispatch.send_due() == 1


def test_a_limit_holds_up_nothing_urgent_and_no_other_address() -> None:
    waiting(3)
    limited(mails_per_hour=1)
    urgent, other = waiting(2, policy=HOUR), waiting(1, platform="elsewhere")
    assert dispatch.send_due() == 3
    left = TakedownRequest.objects.exclude(status=RequestStatus.SENT)
    assert not left.filter(pk__in=[request.pk for request in urgent + other]).exists()
    assert all(dispatch.held_until(request, timezone.now()) is not None for request in left)


def test_platforms_with_one_address_share_its_limit() -> None:
    waiting(2, platform="a")
    waiting(2, platform="b")
    Platform.objects.update(contact_email="Abuse@Both.example", config={"mails_per_hour": 2})
    Platform.objects.filter(slug="b").update(contact_email="abuse@both.example")
    assert dispatch.send_due() == 2


def test_a_mail_that_did_not_leave_takes_no_place() -> None:
    waiting(1)
    limited(mails_per_hour=1)
    with mock.patch("django.core.mail.backends.locmem.EmailBackend.open", side_effect=ConnectionRefusedError):
        dispatch.send_due()
    TakedownRequest.objects.update(next_attempt_at=timezone.now())
    assert dispatch.send_due() == 1


@pytest.mark.parametrize(
    "config", [{"mails_per_hour": "many"}, {"mails_per_hour": -1}, {"requests_per_mail": 0}, {"requests_per_mail": True}]
)
def test_a_number_that_makes_no_sense_is_refused_and_keeps_nothing_from_being_sent(config: dict[str, Any]) -> None:
    waiting(2)
    Platform.objects.update(config=config)
    with pytest.raises(ValueError, match="whole number"):
        Platform.objects.get().check_mail_keys()
    assert dispatch.send_due() == 2


# Several in one mail ----------------------------------------------------------------------------------------------------------


def again(request: TakedownRequest) -> TakedownRequest:
    return TakedownRequest.objects.get(pk=request.pk)


def test_requests_that_are_not_urgent_share_a_mail_each_with_its_number_and_receipt() -> None:
    requests = waiting(5, explanation="It incites.")
    limited(requests_per_mail=3)
    assert dispatch.send_due() == 2
    assert [message.subject for message in mail.outbox] == [
        f"3 takedown requests, {requests[0].reference} and others",
        f"2 takedown requests, {requests[3].reference} and others",
    ]
    for message, among in zip(mail.outbox, (requests[:3], requests[3:]), strict=True):
        assert all(str(message.body).count(request.reference) == 3 for request in among)
    submissions = list(Submission.objects.all())
    assert {submission.request_id for submission in submissions} == {request.pk for request in requests}
    assert {submission.state for submission in submissions} == {SubmissionState.SENT}
    for request in requests:
        assert (again(request).status, again(request).clock_started_at is not None) == (RequestStatus.SENT, True)
        assert Event.objects.of(request).filter(action=Action.SUBMITTED).count() == 1
        reference = Submission.objects.get(request=request).reference
        assert reference in {message.extra_headers["Message-ID"] for message in mail.outbox}


def test_what_is_urgent_or_of_another_agency_or_platform_or_basis_has_a_mail_of_its_own() -> None:
    waiting(2, policy=HOUR)
    waiting(1)
    waiting(1, agency="south")
    waiting(1, platform="elsewhere")
    waiting(1, policy={"key": "others", "duration": 6, "unit": "days"})
    limited(requests_per_mail=50)
    assert dispatch.send_due() == 6


def test_four_eyes_saw_each_request_of_a_mail_as_it_leaves() -> None:
    requests = waiting(3, policy={**DAYS, "four_eyes": True}, status=RequestStatus.TO_APPROVE)
    limited(requests_per_mail=3)
    bob = UserFactory.create()
    for request in requests:
        digest = digest_of(again(request))
        dispatch.decide(request=request, decision=Decision.APPROVED, digest=digest, reason="", actor=bob, now=timezone.now())
    # Changed behind everybody's back: this one alone waits for approval again.
    TakedownRequest.objects.filter(pk=requests[1].pk).update(explanation="Another reason.")
    assert dispatch.send_due() == 1
    assert [again(request).status for request in requests] == ["sent", "to_approve", "sent"]
    for request in (requests[0], requests[2]):
        assert Submission.objects.get(request=request).payload_digest == again(request).approval.digest  # type: ignore[union-attr]


def test_a_mail_with_several_that_was_lost_half_way_is_unknown_for_all_of_them() -> None:
    requests = waiting(3)
    limited(requests_per_mail=3)
    lost = dispatch.claim_next()
    assert len(lost) == 3
    TakedownRequest.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert dispatch.send_due() == 0
    dispatch.finish(lost, dispatch.Result(SubmissionState.SENT))
    assert {again(request).status for request in requests} == {RequestStatus.NEEDS_OPERATOR}
    assert set(Submission.objects.values_list("state", flat=True)) == {SubmissionState.UNKNOWN}
    assert mail.outbox == []


# All hands --------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_recipient_that_is_slow_keeps_no_other_waiting() -> None:
    slow = waiting(4, platform="slow")
    quick = [*waiting(4, platform="quick"), *waiting(2, platform="slow", policy=HOUR, agency="south")]
    gone, deliver_really = threading.Event(), EmailMessage.send
    left: list[str] = []

    def deliver(message: EmailMessage) -> int:
        if message.subject.split()[-1] in {request.reference for request in slow}:
            assert gone.wait(PATIENCE)
        answer = deliver_really(message)
        left.append(message.subject.split()[-1])
        if len(left) == len(quick):
            gone.set()
        return answer

    with mock.patch.object(EmailMessage, "send", deliver):
        assert dispatch.send_with_all_hands() == len(slow) + len(quick)
    assert set(left[: len(quick)]) == {request.reference for request in quick}
    assert Submission.objects.filter(state=SubmissionState.SENT).count() == len(left)


@pytest.mark.django_db(transaction=True)
def test_one_process_sends_at_a_time_and_the_next_follows_at_once() -> None:
    waiting(1)
    assert take(hands.SENDING, 0)
    assert dispatch.send_with_all_hands() == 0
    leave(hands.SENDING)
    assert dispatch.send_with_all_hands() == 1
    waiting(1)
    assert dispatch.send_with_all_hands() == 1
