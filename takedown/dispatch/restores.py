"""A database restored from a backup sends nothing until somebody has reconciled it: what left after the backup would leave again."""

import logging
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from platforms.base import Receipt
from takedown.choices import SENDABLE, UNSENT, Action, Channel, RequestStatus, SubmissionState
from takedown.dispatch import journal
from takedown.dispatch.journal import Entry
from takedown.dispatch.receipts import record_sent
from takedown.models import Restore, SentBefore, Submission, TakedownRequest
from takedown.models.errors import NotPossible
from takedown.models.event import record
from takedown.models.numbers import agency_of, count_of
from takedown.verdicts import is_covered, lock

logger = logging.getLogger(__name__)

# A new cluster has another system identifier, one that was recovered to a point in time or took over another time line, a new database
# another number, and so has a table that was dropped and loaded again.
_IDENTITY = """
SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()), left(pg_walfile_name(pg_current_wal_lsn()), 8),
                 (SELECT oid FROM pg_database WHERE datname = current_database()), 'takedown_restore'::regclass::oid)
"""
_NEXT_NUMBER = """
SELECT setval(quote_ident(sequencename)::regclass, %(count)s) FROM pg_sequences
WHERE schemaname = current_schema() AND sequencename = %(name)s AND coalesce(last_value, 0) < %(count)s
"""
IN_THE_MIDDLE = "It was about to be sent when the server failed, and nobody knows what came of it. Find out whether the platform has it."
NO_JOURNAL = "The database was restored, and no journal says whether this was sent before. Find out whether the platform has it."

ENDED = (SubmissionState.SENT, SubmissionState.FAILED)
"""Of these the database itself knows how they ended."""


@dataclass(slots=True)
class Found:
    """What reconciling came to."""

    recognised: list[str] = field(default_factory=list)
    """Numbers of requests that had been sent."""
    asked: list[str] = field(default_factory=list)
    """Numbers of requests about which a person has to find out."""
    unknown: list[Entry] = field(default_factory=list)
    """What left for requests that this database does not have, or not in a state in which they may be sent."""


def is_held(now: datetime) -> bool:
    """Whether nothing may be sent. Notices when this is not the database that sent last, or when the journal knows more than it does."""
    identity = _identity()
    mine = Restore.objects.filter(identity=identity).first()
    if mine is None:
        first = not Restore.objects.exists()
        why = "Installed" if first else "The database was restored, moved, or took over from another."
        mine, _ = Restore.objects.get_or_create(
            identity=identity, defaults={"noticed_at": now, "why": why, "reconciled_at": now if first else None}
        )
    elif mine.reconciled_at is not None and _journal_knows_more(mine.reconciled_at):
        mine.noticed_at, mine.why, mine.reconciled_at = now, "The journal names what this database does not know.", None
        mine.save(update_fields=("noticed_at", "why", "reconciled_at"))
    if mine.reconciled_at is None:
        logger.error("Nothing is sent until `manage.py reconcile` has run. %s", mine.why)
    return mine.reconciled_at is None


def _identity() -> str:
    with connection.cursor() as cursor:
        cursor.execute(_IDENTITY)
        return str(cursor.fetchone()[0])


def _journal_knows_more(since: datetime) -> bool:
    """Whether its last line is about an attempt, since then, of which this database has lost the row. Rows are committed before lines."""
    last = journal.last()
    return last is not None and last.begun_at > since and not Submission.objects.filter(pk=last.submission).exists()


def sent_before(request: TakedownRequest) -> str:
    """What a person has to know before this is sent: the same left before a restore. Empty where nothing is known."""
    found = SentBefore.objects.filter(content=journal.content_of(request), decided_at=None).order_by("at").last()
    if found is None:
        return ""
    did = "was sent" if found.state == SubmissionState.SENT else "may have been sent"
    proof = f" ({found.reference})" if found.reference else ""
    what = f"The same {did} as {found.number} on {found.at:%Y-%m-%d %H:%M:%S} UTC{proof}"
    return f"{what}, and got lost when the database was restored. Mark it as sent, or send it again."


def send_again(request: TakedownRequest, now: datetime) -> None:
    """A person has it sent all the same."""
    SentBefore.objects.filter(content=journal.content_of(request), decided_at=None).update(decided_at=now)


@transaction.atomic
def reconcile(*, journals: Sequence[Path], ask: bool, now: datetime) -> Found:
    """Recognise what left after the backup, and let sending go on.

    With `ask`, whatever waits to be sent is given to a person as well: for when there is no journal, or not all of it. Raises `NotPossible`
    where there is nothing to reconcile, for what is being sent right now would look lost, and where the journal cannot be relied on; and
    `OSError`.
    """
    if not is_held(now):
        raise NotPossible("This is the database that sent last, and the journal knows no more than it does. There is nothing to reconcile.")
    entries = journal.entries(journals)
    if not ask:
        _must_be_whole(entries)
    found, lost = Found(), defaultdict[int, list[Entry]](list)
    for entry in _lost(list(entries.values())):
        lost[entry.request_id].append(entry)
    requests = lock(list(TakedownRequest.objects.filter(pk__in=list(lost))))
    for request_id, group in lost.items():
        _reconcile_one(requests.get(request_id), group, found, now)
    if ask:
        _ask_about_all(found, now)
    _keep_numbers(entry.request_id for entry in entries.values())
    Restore.objects.filter(reconciled_at=None).update(reconciled_at=now, recognised=len(found.recognised), asked=len(found.asked))
    return found


