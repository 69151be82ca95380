"""Dashboard: how fast, and how sure?"""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from platforms.models import Platform
from takedown.choices import VerdictValue
from takedown.models.access import Permission
from takedown.statistics.figures import Bounds, interval_text, share_text, time_text
from takedown.statistics.filters import PERIODS, Filters, policies_of, read_filters
from takedown.statistics.readers import Dashboard, dashboard
from takedown.statistics.rows import AgeRow, WeekRow
from takedown.statistics.tables import TABLES, Cell, Table, age_label
from takedown.web import charts
from takedown.web.access import SignedIn, agency_of, requires

SIZES = (("wide", 1080.0, 320.0), ("medium", 600.0, 280.0), ("narrow", 300.0, 240.0))
"""Name, width and height of a chart in user units: all are drawn, the style sheet shows the one whose labels are readable."""
VERDICTS = ("met", "indeterminate", "breached", "unproven", "pending", "suspended", "not_counted")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class AgeLine:
    """One band: the bar's geometry, and how much of it is overdue, in per cent of the width."""

    bar: charts.AgeBar
    band: AgeRow
    overdue_length: float


@dataclass(frozen=True, slots=True)
class BoundsLine:
    """One platform: the bar's geometry (`gap`: width of what may have been in time, per cent), its numbers, and its rows in the queue."""

    bar: charts.BoundsBar
    gap: float
    bounds: Bounds
    href: str
    links: list[tuple[str, int, str]]


@requires(Permission.READ)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    now, agency = timezone.now(), agency_of(request.user)
    filters = read_filters(request.GET, agency, now)
    board = dashboard(filters, now)
    context = {
        "board": board,
        "filters": filters,
        "periods": [(key, label) for key, (label, _) in PERIODS.items()],
        "platforms": Platform.objects.values_list("slug", "name"),
        "policies": list(dict(policies_of(agency).values_list("key", "name")).items()),
        "facts": _facts(board),
        "watched": [(time_text(seconds) if seconds else "start", items) for seconds, items in board.removal.watched],
        "curves": _curves(board),
        "bounds": _bounds(board),
        "ages": _ages(board),
        "weeks": _weeks(board),
        "tables": {name.replace("-", "_"): _shown(table_of(board)) for name, table_of in TABLES.items()},
        "numbers": _numbers(board),
        "verdicts": [(verdict, VerdictValue(verdict).label) for verdict in VERDICTS],
    }
    return render(request, "dashboard/page.html", context)


@requires(Permission.READ)
@require_GET
def download(request: SignedIn) -> HttpResponse:
    """The table of one figure (`figure`, a key of `TABLES`) under the page's filters."""
    name = request.GET.get("figure", "")
    if name not in TABLES:
        raise Http404("No such figure.")
    now = timezone.now()
    filters = read_filters(request.GET, agency_of(request.user), now)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="takedown-{name}-{filters.last_day}.csv"'
    write_csv(response, TABLES[name](dashboard(filters, now)))
    return response


def write_csv(target: HttpResponse, table: Table) -> None:
    """Every field quoted, and none that a spreadsheet would run as a formula."""
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow(guarded(table.columns))
    writer.writerows(guarded(row) for row in table.rows)


def guarded(line: Iterable[Cell]) -> list[str]:
    """The cells as text, with an apostrophe before those that begin like a formula (CWE-1236)."""
    cells = ["" if cell is None else str(cell) for cell in line]
    return [f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in cells]


def _shown(table: Table) -> Table:
    """The table as people read it: shares as per cent, thousands apart, times in words only."""
    kept = [place for place, column in enumerate(table.columns) if not column.endswith("(s)")]
    rows = tuple(tuple(_text(row[place]) for place in kept) for row in table.rows)
    return Table(table.title, tuple(table.columns[place] for place in kept), rows)


def _text(cell: Cell) -> str:
    if cell is None:
        return "–"  # noqa: RUF001  an empty cell would look forgotten
    if isinstance(cell, float):
        return f"{100 * cell:.1f} %"
    return f"{cell:,}" if isinstance(cell, int) else cell


