"""What a page of statistics says: typed figures with their findings, from the rows of the queries. No database, no HTML."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from takedown.statistics.rows import AgeRow, BracketRow, ComplianceRow, WeekRow
from takedown.survival import Floats, Ints, Turnbull, turnbull, wilson

TOLERANCE = 1e-6
"""Of the fit: far below what a curve or a percentage can show, and reached at once."""
SMALL = 10
"""Below this many a share says little: it is flagged."""
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
MARKS = (0.0, 900.0, 3_600.0, 21_600.0, 86_400.0, 259_200.0, 604_800.0, 2_592_000.0, 7_776_000.0)
"""Times at which the number still watched is given."""
Interval = tuple[float, float]


def time_text(seconds: float) -> str:
    """The two largest units: `41 min`, `1 h 5 min`, `3 d`."""
    whole = max(round(seconds), 0)
    for place, (size, name) in enumerate(_UNITS):
        if whole >= size:
            count, rest = divmod(whole, size)
            below, below_name = _UNITS[min(place + 1, len(_UNITS) - 1)]
            return f"{count} {name} {rest // below} {below_name}" if size > 1 and rest >= below else f"{count} {name}"
    return "0 s"


def in_sentence(label: str) -> str:
    """A label inside a sentence: `within 1 h`."""
    return label[0].lower() + label[1:]


def interval_text(interval: Interval | None) -> str:
    """`41 min to 47 min`, `not reached`; one time where both ends read the same."""
    if interval is None:
        return "not reached"
    low, high = map(time_text, interval)
    return low if low == high else f"{low} to {high}"


def reach_text(reach: Interval | None) -> str:
    """The same for an interval whose upper end, or both, may not be reached: `41 min on`."""
    if reach is None or math.isinf(reach[0]):
        return "not reached"
    return interval_text(reach) if math.isfinite(reach[1]) else f"{time_text(reach[0])} on"


@dataclass(frozen=True, slots=True)
class Removal:
    """How long content stayed up, in seconds after the clock started. `fit` is None where there is nothing to count."""

    fit: Turnbull | None
    ends: Floats
    """Rows `(last up, first gone]`, inf where it is not confirmed gone."""
    number: Ints
    """How many items each row stands for."""
    items: int
    still_up: int
    """Never confirmed gone, `provisional` included: censored at the last look that found it up."""
    provisional: int
    """Seen gone once, awaiting confirmation."""
    deadline: float | None
    """Where all requests share one period."""
    coarse: bool
    watched: tuple[tuple[float, int], ...]
    """At-risk numbers: (seconds, items found up then or later)."""
    band: tuple[Interval, ...]
    """For each drop of the curve, a 95 % interval of the share still up after it: Wilson's, among the items of which it is known
    whether they were up then. Between looks and after the last one it is not known, so it widens where we looked less."""

    @property
    def quartiles(self) -> tuple[tuple[int, Interval | None], ...]:
        """Percent gone, and the interval that holds the time by which they were."""
        return tuple((percent, self.fit.quantile(percent / 100) if self.fit else None) for percent in (25, 50, 75, 90))

    @property
    def half_reach(self) -> Interval | None:
        """95 % interval of the time by which half is gone, read off the band (Brookmeyer and Crowley 1982); inf for an open end, None
        where not even its lower limit comes down to a half."""
        if self.fit is None:
            return None
        ends = zip(self.fit.left.tolist(), self.fit.right.tolist(), self.band, strict=True)
        drops = [(left, right, low, high) for left, right, (low, high) in ends if math.isfinite(right)]
        earliest = next((left for left, _, low, _ in drops if low <= 0.5), None)
        if earliest is None:
            return None
        return earliest, next((right for _, right, _, high in drops if high <= 0.5), math.inf)

    @property
    def gone_by_deadline(self) -> Interval | None:
        """Lowest and highest share gone by the deadline."""
        if self.fit is None or self.deadline is None:
            return None
        low, high = self.fit.survival_at(self.deadline)
        return 1 - high, 1 - low

    @property
    def finding(self) -> str:
        if not self.fit:
            return "No clock started in this period."
        half = self.fit.quantile(0.5)
        counted = f"{self.items:,} {'item' if self.items == 1 else 'items'}"
        seen = f"Of {counted}, {self.items - self.still_up:,} confirmed gone, {self.still_up:,} not."
        few = " Too few to say much." if self.items < SMALL else ""
        if half is None:
            return f"{seen} Half being gone was not reached.{few}"
        return f"{seen} By estimate half go within {interval_text(half)}.{few}"

    @property
    def caption(self) -> str:
        """What the curve shows beyond the finding: the share gone by the deadline."""
        if self.gone_by_deadline is None or self.deadline is None:
            return self.finding
        return f"By estimate {share_text(self.gone_by_deadline)} go within the {time_text(self.deadline)} allowed; {self.items:,} items."


def removal_of(rows: Sequence[BracketRow], *, deadline: float | None, coarse: bool) -> Removal:
    """The removal curve (Turnbull 1976) of brackets. Provisional ends count as still up at the last look."""
    items = sum(row.n for row in rows)
    ends = np.array([(row.last_up, math.inf if row.first_gone is None else row.first_gone) for row in rows], dtype=np.float64).reshape(
        -1, 2
    )
    number = np.array([row.n for row in rows], dtype=np.int64)
    fit = turnbull(ends, number, tolerance=TOLERANCE) if items else None
    return Removal(
        fit=fit,
        ends=ends,
        number=number,
        items=items,
        still_up=fit.censored if fit else 0,
        provisional=sum(row.n for row in rows if row.provisional),
        deadline=deadline,
        coarse=coarse,
        watched=_watched(ends, number),
        band=_band(fit, ends, number) if fit else (),
    )


def _watched(ends: Floats, number: Ints) -> tuple[tuple[float, int], ...]:
    if not number.size:
        return ()
    longest = ends[np.isfinite(ends)].max()
    return tuple((mark, int(number[ends[:, 0] >= mark].sum())) for mark in MARKS if mark <= longest)


def _band(fit: Turnbull, ends: Floats, number: Ints) -> tuple[Interval, ...]:
    intervals, after = [], 1.0
    for time, mass in zip(fit.right.tolist(), fit.mass.tolist(), strict=True):
        after = min(max(after - mass, 0.0), 1.0)
        known = int(number[(ends[:, 0] >= time) | (ends[:, 1] <= time)].sum())
        intervals.append(wilson(after * known, known))
    return tuple(intervals)


def share_text(share: Interval) -> str:
    """`35.4 %`, `62.0 % to 71.3 %`."""
    low, high = (f"{100 * end:.1f} %" for end in share)
    return low if low == high else f"{low} to {high}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Compliance of one platform, or of all (`slug` empty): a share between two bounds, each with its 95 % interval."""

    slug: str
    name: str
    met: int
    indeterminate: int
    breached: int
    apart: dict[str, int]
    """What is not in N: pending, unproven, suspended, not counted, provisional."""

    @property
    def decided(self) -> int:
        return self.met + self.indeterminate + self.breached

    @property
    def share(self) -> Interval | None:
        """`met / N` and `(met + indeterminate) / N`; None where N is 0."""
        return (self.met / self.decided, (self.met + self.indeterminate) / self.decided) if self.decided else None

    @property
    def reach(self) -> Interval:
        """Lower Wilson limit of the lower bound, upper of the upper."""
        return wilson(self.met, self.decided)[0], wilson(self.met + self.indeterminate, self.decided)[1]

    @property
    def small(self) -> bool:
        return self.decided < SMALL


