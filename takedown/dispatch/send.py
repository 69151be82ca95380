"""Send what is to be sent, each request once.

The intent is written before anything leaves and the receipt after. What may have been sent, but nobody knows, goes to a person: a
platform that gets a notice twice is an annoyance, one that never gets it is a lost report, and only a person can find out which.
"""

import asyncio
import logging
import smtplib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Q

from platforms import base, registry
from platforms.http import Gateway
from takedown import orders
from takedown.choices import Action, Channel, ClockEventKind, RequestStatus, SubmissionState
from takedown.dispatch.links import ask_about_links, followed
from takedown.models import Submission, TakedownRequest
from takedown.models.event import record
from takedown.polling import database_clock
from takedown.verdicts import ClockFact, database_now, digest_of, is_covered, lock, notice, payload, record_clock_events, void_approval

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
FIRST_LOOK_SECONDS = 30.0
"""How long a new request waits for the first look at its item before it is sent all the same."""
NEW_WORK_SECONDS = 20.0
"""How long one task begins new attempts. With the time one attempt may take, it stays below the soft time limit of a task."""
AUTOMATIC = (Channel.API, Channel.EMAIL)


@dataclass(frozen=True, slots=True)
class Result:
    """How an attempt ended."""

    state: SubmissionState
    receipt: base.Receipt | None = None
    error: str = ""
    retry_after: float | None = None


def send_due() -> int:
    """Send requests whose time has come; how many were tried.

    One is claimed at a time: what was claimed and not begun when a worker dies would look as if it might have been sent.
    """
    ask_about_links(database_now())
    tried, begun = 0, time.monotonic()
    while time.monotonic() - begun < NEW_WORK_SECONDS and (submission := claim_next()):
        finish(submission, _attempt(submission))
        tried += 1
    return tried


@transaction.atomic
def claim_next() -> Submission | None:
    """Take the next request to send and write the intent. The lease is `next_attempt_at`; the count rises now, so that a crash counts.

    A request that still has an attempt under way lost its worker between intent and receipt: nobody knows whether it was sent.
    """
    now = database_now()
    due = TakedownRequest.objects.filter(status=RequestStatus.TO_SEND, channel__in=AUTOMATIC, next_attempt_at__lte=now)
    # Looked at first, so that what was gone before anybody asked is told from what went on request; not for long, if nobody can look.
    seen = Q(item__watch__run_count__gt=0) | Q(opened_at__lte=now - timedelta(seconds=FIRST_LOOK_SECONDS))
    due = due.filter(seen, followed()).order_by("next_attempt_at").select_related("item", "platform", "policy", "approval", "order")
    while request := due.select_for_update(of=("self",), skip_locked=True).first():
        orphan = Submission.objects.filter(request=request, state=SubmissionState.STARTED).select_for_update().first()
        if orphan is None and is_covered(request):
            return _begin(request, now)
        if orphan is None:
            void_approval(request=request, actor=None, now=now, why="What would be sent is no longer what was approved.")
            continue
        _to_operator(request, orphan, "The worker stopped while it was sending. Find out whether the platform has it.", now)
    return None


def _begin(request: TakedownRequest, now: datetime) -> Submission:
    request.attempts += 1
    request.next_attempt_at = now + timedelta(seconds=settings.DISPATCH_LEASE_SECONDS)
    request.save(update_fields=("attempts", "next_attempt_at"))
    submission = Submission(agency_id=request.agency_id, request=request, channel=request.channel, started_at=now)
    submission.payload_digest = digest_of(request)
    submission.save(force_insert=True)
    return submission


def _to_operator(request: TakedownRequest, orphan: Submission, why: str, now: datetime) -> None:
    orphan.state, orphan.finished_at, orphan.error = SubmissionState.UNKNOWN, now, why
    orphan.save(update_fields=("state", "finished_at", "error"))
    request.status, request.status_reason, request.next_attempt_at = RequestStatus.NEEDS_OPERATOR, why, None
    request.save(update_fields=("status", "status_reason", "next_attempt_at"))
    record(request, Action.SUBMIT_FAILED, actor=None, at=now, now=now, new=SubmissionState.UNKNOWN.value, reason=why)


def _attempt(submission: Submission) -> Result:
    """Do it. Talks to the outside world, so never inside a transaction."""
    try:
        if why_not := orders.why_not_ready(submission.request, submission.started_at):
            raise base.NeedsOperator(why_not)
        receipt = _by_mail(submission) if submission.channel == Channel.EMAIL else _by_interface(submission)
    except base.Retry as error:
        return Result(SubmissionState.FAILED, error=str(error), retry_after=error.after)
    except (base.NeedsOperator, base.Rejected) as error:
        return Result(SubmissionState.FAILED, error=str(error))
    except base.OutcomeUnknown as error:
        return Result(SubmissionState.UNKNOWN, error=str(error))
    return Result(SubmissionState.SENT, receipt=receipt)


