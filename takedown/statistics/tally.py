"""What there is to count in a period: from the roll-ups where these are up to date, from the requests where they are not."""

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Sum

from platforms.models import Platform
from takedown.models import RollupCount, RollupLevel, RollupMark, RollupSpan
from takedown.statistics.bands import SECONDS
from takedown.statistics.cover import Cover, cover, instants, monday
from takedown.statistics.filters import Filters
from takedown.statistics.histogram import GRID, NOTHING, PACKED, Cells, added, brackets_of, unpacked
from takedown.statistics.rows import AgeRow, BracketRow, ComplianceRow, CountRow, HistogramRow, PassedRow, WeekCountRow, WeekRow, total
from takedown.statistics.sql import fetch

MANY = 500
"""Beyond this many requests brackets are rounded outwards to a grid: distinct brackets then stay few, whatever there is to count."""
READABLE = 20_000
"""As long as the agency has no more than this many requests in the period, few of them are found among these."""
AGES = (3_600, 86_400, 259_200, 604_800, 2_592_000)
"""Ends of the age bands of `open_by_age.sql`, in seconds."""
_BANDS = (0, *SECONDS, GRID[-1])


@dataclass(frozen=True, slots=True)
class Tally:
    """A period as the roll-ups and the requests know it at one instant."""

    filters: Filters
    weeks: dict[tuple[date, int], ComplianceRow]
    """By Monday and platform: those with requests."""
    names: dict[int, tuple[str, str]]
    """Slug and name of the platforms."""
    brackets: list[BracketRow]
    """All platforms together where they are coarse."""
    banded: list[BracketRow]
    """By platform, perhaps no finer than the ends of bands."""
    coarse: bool
    """The brackets are on the grid."""

    @property
    def platforms(self) -> list[ComplianceRow]:
        """By name."""
        found: dict[int, list[ComplianceRow]] = defaultdict(list)
        for (_, platform_id), row in self.weeks.items():
            found[platform_id].append(row)
        together = (
            ComplianceRow(**total(rows), platform_id=rows[0].platform_id, slug=rows[0].slug, name=rows[0].name) for rows in found.values()
        )
        return sorted(together, key=lambda row: (row.name, row.platform_id))

    @property
    def by_week(self) -> list[WeekRow]:
        """Every week of the period, also those without requests; of one without a beginning, from the first week with any."""
        first = self.filters.first_day or min((week for week, _ in self.weeks), default=None)
        if first is None:
            return []
        found: dict[date, list[ComplianceRow]] = defaultdict(list)
        for (week, _), row in self.weeks.items():
            found[week].append(row)
        mondays = range(monday(first).toordinal(), self.filters.last_day.toordinal() + 1, 7)
        return [WeekRow(**total(found[week]), week=week) for week in map(date.fromordinal, mondays)]


def tally(filters: Filters, now: datetime) -> Tally:
    """Count. Call it inside `sql.snapshot`."""
    reach = _covered(filters)
    weeks, names = _weeks(filters, reach, now)
    coarse = sum(row.requests for row in weeks.values()) > MANY or _all(filters, reach) > READABLE
    if not coarse:
        brackets = fetch("brackets", BracketRow, filters.parameters())
        return Tally(filters, weeks, names, brackets, brackets, coarse)
    histograms = _histograms(filters, reach)
    banded = [row for platform_id, own in histograms.items() for row in brackets_of(platform_id, own, _BANDS)]
    return Tally(filters, weeks, names, brackets_of(0, added(NOTHING, *histograms.values())), banded, coarse)


def _covered(filters: Filters) -> Cover:
    spans = RollupSpan.objects.filter(agency=filters.agency_id, first__lte=filters.last_day).exclude(level=RollupLevel.OPENED)
    marks = RollupMark.objects.filter(agency=filters.agency_id, level=RollupLevel.DAY, day__lte=filters.last_day)
    if filters.first_day:
        spans, marks = spans.filter(first__gte=filters.first_day), marks.filter(day__gte=filters.first_day.replace(day=1))
    by_level: dict[str, dict[date, int]] = {RollupLevel.DAY: {}, RollupLevel.MONTH: {}}
    for level, first, pk in spans.values_list("level", "first", "pk"):
        by_level[level][first] = pk
    changed = set(marks.values_list("day", flat=True).distinct())
    return cover(filters.first_day, filters.last_day, by_level[RollupLevel.DAY], by_level[RollupLevel.MONTH], changed)


