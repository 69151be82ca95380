"""What each figure draws, as values for its templates."""

import math
from dataclasses import dataclass

from takedown.statistics.figures import Bounds
from takedown.statistics.filters import Filters
from takedown.statistics.readers import Dashboard
from takedown.statistics.rows import AgeRow, WeekRow
from takedown.statistics.tables import age_label
from takedown.web import charts
from takedown.web.funnel import Funnel, funnel
from takedown.web.heatmap import HeatMap, heat_map
from takedown.web.keys import VERDICTS
from takedown.web.shown import list_of
from takedown.web.slices import Histogram, histogram

SIZES = (("wide", 1080.0, 320.0), ("medium", 600.0, 280.0), ("narrow", 300.0, 240.0))
"""Name, width and height of a chart in user units: all are drawn, the style sheet shows the one whose labels are readable."""


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


@dataclass(frozen=True, slots=True)
class Weeks:
    """Columns, the labels below them, and what they say."""

    chart: charts.StackedWeeks
    labels: list[charts.Tick]
    finding: str


def curves(board: Dashboard) -> list[tuple[str, charts.RemovalCurve]]:
    if board.removal.fit is None:
        return []
    drops = zip(charts.curve_points(board.removal.fit), board.removal.band, strict=True)
    points = [charts.CurvePoint(drop.left, drop.right, drop.after, low, high) for drop, (low, high) in drops]
    return [
        (name, charts.removal_curve(points, deadline_seconds=board.removal.deadline, width=width, height=height))
        for name, width, height in SIZES
    ]


def funnels(board: Dashboard) -> list[tuple[str, Funnel]]:
    if not board.spread.comparable:
        return []
    return [(name, funnel(board.spread, width=width, height=height)) for name, width, height in SIZES]


def heat_maps(board: Dashboard) -> list[tuple[str, HeatMap]]:
    return [(name, heat_map(board.heat, width=width)) for name, width, _ in SIZES] if board.heat.lines else []


def histograms(board: Dashboard) -> list[tuple[str, Histogram]]:
    if not board.against.slices:
        return []
    return [(name, histogram(board.against, width=width, height=height)) for name, width, height in SIZES]


def bounds_lines(board: Dashboard) -> list[BoundsLine]:
    lines = board.compliance.platforms
    if len(lines) > 1:
        lines = (*lines, board.compliance.total)
    bars = charts.bounds_bars([charts.BoundsRow(line.name, line.met, line.indeterminate, line.decided) for line in lines])
    return [_bounds_line(board.filters, bar, line) for bar, line in zip(bars, lines, strict=True)]


def _bounds_line(filters: Filters, bar: charts.BoundsBar, line: Bounds) -> BoundsLine:
    counts = {"met": line.met, "indeterminate": line.indeterminate, "breached": line.breached, "unproven": line.apart["unproven"]}
    only = {"platform": line.slug} if line.slug else {}
    links = [(name, count, list_of(filters.listed(**only, counted=name))) for name, count in counts.items() if count]
    return BoundsLine(bar, round(bar.high - bar.low, 2), line, list_of(filters.listed(**only, counted="decided")), links)


def age_lines(board: Dashboard) -> list[AgeLine]:
    bands = board.open_by_age.bands
    bars = charts.age_bars([(age_label(band.seconds_from, band.seconds_to), band.requests) for band in bands])
    return [
        AgeLine(bar, band, round(bar.length * band.overdue / band.requests, 2) if band.requests else 0.0)
        for bar, band in zip(bars, bands, strict=True)
    ]


def weeks(board: Dashboard) -> list[tuple[str, Weeks]]:
    if not any(week.requests for week in board.trend.weeks):
        return []
    rows = [charts.WeekRow(f"Week of {week.week.day} {week.week:%b}", _counts(week)) for week in board.trend.weeks]
    drawn = [(name, charts.stacked_weeks(rows, width=width, height=height)) for name, width, height in SIZES]
    return [(name, Weeks(chart, _labels(chart), board.trend.finding)) for name, chart in drawn]


def _labels(chart: charts.StackedWeeks) -> list[charts.Tick]:
    """Names of as many weeks as there is room for, at regular distances."""
    step = math.ceil(charts.TICK_SPACE * len(chart.columns) / chart.plot.width)
    return [charts.Tick(round(column.x + column.width / 2, 2), column.label.removeprefix("Week of ")) for column in chart.columns[::step]]


def _counts(week: WeekRow) -> dict[str, int]:
    return {verdict: getattr(week, verdict) for verdict in VERDICTS}
