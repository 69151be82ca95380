"""Send what is to be sent, each request once.

The intent is written before anything leaves and the receipt after. What may have been sent, but nobody knows, goes to a person: a
platform that gets a notice twice is an annoyance, one that never gets it is a lost report, and only a person can find out which.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from platforms import base, registry
from platforms.http import Gateway
from takedown import orders
from takedown.choices import Action, Channel, RequestStatus, SubmissionState
from takedown.dispatch import journal
from takedown.dispatch.lanes import Lane, Turn, Urgency, flying, in_turn, lanes, urgency
from takedown.dispatch.links import followed
from takedown.dispatch.mail import send_mail
from takedown.dispatch.receipts import record_sent
from takedown.dispatch.restores import is_held, sent_before
from takedown.models import Recipient, Submission, TakedownRequest
from takedown.models.event import record
from takedown.models.recipient import free_at, give_back, take_place
from takedown.polling import database_clock
from takedown.verdicts import database_now, digest_of, is_covered, lock, payload, void_approval

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
FIRST_LOOK = {True: timedelta(seconds=4), False: timedelta(seconds=30)}
"""How long a new request waits for the first look at its item before it is sent all the same; an urgent one waits less."""
LOOKED_THROUGH = 100
"""So many of a lane are looked through for one that may go. More of them would be new ones, which wait for their first look."""
AUTOMATIC = (Channel.API, Channel.EMAIL)


@dataclass(frozen=True, slots=True)
class Result:
    """How an attempt ended."""

    state: SubmissionState
    receipt: base.Receipt | None = None
    error: str = ""
    retry_after: float | None = None


def claim_next(turn: Turn = Turn.DEADLINE) -> list[Submission]:
    """Take what is to be sent next and write the intent: one request, or several that share a mail. None of them if
    nothing may be sent now.

    No more than one attempt is claimed: what was claimed and not begun when a worker dies would look as if it might have been sent. The
    lease is `next_attempt_at`; the count of attempts rises now, so that a crash counts.
    """
    now = database_now()
    if is_held(now):
        return []
    for lane in in_turn(lanes(now), flying(now), turn):
        if claimed := _claim(lane, now):
            return claimed
    return []


@transaction.atomic
def _claim(lane: Lane, now: datetime) -> list[Submission]:
    """From this lane, those first whose time came first."""
    ready: list[TakedownRequest] = []
    while not ready and (found := _next_of(lane, now, 1)):
        ready = _covered(found, now)
    if not ready or not _has_place(ready[0], lane, now):
        return []
    # A mail is shared by what is not urgent, and never by a removal order.
    if ready[0].channel == Channel.EMAIL and not lane.urgency.is_urgent and (more := ready[0].platform.requests_per_mail - 1):
        others = _covered(_next_of(lane, now, more, without=ready[0].pk, channel=Channel.EMAIL), now)
        ready += [request for request in others if not why_not(request, now)]
    return [_begin(request, now) for request in ready]


def _covered(found: Sequence[TakedownRequest], now: datetime) -> list[TakedownRequest]:
    """Those that may be sent as they are; the others wait for approval again."""
    covered = []
    for request in found:
        if is_covered(request):
            covered.append(request)
        else:
            void_approval(request=request, actor=None, now=now, why="What would be sent is no longer what was approved.")
    return covered


def _next_of(lane: Lane, now: datetime, count: int, *, without: int = 0, channel: str = "") -> list[TakedownRequest]:
    """The next `count` of a lane, locked, so that nobody else takes them. They are read from its piece of the index: a long one costs no
    more."""
    lane_of = {"policy": lane.policy_id, "severity": lane.severity, "platform": lane.platform_id, "agency": lane.agency_id}
    due = TakedownRequest.objects.filter(**lane_of, status=RequestStatus.TO_SEND, next_attempt_at__lte=now).order_by("next_attempt_at")
    # Looked at first, so that what was gone before anybody asked is told from what went on request; not for long, if nobody can look.
    seen = Q(item__watch__run_count__gt=0) | Q(opened_at__lte=now - FIRST_LOOK[lane.urgency.is_urgent])
    first = due.exclude(pk=without).filter(pk__in=list(due.filter(followed()).values_list("pk", flat=True)[:LOOKED_THROUGH]))
    free = first.filter(seen, channel__in=[channel] if channel else AUTOMATIC).exclude(submissions__state=SubmissionState.STARTED)
    whole = free.select_related("agency", "item", "platform", "policy", "approval", "order")
    return list(whole.select_for_update(of=("self",), skip_locked=True)[:count])


def _has_place(request: TakedownRequest, lane: Lane, now: datetime) -> bool:
    """Whether its recipient takes another mail this hour; counts it."""
    if request.channel != Channel.EMAIL:
        return True
    limit = 0 if lane.urgency.is_urgent else request.platform.mails_per_hour
    return take_place(request.platform.contact_email, limit, now)


def why_not(request: TakedownRequest, now: datetime) -> str:
    """What about the request itself keeps it from being sent, so that a person has to act; empty where nothing does."""
    return orders.why_not_ready(request, now) or sent_before(request)


def _begin(request: TakedownRequest, now: datetime) -> Submission:
    request.attempts += 1
    request.next_attempt_at = now + timedelta(seconds=settings.DISPATCH_LEASE_SECONDS)
    request.save(update_fields=("attempts", "next_attempt_at"))
    number = journal.attempt_id(request, Submission.objects.filter(request=request).count() + 1)
    submission = Submission(pk=number, agency_id=request.agency_id, request=request, channel=request.channel, started_at=now)
    submission.payload_digest = digest_of(request)
    submission.save(force_insert=True)
    return submission


@transaction.atomic
def give_up_lost() -> int:
    """Hand attempts whose worker has died between intent and receipt to a person: nobody knows whether they were sent. How many."""
    now = database_now()
    why = "The worker stopped while it was sending. Find out whether the platform has it."
    open_ones = Submission.objects.filter(state=SubmissionState.STARTED, request__status=RequestStatus.TO_SEND)
    lost = open_ones.filter(request__next_attempt_at__lte=now).select_related("request")
    orphans = list(lost.select_for_update(of=("self", "request"), skip_locked=True))
    for orphan in orphans:
        request = orphan.request
        orphan.state, orphan.finished_at, orphan.error = SubmissionState.UNKNOWN, now, why
        orphan.save(update_fields=("state", "finished_at", "error"))
        request.status, request.status_reason, request.next_attempt_at = RequestStatus.NEEDS_OPERATOR, why, None
        request.save(update_fields=("status", "status_reason", "next_attempt_at"))
        record(request, Action.SUBMIT_FAILED, actor=None, at=now, now=now, new=SubmissionState.UNKNOWN.value, reason=why)
    return len(orphans)


def attempt(submissions: Sequence[Submission]) -> Result:
    """Do it, with a line in the journal before and after. Talks to the outside world, so never inside a transaction."""
    try:
        journal.begin(submissions)
    except OSError as error:
        why = f"The journal of what leaves cannot be written ({type(error).__name__}), so nothing was sent."
        return Result(SubmissionState.FAILED, error=why, retry_after=60)
    result = _attempt(submissions)
    try:
        journal.end(submissions, result.state, result.receipt)
    except OSError:
        # The database will know. Only after a restore a person would have to find out.
        logger.exception("The journal of what leaves cannot be written")
    return result


def _attempt(submissions: Sequence[Submission]) -> Result:
    first = submissions[0]
    try:
        if reason := why_not(first.request, first.started_at):
            raise base.NeedsOperator(reason)
        receipt = send_mail(submissions) if first.channel == Channel.EMAIL else _by_interface(first)
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


@transaction.atomic
def finish(submissions: Sequence[Submission], result: Result) -> None:
    """Write down how the attempt ended, for all that shared it, unless somebody else has in the meantime: the state is the fence."""
    requests = lock([submission.request for submission in submissions])
    fresh = Submission.objects.filter(pk__in=[submission.pk for submission in submissions]).order_by("pk").select_for_update()
    now = database_now()
    if result.state == SubmissionState.FAILED and submissions[0].channel == Channel.EMAIL:
        give_back(submissions[0].request.platform.contact_email, submissions[0].started_at)
    for stored in fresh:
        if stored.state != SubmissionState.STARTED:
            logger.warning("Submission %s ended as %s after it had been given up as %s", stored.pk, result.state, stored.state)
            continue
        stored.state, stored.finished_at, stored.error = result.state, now, result.error
        if result.receipt:
            stored.reference, stored.received_at = result.receipt.reference[:300], result.receipt.received_at
        stored.save(update_fields=("state", "finished_at", "error", "reference", "received_at"))
        if result.receipt:
            record_sent(requests[stored.request_id], result.receipt, now)
        else:
            _not_sent(requests[stored.request_id], result, now)


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


def held_until(request: TakedownRequest, now: datetime) -> datetime | None:
    """When the next mail may go to the address of a request that waits for no other reason; None if that is not what it waits for."""
    if request.status != RequestStatus.TO_SEND or request.channel != Channel.EMAIL or _urgency(request).is_urgent:
        return None
    if request.next_attempt_at is None or request.next_attempt_at > now:
        return None
    recipient = Recipient.objects.filter(address=request.platform.contact_email.lower()).first()
    return free_at(recipient.mails, request.platform.mails_per_hour, now) if recipient else None


def _urgency(request: TakedownRequest) -> Urgency:
    policy = request.policy
    return urgency(key=policy.key, unit=policy.unit, duration=policy.duration, severity=request.severity)
