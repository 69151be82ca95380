"""Sending: each request once, whatever happens in between."""

import smtplib
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from platforms.models import Platform
from takedown import dispatch
from takedown.choices import Action, Category, Channel, ClockEventKind, RequestStatus, SubmissionState
from takedown.models import ClockEvent, Event, Submission, TakedownRequest, Watch
from takedown.models.errors import NotPossible
from takedown.verdicts import notice
from tests.conftest import Sandbox
from tests.factories import PlatformFactory, PolicyFactory, RequestFactory, UserFactory, WatchFactory

pytestmark = pytest.mark.django_db


def waiting(slug: str = "web", channel: str = Channel.EMAIL, **policy: Any) -> TakedownRequest:
    """A request that is to be sent now."""
    platform = PlatformFactory.create(slug=slug, connector=slug, channel=Channel.EMAIL, contact_email="abuse@host.example")
    request = RequestFactory.create(
        channel=channel,
        opened_at=timezone.now() - timedelta(minutes=1),
        next_attempt_at=timezone.now() - timedelta(seconds=1),
        explanation="It incites.",
        policy=PolicyFactory.create(**policy),
        item__platform=platform,
    )
    WatchFactory.create(item=request.item)
    return request


def again(request: TakedownRequest) -> TakedownRequest:
    return TakedownRequest.objects.get(pk=request.pk)


def test_a_notice_by_mail_names_the_content_without_a_link() -> None:
    request = waiting()
    assert dispatch.send_due() == 1
    (message,) = mail.outbox
    assert request.item.canonical_url not in message.subject + str(message.body)
    assert request.number in message.subject
    assert "hxxps://" in message.body
    assert "It incites." in message.body
    stored = again(request)
    assert (stored.status, stored.attempts, stored.next_attempt_at) == (RequestStatus.SENT, 1, None)
    (submission,) = Submission.objects.all()
    assert (submission.state, submission.reference) == (SubmissionState.SENT, message.extra_headers["Message-ID"])
    assert str(submission.pk) in submission.reference


@pytest.mark.parametrize(
    ("language", "says"), [("fr", "Incitation à commettre des infractions terroristes"), ("en", "Incitement"), ("../../etc", "Incitement")]
)
def test_a_notice_is_written_in_the_language_the_platform_wants(language: str, says: str) -> None:
    request = waiting()
    Platform.objects.update(config={"notice_language": language})
    assert dispatch.send_due() == 1
    body = str(mail.outbox[0].body)
    assert says in body
    # Art. 16(2) Regulation (EU) 2022/2065: reasons, exact place, who asks, good faith.
    for element in ("It incites.", "hxxps://", request.agency.name, "bonne foi" if language == "fr" else "good faith"):
        assert element in body


@pytest.mark.parametrize("category", Category.values)
def test_every_category_has_a_word_in_every_language(category: str) -> None:
    request = waiting()
    TakedownRequest.objects.update(category=category)
    Platform.objects.update(config={"notice_language": "fr"})
    text = notice(TakedownRequest.objects.get(pk=request.pk))
    assert ("Autre contenu illicite" in text) == (category == Category.OTHER_ILLEGAL)


def test_mail_proves_sending_and_never_receipt() -> None:
    by_receipt, by_sending = waiting(key="order", start_event="received"), waiting(key="referral")
    dispatch.send_due()
    assert again(by_receipt).clock_started_at is None
    assert again(by_sending).clock_started_at is not None
    assert set(ClockEvent.objects.values_list("kind", flat=True)) == {ClockEventKind.SENT}


