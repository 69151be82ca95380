"""Four eyes: nothing leaves unapproved, whoever tries and however."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from platforms.base import ContentRef
from takedown import dispatch, intake, polling
from takedown.choices import Action, Channel, Decision, Purpose, RequestStatus, StartEvent, SubmissionState
from takedown.models import Approval, Duty, Event, FlaggedItem, RemovalOrder, Submission, TakedownRequest, User
from takedown.models.errors import NotPossible
from takedown.polling.identities import settle_identities
from takedown.verdicts import digest_of, finish_duty, is_covered
from tests.factories import Cast, PlatformFactory, PolicyFactory, cast

pytestmark = pytest.mark.django_db

REASON = "An attack is being streamed."


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def written(people: Cast) -> TakedownRequest:
    """A request that Alice wrote under a policy with four eyes, on a platform that takes mail."""
    PlatformFactory.create(slug="web", connector="web", channel=Channel.EMAIL, contact_email="abuse@host.example")
    PolicyFactory.create(key="order", four_eyes=True)
    PolicyFactory.create(
        key="emergency_review", purpose=Purpose.DUTY, start_event=StartEvent.RECORDED, duration=24, valid_from=timezone.now()
    )
    draft = intake.Draft("https://host.example/post/1", "a_incite", policy="order", note="It incites.")
    before = timezone.now() - timedelta(minutes=2)
    (filed,) = intake.submit(agency=people.agency, drafts=[draft], actor=people.alice, now=before)
    assert filed.report is not None, filed.error
    return filed.report.request


def again(request: TakedownRequest) -> TakedownRequest:
    return TakedownRequest.objects.get(pk=request.pk)


def decide(request: TakedownRequest, by: User, decision: Decision = Decision.APPROVED, **more: Any) -> None:
    facts = {"digest": digest_of(again(request)), "reason": "Read it.", "now": timezone.now(), **more}
    dispatch.decide(request=request, decision=decision, actor=by, **facts)


def emergency(request: TakedownRequest, by: User) -> None:
    dispatch.send_in_emergency(request=request, reason=REASON, actor=by, now=timezone.now())


def revise(request: TakedownRequest, by: User, explanation: str) -> None:
    same = {"category": request.category, "language": request.language}
    dispatch.revise(request=request, **same, explanation=explanation, actor=by, now=timezone.now())


def tries_to_send(request: TakedownRequest, by: User) -> None:
    """By every way there is."""
    assert dispatch.send_due() == 0
    now = timezone.now()
    with pytest.raises(NotPossible):
        dispatch.send_now(request=request, actor=by, now=now)
    with pytest.raises(NotPossible):
        dispatch.mark_sent(request=request, at=now, reference="", actor=by, now=now)
    assert not mail.outbox
    assert again(request).clock_started_at is None


def test_it_waits_for_another_person_and_then_leaves(written: TakedownRequest, people: Cast) -> None:
    assert written.status == RequestStatus.TO_APPROVE
    tries_to_send(written, people.bob)
    decide(written, people.bob)
    assert again(written).status == RequestStatus.TO_SEND
    assert dispatch.send_due() == 1
    assert again(written).status == RequestStatus.SENT
    (submission,) = Submission.objects.all()
    assert submission.payload_digest == Approval.objects.get().digest
    assert [event.new for event in Event.objects.filter(action=Action.DECIDED)] == ["approved"]


def test_nobody_approves_what_they_wrote(written: TakedownRequest, people: Cast) -> None:
    revise(written, people.bob, "It incites, as the second paragraph shows.")
    for author in (people.alice, people.bob):
        with pytest.raises(NotPossible, match="You wrote this"):
            decide(written, author)
    assert again(written).status == RequestStatus.TO_APPROVE
    tries_to_send(written, people.bob)


def test_one_approves_what_one_has_read(written: TakedownRequest, people: Cast) -> None:
    read = digest_of(written)
    revise(written, people.alice, "Something else.")
    with pytest.raises(NotPossible, match="changed after you opened"):
        decide(written, people.bob, digest=read)


@pytest.mark.parametrize("change", ["revised", "order", "raw"])
def test_any_change_voids_an_approval(written: TakedownRequest, people: Cast, change: str) -> None:
    decide(written, people.bob)
    if change == "revised":
        revise(written, people.alice, "Another reason.")
    elif change == "order":
        RemovalOrder.objects.create(
            request=written, agency=written.agency, fields={"addressee": "Host"}, saved_at=timezone.now(), saved_by=people.alice
        )
    else:
        TakedownRequest.objects.filter(pk=written.pk).update(explanation="By another hand.")
    if change != "revised":
        assert not is_covered(again(written))
        with pytest.raises(NotPossible, match="no longer what was approved"):
            dispatch.mark_sent(request=written, at=timezone.now(), reference="", actor=people.alice, now=timezone.now())
        assert dispatch.send_due() == 0
    stored = again(written)
    assert (stored.status, stored.approval) == (RequestStatus.TO_APPROVE, None)
    assert Event.objects.filter(action=Action.VOIDED).count() == 1
    tries_to_send(written, people.alice)


def test_a_link_that_leads_elsewhere_is_approved_again(written: TakedownRequest, people: Cast) -> None:
    decide(written, people.bob)
    (claim,) = polling.claim(1)
    settle_identities([(claim, ContentRef("web", "page", "", "https://other.example/post/2"))])
    assert FlaggedItem.objects.get(pk=written.item_id).canonical_url == "https://other.example/post/2"
    assert again(written).status == RequestStatus.TO_APPROVE


def test_refused_it_goes_back_to_its_author_who_may_revise_it(written: TakedownRequest, people: Cast) -> None:
    with pytest.raises(NotPossible, match="Say why"):
        decide(written, people.bob, Decision.REFUSED, reason=" ")
    decide(written, people.bob, Decision.REFUSED, reason="Which paragraph?")
    assert (again(written).status, again(written).status_reason) == (RequestStatus.REFUSED, "Which paragraph?")
    tries_to_send(written, people.bob)
    with pytest.raises(NotPossible, match="nothing to approve"):
        decide(written, people.bob)
    revise(written, people.alice, "The second.")
    decide(written, people.bob)
    assert dispatch.send_due() == 1


def test_cancelled_it_is_over_and_left_to_another_it_still_waits(written: TakedownRequest, people: Cast) -> None:
    decide(written, people.bob, Decision.REQUEUED)
    assert again(written).status == RequestStatus.TO_APPROVE
    decide(written, people.bob, Decision.CANCELLED)
    assert again(written).status == RequestStatus.WITHDRAWN
    assert list(Approval.objects.values_list("decision", flat=True)) == ["requeued", "cancelled"]


def test_an_emergency_leaves_at_once_and_another_person_reviews_it(written: TakedownRequest, people: Cast) -> None:
    with pytest.raises(NotPossible, match="Say what the emergency is"):
        dispatch.send_in_emergency(request=written, reason=" ", actor=people.alice, now=timezone.now())
    emergency(written, people.alice)
    assert dispatch.send_due() == 1
    duty = Duty.objects.get()
    assert duty.due_at == duty.started_at + timedelta(hours=24)
    with pytest.raises(NotPossible, match="Another person"):
        finish_duty(duty=duty, result="Fine.", actor=people.alice, now=timezone.now())
    finish_duty(duty=duty, result="It was one.", actor=people.bob, now=timezone.now())
    duty.refresh_from_db()
    assert (duty.done_by, duty.result) == (people.bob, "It was one.")


def refused(sql: str, *values: Any) -> str:
    with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return str(error.value)


@pytest.mark.parametrize("status", ["to_send", "needs_operator", "sent"])
def test_the_database_lets_nothing_through(written: TakedownRequest, people: Cast, status: str) -> None:
    to = "UPDATE takedown_takedownrequest SET status = %s, approval_id = %s WHERE id = %s"
    assert "second person" in refused(to, status, None, written.pk)
    decide(written, people.bob, Decision.REQUEUED)
    assert "second person" in refused(to, status, Approval.objects.get().pk, written.pk)
    assert "approval_by_another_person" in refused(
        "INSERT INTO takedown_approval (agency_id, request_id, decision, digest, author_id, decided_by_id, decided_at, reason) "
        "VALUES (%s, %s, 'approved', 'x', %s, %s, now(), '')",
        *(written.agency_id, written.pk, people.alice.pk, people.alice.pk),
    )
    assert "never changed" in refused("UPDATE takedown_approval SET decision = 'approved'")
    decide(written, people.bob)
    assert "second person" in refused("UPDATE takedown_takedownrequest SET opened_by_id = %s", people.bob.pk)


def test_the_database_refuses_another_payload(written: TakedownRequest, people: Cast) -> None:
    decide(written, people.bob)
    one = Submission(agency=written.agency, request=written, channel="email", state=SubmissionState.STARTED, started_at=timezone.now())
    one.payload_digest = "0" * 64
    with pytest.raises(IntegrityError, match="not what was approved"), transaction.atomic():
        one.save(force_insert=True)


def test_without_four_eyes_nobody_waits(written: TakedownRequest, people: Cast) -> None:
    PolicyFactory.create(key="plain")
    draft = intake.Draft("https://host.example/post/2", "a_incite", policy="plain")
    (filed,) = intake.submit(agency=people.agency, drafts=[draft], actor=people.alice, now=timezone.now() - timedelta(minutes=2))
    assert filed.report is not None
    assert filed.report.request.status == RequestStatus.TO_SEND
    assert dispatch.send_due() == 1
    with pytest.raises(NotPossible, match="nothing to approve"):
        emergency(filed.report.request, people.alice)
