"""What happened to a request, in sentences that a person can check against the instants beside them."""

import hashlib
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

from takedown.choices import Channel, ClockEventKind, Outcome, ReportOutcome, VerdictValue
from takedown.models import Event, TakedownRequest, Watch
from takedown.templatetags.takedown_tags import absolute
from takedown.web.due import duration
from takedown.web.timeline import bracket_of

LABELS = {str(member): str(member.label) for kind in (VerdictValue, Outcome, ReportOutcome, ClockEventKind, Channel) for member in kind}


@dataclass(frozen=True, slots=True)
class Story:
    verdict: str
    """The effective one."""
    observed: str
    provisional: bool
    reason: str
    sentence: str
    stamp: str
    """Changes whenever the facts do, not with the clock."""


def tell(request: TakedownRequest, watch: Watch | None, now: datetime) -> Story:
    """Verdict on what is known now and the sentence under it."""
    last_up, first_gone = bracket_of(request, watch)
    known = copy(request)
    known.last_up, known.first_gone = last_up, first_gone
    if watch and first_gone and first_gone != request.first_gone:
        known.gone_confirmed = watch.confirmed_at is not None
    judged = known.verdict_at(now)
    verdict = request.adjudicated_verdict or judged.value
    reason = request.adjudicated_reason if request.adjudicated_verdict else judged.reason
    looked = watch.looked_at if watch else None
    facts = (verdict, judged, last_up, first_gone, looked, request.status, request.due_at, watch.run_count if watch else 0)
    stamp = hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
    provisional = judged.provisional and not request.adjudicated_verdict
    return Story(verdict, judged.value, provisional, reason, _sentence(request, watch, last_up, first_gone, now), stamp)


def _sentence(request: TakedownRequest, watch: Watch | None, last_up: datetime | None, first_gone: datetime | None, now: datetime) -> str:
    if first_gone:
        back = _back(request, watch, first_gone)
        again = f" It was seen up again {duration(back - first_gone)} later." if back else ""
        return _gone(request, watch, last_up, first_gone) + again
    if last_up is None:
        return "No look has told yet whether it is up."
    seen = f"Last seen up {duration(now - last_up)} ago"
    if request.due_at is None:
        return f"{seen}."
    if last_up > request.due_at:
        return f"{seen}, {duration(last_up - request.due_at)} after the deadline."
    return f"{seen}, {duration(request.due_at - last_up)} before the deadline."


def _back(request: TakedownRequest, watch: Watch | None, first_gone: datetime) -> datetime | None:
    """When it was seen up after it had been gone, if it was."""
    seen = request.back_at or (watch.last_up if watch else None)
    return seen if seen and seen > first_gone else None


def _gone(request: TakedownRequest, watch: Watch | None, last_up: datetime | None, first_gone: datetime) -> str:
    how = request.gone_outcome or (watch.gone_outcome if watch else "")
    what = f"{Outcome(how).label}: it" if how else "It"
    start = request.clock_started_at
    if start is None or first_gone <= start:
        return f"{what} was gone at the first look that told." if last_up is None else f"{what} went before the clock started."
    latest = duration(first_gone - start)
    if last_up is None or last_up < start:
        text = f"{what} went within {latest} of the start of the clock"
    else:
        text = f"{what} went between {duration(last_up - start)} and {latest} after the clock started"
    return f"{text}{_against(request.due_at, last_up, first_gone)}."


def _against(due_at: datetime | None, last_up: datetime | None, first_gone: datetime) -> str:
    if due_at is None:
        return ""
    if first_gone <= due_at:
        return f", at least {duration(due_at - first_gone)} before the deadline" if due_at - first_gone >= timedelta(seconds=1) else ""
    if last_up and last_up >= due_at:
        return f", at least {duration(last_up - due_at)} after the deadline"
    return "; the deadline lies in between"


def change(event: Event) -> str:
    """`old → new` of an event, where that says more than its name."""
    old, new = _value(event.old), _value(event.new)
    if old and new:
        return f"{old} → {new}"
    return new or (f"was {old}" if old else "")


def _value(value: object) -> str:
    """A JSON value of an event as words: `Met, provisional`, `Gone, cause unknown (http_404)`, an instant in the reader's zone."""
    if isinstance(value, dict):
        parts = {key: part for key, part in value.items() if part not in (None, "", False)}
        words = [kind(parts.pop(key)).label for key, kind in (("verdict", VerdictValue), ("outcome", Outcome)) if key in parts]
        reason = parts.pop("reason", "")
        provisional = ["provisional"] if parts.pop("provisional", False) else []
        rest = [f"{key.replace('_', ' ')} {_value(part)}" for key, part in parts.items()]
        return ", ".join([*map(str, words), *provisional, *rest]) + (f" ({reason})" if reason else "")
    text = "" if value is None else str(value)
    if text in LABELS:
        return LABELS[text]
    try:
        return absolute(datetime.fromisoformat(text)) if "T" in text else text
    except ValueError:
        return text
