"""Answers questions: runs the queries of a page in one snapshot and gives typed figures."""

from dataclasses import dataclass
from datetime import datetime

from takedown.choices import CountingRule, DurationUnit
from takedown.models import DeadlinePolicy
from takedown.statistics.bands import EDGES, Bands, bands_of
from takedown.statistics.causes import Causes, causes_of
from takedown.statistics.compare import Change, changes
from takedown.statistics.figures import GRID, MANY, Compliance, OpenByAge, Removal, Trend, bounds_of, removal_of
from takedown.statistics.filters import Filters, before
from takedown.statistics.rows import AgeRow, BandRow, BracketRow, ComplianceRow, WeekRow
from takedown.statistics.seeing import Seeing, looks_by_platform, seeing_of
from takedown.statistics.spread import Spread, spread_of
from takedown.statistics.sql import fetch, snapshot

_SECONDS = {DurationUnit.MINUTES: 60, DurationUnit.HOURS: 3_600, DurationUnit.DAYS: 86_400, DurationUnit.WEEKS: 604_800}


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All figures of one page, read at one instant."""

    filters: Filters
    now: datetime
    requests: int
    """Requests whose clock started in the period."""
    returned: int
    """Of these, seen gone and later up again."""
    removal: Removal
    earlier: Filters | None
    """The period before of the same length; None where this one has no beginning."""
    changes: tuple[Change, ...]
    """Against it."""
    compliance: Compliance
    spread: Spread
    bands: Bands
    causes: Causes
    seeing: Seeing
    open_by_age: OpenByAge
    trend: Trend


def dashboard(filters: Filters, now: datetime) -> Dashboard:
    """The dashboard's numbers.

    Removal times come as brackets to the second; of more than `MANY` requests, rounded outwards to `GRID`, so that a million cost what
    a few thousand do. The percentiles widen by at most a step of the grid; what was in time by a whole minute stays so.
    """
    parameters = {**filters.parameters(), "now": now}
    with snapshot():
        cohort = _cohort(filters, now)
        earlier = before(filters)
        cohort_before = _cohort(earlier, now) if earlier else None
        bands = fetch("bands", BandRow, {**parameters, **EDGES})
        looks, looks_since = looks_by_platform([row.platform_id for row in cohort.platforms], filters.since, filters.until)
        ages = fetch("open_by_age", AgeRow, parameters)
        weeks = fetch("weeks", WeekRow, parameters)
    platforms, spread, removals, removal = cohort.platforms, spread_of(cohort.platforms), bands_of(bands), cohort.removal
    return Dashboard(
        filters=filters,
        now=now,
        requests=sum(row.requests for row in platforms),
        returned=sum(row.returned for row in platforms),
        removal=removal,
        earlier=earlier,
        changes=changes(spread.total, removal, spread_of(cohort_before.platforms).total, cohort_before.removal) if cohort_before else (),
        compliance=Compliance(
            tuple(bounds_of([row], slug=row.slug, name=row.name) for row in platforms), bounds_of(platforms, slug="", name="All platforms")
        ),
        spread=spread,
        bands=removals,
        causes=causes_of(cohort.brackets),
        seeing=seeing_of(removals, spread, looks, looks_since),
        open_by_age=OpenByAge(tuple(ages)),
        trend=Trend(tuple(weeks)),
    )


@dataclass(frozen=True, slots=True)
class _Cohort:
    platforms: list[ComplianceRow]
    brackets: list[BracketRow]
    removal: Removal


def _cohort(filters: Filters, now: datetime) -> _Cohort:
    """What is needed of a period and of the one before it."""
    parameters = {**filters.parameters(), "now": now}
    platforms = fetch("compliance", ComplianceRow, parameters)
    coarse = sum(row.requests for row in platforms) > MANY
    brackets = fetch("brackets", BracketRow, {**parameters, "grid": list(GRID) if coarse else None})
    return _Cohort(platforms, brackets, removal_of(brackets, deadline=_shared_period(platforms, filters), coarse=coarse))


def nominal_seconds(policy: DeadlinePolicy) -> int | None:
    """Length of a policy's period where it is the same for every request; None for months, working days, full hours and no period."""
    if policy.counting_rule == CountingRule.FULL_HOURS or policy.unit not in _SECONDS:
        return None
    return policy.duration * _SECONDS[DurationUnit(policy.unit)]


def _shared_period(rows: list[ComplianceRow], filters: Filters) -> float | None:
    """Seconds from start to deadline, where one number is true of all requests or of the policy that was chosen."""
    seen = {period for row in rows for period in (row.shortest_period, row.longest_period) if period is not None}
    if len(seen) == 1:
        return seen.pop()
    nominal = {nominal_seconds(policy) for policy in filters.policies}
    return nominal.pop() if len(nominal) == 1 else None
