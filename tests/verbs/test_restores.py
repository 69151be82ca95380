"""After a restore nothing leaves twice, nothing that has not left is forgotten, and what nobody can know is asked of a person."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from takedown import dispatch, intake
from takedown.choices import Action, Channel, ClockEventKind, Decision, RequestStatus, SubmissionState
from takedown.dispatch import journal
from takedown.models import ClockEvent, Event, Restore, Submission, TakedownRequest, User
from takedown.models.numbers import count_of
from takedown.verdicts import database_now, digest_of
from tests.clients import client_as
from tests.factories import Cast, PlatformFactory, PolicyFactory, cast
from tests.verbs.test_dispatch import CONNECT, again, waiting

pytestmark = pytest.mark.django_db
SENT, FAILED, UNKNOWN = SubmissionState.SENT, SubmissionState.FAILED, SubmissionState.UNKNOWN


@pytest.fixture(autouse=True)
def path(settings: Settings, tmp_path: Path) -> Path:
    """The journal."""
    settings.SENT_JOURNAL = str(tmp_path / "sent.journal")
    return tmp_path / "sent.journal"


@pytest.fixture
def earlier() -> TakedownRequest:
    """Sent before the backup: the database and the journal both know it."""
    request = waiting()
    assert dispatch.send_due() == 1
    return request


@contextlib.contextmanager
def lost() -> Iterator[None]:
    """What the database learns meanwhile is lost: it is restored from a backup made before."""
    backup = transaction.savepoint()
    yield
    transaction.savepoint_rollback(backup)


def reconcile(*words: str) -> None:
    call_command("reconcile", *words, verbosity=0)


def mails_about(request: TakedownRequest) -> int:
    return sum(request.reference in message.subject for message in mail.outbox)


def test_nothing_is_sent_until_somebody_has_reconciled(earlier: TakedownRequest) -> None:
    request = waiting()
    with lost():
        assert dispatch.send_due() == 1
    assert again(request).status == RequestStatus.TO_SEND
    assert dispatch.send_due() == 0
    assert dispatch.is_held(database_now())
    assert mails_about(request) == 1


def test_what_had_been_sent_is_marked_so_with_its_instant_and_its_reference(earlier: TakedownRequest) -> None:
    request, other = waiting(), waiting()
    TakedownRequest.objects.filter(pk=other.pk).update(next_attempt_at=timezone.now() + timedelta(minutes=1))
    with lost():
        dispatch.send_due()
        was = Submission.objects.get(request=request)
        sent = ClockEvent.objects.get(request=request, kind=ClockEventKind.SENT)
    dispatch.send_due()
    reconcile()
    stored, submission = again(request), Submission.objects.get(request=request)
    assert (stored.status, stored.clock_started_at) == (RequestStatus.SENT, sent.at)
    assert (submission.pk, submission.state, submission.reference) == (was.pk, SENT, was.reference)
    assert ClockEvent.objects.get(request=request).proof == was.reference
    assert Event.objects.of(stored).filter(action=Action.NOTE, reason__contains="restored").exists()
    TakedownRequest.objects.filter(pk=other.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert dispatch.send_due() == 1, "what had not left goes now"
    assert (mails_about(request), mails_about(other)) == (1, 1)


def test_a_failure_that_was_lost_is_tried_again(earlier: TakedownRequest) -> None:
    request = waiting()
    with lost(), mock.patch(CONNECT, side_effect=ConnectionRefusedError):
        dispatch.send_due()
    reconcile()
    assert [one.state for one in Submission.objects.filter(request=request)] == [FAILED]
    assert dispatch.send_due() == 1
    assert [one.state for one in Submission.objects.filter(request=request)] == [FAILED, SENT]


@pytest.mark.parametrize("row_in_the_backup", [False, True])
def test_what_was_under_way_is_asked_of_a_person(earlier: TakedownRequest, row_in_the_backup: bool) -> None:
    request = waiting()
    with contextlib.nullcontext() if row_in_the_backup else lost():
        submissions = dispatch.claim_next()
        journal.begin(submissions)
    if row_in_the_backup:
        Restore.objects.update(identity="another")
    reconcile()
    stored = again(request)
    assert (stored.status, Submission.objects.get(request=request).state) == (RequestStatus.NEEDS_OPERATOR, UNKNOWN)
    assert "Find out" in stored.status_reason
    assert dispatch.send_due() == 0


def test_a_receipt_that_came_after_the_backup_closes_what_was_open_in_it(earlier: TakedownRequest) -> None:
    request = waiting()
    submissions = dispatch.claim_next()
    with lost():
        dispatch.finish(submissions, dispatch.attempt(submissions))
    Restore.objects.update(identity="another")
    reconcile()
    assert (again(request).status, Submission.objects.get(request=request).state) == (RequestStatus.SENT, SENT)


def test_a_mail_that_leaves_again_all_the_same_carries_the_same_id(earlier: TakedownRequest) -> None:
    request = waiting()
    ids = []
    for _ in range(2):
        with lost(), mock.patch("takedown.dispatch.send.is_held", return_value=False):
            dispatch.send_due()
        ids.append(mail.outbox[-1].extra_headers["Message-ID"])
    assert ids[0] == ids[1]
    assert mails_about(request) == 2


def test_ids_of_attempts_differ_by_request_attempt_and_opening() -> None:
    one, other = waiting(), waiting()
    ids = {journal.attempt_id(request, place) for request in (one, other) for place in (1, 2)}
    one.opened_at += timedelta(microseconds=1)
    assert len({*ids, journal.attempt_id(one, 1)}) == 5


def test_without_a_journal_a_person_finds_out_about_all_of_it(settings: Settings) -> None:
    settings.SENT_JOURNAL = ""
    waiting()
    assert dispatch.send_due() == 1
    request = waiting()
    Restore.objects.update(identity="another")
    with pytest.raises(CommandError, match="--ask"):
        reconcile()
    assert again(request).status == RequestStatus.TO_SEND
    reconcile("--ask")
    assert again(request).status == RequestStatus.NEEDS_OPERATOR
    assert not dispatch.is_held(database_now())
    assert dispatch.send_due() == 0


def test_a_journal_with_a_gap_is_not_relied_on(earlier: TakedownRequest, path: Path) -> None:
    path.unlink()
    waiting()
    with lost():
        dispatch.send_due()
    with pytest.raises(CommandError, match="not the whole"):
        reconcile()


def test_journals_of_several_machines_are_read_together(settings: Settings, earlier: TakedownRequest, path: Path) -> None:
    settings.SENT_JOURNAL = str(path.with_name("second"))
    request = waiting()
    with lost():
        dispatch.send_due()
    reconcile("--journal", str(path), "--journal", settings.SENT_JOURNAL)
    assert again(request).status == RequestStatus.SENT


def file(people: Cast) -> TakedownRequest:
    """The same report each time, whose time to be sent has come."""
    PlatformFactory.create(slug="web", connector="web", channel=Channel.EMAIL, contact_email="abuse@host.example")
    draft = intake.Draft("https://host.example/post/1", "a_incite", policy="order", note="It incites.")
    (filed,) = intake.submit(agency=people.agency, drafts=[draft], actor=people.alice, now=timezone.now() - timedelta(minutes=2))
    assert filed.report is not None, filed.error
    return filed.report.request


def test_what_a_client_files_again_is_not_sent_again_without_a_word(earlier: TakedownRequest) -> None:
    people = cast("south")
    PolicyFactory.create(key="order")
    with lost():
        first = file(people)
        dispatch.send_due()
    assert not TakedownRequest.objects.filter(pk=first.pk).exists()
    reconcile()
    second = file(people)
    dispatch.send_due()
    stored = again(second)
    assert stored.status == RequestStatus.NEEDS_OPERATOR
    assert f"was sent as {first.number}" in stored.status_reason
    assert len(mail.outbox) == 2
    dispatch.send_now(request=stored, actor=people.bob, now=timezone.now())
    dispatch.send_due()
    assert (again(second).status, len(mail.outbox)) == (RequestStatus.SENT, 3)


def test_a_number_that_a_platform_has_seen_is_not_given_again(earlier: TakedownRequest) -> None:
    with lost():
        gone = waiting()
        dispatch.send_due()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT setval('takedown_requests_of_{earlier.agency_id}', %s)", [count_of(earlier.pk)])
    taken = waiting()
    assert taken.pk == gone.pk, "as in a database that forgot"
    reconcile()
    assert again(taken).status == RequestStatus.TO_SEND, "another request of the same number was not sent"
    TakedownRequest.objects.filter(pk=taken.pk).update(next_attempt_at=None)
    assert waiting().pk > gone.pk


def test_an_approval_that_was_lost_is_given_again_and_then_a_person_is_asked(earlier: TakedownRequest) -> None:
    people = cast("south")
    PolicyFactory.create(key="order", four_eyes=True)
    request = file(people)
    with lost():
        approve(request, people.bob)
        assert dispatch.send_due() == 1
    reconcile()
    assert again(request).status == RequestStatus.TO_APPROVE
    approve(request, people.bob)
    dispatch.send_due()
    assert (again(request).status, mails_about(request)) == (RequestStatus.NEEDS_OPERATOR, 1)


def approve(request: TakedownRequest, by: User) -> None:
    stored = again(request)
    dispatch.decide(request=stored, decision=Decision.APPROVED, digest=digest_of(stored), reason="", actor=by, now=timezone.now())


def test_where_the_journal_cannot_be_written_nothing_leaves(settings: Settings, tmp_path: Path) -> None:
    settings.SENT_JOURNAL = str(tmp_path / "no" / "such" / "folder")
    request = waiting()
    dispatch.send_due()
    stored = again(request)
    assert (stored.status, mail.outbox) == (RequestStatus.TO_SEND, [])
    assert stored.next_attempt_at is not None
    assert stored.next_attempt_at > timezone.now()


@pytest.mark.parametrize("cut", [1, 30, 400])
def test_a_line_that_was_cut_short_says_nothing_and_spoils_no_other(earlier: TakedownRequest, path: Path, cut: int) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    waiting()
    dispatch.send_due()
    states = [entry.state for entry in journal.entries([path]).values()]
    assert states[-1] == SENT
    assert len(states) == 2


def test_the_journal_names_no_content(earlier: TakedownRequest, path: Path) -> None:
    text = path.read_text()
    assert "://" not in text
    assert earlier.agency.name not in text
    assert "incites" not in text
    assert path.stat().st_mode & 0o077 == 0


def test_a_dry_run_changes_nothing(earlier: TakedownRequest) -> None:
    request = waiting()
    with lost():
        dispatch.send_due()
    reconcile("--dry-run")
    assert (again(request).status, dispatch.is_held(database_now())) == (RequestStatus.TO_SEND, True)


def test_where_nothing_was_restored_there_is_nothing_to_reconcile(earlier: TakedownRequest) -> None:
    with pytest.raises(CommandError, match="nothing to reconcile"):
        reconcile()


def test_every_page_says_that_nothing_is_sent(earlier: TakedownRequest) -> None:
    client = client_as(cast("south").bob)
    words = "Nothing is sent: the database was restored"
    Restore.objects.update(identity="another")
    assert words not in client.get("/queue/").content.decode()
    dispatch.send_due()
    assert words in client.get("/queue/").content.decode()
    reconcile()
    assert words not in client.get("/queue/").content.decode()
