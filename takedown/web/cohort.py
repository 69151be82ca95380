"""The requests behind a number of the statistics, as filters of the queue. Each says what a query of `statistics/queries` counts."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db.models import Q

from takedown.choices import ENDED, VerdictValue
from takedown.statistics import ahead, tally
from takedown.statistics.tables import age_label

DECIDED = (VerdictValue.MET, VerdictValue.INDETERMINATE, VerdictValue.BREACHED)
COUNTED = {
    "decided": "Decided",
    "due": "Decided or past due",
    "undecided": "Indeterminate or unproven",
    "provisional": "Provisional",
    "standing": "Neither void nor withdrawn",
    **{value: str(VerdictValue(value).label) for value in (*DECIDED, "unproven", "pending", "suspended", "not_counted")},
}
"""Verdicts as the statistics count them: those that await confirmation apart, and unproven from the deadline on. And orders."""
AGES = {f"{low}-{high or ''}": age_label(low or 0, high) for low, high in pairwise((0, *tally.AGES, None))}
"""Seconds since the opening, the upper end outside."""
_SPAN = re.compile(r"(\d{1,5})-(\d{1,5})", re.ASCII)


def started(since: str, until: str, timezone: str) -> Q:
    """Clock started on these days of this zone, both inside; an empty or unreadable end is open."""
    zone, found = ZoneInfo(timezone), Q()
    if first := day(since):
        found &= Q(clock_started_at__gte=datetime.combine(first, time(), zone))
    if last := day(until):
        found &= Q(clock_started_at__lt=datetime.combine(last + timedelta(days=1), time(), zone))
    return found


def day(text: str) -> date | None:
    """The day `2026-03-31`; None where it is no day that anything may have happened on."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


class Readable:
    """Every text of which a reader makes something other than None."""

    def __init__(self, read: Callable[[str], object]) -> None:
        self._read = read

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self._read(text) is not None


DAYS = Readable(day)


def counted_as(name: str, now: datetime) -> Q:
    """The rule of the view `takedown_tally`: one name of `COUNTED`."""
    unconfirmed = Q(provisional=True, adjudicated_verdict="")
    if name == "provisional":
        return unconfirmed
    if name == "standing":
        return ~Q(clock_state__in=ENDED)
    undecided = (VerdictValue.INDETERMINATE, VerdictValue.UNPROVEN)
    groups = {"decided": DECIDED, "due": (*DECIDED, VerdictValue.UNPROVEN), "undecided": undecided}
    found = Q()
    for verdict in groups.get(name, (name,)):
        found |= Q(adjudicated_verdict=verdict) | Q(adjudicated_verdict="") & _observed(verdict, now)
    return found & ~unconfirmed


def _observed(verdict: str, now: datetime) -> Q:
    if verdict == VerdictValue.PENDING:
        return Q(verdict=verdict) & (Q(due_at=None) | Q(due_at__gt=now))
    late = Q(verdict=VerdictValue.PENDING, due_at__lte=now)
    return Q(verdict=verdict) | late if verdict == VerdictValue.UNPROVEN else Q(verdict=verdict)


def _span(text: str) -> tuple[int, int] | None:
    """`0-300`: seconds ahead within a day, the second more than the first and inside."""
    found = _SPAN.fullmatch(text)
    start, end = map(int, found.groups()) if found else (0, 0)
    return (start, end) if start < end <= ahead.DAY else None


SPANS = Readable(_span)


def span_label(span: str) -> str:
    """Of one of `SPANS`; empty for anything else."""
    found = _span(span)
    return ahead.span_label(found[0], found[1] - found[0]) if found else ""


def falls_due(span: str, now: datetime) -> Q:
    """Counted as due so far ahead: one of `SPANS`."""
    return ahead.due_in(*(_span(span) or (0, 0)), now)


def opened(age: str, now: datetime) -> Q:
    """Opened so long ago: one of `AGES`."""
    youngest, _, oldest = age.partition("-")
    found = Q(opened_at__lte=now - timedelta(seconds=int(youngest))) if youngest != "0" else Q()
    return found & Q(opened_at__gt=now - timedelta(seconds=int(oldest))) if oldest else found
