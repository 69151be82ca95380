"""How well we see: looks that could not tell, looks at deadlines that came late, requests left undecided for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min, Sum

from platforms.models import LookMinute
from takedown.statistics.bands import Bands
from takedown.statistics.spread import Spread, Standing


@dataclass(frozen=True, slots=True)
class Looks:
    """All looks of one agency at one platform, or at several."""

    looks: int = 0
    untold: int = 0
    anchors: int = 0
    late: int = 0
    latest_ms: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """One platform, or all (`slug` empty)."""

    slug: str
    name: str
    requests: int
    """Followed from the start of their clock."""
    unknown: int
    """Of these, not known whether gone."""
    n: int
    """Decided or past due."""
    undecided: int
    """Of these, indeterminate or unproven."""
    looks: Looks


@dataclass(frozen=True, slots=True)
class Seeing:
    platforms: tuple[Sight, ...]
    total: Sight
    since: datetime | None
    """First minute of the looks that are counted: older ones are forgotten."""

    @property
    def finding(self) -> str:
        looks, total = self.total.looks, self.total
        left = f"{percent(total.undecided, total.n)} of {total.n:,} deadlines cannot be told" if total.n else "No deadline has passed"
        if not looks.looks:
            return f"{left}; no looks are on record for this period."
        late = f", {percent(looks.late, looks.anchors)} of {looks.anchors:,} at deadlines came late" if looks.anchors else ""
        return f"{left}; {percent(looks.untold, looks.looks)} of {looks.looks:,} looks could not tell{late}."


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


def share(part: int, whole: int) -> float | None:
    """None where there is nothing to have a share of."""
    return round(part / whole, 6) if whole else None


def looks_by_platform(
    agency_id: int, platform_ids: Sequence[int], since: datetime | None, until: datetime
) -> tuple[dict[str, Looks], datetime | None]:
    """An agency's looks in `[since, until)` at these platforms, by slug, and the first minute that is on record."""
    minutes = LookMinute.objects.filter(for_agency=agency_id, platform__in=platform_ids, minute__lt=until)
    if since:
        minutes = minutes.filter(minute__gte=since)
    sums = {name: Sum(name) for name in ("looks", "indeterminate", "anchors", "late_anchors")}
    rows = minutes.values_list("platform__slug").annotate(**sums, worst=Max("latest_anchor_ms"), first=Min("minute"))
    found, firsts = {}, []
    for slug, looks, untold, anchors, late, worst, first in rows:
        found[slug] = Looks(looks, untold, anchors, late, worst)
        firsts.append(first)
    return found, min(firsts, default=None)


def seeing_of(bands: Bands, spread: Spread, looks: Mapping[str, Looks], since: datetime | None) -> Seeing:
    """The platforms of the spread: those with a request whose clock started in the period."""
    followed = {line.slug: (line.requests, line.unknown) for line in bands.platforms}
    ordered = sorted(spread.platforms, key=lambda one: (one.name, one.slug))
    platforms = tuple(_sight(one, followed.get(one.slug, (0, 0)), looks.get(one.slug, Looks())) for one in ordered)
    sums = {name: sum(getattr(one, name) for one in looks.values()) for name in ("looks", "untold", "anchors", "late")}
    together = Looks(**sums, latest_ms=max((one.latest_ms for one in looks.values()), default=0))
    return Seeing(platforms, _sight(spread.total, (bands.total.requests, bands.total.unknown), together), since)


def _sight(one: Standing, followed: tuple[int, int], looks: Looks) -> Sight:
    return Sight(one.slug, one.name, *followed, one.n, one.indeterminate + one.unproven, looks)
