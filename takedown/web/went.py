"""The requests behind a number of removals, as filters of the queue: what the brackets of `takedown_tally` count."""

import re
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from takedown.choices import ENDED, OPEN, UP, VerdictValue
from takedown.statistics.against import Slice
from takedown.statistics.bands import BANDS, SECONDS
from takedown.statistics.causes import OUTCOMES
from takedown.web.cohort import Readable

WENT = {
    "all": "Or not: all that are followed",
    **{f"surely-{key}": f"{label}, surely" for key, label in BANDS.items()},
    **{f"perhaps-{key}": f"{label}, perhaps" for key, label in BANDS.items()},
    "between": "Gone, band unknown",
    "up": "Not: up at the last look",
    "unknown": "Not known",
    "unconfirmed": "Not confirmed gone",
}
_SLICE = re.compile(r"(within|touching)-(\d{1,9})-(\d{0,9})", re.ASCII)
"""Confirmed removals that surely, or perhaps, lie between so many seconds from the start of the clock; the second may be open."""
_GONE = Q(gone_confirmed=True)
_WATCHED = Q(first_gone=None, status__in=OPEN)
_UP = _WATCHED & Q(gone_confirmed=False, item__watch__outcome__in=UP)
_UNKNOWN = ~_GONE & ~_UP


WAYS = Readable(lambda text: WENT.get(text) or _SLICE.fullmatch(text))
"""All of `WENT`, and every slice."""


def ways(chosen: str) -> dict[str, str]:
    """What a reader may choose from: `WENT`, and the slice that is chosen."""
    found = _SLICE.fullmatch(chosen)
    if not found:
        return WENT
    low, high = _ends(found)
    how = "surely" if found[1] == "within" else "perhaps"
    return {**WENT, chosen: f"{Slice(low, high, 0, 0).label.capitalize()}, {how}"}


def went(name: str) -> Q:
    """One of `WAYS`, in seconds from the start of the clock."""
    if found := _SLICE.fullmatch(name):
        return followed() & _GONE & (_surely if found[1] == "within" else _perhaps)(*_ends(found))
    how, _, key = name.partition("-")
    span = _span(list(BANDS).index(key)) if key else (0, None)
    match how:
        case "surely":
            wanted = _GONE & _surely(*span)
        case "perhaps":
            wanted = _GONE & _perhaps(*span) | _UNKNOWN & _since_then(span[1])
        case "between":
            wanted = _GONE
            for place in range(len(BANDS)):
                wanted &= ~_surely(*_span(place))
        case "unconfirmed":
            wanted = ~_GONE
        case "up":
            wanted = _UP
        case "unknown":
            wanted = _UNKNOWN
        case _:
            wanted = Q()
    return followed() & wanted


def went_by(cause: str) -> Q:
    """Confirmed gone by one of `CAUSES`."""
    named = {outcome for outcomes in OUTCOMES.values() for outcome in outcomes}
    outcome = Q(gone_outcome__in=OUTCOMES[cause]) if cause in OUTCOMES else ~Q(gone_outcome__in=named)
    return followed() & _GONE & outcome


def followed() -> Q:
    """Requests whose content is followed from the start of the clock: the others say nothing about a platform."""
    before = Q(verdict=VerdictValue.NOT_COUNTED, first_gone__lte=Coalesce(F("clock_first_started_at"), F("clock_started_at")))
    ended = Q(clock_state__in=ENDED) | Q(adjudicated_verdict=VerdictValue.NOT_COUNTED)
    return Q(clock_started_at__isnull=False) & ~ended & ~before


def _span(place: int) -> tuple[int, int | None]:
    """Seconds at which a band begins and ends."""
    return SECONDS[place - 1] if place else 0, SECONDS[place] if place < len(SECONDS) else None


def _ends(found: re.Match[str]) -> tuple[int, int | None]:
    return int(found[2]), int(found[3]) if found[3] else None


def _surely(low: int, high: int | None) -> Q:
    """Both looks lie in the span."""
    after = Q(last_up__gte=F("clock_started_at") + timedelta(seconds=low)) if low else Q()
    return after & (Q() if high is None else Q(first_gone__lte=F("clock_started_at") + timedelta(seconds=high)))


def _perhaps(low: int, high: int | None) -> Q:
    """The span and the time between the two looks have something in common."""
    after = Q(first_gone__gt=F("clock_started_at") + timedelta(seconds=low)) if low else Q()
    return after & _not_up_after("last_up", high)


def _since_then(high: int | None) -> Q:
    """Nobody found it up at the end of the span or later."""
    if high is None:
        return Q()
    return _not_up_after("last_up", high) & (~_WATCHED | _not_up_after("item__watch__last_up", high))


def _not_up_after(field: str, high: int | None) -> Q:
    if high is None:
        return Q()
    return Q(**{field: None}) | Q(**{f"{field}__lt": F("clock_started_at") + timedelta(seconds=high)})
