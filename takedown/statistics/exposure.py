"""What the last twelve months say about one platform: misses, and removal orders towards the two that may expose it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from platforms.models import Platform
from takedown.choices import ClockState
from takedown.models import Agency, TakedownRequest
from takedown.models.policy import REMOVAL_ORDER
from takedown.statistics.figures import SMALL, Interval, share_text
from takedown.statistics.filters import CUSTOM, Filters, over
from takedown.statistics.rows import ComplianceRow
from takedown.statistics.spread import Standing, spread_of
from takedown.statistics.sql import fetch
from takedown.survival import wilson

EXPOSING = 2
"""Final removal orders in the previous 12 months that are named as a sign of exposure."""
SOURCE = "Art. 5(4) Regulation (EU) 2021/784"


@dataclass(frozen=True, slots=True)
class Exposure:
    """`year` is the cohort of the last twelve months, all policies; `standing` how the platform did in it."""

    year: Filters
    standing: Standing
    orders: int
    """Removal orders of this agency whose clock started in it, neither void nor withdrawn: so many at most are final."""

    @property
    def missed(self) -> Interval:
        """Lowest and highest share of deadlines missed."""
        low, high = self.standing.share
        return 1 - high, 1 - low

    @property
    def missed_reach(self) -> Interval:
        """Lower Wilson limit of the lower bound, upper of the upper."""
        one = self.standing
        return wilson(one.breached, one.n)[0], wilson(one.n - one.met, one.n)[1]

    @property
    def misses(self) -> str:
        """Misses in a sentence."""
        one = self.standing
        if one.few:
            return f"{one.breached:,} of {one.n:,} deadlines missed for certain; fewer than {SMALL}, so no share is given."
        return (
            f"{share_text(self.missed)} of {one.n:,} deadlines missed (95 %: {share_text(self.missed_reach)}): "
            f"{one.breached:,} for certain, {one.indeterminate + one.unproven:,} perhaps."
        )

    @property
    def indication(self) -> str:
        """Orders in a sentence."""
        if self.orders < EXPOSING:
            return f"{self.orders} of this unit: fewer than {EXPOSING} can be final."
        return f"{self.orders:,} of this unit, of which 0 to {self.orders:,} are final: {EXPOSING} or more may be."


def exposure(agency: Agency, platform: Platform, now: datetime) -> Exposure:
    """The twelve months that end with today, in the agency's zone."""
    today = now.astimezone(ZoneInfo(agency.timezone)).date()
    base = Filters(agency_id=agency.pk, timezone=agency.timezone, until=now, period=CUSTOM, platform=platform)
    year = over(base, today - relativedelta(years=1) + timedelta(days=1), today)
    rows = fetch("compliance", ComplianceRow, {**year.parameters(), "now": now})
    started = {"clock_started_at__gte": year.since, "clock_started_at__lt": year.until}
    orders = TakedownRequest.objects.for_agency(agency).filter(platform=platform, policy__key=REMOVAL_ORDER, **started)
    standing = orders.exclude(clock_state__in=(ClockState.VOIDED, ClockState.WITHDRAWN))
    return Exposure(year, spread_of(rows).total, standing.count())
