"""Which report is asked for, and its rows, read in one snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from takedown.choices import ENDED, ClockEventKind
from takedown.models import Agency, ClockEvent, TakedownRequest
from takedown.models.policy import REMOVAL_ORDER
from takedown.reports.report import Cohort, Kind, Report
from takedown.reports.rows import RequestRow
from takedown.reports.tally import EDGES
from takedown.statistics.figures import removal_of
from takedown.statistics.filters import CUSTOM, EARLIEST, Filters, over, policies_of
from takedown.statistics.sql import fetch, snapshot
from takedown.statistics.tally import tally

ROUND = timedelta(weeks=6)
Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody chose: both days inside; `policy` a key, empty for all. `problems` says what could not be used."""

    first: date
    last: date
    policy: str
    problems: tuple[str, ...] = ()


def read(kind: Kind, query: Mapping[str, str], agency: Agency, now: datetime) -> Asked:
    """`year`, or the days `from` and `to`, and `policy`. By default the last whole year, or the six weeks that ended yesterday."""
    problems: list[str] = []
    today = now.astimezone(ZoneInfo(agency.timezone)).date()
    first, last = _year(query, today, problems) if kind.yearly else _days(query, today, problems)
    policy = query.get("policy", kind.policy) if kind.choosable else kind.policy
    if policy != kind.policy and not _exists(policy, agency):
        problems.append("That policy is unknown. Showing the usual choice.")
        policy = kind.policy
    if not _exists(policy, agency):
        problems.append(f"There is no policy “{policy}” here: nothing is counted.")
    return Asked(first, last, policy, tuple(problems))


def _exists(policy: str, agency: Agency) -> bool:
    """Whether any version of it does; empty stands for all policies."""
    return not policy or ("\0" not in policy and policies_of(agency).filter(key=policy).exists())


def _year(query: Mapping[str, str], today: date, problems: list[str]) -> Days:
    text = query.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
    if not EARLIEST.year <= year <= today.year:
        if text:
            problems.append(f"A year is a number from {EARLIEST.year} to {today.year}. Showing the last whole year.")
        year = today.year - 1
    return date(year, 1, 1), date(year, 12, 31)


def _days(query: Mapping[str, str], today: date, problems: list[str]) -> Days:
    yesterday = today - timedelta(days=1)
    usual = (yesterday - ROUND + timedelta(days=1), yesterday)
    if not query.get("from") and not query.get("to"):
        return usual
    try:
        first, last = max(date.fromisoformat(query.get("from", "")), EARLIEST), min(date.fromisoformat(query.get("to", "")), today)
    except ValueError:
        problems.append("A period needs two days such as 2026-03-31. Showing six weeks.")
        return usual
    if first <= last:
        return first, last
    problems.append("The first day lies after the last, or after today. Showing six weeks.")
    return usual


def build(kind: Kind, asked: Asked, agency: Agency, now: datetime) -> Report:
    """The report of one agency. A policy that does not exist counts nothing."""
    versions = tuple(policies_of(agency).filter(key=asked.policy)) if asked.policy else ()
    base = Filters(agency_id=agency.pk, timezone=agency.timezone, until=now, period=CUSTOM, policies=versions)
    filters = over(base, asked.first, asked.last)
    parameters = {**filters.parameters(), **EDGES, "now": now, "order_key": REMOVAL_ORDER}
    parameters["policy_ids"] = [policy.pk for policy in versions] if asked.policy else None
    with snapshot():
        rows = fetch("report_requests", RequestRow, parameters)
        found = tally(filters, now) if versions or not asked.policy else None
        issued = _issued(filters) if asked.policy == REMOVAL_ORDER else {}
    removal = removal_of(found.brackets if found else (), deadline=None, coarse=found is not None and found.coarse)
    cohort = Cohort(filters, asked.policy, now, tuple(rows), removal, issued)
    name = next((f"{policy.name} ({policy.key})" for policy in versions), asked.policy)
    return Report(kind, agency.name, name, cohort, kind.sections(cohort), asked.problems)


def _issued(filters: Filters) -> dict[str | None, int]:
    """As `Cohort.issued`. A restart of the clock moves no order into another year."""
    sent = ClockEvent.objects.filter(request=OuterRef("pk"), kind=ClockEventKind.SENT).order_by("at").values("at")[:1]
    first = Coalesce(Subquery(sent), "clock_first_started_at", "clock_started_at")
    standing = TakedownRequest.objects.exclude(clock_state__in=ENDED)
    crossing = KeyTextTransform("is_cross_border", "order__fields")
    orders = standing.filter(agency_id=filters.agency_id, policy__in=filters.policies).annotate(first=first, crossing=crossing)
    return dict(orders.filter(first__gte=filters.since, first__lt=filters.until).values_list("crossing").annotate(Count("pk")))
