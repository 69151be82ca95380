"""Adds up what the statistics count, day by day, and adds up again what has changed.

The database marks a day whenever a request of it changes (migration `rollups`). A run takes marks away and reads their days in one
transaction, after the marks: whatever was committed before is in what it reads, whatever comes later leaves a mark of its own. Readers
take the days that bear a mark from the requests themselves, so no figure waits for a run.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import TruncMonth

from takedown.models import Agency, TakedownRequest
from takedown.models.rollup import RollupCount, RollupHistogram, RollupLevel, RollupMark, RollupOpen, RollupRun, RollupSpan
from takedown.statistics.cover import instants, last_of
from takedown.statistics.histogram import PACKED, packed, unpacked
from takedown.statistics.rows import CountRow, HistogramRow
from takedown.statistics.sql import columns_of, fetch, text_of

Days: TypeAlias = list[date]

DAYS_AT_ONCE = 50
"""In one transaction."""
SECONDS = 20.0
"""How long one run takes on new days."""
KEPT = timedelta(days=7)
"""Of the ledger of runs."""
SHORTEST, LONGEST, SHARE = timedelta(minutes=1), timedelta(hours=6), 20
"""What is still up is looked at without a change to its request: a day with such is added up again when it has grown older by a twentieth,
which is less than the grid shows, and within these limits."""
_LOCK = 0x726F6C6C
MARK_ALL = """
INSERT INTO takedown_rollupmark (agency_id, level, day)
SELECT DISTINCT r.agency_id, k.level, (k.at AT TIME ZONE a.timezone)::date
FROM takedown_takedownrequest r JOIN takedown_agency a ON a.id = r.agency_id
CROSS JOIN LATERAL (VALUES ('day', r.clock_started_at), ('opened', r.opened_at)) AS k (level, at) WHERE k.at IS NOT NULL
"""
_EVERYTHING = {"platform_id": None, "policy_ids": None}


def refresh(now: datetime, *, seconds: float = SECONDS) -> int:
    """Add up the days that bear a mark or have grown old, and the months that are over; how many spans were written."""
    if not (_marked(1) or _aged(now) or _missing_months(now)):
        return 0
    RollupRun.objects.filter(started_at__lt=now - KEPT).delete()
    run, spans, until = RollupRun.objects.create(started_at=now), 0, time.monotonic() + seconds
    while time.monotonic() < until and (written := _step(now)):
        spans += written
    run.done_at, run.spans = now, spans
    run.save()
    return spans


def rebuild() -> None:
    """Forget everything that was added up and mark every day that has requests; `refresh` does the rest."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _forget(RollupSpan.objects.all())
        cursor.execute(MARK_ALL)


def left() -> int:
    """Days that bear a mark."""
    return RollupMark.objects.values("agency", "level", "day").distinct().count()


