"""Deadlines ahead: what is missed within the next hour unless somebody acts, and what would settle it. It keeps itself up to date."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from takedown.choices import RequestStatus
from takedown.models import Agency, TakedownRequest, Watch
from takedown.models.access import Permission
from takedown.statistics.ahead import HOUR, SLICE, STATES, ahead, due_within_the_hour, span_label, state_of
from takedown.statistics.figures import time_text
from takedown.statistics.sql import snapshot
from takedown.web import charts
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.keys import KEYS
from takedown.web.pictures import SIZES, Weeks

SHOWN = 50
"""Rows; the queue has the rest."""
SETTLES = {
    "gone": "Another look that finds it gone: it confirms the first.",
    "up": "A look that finds it gone by the deadline; one sent at the deadline or later that finds it up is the breach.",
    "untold": "A look that can tell; without one it is unproven from the deadline on.",
    "never": "A first look.",
}
"""What would decide the request, by the state of its last look."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Deadlines in spans of so many seconds, by the state of the last look."""

    name: str
    title: str
    finding: str
    counts: tuple[dict[str, int], ...]
    seconds: int

    @property
    def rows(self) -> list[tuple[str, int, Iterable[int]]]:
        """Of its table: span, number, and numbers by state."""
        return [(span_label(place, self.seconds), sum(one.values()), one.values()) for place, one in enumerate(self.counts)]

    @property
    def charts(self) -> list[tuple[str, Weeks]]:
        """Each size; none where there is nothing to draw."""
        if not any(number for _, number, _ in self.rows):
            return []
        rows = [charts.WeekRow(f"in {label}", one) for (label, *_), one in zip(self.rows, self.counts, strict=True)]
        drawn = [(name, charts.stacked_weeks(rows, STATES, width=width, height=height * 0.7)) for name, width, height in SIZES]
        return [(name, Weeks(chart, _times(chart, self.seconds), self.finding)) for name, chart in drawn]


@dataclass(frozen=True, slots=True)
class Line:
    request: TakedownRequest
    watch: Watch | None
    state: str

    @property
    def label(self) -> str:
        return STATES[self.state]

    @property
    def settles(self) -> str:
        unsent = "" if self.request.status == RequestStatus.SENT else f"{self.request.get_status_display()}. "
        return f"{unsent}{SETTLES[self.state]}"


@requires(Permission.READ)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    return render(request, "deadlines/page.html", _state(agency_of(request.user), timezone.now()))


@requires(Permission.READ)
@require_GET
def live(request: SignedIn) -> HttpResponse:
    return render(request, "deadlines/_state.html", _state(agency_of(request.user), timezone.now()))


def _state(agency: Agency, now: datetime) -> dict[str, Any]:
    with snapshot():
        found = ahead(agency, now)
        rows = list(due_within_the_hour(agency, now).select_related("platform", "item__watch")[:SHOWN])
    return {
        "now": now,
        "figures": (
            Figure("hour", "The next hour", found.finding, found.slices, SLICE),
            Figure("day", "The next 24 hours", found.day_finding, found.hours, HOUR),
        ),
        "legend": KEYS["ahead"],
        "states": STATES.values(),
        "lines": [_line(row) for row in rows],
        "more": max(sum(found.within.values()) - SHOWN, 0),
    }


def _times(chart: charts.StackedWeeks, seconds: int) -> list[charts.Tick]:
    """Labels where every third column begins, and at the end."""
    columns, slot = len(chart.columns), chart.plot.width / len(chart.columns)
    step = 3 if slot * 3 >= charts.TICK_SPACE else 6
    places = range(0, columns + 1, step)
    return [charts.Tick(round(chart.plot.x + slot * place, 2), time_text(place * seconds) if place else "now") for place in places]


def _line(row: TakedownRequest) -> Line:
    watch = getattr(row.item, "watch", None)
    return Line(row, watch, state_of(watch.outcome if watch else ""))
