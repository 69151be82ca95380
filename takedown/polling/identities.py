"""What was flagged under a name, or by a link, gets its lasting identity once a look has found it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from platforms.base import ContentRef
from platforms.models import rows_for
from takedown.choices import OPEN, SENDABLE, UNSENT, Action, Channel, ClockEventKind, RequestStatus, SubmissionState
from takedown.models import FlaggedItem, Report, Submission, TakedownRequest, Watch
from takedown.models.event import record
from takedown.models.item import identity_of
from takedown.polling.claim import Claim
from takedown.verdicts import ClockFact, database_now, record_clock_events, refresh, void_approval


def settle_identities(found: Sequence[tuple[Claim, ContentRef]]) -> None:
    """Give each claimed item the identity that was found, each in a transaction of its own: the next look finds again what failed."""
    for claim, ref in found:
        try:
            with transaction.atomic():
                _settle(claim, ref, database_now())
        except IntegrityError:
            # The other item is being reported this very moment.
            continue


def _settle(claim: Claim, ref: ContentRef, now: datetime) -> None:
    identity = identity_of(ref)
    mine = FlaggedItem.objects.filter(agency_id=claim.agency_id)
    other = mine.filter(identity=identity).exclude(pk=claim.item_id).first()
    ids = sorted({claim.item_id, *([other.pk] if other else [])})
    list(Watch.objects.filter(item_id__in=ids).order_by("item_id").select_for_update())
    item = mine.get(pk=claim.item_id)
    if (
        item.identity == identity
        or item.merged_into_id is not None
        or Submission.objects.filter(request__item=item, state=SubmissionState.STARTED).exists()
    ):
        return
    if other is None:
        _rename(item, ref, now)
    else:
        _merge(item, other, now)


def _rename(item: FlaggedItem, ref: ContentRef, now: datetime) -> None:
    """The item itself is what was found; nobody had reported it under its own name."""
    old = item.canonical_url
    platform = rows_for({ref.platform})[ref.platform]
    moved = platform.pk != item.platform_id
    item.identity, item.platform = identity_of(ref), platform
    item.kind, item.external_id, item.canonical_url = ref.kind, ref.external_id, ref.canonical_url
    item.save(update_fields=("identity", "platform", "kind", "external_id", "canonical_url"))
    record(item, Action.IDENTIFIED, actor=None, at=now, now=now, old=old, new=ref.canonical_url)
    if moved:
        # What was sent went to the platform it was sent to; what was not goes to the one that has the content.
        unsent = TakedownRequest.objects.filter(item=item, status__in=UNSENT)
        attempt = None if platform.channel == Channel.MANUAL else now
        unsent.update(platform=platform, channel=platform.channel)
        unsent.filter(status__in=SENDABLE).update(next_attempt_at=attempt)
        Watch.objects.filter(item=item).update(platform=platform)
    for request in TakedownRequest.objects.filter(item=item, status__in=SENDABLE, policy__four_eyes=True).select_related("policy"):
        void_approval(request=request, actor=None, now=now, why=f"The address led to {ref.canonical_url}.")
    # A link has been followed: nobody has looked at what it leads to.
    Watch.objects.filter(item=item).update(next_look_at=now)


def _merge(item: FlaggedItem, other: FlaggedItem, now: datetime) -> None:
    """Somebody had reported the same content already: reports and requests go there, and this item is not looked at any more.

    A request whose policy has an open request there is withdrawn in favour of that one: one content, one policy, one deadline.
    """
    theirs = {request.policy_id: request for request in TakedownRequest.objects.filter(item=other, status__in=OPEN)}
    for request in TakedownRequest.objects.filter(item=item, status__in=OPEN).order_by("pk"):
        same = theirs.get(request.policy_id)
        if same is None:
            _move(request, other, now)
        else:
            _withdraw(request, f"Same content as {same.number}.", now)
            Report.objects.filter(request=request).update(request=same)
    Report.objects.filter(item=item).update(item=other)
    item.merged_into = other
    item.save(update_fields=("merged_into",))
    Watch.objects.filter(item=item).update(next_look_at=None, is_anchor=False, anchor_at=None, unproven_since=None)
    refresh([other.pk], now=now)
    record(item, Action.MERGED, actor=None, at=now, now=now, old=item.canonical_url, new=other.canonical_url)
    record(other, Action.MERGED, actor=None, at=now, now=now, old=item.canonical_url, new=other.canonical_url)


def _move(request: TakedownRequest, other: FlaggedItem, now: datetime) -> None:
    request.item = other
    if request.status in UNSENT and request.platform_id != other.platform_id:
        request.platform, request.channel = other.platform, other.platform.channel
        request.next_attempt_at = None if request.channel == Channel.MANUAL or request.status not in SENDABLE else now
    request.save(update_fields=("item", "platform", "channel", "next_attempt_at"))
    if request.status in SENDABLE and request.policy.four_eyes:
        void_approval(request=request, actor=None, now=now, why=f"The address led to {other.canonical_url}.")


def _withdraw(request: TakedownRequest, reason: str, now: datetime) -> None:
    record_clock_events([ClockFact(request.pk, ClockEventKind.WITHDRAWN, now, proof=reason)], actor=None, now=now)
    request.refresh_from_db()
    request.status, request.status_reason, request.closed_at, request.next_attempt_at = RequestStatus.WITHDRAWN, reason, now, None
    request.save(update_fields=("status", "status_reason", "closed_at", "next_attempt_at"))
    record(request, Action.WITHDRAWN, actor=None, at=now, now=now, reason=reason)
