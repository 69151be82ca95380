"""Deadlines of the next hour and day: how many requests fall due when, and what the last look at each found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from takedown.choices import GONE, OPEN, UP
from takedown.models import Agency, TakedownRequest
from takedown.models.scope import AgencyQuerySet
from takedown.statistics.cells import Cell, Count, Table
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
SPANS = {"hour": ("Deadlines of the next hour", SLICE), "day": ("Deadlines of the next 24 hours", HOUR)}
"""The figures: title, and seconds of each span."""
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

    def counts(self, figure: str) -> tuple[Counts, ...]:
        """Of the spans of one of `SPANS`."""
        return self.slices if figure == "hour" else self.hours

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
        return f"{sum(totals):,} in the next 24 hours; most in one hour: {most:,}, in {span_label(totals.index(most) * HOUR, HOUR)}."


def span_label(start: int, seconds: int) -> str:
    """`0 to 5 min`, `3 h to 4 h`: so long from `start` on."""
    return f"{time_text(start) if start else '0'} to {time_text(start + seconds)}"


def table_of(found: Ahead, figure: str) -> Table:
    """One row for each span of one of `SPANS`."""
    title, seconds = SPANS[figure]
    rows: list[tuple[Cell, ...]] = []
    for start, one in zip(range(0, DAY, seconds), found.counts(figure), strict=False):
        where = {"tab": "all", "ahead": f"{start}-{start + seconds}"}
        states = (Count(number, {**where, "found": state}) for state, number in one.items())
        rows.append((span_label(start, seconds), Count(sum(one.values()), where), *states))
    definition = (
        "Open requests by the time left until their deadline, the end of a span inside, and by what the last look found. Confirmed removals"
        " and what a person has decided are left out."
    )
    n = sum(sum(one.values()) for one in found.counts(figure))
    return Table(title, ("Due in", "Requests", *STATES.values()), tuple(rows), definition, n)


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


def due_in(start: int, end: int, now: datetime) -> Q:
    """The requests that are counted as due in so many seconds, `end` inside."""
    still_open = Q(status__in=OPEN, gone_confirmed=False, adjudicated_verdict="")
    return still_open & Q(due_at__gt=now + timedelta(seconds=start), due_at__lte=now + timedelta(seconds=end))


def last_found(state: str) -> Q:
    """Those whose last look found one of `STATES`."""
    outcome = "item__watch__outcome"
    found = {"never": Q(**{outcome: None}) | Q(**{outcome: ""}), "up": Q(**{f"{outcome}__in": UP}), "gone": Q(**{f"{outcome}__in": GONE})}
    return found.get(state) or ~(found["never"] | found["up"] | found["gone"])


def due_within_the_hour(agency: Agency, now: datetime) -> AgencyQuerySet[TakedownRequest]:
    """The requests that the first hour counts, the next deadline first."""
    return TakedownRequest.objects.for_agency(agency).filter(due_in(0, HOUR, now)).order_by("due_at", "id")


def state_of(outcome: str) -> str:
    """One of `STATES`, from the outcome of the last look; empty: there was none."""
    if not outcome:
        return "never"
    return "up" if outcome in UP else "gone" if outcome in GONE else "untold"
