"""Adds up what the statistics count, day by day, and adds up again what has changed.

The database marks a day whenever a request of it changes (migration `rollups`). A run takes marks away and reads their days in one
transaction, after the marks: whatever was committed before is in what it reads, whatever comes later leaves a mark of its own. Readers
take the days that bear a mark from the requests themselves, so no figure waits for a run.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone

from takedown.models import Agency, TakedownRequest
from takedown.models.rollup import RollupCount, RollupHistogram, RollupLevel, RollupMark, RollupOpen, RollupRun, RollupSpan
from takedown.statistics.cover import instants, last_of
from takedown.statistics.histogram import PACKED, packed, unpacked
from takedown.statistics.rows import CountRow, HistogramRow
from takedown.statistics.sql import columns_of, fetch, text_of

logger = logging.getLogger(__name__)

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
_EVERYTHING = {"platform_id": None, "policy_ids": None}


def refresh(now: datetime, *, seconds: float = SECONDS) -> int:
    """Add up the days that bear a mark or have grown old, and the months that are over; how many spans were written.

    The agencies take turns, and one whose days cannot be added up does not keep the others from it: its pages are read from the requests.
    """
    waiting = [agency for agency in Agency.objects.order_by("pk") if _waits(agency, now)]
    if not waiting:
        return 0
    RollupRun.objects.filter(started_at__lt=now - KEPT).delete()
    run, until = RollupRun.objects.create(started_at=now), time.monotonic() + seconds
    while waiting and time.monotonic() < until:
        for agency in list(waiting):
            try:
                written = _step(agency, now)
            except (DatabaseError, ZoneInfoNotFoundError):
                logger.exception("The days of %s cannot be added up", agency)
                written = 0
            run.spans += written
            if not written:
                waiting.remove(agency)
    run.done_at = timezone.now()
    run.save()
    return run.spans


def rebuild() -> None:
    """Forget everything that was added up and mark every day that has requests; `refresh` does the rest."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _forget(RollupSpan.objects.all())
        cursor.execute("SELECT takedown_mark_all(NULL)")


def left() -> int:
    """Days that bear a mark."""
    return RollupMark.objects.values("agency", "level", "day").distinct().count()


def _waits(agency: Agency, now: datetime) -> bool:
    try:
        return bool(_marked(agency, 1) or _aged(agency, now) or _missing_months(agency, now))
    except ZoneInfoNotFoundError:
        logger.exception("The days of %s cannot be told", agency)
        return False


@transaction.atomic
def _step(agency: Agency, now: datetime) -> int:
    """Some days, and a month; 0 when there are none, or another run is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    marked = _marked(agency, DAYS_AT_ONCE)
    for level, days in marked.items():
        RollupMark.objects.filter(agency=agency, level=level, day__in=days).delete()
    days = sorted({*marked.get(RollupLevel.DAY, ()), *_aged(agency, now)})
    if days:
        _add_up(agency, days, now)
    if opened := marked.get(RollupLevel.OPENED, []):
        _add_up_open(agency, opened, now)
    months = _missing_months(agency, now)[:1]
    for month in months:
        _add_up_month(agency, month, now)
    return len(days) + len(opened) + len(months)


def _marked(agency: Agency, limit: int) -> dict[str, Days]:
    """By level."""
    found: dict[str, Days] = defaultdict(list)
    for level, day in RollupMark.objects.filter(agency=agency).order_by("day").values_list("level", "day").distinct()[:limit]:
        found[level].append(day)
    return found


def _aged(agency: Agency, now: datetime) -> Days:
    """Days on which something is watched, and that have grown older by so much since they were added up."""
    spans = RollupSpan.objects.filter(agency=agency, watched__gt=0, level=RollupLevel.DAY, done_at__lte=now - SHORTEST).order_by("done_at")
    midnight, zone = datetime.min.time(), ZoneInfo(agency.timezone)
    ages = (
        (first, now - done_at, now - datetime.combine(first, midnight, zone)) for first, done_at in spans.values_list("first", "done_at")
    )
    return [first for first, since, age in ages if since >= min(max(age / SHARE, SHORTEST), LONGEST)][:DAYS_AT_ONCE]


def _missing_months(agency: Agency, now: datetime) -> Days:
    """Months that are over, whose days are all added up, and that are not."""
    spans, today = RollupSpan.objects.filter(agency=agency), now.astimezone(ZoneInfo(agency.timezone)).date()
    there = spans.filter(level=RollupLevel.MONTH).values_list("first", flat=True)
    marks = RollupMark.objects.filter(agency=agency, level=RollupLevel.DAY).values_list("day", flat=True).distinct()
    days = spans.filter(level=RollupLevel.DAY).annotate(month=TruncMonth("first")).values_list("month", flat=True).distinct()
    over = {month for month in days if last_of(month) < today}
    return sorted(over - set(there) - {day.replace(day=1) for day in marks})


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


def _add_up_month(agency: Agency, month: date, now: datetime) -> None:
    days = RollupSpan.objects.filter(agency=agency, level=RollupLevel.DAY, first__gte=month, first__lte=last_of(month))
    parameters = {"agency_id": agency.pk, **_EVERYTHING, "spans": list(days.values_list("pk", flat=True))}
    parts: dict[tuple[int, int], list[memoryview]] = defaultdict(list)
    for row in fetch("stored_histograms", HistogramRow, parameters):
        parts[row.platform_id, row.policy_id].append(row.cells)
    [span] = _renewed(agency.pk, RollupLevel.MONTH, [month], now).values()
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
    names = ", ".join("span_id" if column == "key" else column for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) {text_of(query)}", parameters)