@pytest.mark.parametrize("slug", ["mastodon", "bluesky"])
def test_an_interface_that_acknowledges_starts_a_clock_that_waits_for_receipt(sandbox: Sandbox, slug: str) -> None:
    sandbox.configure()
    url = sandbox.add(slug, (-60, "available"))
    request = waiting(slug, Channel.API, start_event="received")
    item = request.item
    item.canonical_url, item.kind = url, "post"
    item.external_id = next(each.external_id for each in sandbox.world.items.values())
    item.save()
    assert dispatch.send_due() == 1
    stored = again(request)
    assert stored.status == RequestStatus.SENT
    assert stored.due_at is not None
    assert stored.due_at - stored.clock_started_at == timedelta(hours=1)  # type: ignore[operator]
    assert Submission.objects.get().reference
    received = [call for call in sandbox.world.calls if call["method"] == "POST"]
    assert len(received) == 1


LATER = (RequestStatus.TO_SEND, SubmissionState.FAILED, True)
PERSON = (RequestStatus.NEEDS_OPERATOR, SubmissionState.FAILED, False)
UNKNOWN = (RequestStatus.NEEDS_OPERATOR, SubmissionState.UNKNOWN, False)
CONNECT, HAND_OVER = "django.core.mail.backends.locmem.EmailBackend.open", "django.core.mail.EmailMessage.send"


@pytest.mark.parametrize(
    ("where", "failure", "expected"),
    [
        (CONNECT, ConnectionRefusedError(), LATER),
        (CONNECT, TimeoutError(), LATER),
        (CONNECT, OSError("no such name"), LATER),
        (CONNECT, smtplib.SMTPConnectError(421, b"busy"), LATER),
        (CONNECT, smtplib.SMTPAuthenticationError(535, b"no"), PERSON),
        (HAND_OVER, smtplib.SMTPRecipientsRefused({"a": (450, b"greylisted")}), LATER),
        (HAND_OVER, smtplib.SMTPDataError(452, b"full"), LATER),
        (HAND_OVER, smtplib.SMTPRecipientsRefused({"a": (550, b"unknown")}), PERSON),
        (HAND_OVER, smtplib.SMTPSenderRefused(553, b"no", "x"), PERSON),
        (HAND_OVER, smtplib.SMTPServerDisconnected(), UNKNOWN),
        (HAND_OVER, TimeoutError(), UNKNOWN),
    ],
)
def test_a_failure_is_named_by_what_follows(where: str, failure: Exception, expected: tuple[str, str, bool]) -> None:
    request = waiting()
    with mock.patch(where, side_effect=failure):
        dispatch.send_due()
    stored = again(request)
    tried_again = stored.next_attempt_at is not None and stored.next_attempt_at > timezone.now()
    assert (stored.status, Submission.objects.get().state, tried_again) == expected
    assert stored.status_reason
    assert stored.clock_started_at is None
    assert Event.objects.of(stored).filter(action=Action.SUBMIT_FAILED).count() == 1


def test_a_new_request_waits_a_moment_for_the_first_look() -> None:
    request = waiting()
    TakedownRequest.objects.update(opened_at=timezone.now())
    assert dispatch.send_due() == 0
    Watch.objects.filter(item=request.item).update(run_count=1)
    assert dispatch.send_due() == 1


def test_attempts_end_with_a_person() -> None:
    request = waiting()
    with mock.patch(CONNECT, side_effect=ConnectionRefusedError):
        for _ in range(8):
            TakedownRequest.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
            dispatch.send_due()
    stored = again(request)
    assert (stored.status, stored.attempts) == (RequestStatus.NEEDS_OPERATOR, 8)
    assert dispatch.send_due() == 0


def test_a_worker_that_died_while_sending_leaves_the_question_to_a_person() -> None:
    request = waiting()
    abandoned = dispatch.claim_next()
    assert abandoned
    assert dispatch.claim_next() == []
    TakedownRequest.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert dispatch.send_due() == 0
    stored = again(request)
    assert stored.status == RequestStatus.NEEDS_OPERATOR
    assert Submission.objects.get().state == SubmissionState.UNKNOWN
    assert mail.outbox == []
    dispatch.finish(abandoned, dispatch.Result(SubmissionState.SENT))
    assert again(request).status == RequestStatus.NEEDS_OPERATOR


