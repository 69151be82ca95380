"""Deadlines ahead: what is missed within the next hour unless somebody acts, and what would settle it. It keeps itself up to date."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from takedown import typeset
from takedown.choices import RequestStatus
from takedown.models import Agency, TakedownRequest, Watch
from takedown.models.access import Permission
from takedown.statistics.ahead import HOUR, SPANS, STATES, Ahead, Counts, ahead, due_within_the_hour, state_of, table_of
from takedown.statistics.cells import Table
from takedown.statistics.figures import time_text
from takedown.statistics.sql import snapshot
from takedown.web import charts
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.due import absolute
from takedown.web.files import as_csv, as_json, attached
from takedown.web.keys import KEYS
from takedown.web.pictures import SIZES, Weeks
from takedown.web.sheet import WIDE, Part, drawing, sheet
from takedown.web.shown import ShownTable, list_of, shown

SHOWN = 50
"""Rows; the queue has the rest."""
ENDINGS = {"svg": "image/svg+xml; charset=utf-8", "png": "image/png", "csv": "", "json": ""}
"""Files that a figure can be had as, and the type of those that are pictures."""
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
    finding: str
    table: Table
    counts: tuple[Counts, ...]
    seconds: int

    @property
    def shown(self) -> ShownTable:
        return shown(self.table)

    @property
    def charts(self) -> list[tuple[str, Weeks]]:
        """Each size; none where there is nothing to draw."""
        if not self.table.n:
            return []
        rows = [charts.WeekRow(f"in {label}", one) for (label, *_), one in zip(self.table.rows, self.counts, strict=True)]
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


@requires(Permission.READ)
@require_GET
def download(request: SignedIn, name: str, ending: str) -> HttpResponse:
    """One figure as `csv`, `json`, `svg` or `png`."""
    now, agency = timezone.now(), agency_of(request.user)
    if name not in SPANS or ending not in ENDINGS:
        raise Http404("No such figure.")
    figure, read = _figures(ahead(agency, now))[name], absolute(now)
    if ending == "csv":
        return as_csv(figure.table, f"deadlines-{name}", {"Read": read})
    if ending == "json":
        return as_json(figure.table, {"read": now})
    parts = [Part(drawing("_weeks", chart=one.chart, picture=one), 0, 0, WIDE, one.chart.height) for _, one in figure.charts[:1]]
    svg = sheet(figure.table, figure.finding, parts, KEYS["ahead"], f"Read {read}; n = {figure.table.n:,}.")
    return attached(typeset.png(svg) if ending == "png" else svg, ENDINGS[ending], f"deadlines-{name}.{ending}")


def _state(agency: Agency, now: datetime) -> dict[str, Any]:
    with snapshot():
        found = ahead(agency, now)
        rows = list(due_within_the_hour(agency, now).select_related("platform", "item__watch")[:SHOWN])
    due = sum(found.within.values())
    return {
        "now": now,
        "figures": _figures(found).values(),
        "endings": ENDINGS,
        "legend": KEYS["ahead"],
        "lines": [_line(row) for row in rows],
        "due": due,
        "more": max(due - SHOWN, 0),
        "listed": list_of({"tab": "all", "ahead": f"0-{HOUR}"}),
    }


def _figures(found: Ahead) -> dict[str, Figure]:
    findings = {"hour": found.finding, "day": found.day_finding}
    return {name: Figure(name, findings[name], table_of(found, name), found.counts(name), seconds) for name, (_, seconds) in SPANS.items()}


def _times(chart: charts.StackedWeeks, seconds: int) -> list[charts.Tick]:
    """Labels where every third column begins, and at the end."""
    columns, slot = len(chart.columns), chart.plot.width / len(chart.columns)
    step = 3 if slot * 3 >= charts.TICK_SPACE else 6
    places = range(0, columns + 1, step)
    return [charts.Tick(round(chart.plot.x + slot * place, 2), time_text(place * seconds) if place else "now") for place in places]


def _line(row: TakedownRequest) -> Line:
    watch = getattr(row.item, "watch", None)
    return Line(row, watch, state_of(watch.outcome if watch else ""))
