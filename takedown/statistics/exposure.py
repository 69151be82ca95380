"""What the last twelve months say about one platform: misses, and removal orders towards the two that may expose it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.db.models import Count, Q

from platforms.models import Platform
from takedown.choices import ENDED
from takedown.models import Agency, TakedownRequest
from takedown.models.policy import REMOVAL_ORDER
from takedown.statistics.figures import SMALL, Interval, share_text
from takedown.statistics.filters import CUSTOM, Filters, over
from takedown.statistics.spread import Standing, spread_of
from takedown.statistics.sql import snapshot
from takedown.statistics.tally import tally
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
    final: int
    """Those of them that are on record as final."""

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
            f"{share_text(one.missed)} of {one.n:,} deadlines missed (95 %: {share_text(self.missed_reach)}): "
            f"{one.breached:,} for certain, {one.indeterminate + one.unproven:,} perhaps."
        )

    @property
    def indication(self) -> str:
        """Orders in a sentence."""
        counted = f"{self.final:,} final of {self.orders:,} of this unit; {self.orders - self.final:,} may yet become final."
        return f"{counted} {EXPOSING} or more are final: a sign of exposure." if self.final >= EXPOSING else counted


def exposure(agency: Agency, platform: Platform, now: datetime) -> Exposure:
    """The twelve months that end with today, in the agency's zone."""
    today = now.astimezone(ZoneInfo(agency.timezone)).date()
    base = Filters(agency_id=agency.pk, timezone=agency.timezone, until=now, period=CUSTOM, platform=platform)
    year = over(base, today - relativedelta(years=1) + timedelta(days=1), today)
    with snapshot():
        rows = tally(year, now).platforms
    started = {"clock_started_at__gte": year.since, "clock_started_at__lt": year.until}
    orders = TakedownRequest.objects.for_agency(agency).filter(platform=platform, policy__key=REMOVAL_ORDER, **started)
    standing = orders.exclude(clock_state__in=ENDED)
    numbers = standing.aggregate(orders=Count("pk"), final=Count("pk", filter=Q(order__final_at__isnull=False)))
    return Exposure(year, spread_of(rows).total, **numbers)