def _by_interface(submission: Submission) -> base.Receipt:
    platform = submission.request.platform
    clock, what = database_clock(), payload(submission.request, str(submission.pk))

    async def submit() -> base.Receipt:
        async with Gateway(clock, contact=settings.CONTACT, allow=settings.FETCH_ALLOWED_HOSTS) as gateway:
            return await registry.get(platform.connector)(platform.settings(), gateway, clock).submit(what)

    return asyncio.run(submit())


def _by_mail(submission: Submission) -> base.Receipt:
    """A notice to the platform's contact. The mail server's acceptance proves sending, never receipt."""
    what = payload(submission.request, str(submission.pk))
    to = submission.request.platform.contact_email
    if not to:
        raise base.NeedsOperator("This platform has no e-mail address. Enter one, or send by hand.")
    message = EmailMessage(
        subject=f"Takedown request {what.number}",
        body=notice(submission.request),
        to=[to],
        headers={"Message-ID": f"<{what.attempt_id}@takedown>", "Auto-Submitted": "auto-generated"},
    )
    if orders.is_order(submission.request):
        paper = orders.print_order(submission.request.order, now=submission.started_at)
        message.attach(f"removal-order-{what.number}.pdf", paper, "application/pdf")
    sent_at = _hand_over(message)
    return base.Receipt(reference=str(message.extra_headers["Message-ID"]), sent_at=sent_at)


def _hand_over(message: EmailMessage) -> datetime:
    """Give a message to the mail server. Until it is connected nothing can have left, and what it answers it has not taken."""
    connection = get_connection()
    try:
        connection.open()
    except smtplib.SMTPAuthenticationError as error:
        raise base.NeedsOperator("The mail server refuses our account.") from error
    except (smtplib.SMTPException, OSError) as error:
        raise base.Retry(f"The mail server cannot be reached: {type(error).__name__}.", after=120) from error
    message.connection = connection
    sent_at = database_clock().sent()
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(max((code for code, _ in error.recipients.values()), default=550)) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code) from error
    except (smtplib.SMTPException, OSError) as error:
        raise base.OutcomeUnknown(f"The mail server failed while it took the message: {type(error).__name__}.") from error
    finally:
        connection.close()
    return sent_at


def _refusal(code: int) -> base.SubmitError:
    """An SMTP reply that refused the message: 4xx for now, anything else for good (RFC 5321, section 4.2.1)."""
    if 400 <= code < 500:
        return base.Retry(f"The mail server asks us to come back later ({code}).", after=300)
    return base.Rejected(f"The mail server refused the message ({code}).")


@transaction.atomic
def finish(submission: Submission, result: Result) -> None:
    """Write down how the attempt ended, unless somebody else has in the meantime: the state is the fence."""
    request = lock([submission.request])[submission.request_id]
    stored = Submission.objects.select_for_update().get(pk=submission.pk)
    now = database_now()
    if stored.state != SubmissionState.STARTED:
        logger.warning("Submission %s ended as %s after it had been given up as %s", stored.pk, result.state, stored.state)
        return
    stored.state, stored.finished_at, stored.error = result.state, now, result.error
    if result.receipt:
        stored.reference, stored.received_at = result.receipt.reference[:300], result.receipt.received_at
    stored.save(update_fields=("state", "finished_at", "error", "reference", "received_at"))
    if result.receipt:
        _sent(request, result.receipt, now)
    else:
        _not_sent(request, result, now)


def _sent(request: TakedownRequest, receipt: base.Receipt, now: datetime) -> None:
    request.status, request.status_reason, request.next_attempt_at = RequestStatus.SENT, "", None
    request.save(update_fields=("status", "status_reason", "next_attempt_at"))
    record(request, Action.SUBMITTED, actor=None, at=receipt.sent_at, now=now, new=request.channel, reason=receipt.reference)
    record_clock_events(receipt_facts(request, receipt), actor=None, now=max(now, receipt.received_at or now))


def receipt_facts(request: TakedownRequest, receipt: base.Receipt) -> Sequence[ClockFact]:
    """The clock events that a receipt proves."""
    facts = [ClockFact(request.pk, ClockEventKind.SENT, receipt.sent_at, proof=receipt.reference)]
    if receipt.received_at:
        facts.append(ClockFact(request.pk, ClockEventKind.RECEIVED, receipt.received_at, proof=receipt.reference))
    return facts


def _not_sent(request: TakedownRequest, result: Result, now: datetime) -> None:
    """Try again later, or hand it to a person when that is no use."""
    again = result.retry_after is not None and request.attempts < MOST_ATTEMPTS
    if again and result.retry_after is not None:
        request.next_attempt_at = now + timedelta(seconds=max(result.retry_after, 30 * 2**request.attempts))
    else:
        request.status, request.next_attempt_at = RequestStatus.NEEDS_OPERATOR, None
    request.status_reason = result.error
    request.save(update_fields=("status", "status_reason", "next_attempt_at"))
    record(request, Action.SUBMIT_FAILED, actor=None, at=now, now=now, new=result.state.value, reason=result.error)
