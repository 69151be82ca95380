"""The requests behind a number of removals, as filters of the queue: what `bands.sql` and `brackets.sql` count."""

from datetime import datetime, timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from takedown.choices import OPEN, UP, ClockState, VerdictValue
from takedown.statistics.bands import BANDS, SECONDS
from takedown.statistics.causes import OUTCOMES

WENT = {
    "all": "Or not: all that are followed",
    **{f"surely-{key}": f"{label}, surely" for key, label in BANDS.items()},
    **{f"perhaps-{key}": f"{label}, perhaps" for key, label in BANDS.items()},
    "between": "Gone, band unknown",
    "up": "Not: up at the last look",
    "unknown": "Not known",
}
_GONE = Q(gone_confirmed=True)
_WATCHED = Q(first_gone=None, status__in=OPEN)
_UP = _WATCHED & Q(gone_confirmed=False, item__watch__outcome__in=UP)
_UNKNOWN = ~_GONE & ~_UP


def went(name: str, now: datetime) -> Q:
    """One of `WENT`, in seconds from the start of the clock."""
    how, _, key = name.partition("-")
    place = list(BANDS).index(key) if key else 0
    match how:
        case "surely":
            found = _GONE & _surely(place)
        case "perhaps":
            found = _GONE & _perhaps(place) | _UNKNOWN & _since_then(place, now)
        case "between":
            found = _GONE
            for other in range(len(BANDS)):
                found &= ~_surely(other)
        case "up":
            found = _UP
        case "unknown":
            found = _UNKNOWN
        case _:
            found = Q()
    return followed() & found


def went_by(cause: str) -> Q:
    """Confirmed gone by one of `CAUSES`."""
    named = {outcome for outcomes in OUTCOMES.values() for outcome in outcomes}
    outcome = Q(gone_outcome__in=OUTCOMES[cause]) if cause in OUTCOMES else ~Q(gone_outcome__in=named)
    return followed() & _GONE & outcome


def followed() -> Q:
    """Requests whose content is followed from the start of the clock: the others say nothing about a platform."""
    before = Q(verdict=VerdictValue.NOT_COUNTED, first_gone__lte=Coalesce(F("clock_first_started_at"), F("clock_started_at")))
    ended = Q(clock_state__in=(ClockState.VOIDED, ClockState.WITHDRAWN)) | Q(adjudicated_verdict=VerdictValue.NOT_COUNTED)
    return Q(clock_started_at__isnull=False) & ~ended & ~before


def _begins(place: int) -> timedelta:
    return timedelta(seconds=SECONDS[place - 1] if place else 0)


def _surely(place: int) -> Q:
    """Both looks lie in the band."""
    found = Q(last_up__gte=F("clock_started_at") + _begins(place)) if place else Q()
    return found & _by_the_end(place)


def _by_the_end(place: int) -> Q:
    return Q(first_gone__lte=F("clock_started_at") + _begins(place + 1)) if place < len(SECONDS) else Q()


def _perhaps(place: int) -> Q:
    """The band and the time between the two looks have something in common."""
    found = Q(first_gone__gt=F("clock_started_at") + _begins(place)) if place else Q()
    return found & _not_up_after("last_up", place)


def _since_then(place: int, now: datetime) -> Q:
    """The band has begun, and nobody found it up at its end or later."""
    begun = Q(clock_started_at__lt=now - _begins(place)) if place else Q()
    if place == len(SECONDS):  # an empty condition would vanish from the "or"
        return begun
    return begun & _not_up_after("last_up", place) & (~_WATCHED | _not_up_after("item__watch__last_up", place))


def _not_up_after(field: str, place: int) -> Q:
    if place == len(SECONDS):
        return Q()
    return Q(**{field: None}) | Q(**{f"{field}__lt": F("clock_started_at") + _begins(place + 1)})