def _lost(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Those of which the database does not know how they ended."""
    for start in range(0, len(entries), 10_000):
        group = entries[start : start + 10_000]
        ids = [entry.submission for entry in group]
        known = set(Submission.objects.filter(pk__in=ids, state__in=ENDED).values_list("pk", flat=True))
        yield from (entry for entry in group if entry.submission not in known)


def _must_be_whole(entries: Mapping[uuid.UUID, Entry]) -> None:
    """What the database remembers must be in the journal, or the rest may be missing there, too."""
    sent = Submission.objects.filter(state=SubmissionState.SENT, channel__in=(Channel.API, Channel.EMAIL)).order_by("started_at").last()
    if not entries or (sent and sent.pk not in entries):
        known = f"attempt {sent.pk} of {sent.started_at:%Y-%m-%d %H:%M:%S}" if sent else "any attempt"
        raise NotPossible(
            f"The journal does not have {known}, so it is not the whole of what left. Name all journals with --journal; if there are no "
            "others, --ask has a person find out about everything that waits to be sent."
        )


def _reconcile_one(request: TakedownRequest | None, lost: Sequence[Entry], found: Found, now: datetime) -> None:
    """What got lost of the attempts of one request, in their order."""
    sent = next((entry for entry in lost if entry.state == SubmissionState.SENT), None)
    asked = next((entry for entry in lost if entry.state in {SubmissionState.STARTED, SubmissionState.UNKNOWN}), None)
    if request is None or not _are_of(request, lost) or not _may_have_left(request, lost):
        _keep(lost, found)
        return
    stored = Submission.objects.in_bulk([entry.submission for entry in lost])
    for entry in lost:
        _store(request, entry, stored.get(entry.submission), now)
    if sent:
        record(request, Action.NOTE, actor=None, at=now, now=now, reason="Sent before the database was restored; so says the journal.")
        record_sent(request, Receipt(reference=sent.reference, sent_at=sent.sent_at or sent.begun_at, received_at=sent.received_at), now)
        found.recognised.append(request.number)
    elif asked:
        _ask(request, IN_THE_MIDDLE, found, now)


def _are_of(request: TakedownRequest, lost: Sequence[Entry]) -> bool:
    """Whether these were attempts of this very request, and not of one that had its number before the restore."""
    most = Submission.objects.filter(request=request).count() + len(lost)
    ids = {journal.attempt_id(request, place) for place in range(1, most + 1)}
    return all(entry.submission in ids for entry in lost)


def _may_have_left(request: TakedownRequest, lost: Sequence[Entry]) -> bool:
    """Whether the request is in a state in which it may be sent, as it was. An approval that came after the backup is lost with it."""
    approved = not request.policy.four_eyes or all(request.approval and entry.digest == request.approval.digest for entry in lost)
    return request.status in SENDABLE and approved and is_covered(request)


def _keep(lost: Iterable[Entry], found: Found) -> None:
    """Remember what cannot be written to a request, so that the same is not sent again without a person's word."""
    left = [entry for entry in lost if entry.state != SubmissionState.FAILED]
    SentBefore.objects.bulk_create(
        (
            SentBefore(
                submission=entry.submission,
                content=entry.content,
                number=entry.number[:40],
                at=entry.sent_at or entry.begun_at,
                state=entry.state,
                reference=entry.reference,
            )
            for entry in left
        ),
        ignore_conflicts=True,
    )
    found.unknown += left


def _store(request: TakedownRequest, entry: Entry, row: Submission | None, now: datetime) -> None:
    """The attempt's row as it was before it got lost."""
    left_open = entry.state == SubmissionState.STARTED
    facts = {
        "state": SubmissionState.UNKNOWN if left_open else entry.state,
        "finished_at": entry.sent_at or now,
        "reference": entry.reference,
        "received_at": entry.received_at,
        "error": IN_THE_MIDDLE if left_open else "",
    }
    if row is not None:
        Submission.objects.filter(pk=row.pk).update(**facts)
        return
    about = {"agency_id": request.agency_id, "request": request, "channel": entry.channel, "payload_digest": entry.digest}
    Submission(pk=entry.submission, started_at=entry.begun_at, **about, **facts).save(force_insert=True)


def _ask(request: TakedownRequest, why: str, found: Found, now: datetime) -> None:
    request.status, request.status_reason, request.next_attempt_at = RequestStatus.NEEDS_OPERATOR, why, None
    request.save(update_fields=("status", "status_reason", "next_attempt_at"))
    record(request, Action.SUBMIT_FAILED, actor=None, at=now, now=now, new=SubmissionState.UNKNOWN.value, reason=why)
    found.asked.append(request.number)


def _ask_about_all(found: Found, now: datetime) -> None:
    """Whatever waits to be sent may have left already. What waits for approval waits on, and its approver is told."""
    waiting = TakedownRequest.objects.filter(status__in=UNSENT).exclude(status=RequestStatus.NEEDS_OPERATOR).order_by("pk")
    for request in waiting.exclude(channel=Channel.MANUAL).select_for_update(of=("self",)):
        if request.status == RequestStatus.TO_SEND:
            _ask(request, NO_JOURNAL, found, now)
        else:
            request.status_reason = NO_JOURNAL
            request.save(update_fields=("status_reason",))
            found.asked.append(request.number)


def _keep_numbers(request_ids: Iterable[int]) -> None:
    """No new request gets a number under which a platform has been written to already."""
    highest: dict[int, int] = {}
    for request_id in request_ids:
        agency_id = agency_of(request_id)
        highest[agency_id] = max(highest.get(agency_id, 0), count_of(request_id))
    with connection.cursor() as cursor:
        for agency_id, count in highest.items():
            cursor.execute(_NEXT_NUMBER, {"name": f"takedown_requests_of_{agency_id}", "count": count})
