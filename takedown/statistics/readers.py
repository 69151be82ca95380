"""Answers questions: runs the queries of a page in one snapshot and gives typed figures."""

from dataclasses import dataclass
from datetime import datetime

from takedown.choices import CountingRule, DurationUnit
from takedown.models import DeadlinePolicy
from takedown.statistics.against import Against, against_of
from takedown.statistics.bands import Bands, bands_of
from takedown.statistics.causes import Causes, causes_of
from takedown.statistics.compare import Change, changes
from takedown.statistics.figures import Compliance, OpenByAge, Removal, Trend, bounds_of, removal_of
from takedown.statistics.filters import Filters, before
from takedown.statistics.heat import Heat, heat_of
from takedown.statistics.rows import ComplianceRow
from takedown.statistics.seeing import Seeing, looks_by_platform, seeing_of
from takedown.statistics.spread import Spread, spread_of
from takedown.statistics.sql import snapshot
from takedown.statistics.tally import Tally, open_by_age, tally

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
    compliance: Compliance
    spread: Spread
    bands: Bands
    causes: Causes
    seeing: Seeing
    open_by_age: OpenByAge
    trend: Trend
    heat: Heat
    against: Against


def dashboard(filters: Filters, now: datetime) -> Dashboard:
    """The dashboard's numbers.

    Removal times come as brackets to the second; of many requests, rounded outwards to a grid, so that a million cost what a few thousand
    do. The percentiles widen by at most a step of the grid; what was in time by a whole minute, hour or day stays so.
    """
    with snapshot():
        found = tally(filters, now)
        looks, looks_since = looks_by_platform(filters.agency_id, list(found.names), filters.since, filters.until)
        ages = open_by_age(filters, now)
    platforms, removal, bands = found.platforms, _removal(found), bands_of(found.banded, found.names)
    spread = spread_of(platforms)
    return Dashboard(
        filters=filters,
        now=now,
        requests=sum(row.requests for row in platforms),
        returned=sum(row.returned for row in platforms),
        removal=removal,
        compliance=Compliance(
            tuple(bounds_of([row], slug=row.slug, name=row.name) for row in platforms), bounds_of(platforms, slug="", name="All platforms")
        ),
        spread=spread,
        bands=bands,
        causes=causes_of(found.brackets),
        seeing=seeing_of(bands, spread, looks, looks_since),
        open_by_age=OpenByAge(tuple(ages)),
        trend=Trend(tuple(found.by_week)),
        heat=heat_of(found.weeks, first=filters.first_day, last=filters.last_day),
        against=against_of(found.brackets, removal.deadline),
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    earlier: Filters
    """The period before of the same length."""
    changes: tuple[Change, ...]


def compared(filters: Filters, now: datetime) -> Comparison | None:
    """A period against the one before; None where it has no beginning."""
    earlier = before(filters)
    if earlier is None:
        return None
    with snapshot():
        sides = tally(filters, now), tally(earlier, now)
    (share, removal), (share_before, removal_before) = ((spread_of(side.platforms).total, _removal(side)) for side in sides)
    return Comparison(earlier, changes(share, removal, share_before, removal_before))


def _removal(found: Tally) -> Removal:
    return removal_of(found.brackets, deadline=_shared_period(found.platforms, found.filters), coarse=found.coarse)


def nominal_seconds(policy: DeadlinePolicy) -> int | None:
    """Length of a policy's period where it is the same for every request; None for months, working days, whole units and no period."""
    if policy.counting_rule == CountingRule.WHOLE_UNITS or policy.unit not in _SECONDS:
        return None
    return policy.duration * _SECONDS[DurationUnit(policy.unit)]


def _shared_period(rows: list[ComplianceRow], filters: Filters) -> float | None:
    """Seconds from start to deadline, where one number is true of all requests or of the policy that was chosen."""
    seen = {period for row in rows for period in (row.shortest_period, row.longest_period) if period is not None}
    if len(seen) == 1 and all(row.timed == row.standing - row.suspended for row in rows):
        return seen.pop()
    nominal = {nominal_seconds(policy) for policy in filters.policies}
    return nominal.pop() if len(nominal) == 1 else None
