"""Which platform misses most, and by how much: shares in time as bounds, against what chance alone explains. No database, no HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from takedown.statistics.figures import SMALL, Interval, share_text
from takedown.statistics.rows import ComplianceRow
from takedown.survival import binomial_limits, wilson

LEVELS = ((0.001, "99.8 %"), (0.025, "95 %"))
"""Of the control limits: probability outside on each side, and the usual name. The strictest first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One platform, or all (`slug` empty): its requests that are decided or past due, and how they stand to those of all."""

    slug: str
    name: str
    met: int
    breached: int
    indeterminate: int
    unproven: int
    side: str = ""
    """`below` or `above` the limits, else empty."""
    level: str = ""
    """The strictest of `LEVELS` it lies beyond."""

    @property
    def n(self) -> int:
        return self.met + self.breached + self.indeterminate + self.unproven

    @property
    def few(self) -> bool:
        """Whether the share is withheld."""
        return self.n < SMALL

    @property
    def share(self) -> Interval:
        """From `met / N` to `(met + indeterminate + unproven) / N`; everything where N is 0."""
        return (self.met / self.n, (self.n - self.breached) / self.n) if self.n else (0.0, 1.0)

    @property
    def missed(self) -> Interval:
        """Lowest and highest share of deadlines missed."""
        low, high = self.share
        return 1 - high, 1 - low

    @property
    def reach(self) -> Interval:
        """Lower Wilson limit of the lower bound, upper of the upper."""
        return wilson(self.met, self.n)[0], wilson(self.n - self.breached, self.n)[1]

    @property
    def verdict(self) -> str:
        """How it stands, in words."""
        if self.few:
            return f"fewer than {SMALL}"
        return f"{'less' if self.side == 'below' else 'more'} often, beyond {self.level}" if self.side else "no clear difference"


@dataclass(frozen=True, slots=True)
class Spread:
    """All platforms, the lowest upper bound first and those with few requests last. The order is no ranking: see `side`."""

    platforms: tuple[Standing, ...]
    total: Standing

    @property
    def comparable(self) -> bool:
        """Whether there are platforms to compare: one alone would be held against itself."""
        return len(self.platforms) > 1 and not all(one.few for one in self.platforms)

    @property
    def finding(self) -> str:
        shown = [one for one in self.platforms if not one.few]
        together = f"{share_text(self.total.share)} of all {self.total.n:,}"
        if not shown:
            return f"No platform has {SMALL} requests that are decided or past due, too few to compare."
        if len(self.platforms) == 1:
            return (
                f"{shown[0].name} is in time in {share_text(shown[0].share)} of {shown[0].n:,}; there is no other platform to compare with."
            )
        below = [f"{low.name} ({share_text(low.share)} of {low.n:,}, beyond {low.level})" for low in shown if low.side == "below"]
        if not below:
            return f"No platform is in time clearly less often than the rest; together it is {together}."
        most = " and ".join((", ".join(below[:-1]), below[-1]) if len(below) > 1 else below)
        return f"In time less often than chance explains: {most}, against {together}."


def spread_of(rows: Sequence[ComplianceRow]) -> Spread:
    """Platforms against control limits around the share of all (Spiegelhalter 2005).

    That share is itself known between two bounds: a platform lies below only where its upper bound lies below the limit around the
    lower one, and above the other way round, so that what nobody knows makes no outlier.
    """
    total = Standing(
        "", "All platforms", *(sum(getattr(row, field) for row in rows) for field in ("met", "breached", "indeterminate", "unproven"))
    )
    platforms = [_standing(row, total) for row in rows]
    return Spread(tuple(sorted(platforms, key=lambda one: (one.few, one.share[1], one.share[0], one.name))), total)


def _standing(row: ComplianceRow, total: Standing) -> Standing:
    one = Standing(row.slug, row.name, row.met, row.breached, row.indeterminate, row.unproven)
    if one.few:
        return one
    for tail, level in LEVELS:
        lowest, highest = binomial_limits(total.share[0], one.n, tail)[0], binomial_limits(total.share[1], one.n, tail)[1]
        side = "below" if one.share[1] < lowest else "above" if one.share[0] > highest else ""
        if side:
            return replace(one, side=side, level=level)
    return one