@transaction.atomic
def _step(now: datetime) -> int:
    """Some days or months; 0 when there are none, or another run is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    marked = _marked(DAYS_AT_ONCE)
    for (agency_id, level), days in marked.items():
        RollupMark.objects.filter(agency=agency_id, level=level, day__in=days).delete()
    agencies = Agency.objects.in_bulk()
    if not marked:
        marked = {(agency_id, RollupLevel.DAY): days for agency_id, days in _aged(now).items()}
    for (agency_id, level), days in marked.items():
        (_add_up if level == RollupLevel.DAY else _add_up_open)(agencies[agency_id], days, now)
    months = [] if marked else _missing_months(now)
    for agency_id, month in months:
        _add_up_month(agency_id, month, now)
    return sum(map(len, marked.values())) + len(months)


def _marked(limit: int) -> dict[tuple[int, str], Days]:
    found: dict[tuple[int, str], Days] = defaultdict(list)
    for agency_id, level, day in RollupMark.objects.order_by("day").values_list("agency", "level", "day").distinct()[:limit]:
        found[agency_id, level].append(day)
    return found


def _aged(now: datetime) -> dict[int, Days]:
    """Days on which something is watched, and that have grown older by so much since they were added up."""
    spans = RollupSpan.objects.filter(watched__gt=0, level=RollupLevel.DAY, done_at__lte=now - SHORTEST).order_by("done_at")
    found: dict[int, Days] = defaultdict(list)
    for agency_id, first, done_at, timezone in spans.values_list("agency", "first", "done_at", "agency__timezone"):
        age = now - datetime.combine(first, datetime.min.time(), ZoneInfo(timezone))
        if sum(map(len, found.values())) < DAYS_AT_ONCE and now - done_at >= min(max(age / SHARE, SHORTEST), LONGEST):
            found[agency_id].append(first)
    return found


def _missing_months(now: datetime) -> list[tuple[int, date]]:
    """Months that are over, whose days are all added up, and that are not."""
    days = RollupSpan.objects.filter(level=RollupLevel.DAY).annotate(month=TruncMonth("first"))
    there = set(RollupSpan.objects.filter(level=RollupLevel.MONTH).values_list("agency", "first"))
    marks = RollupMark.objects.filter(level=RollupLevel.DAY).values_list("agency", "day").distinct()
    spoilt = {(agency_id, day.replace(day=1)) for agency_id, day in marks}
    over = {
        (agency_id, month)
        for agency_id, month, timezone in days.values_list("agency", "month", "agency__timezone").distinct()
        if last_of(month) < now.astimezone(ZoneInfo(timezone)).date()
    }
    return sorted(over - there - spoilt)


def _add_up(agency: Agency, days: Days, now: datetime) -> None:
    spans = _renewed(agency.pk, RollupLevel.DAY, days, now)
    months = RollupSpan.objects.filter(agency=agency, level=RollupLevel.MONTH, first__in={day.replace(day=1) for day in days})
    _forget(months)
    parameters = {"agency_id": agency.pk, **_EVERYTHING, **instants(spans, agency.timezone), "keys": list(spans.values())}
    _insert(RollupCount, "counts", columns_of(CountRow), parameters)
    _insert(RollupHistogram, "histograms", columns_of(HistogramRow), {**parameters, **PACKED})
    for start, stop, span in zip(parameters["starts"], parameters["stops"], spans.values(), strict=True):
        watched = TakedownRequest.objects.for_agency(agency).open().filter(first_gone=None)
        number = watched.filter(clock_started_at__gte=start, clock_started_at__lt=stop).count()
        RollupSpan.objects.filter(pk=span).update(watched=number)


def _add_up_open(agency: Agency, days: Days, now: datetime) -> None:
    spans = _renewed(agency.pk, RollupLevel.OPENED, days, now)
    parameters = {"agency_id": agency.pk, **instants(spans, agency.timezone), "keys": list(spans.values())}
    _insert(RollupOpen, "open_days", ["key", "platform_id", "policy_id", "requests", "late"], parameters)


def _add_up_month(agency_id: int, month: date, now: datetime) -> None:
    days = RollupSpan.objects.filter(agency=agency_id, level=RollupLevel.DAY, first__gte=month, first__lte=last_of(month))
    parameters = {"agency_id": agency_id, **_EVERYTHING, "spans": list(days.values_list("pk", flat=True))}
    parts: dict[tuple[int, int], list[memoryview]] = defaultdict(list)
    for row in fetch("stored_histograms", HistogramRow, parameters):
        parts[row.platform_id, row.policy_id].append(row.cells)
    [span] = _renewed(agency_id, RollupLevel.MONTH, [month], now).values()
    RollupHistogram.objects.bulk_create(
        RollupHistogram(span_id=span, platform_id=platform_id, policy_id=policy_id, cells=packed(*unpacked(cells)))
        for (platform_id, policy_id), cells in parts.items()
    )


def _renewed(agency_id: int, level: RollupLevel, firsts: Collection[date], now: datetime) -> Mapping[date, int]:
    """New spans in place of the old."""
    _forget(RollupSpan.objects.filter(agency=agency_id, level=level, first__in=firsts))
    spans = RollupSpan.objects.bulk_create(RollupSpan(agency_id=agency_id, level=level, first=first, done_at=now) for first in firsts)
    return {span.first: span.pk for span in spans}


def _forget(spans: QuerySet[RollupSpan]) -> None:
    ids = list(spans.values_list("pk", flat=True))
    for rows in (RollupCount.objects, RollupHistogram.objects, RollupOpen.objects):
        rows.filter(span__in=ids).delete()
    RollupSpan.objects.filter(pk__in=ids).delete()


def _insert(model: type[RollupCount | RollupHistogram | RollupOpen], query: str, columns: list[str], parameters: Mapping[str, Any]) -> None:
    """What a query answers, as rows of spans: their ids are its keys."""
    names = ", ".join(["span_id", *columns[1:]])
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) {text_of(query)}", parameters)