APART = ("pending", "unproven", "suspended", "not_counted", "provisional")


def bounds_of(rows: Sequence[ComplianceRow], *, slug: str, name: str) -> Bounds:
    total = {field: sum(getattr(row, field) for row in rows) for field in ("met", "indeterminate", "breached", *APART)}
    return Bounds(slug, name, total["met"], total["indeterminate"], total["breached"], {field: total[field] for field in APART})


@dataclass(frozen=True, slots=True)
class Compliance:
    platforms: tuple[Bounds, ...]
    total: Bounds

    @property
    def finding(self) -> str:
        share = self.total.share
        unproven = self.total.apart["unproven"]
        apart = f" {unproven:,} past due {'is' if unproven == 1 else 'are'} unproven and not in it." if unproven else ""
        if share is None:
            return f"Nothing is decided yet.{apart}"
        few = " Too few to say much." if self.total.small else ""
        return f"{share_text(share)} of {self.total.decided:,} decided requests were met in time.{few}{apart}"


@dataclass(frozen=True, slots=True)
class OpenByAge:
    bands: tuple[AgeRow, ...]

    @property
    def requests(self) -> int:
        return sum(band.requests for band in self.bands)

    @property
    def overdue(self) -> int:
        return sum(band.overdue for band in self.bands)

    @property
    def due_soon(self) -> int:
        return sum(band.due_soon for band in self.bands)

    @property
    def finding(self) -> str:
        if not self.requests:
            return "Nothing is open."
        old = sum(band.requests for band in self.bands if band.seconds_from >= 604_800)
        return f"{self.requests:,} open now, {self.overdue:,} of them overdue; {old:,} older than 7 days."


@dataclass(frozen=True, slots=True)
class Trend:
    weeks: tuple[WeekRow, ...]

    @property
    def finding(self) -> str:
        counted = [week for week in self.weeks if week.requests]
        if not counted:
            return "No clock started in these weeks."
        busiest = max(counted, key=lambda week: week.requests)
        decided = busiest.met + busiest.indeterminate + busiest.breached
        return (
            f"Busiest week: that of {busiest.week.day} {busiest.week:%B %Y} with {busiest.requests:,} requests, "
            f"{busiest.met:,} of {decided:,} decided ones met in time."
        )