def test_the_database_refuses_a_second_effect() -> None:
    request = waiting()
    now = timezone.now()
    values = {"agency": request.agency, "request": request, "channel": "email", "payload_digest": "x", "started_at": now}
    for state in (SubmissionState.STARTED, SubmissionState.SENT):
        Submission.objects.create(**values, state=state)
        with pytest.raises(IntegrityError), transaction.atomic():
            Submission.objects.create(**values, state=state)


class TestByHand:
    def test_marked_as_sent_starts_the_clock_then(self) -> None:
        request, now = waiting(), timezone.now()
        sent_at = now - timedelta(minutes=30)
        dispatch.mark_sent(request=request, at=sent_at, reference="letter 4", actor=UserFactory.create(), now=now)
        stored = again(request)
        assert (stored.status, stored.channel, stored.due_at) == (RequestStatus.SENT, "manual", sent_at + timedelta(hours=1))
        assert ClockEvent.objects.get().proof == "letter 4"

    def test_receipt_needs_proof_and_comes_after_sending(self) -> None:
        request, now = waiting(start_event="received"), timezone.now()
        alice = UserFactory.create()
        receive = partial(dispatch.mark_received, request=request, actor=alice, now=now)
        with pytest.raises(NotPossible, match="sent first"):
            receive(at=now, proof="read")
        dispatch.mark_sent(request=request, at=now - timedelta(minutes=5), reference="", actor=alice, now=now)
        for at, proof, complaint in (
            (now, " ", "proves the receipt"),
            (now - timedelta(minutes=6), "read", "before it was sent"),
            (now + timedelta(minutes=1), "read", "future"),
        ):
            with pytest.raises(NotPossible, match=complaint):
                receive(at=at, proof=proof)
        receive(at=now, proof="read")
        assert again(request).due_at == now + timedelta(hours=1)
        with pytest.raises(NotPossible, match="on record"):
            receive(at=now, proof="read")

    def test_a_slip_in_the_year_is_refused_before_it_is_history(self) -> None:
        request, now = waiting(), timezone.now()
        alice = UserFactory.create()
        with pytest.raises(NotPossible, match="Check the year"):
            dispatch.mark_sent(request=request, at=now - timedelta(days=367), reference="", actor=alice, now=now)
        assert again(request).status == request.status
        dispatch.mark_sent(request=request, at=now - timedelta(days=300), reference="", actor=alice, now=now)

    def test_what_is_withdrawn_is_not_counted_and_stays_so(self) -> None:
        request, now = waiting(), timezone.now()
        alice = UserFactory.create()
        with pytest.raises(NotPossible, match="Say why"):
            dispatch.withdraw(request=request, reason="", actor=alice, now=now)
        dispatch.withdraw(request=request, reason="Wrong item.", actor=alice, now=now)
        stored = again(request)
        assert (stored.status, stored.verdict) == (RequestStatus.WITHDRAWN, "not_counted")
        with pytest.raises(NotPossible, match="withdrawn already"):
            dispatch.withdraw(request=request, reason="Again.", actor=alice, now=now)
        assert dispatch.send_due() == 0

    def test_sending_again_is_for_what_was_not_sent(self) -> None:
        request, now = waiting(), timezone.now()
        with mock.patch(HAND_OVER, side_effect=smtplib.SMTPRecipientsRefused({})):
            dispatch.send_due()
        dispatch.send_now(request=request, actor=None, now=now)
        assert dispatch.send_due() == 1
        with pytest.raises(NotPossible, match="cannot be sent"):
            dispatch.send_now(request=request, actor=None, now=now)

    def test_a_platform_served_by_hand_is_never_sent_to(self) -> None:
        request = waiting(channel=Channel.MANUAL)
        assert dispatch.send_due() == 0
        with pytest.raises(NotPossible, match="by hand"):
            dispatch.send_now(request=request, actor=None, now=timezone.now())
