"""Deadlines of the next hour and day: how many requests fall due when, and what the last look at each found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from takedown.choices import GONE, UP
from takedown.models import Agency, TakedownRequest
from takedown.models.scope import AgencyQuerySet
from takedown.statistics.figures import time_text
from takedown.statistics.rows import AheadRow
from takedown.statistics.sql import fetch

STATES = {
    "gone": "Seen gone, not confirmed",
    "up": "Up at the last look",
    "untold": "Last look could not tell",
    "never": "Not looked at yet",
}
"""From the bottom of a column to its top."""
SLICE, HOUR, DAY = 300, 3_600, 86_400
"""Seconds."""
Counts = dict[str, int]
"""By all of `STATES`."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Open requests by the time left, each slice with its end inside: what is due in exactly 5 minutes is in the first."""

    slices: tuple[Counts, ...]
    """Of the next hour, 5 minutes each."""
    hours: tuple[Counts, ...]
    """Of the next 24 hours."""

    @property
    def within(self) -> Counts:
        """The next hour."""
        return _sum(self.slices)

    @property
    def finding(self) -> str:
        within = self.within
        due = sum(within.values())
        if not due:
            return "No deadline falls in the next hour."
        parts = [f"{within[state]:,} {label[0].lower()}{label[1:]}" for state, label in STATES.items() if within[state]]
        return f"{due:,} {'deadline falls' if due == 1 else 'deadlines fall'} in the next hour: {', '.join(parts)}."

    @property
    def day_finding(self) -> str:
        totals = [sum(hour.values()) for hour in self.hours]
        if not any(totals):
            return "No deadline falls in the next 24 hours."
        most = max(totals)
        return f"{sum(totals):,} in the next 24 hours; most in one hour: {most:,}, in {span_label(totals.index(most), HOUR)}."


def span_label(place: int, seconds: int) -> str:
    """`0 to 5 min`, `3 h to 4 h`: the span at this place, each so long."""
    return f"{time_text(place * seconds) if place else '0'} to {time_text((place + 1) * seconds)}"


def ahead_of(rows: Sequence[AheadRow]) -> Ahead:
    """From slices of 5 minutes."""
    slices: list[Counts] = [dict.fromkeys(STATES, 0) for _ in range(DAY // SLICE)]
    for row in rows:
        slices[row.slice][row.state] += row.n
    each = HOUR // SLICE
    return Ahead(tuple(slices[:each]), tuple(_sum(slices[start : start + each]) for start in range(0, len(slices), each)))


def _sum(counts: Sequence[Counts]) -> Counts:
    return {state: sum(one[state] for one in counts) for state in STATES}


def ahead(agency: Agency, now: datetime) -> Ahead:
    until = now + timedelta(seconds=DAY)
    parameters = {"agency_id": agency.pk, "now": now, "until": until, "seconds": SLICE, "gone": sorted(GONE)}
    return ahead_of(fetch("ahead", AheadRow, parameters))


def due_within_the_hour(agency: Agency, now: datetime) -> AgencyQuerySet[TakedownRequest]:
    """The requests that the first hour counts, the next deadline first."""
    still_open = TakedownRequest.objects.for_agency(agency).open().filter(gone_confirmed=False, adjudicated_verdict="")
    return still_open.filter(due_at__gt=now, due_at__lte=now + timedelta(seconds=HOUR)).order_by("due_at", "id")


def state_of(outcome: str) -> str:
    """One of `STATES`, from the outcome of the last look; empty: there was none."""
    if not outcome:
        return "never"
    return "up" if outcome in UP else "gone" if outcome in GONE else "untold"
