"""The journal of what left: a file apart from the database, for what a restored database cannot remember.

Before anything leaves, and again after, one line for each request is appended and forced to disk. Lines hold numbers, instants and
digests, no address and no name. They are never changed; a line that a crash cut short says nothing and harms nothing.
"""

import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from platforms.base import Receipt
from takedown.choices import SubmissionState
from takedown.models import Submission, TakedownRequest

_NAMESPACE = uuid.UUID("6f0d3a52-6a0e-5d1e-9a44-2c8f3b7e9d10")
_TAIL_BYTES = 65536
"""The last line is found in so much of the end, even behind the lines of a long mail that were cut short."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one attempt, as far as the journal knows. `STARTED`: it may have left, nobody wrote down whether it did."""

    submission: uuid.UUID
    request_id: int
    number: str
    channel: str
    content: str
    digest: str
    begun_at: datetime
    state: SubmissionState
    reference: str = ""
    sent_at: datetime | None = None
    received_at: datetime | None = None


def attempt_id(request: TakedownRequest, place: int) -> uuid.UUID:
    """Id of the request's attempt number `place`, from 1.

    The same in a copy of the database, so that what leaves twice all the same carries the same id twice; and never that of another request,
    even one that gets the same number after a restore.
    """
    return uuid.uuid5(_NAMESPACE, f"{request.pk}/{request.opened_at.isoformat()}/{place}")


def content_of(request: TakedownRequest) -> str:
    """SHA-256 (hex) of who asks whom to remove what under which policy: equal for a report that is filed again after a restore."""
    parts = [request.agency.slug, request.platform.slug, request.item.canonical_url, request.policy.key]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def begin(submissions: Sequence[Submission]) -> None:
    """Write down that these are about to leave. Raises `OSError` where that is impossible: then nothing may leave."""
    _append(_line(submission, SubmissionState.STARTED) for submission in submissions)


def end(submissions: Sequence[Submission], state: SubmissionState, receipt: Receipt | None) -> None:
    """Write down what became of them. Raises `OSError`."""
    _append(_line(submission, state, receipt) for submission in submissions)


def _line(submission: Submission, state: SubmissionState, receipt: Receipt | None = None) -> Mapping[str, Any]:
    request = submission.request
    line: dict[str, Any] = {
        "submission": str(submission.pk),
        "request": request.pk,
        "number": request.number,
        "channel": submission.channel,
        "content": content_of(request),
        "digest": submission.payload_digest,
        "begun_at": submission.started_at.isoformat(),
        "state": state.value,
    }
    if receipt:
        line |= {"reference": receipt.reference[:300], "sent_at": receipt.sent_at.isoformat()}
        line |= {"received_at": receipt.received_at.isoformat()} if receipt.received_at else {}
    return line


def _append(lines: Iterable[Mapping[str, Any]]) -> None:
    """All of them in one write. It begins with a line break: the line before it may have been cut short."""
    if not settings.SENT_JOURNAL:
        return
    path = Path(settings.SENT_JOURNAL)
    text = "".join(f"\n{json.dumps(line)}" for line in lines) + "\n"
    is_new = not path.exists()
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        rest = memoryview(text.encode())
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    if is_new:
        _force(path.parent)


def _force(folder: Path) -> None:
    """Make sure that the folder itself knows a new file."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def last() -> Entry | None:
    """The last attempt that was written down, of whatever process; None without a journal."""
    path = Path(settings.SENT_JOURNAL) if settings.SENT_JOURNAL else None
    if path is None or not path.exists():
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        whole = [entry for line in file.read().split(b"\n") if (entry := _read(line))]
    return whole[-1] if whole else None


def entries(paths: Iterable[Path]) -> Mapping[uuid.UUID, Entry]:
    """Every attempt in these journals, in the order in which they began. Raises `OSError`."""
    found: dict[uuid.UUID, Entry] = {}
    for path in paths:
        for entry in _entries(path):
            known = found.get(entry.submission)
            if known is None or known.state == SubmissionState.STARTED:
                found[entry.submission] = entry
    return dict(sorted(found.items(), key=lambda item: item[1].begun_at))


def _entries(path: Path) -> Iterator[Entry]:
    with path.open("rb") as file:
        for line in file:
            if entry := _read(line):
                yield entry


def _read(line: bytes) -> Entry | None:
    """None for an empty line and for one that was cut short."""
    try:
        values = json.loads(line)
        instants = {name: datetime.fromisoformat(values[name]) for name in ("begun_at", "sent_at", "received_at") if name in values}
        return Entry(
            submission=uuid.UUID(values["submission"]),
            request_id=int(values["request"]),
            number=str(values["number"]),
            channel=str(values["channel"]),
            content=str(values["content"]),
            digest=str(values["digest"]),
            begun_at=instants["begun_at"],
            state=SubmissionState(values["state"]),
            reference=str(values.get("reference", "")),
            sent_at=instants.get("sent_at"),
            received_at=instants.get("received_at"),
        )
    except (ValueError, LookupError, TypeError):
        return None