def _weeks(filters: Filters, reach: Cover, now: datetime) -> tuple[dict[tuple[date, int], ComplianceRow], dict[int, tuple[str, str]]]:
    parameters = filters.parameters()
    found: dict[tuple[int, int], list[WeekCountRow]] = defaultdict(list)
    for row in fetch("stored_counts", WeekCountRow, {**parameters, "spans": list(reach.days)}):
        found[row.key, row.platform_id].append(row)
    if reach.changed:
        keys = [monday(day).toordinal() for day in reach.changed]
        for row in fetch("counts", CountRow, {**parameters, **instants(reach.changed, filters.timezone), "keys": keys}):
            found[row.key, row.platform_id].append(row)
    passed: Counter[tuple[int, int]] = Counter()
    for one in fetch("passed", PassedRow, {**parameters, "now": now}):
        day = one.quarter.astimezone(ZoneInfo(filters.timezone)).date()
        passed[monday(day).toordinal(), one.platform_id] += one.n
    named = Platform.objects.filter(pk__in={platform_id for _, platform_id in found}).values_list("pk", "slug", "name")
    names = {pk: (slug, name) for pk, slug, name in named}
    weeks = {}
    for (key, platform_id), rows in found.items():
        slug, name = names[platform_id]
        week = ComplianceRow(**total(rows), platform_id=platform_id, slug=slug, name=name)
        # What has passed its deadline since it was judged is unproven.
        if late := passed[key, platform_id]:
            week = replace(week, pending=week.pending - late, unproven=week.unproven + late)
        weeks[date.fromordinal(key), platform_id] = week
    return weeks, names


def _all(filters: Filters, reach: Cover) -> int:
    """Requests of the agency in the period, whatever else the filters say; those of changed days are not in it."""
    return RollupCount.objects.filter(span__in=reach.days).aggregate(n=Sum("requests"))["n"] or 0


def _histograms(filters: Filters, reach: Cover) -> dict[int, Cells]:
    """By platform."""
    parameters = filters.parameters()
    rows = fetch("stored_histograms", HistogramRow, {**parameters, "spans": list(reach.histograms)})
    if reach.changed:
        keys = [0] * len(reach.changed)
        rows += fetch("histograms", HistogramRow, {**parameters, **PACKED, **instants(reach.changed, filters.timezone), "keys": keys})
    by_platform: dict[int, list[memoryview]] = defaultdict(list)
    for row in rows:
        by_platform[row.platform_id].append(row.cells)
    return {platform_id: unpacked(own) for platform_id, own in by_platform.items()}


def open_by_age(filters: Filters, now: datetime) -> list[AgeRow]:
    """What is open now by the time since it was opened, whatever the period. Call it inside `sql.snapshot`."""
    spans = dict(RollupSpan.objects.filter(agency=filters.agency_id, level=RollupLevel.OPENED).values_list("first", "pk"))
    marks = RollupMark.objects.filter(agency=filters.agency_id, level=RollupLevel.OPENED)
    edges = {(now - timedelta(seconds=age)).astimezone(ZoneInfo(filters.timezone)).date() for age in AGES}
    # Days in which one age band ends and another begins are read one by one, as those are that have changed.
    one_by_one = sorted(edges | set(marks.values_list("day", flat=True).distinct()))
    whole = {day: span for day, span in spans.items() if day not in one_by_one}
    ages = [(now - start).total_seconds() for start in instants(whole, filters.timezone)["starts"]]
    places = [bisect_right(AGES, age) + 1 for age in ages]
    parameters = {**filters.parameters(), **instants(one_by_one, filters.timezone), "now": now}
    return fetch("open_by_age", AgeRow, {**parameters, "spans": list(whole.values()), "places": places})