def _queue(filters: Filters, **more: str) -> str:
    """The queue under the same platform and policy. It lists all dates: the period has no meaning there."""
    chosen = {"platform": filters.platform.slug if filters.platform else "", "policy": filters.policy_key, **more}
    query = urlencode({key: value for key, value in chosen.items() if value})
    return f"{reverse('queue')}?{query}" if query else reverse("queue")


def _numbers(board: Dashboard) -> list[tuple[str, int, str]]:
    """Headline numbers: label, number, where its rows are."""
    ages = board.open_by_age
    return [
        ("open now", ages.requests, _queue(board.filters)),
        ("overdue", ages.overdue, _queue(board.filters, tab="overdue")),
        ("due in 1 h", ages.due_soon, _queue(board.filters, tab="due")),
        ("seen back after removal", board.returned, _queue(board.filters, tab="back")),
    ]


def _facts(board: Dashboard) -> list[tuple[str, str]]:
    """Percentiles, and what was gone by the deadline."""
    removal = board.removal
    facts = [(f"{percent} % gone after", interval_text(interval)) for percent, interval in removal.quartiles]
    if removal.gone_by_deadline and removal.deadline:
        facts.append((f"Gone within {time_text(removal.deadline)}", share_text(removal.gone_by_deadline)))
    return facts


def _curves(board: Dashboard) -> list[tuple[str, charts.RemovalCurve]]:
    if board.removal.fit is None:
        return []
    drops = zip(charts.curve_points(board.removal.fit), board.removal.band, strict=True)
    points = [charts.CurvePoint(drop.left, drop.right, drop.after, low, high) for drop, (low, high) in drops]
    return [
        (name, charts.removal_curve(points, deadline_seconds=board.removal.deadline, width=width, height=height))
        for name, width, height in SIZES
    ]


def _bounds(board: Dashboard) -> list[BoundsLine]:
    lines = board.compliance.platforms
    if len(lines) > 1:
        lines = (*lines, board.compliance.total)
    bars = charts.bounds_bars([charts.BoundsRow(line.name, line.met, line.indeterminate, line.decided) for line in lines])
    return [_bounds_line(board.filters, bar, line) for bar, line in zip(bars, lines, strict=True)]


def _bounds_line(filters: Filters, bar: charts.BoundsBar, line: Bounds) -> BoundsLine:
    counts = {"met": line.met, "indeterminate": line.indeterminate, "breached": line.breached, "unproven": line.apart["unproven"]}
    only = {"platform": line.slug} if line.slug else {}
    links = [(verdict, count, _queue(filters, **only, verdict=verdict, tab="all")) for verdict, count in counts.items() if count]
    return BoundsLine(bar, round(bar.high - bar.low, 2), line, _queue(filters, **only), links)


def _ages(board: Dashboard) -> list[AgeLine]:
    bands = board.open_by_age.bands
    bars = charts.age_bars([(age_label(band.seconds_from, band.seconds_to), band.requests) for band in bands])
    return [
        AgeLine(bar, band, round(bar.length * band.overdue / band.requests, 2) if band.requests else 0.0)
        for bar, band in zip(bars, bands, strict=True)
    ]


def _weeks(board: Dashboard) -> list[tuple[str, charts.StackedWeeks, list[charts.Tick]]]:
    if not any(week.requests for week in board.trend.weeks):
        return []
    rows = [charts.WeekRow(f"{week.week.day} {week.week:%b}", _counts(week)) for week in board.trend.weeks]
    drawn = [(name, charts.stacked_weeks(rows, width=width, height=height)) for name, width, height in SIZES]
    return [(name, chart, _labels(chart)) for name, chart in drawn]


def _labels(chart: charts.StackedWeeks) -> list[charts.Tick]:
    """Names of as many weeks as there is room for, at regular distances."""
    step = math.ceil(charts.TICK_SPACE * len(chart.columns) / chart.plot.width)
    return [charts.Tick(round(column.x + column.width / 2, 2), column.label) for column in chart.columns[::step]]


def _counts(week: WeekRow) -> dict[str, int]:
    return {verdict: getattr(week, verdict) for verdict in VERDICTS}


urlpatterns = [
    path("dashboard/", page, name="dashboard"),
    path("dashboard/csv/", download, name="dashboard-csv"),
]
