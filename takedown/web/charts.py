"""Geometry of the charts: numbers in, small frozen values out, for SVG templates to draw.

Coordinates are user units of a viewBox `0 0 width height`, y downwards, or per cent of the width where a field says so. No colours and
no markup: templates choose CSS classes, `css` fields name the verdict. Every label is a finished string.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from takedown.choices import VerdictValue
from takedown.survival import Floats, Turnbull, wilson

LEFT, RIGHT, TOP, BOTTOM = 40.0, 12.0, 16.0, 24.0
"""Margins for axis labels, in user units."""
MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 31536000
TIME_STEPS = (
    *(1, 5, 10, 30, MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY, 90 * DAY, YEAR),
)
LOG_RATIO = 50
"""From this ratio of the longest to the shortest time on, the time axis is logarithmic."""
TICK_SPACE = 56
"""Least distance of two labels on the time axis, in user units."""
STACK = ("met", "indeterminate", "unproven", "breached", "pending", "suspended", "not_started", "not_counted")
"""Verdicts from the bottom of a column to its top."""
VERDICTS = {value: str(VerdictValue(value).label) for value in STACK}
PATTERNS = {"indeterminate": "may", "suspended": "bars", "gone": "dots", "untold": "may"}
"""Of segments that are filled with a pattern: its id in `dashboard/_patterns.html`."""


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    """x or y, after the axis it belongs to."""
    label: str


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One drop of the curve: it happens somewhere in `(left, right]` seconds, after it the share `after` is still up.

    `lower` and `upper` bound that share; None where no band was computed.
    """

    left: float
    right: float
    after: float
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class RemovalCurve:
    """Share still up by time since the clock started."""

    width: float
    height: float
    plot: Box
    path: str
    """`d` of the determined stretches of the step curve."""
    boxes: tuple[Box, ...]
    """Where the curve is not determined."""
    band: str
    """`d` of the closed confidence band; empty without one."""
    deadline_x: float | None
    deadline_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    logarithmic: bool


@dataclass(frozen=True, slots=True)
class BoundsRow:
    """Requests of one platform: `n` decided ones, of which `met` were in time and `indeterminate` cannot be told."""

    label: str
    met: int
    indeterminate: int
    n: int


@dataclass(frozen=True, slots=True)
class BoundsBar:
    """Compliance is at least `low` and at most `high`; the whiskers add the 95 % Wilson intervals. Per cent of the width."""

    label: str
    n: int
    low: float
    high: float
    whisker_low: float
    whisker_high: float
    text: str
    """The bounds in words, such as `62 to 71 %`."""


@dataclass(frozen=True, slots=True)
class WeekRow:
    """Counts of one week, or of another span, by the names of the stack; those that are missing count 0."""

    label: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Segment:
    css: str
    """The name in the stack, for a class such as `dc-v-met`."""
    label: str
    count: int
    y: float
    height: float

    @property
    def pattern(self) -> str:
        """Empty where a colour is enough."""
        return PATTERNS.get(self.css, "")


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    x: float
    width: float
    total: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class StackedWeeks:
    width: float
    height: float
    plot: Box
    columns: tuple[Column, ...]
    y_ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class AgeBar:
    label: str
    count: int
    length: float
    """Per cent of the longest bar."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps `[start, stop]` to `[low, high]`, clamped; with `logarithmic` on the logarithm, `start` then being positive."""

    start: float
    stop: float
    low: float
    high: float
    logarithmic: bool = False
    ends: tuple[float, float] = field(init=False)
    """`start` and `stop` as they are measured: a chart asks thousands of times."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", (self._measure(self.start), self._measure(self.stop)))

    def __call__(self, value: float) -> float:
        start, stop = self.ends
        share = (self._measure(value) - start) / (stop - start)
        return round(self.low + min(max(share, 0.0), 1.0) * (self.high - self.low), 2)

    def all(self, values: Sequence[float] | Floats) -> list[float]:
        """The same of many at once."""
        start, stop = self.ends
        those = np.asarray(values, dtype=np.float64)
        measured = np.log(np.maximum(those, self.start)) if self.logarithmic else those
        shares = np.clip((measured - start) / (stop - start), 0.0, 1.0)
        return (self.low + shares * (self.high - self.low)).round(2).tolist()  # type: ignore[no-any-return]  # floats

    def _measure(self, value: float) -> float:
        return math.log(max(value, self.start)) if self.logarithmic else value


def duration_label(seconds: float) -> str:
    """A short label in the largest unit that divides it: `30 s`, `5 min`, `36 h`, `7 d`, `1 y`."""
    whole = round(seconds)
    units = ((YEAR, "y"), (DAY, "d"), (HOUR, "h"), (MINUTE, "min"))
    return next((f"{whole // size} {unit}" for size, unit in units if whole and whole % size == 0), f"{whole} s")


def nice_ticks(top: float, count: int = 4) -> list[int]:
    """Whole numbers from 0 in steps of 1, 2 or 5 times a power of ten, about `count` of them, the last at or above `top`."""
    rough = max(top / count, 1)
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return [step * tick for tick in range(max(math.ceil(top / step), 1) + 1)]


def time_ticks(scale: Scale) -> tuple[Tick, ...]:
    """Labels on a time axis in seconds, at round times and never closer than they can be read."""
    if scale.logarithmic:
        at: Sequence[float] = [step for step in TIME_STEPS if scale.start <= step <= scale.stop]
    else:
        most = max((scale.high - scale.low) / TICK_SPACE, 1)
        fitting = (step for step in TIME_STEPS if scale.stop / step <= most)
        step = next(fitting, math.ceil(scale.stop / most / YEAR) * YEAR)
        at = range(0, int(scale.stop) + 1, step)
    ticks: list[Tick] = []
    for seconds in at:
        if not ticks or scale(seconds) - ticks[-1].at >= TICK_SPACE:
            ticks.append(Tick(scale(seconds), duration_label(seconds) if seconds else "0"))
    return tuple(ticks)


def curve_points(estimate: Turnbull) -> list[CurvePoint]:
    """The drops of a Turnbull estimate. Mass after the last look has no place on the curve and is left out: the line ends there."""
    after, points = 1.0, []
    for left, right, mass in zip(estimate.left.tolist(), estimate.right.tolist(), estimate.mass.tolist(), strict=True):
        after = max(after - mass, 0.0)
        points.append(CurvePoint(left, right, after))
    return points


def removal_curve(points: Sequence[CurvePoint], *, deadline_seconds: float | None, width: float, height: float) -> RemovalCurve:
    """Step curve with boxes where it is not determined.

    `points` in order of time, not overlapping; a `right` of infinity ends the line at its `left`. Without points the curve is the flat
    line of nothing removed. The axis is long enough to show the deadline.
    """
    plot = plot_box(width, height)
    times = [time for point in points for time in (point.left, point.right) if 0 < time < math.inf]
    times += [deadline_seconds] if deadline_seconds else []
    longest, shortest = max(times, default=HOUR) * 1.05, min(times, default=HOUR)
    logarithmic = longest / shortest >= LOG_RATIO
    x = Scale(shortest if logarithmic else 0.0, longest, plot.x, plot.x + plot.width, logarithmic)
    y = Scale(0.0, 1.0, plot.y + plot.height, plot.y)
    lefts, rights = x.all([point.left for point in points]), x.all([point.right for point in points])
    path, boxes, above = [f"M{plot.x:g} {y(1):g}"], [], y(1)
    for point, left, right, below in zip(points, lefts, rights, y.all([point.after for point in points]), strict=True):
        path.append(f"H{left:g}")
        if math.isinf(point.right):
            break
        boxes.append(_box(left, right, above, below))
        path.append(f"M{right:g} {below:g}")
        above = below
    else:
        path.append(f"H{plot.x + plot.width:g}")
    return RemovalCurve(
        width,
        height,
        plot,
        "".join(path),
        tuple(boxes),
        _band(points, x, y),
        x(deadline_seconds) if deadline_seconds else None,
        duration_label(deadline_seconds) if deadline_seconds else "",
        time_ticks(x),
        tuple(Tick(y(quarter / 4), f"{25 * quarter} %") for quarter in range(5)),
        logarithmic,
    )


def bounds_bars(rows: Sequence[BoundsRow]) -> tuple[BoundsBar, ...]:
    """One bar per row, in their order: from `met / n` to `(met + indeterminate) / n`."""
    return tuple(map(_bounds_bar, rows))


def stacked_weeks(rows: Sequence[WeekRow], names: Mapping[str, str] = VERDICTS, /, *, width: float, height: float) -> StackedWeeks:
    """One column per week, in their order. Counts of 0 have no segment. `names`: labels from the bottom of a column to its top."""
    plot = plot_box(width, height)
    ticks = nice_ticks(max((sum(row.counts.values()) for row in rows), default=0))
    y = Scale(0.0, ticks[-1], plot.y + plot.height, plot.y)
    slot = plot.width / max(len(rows), 1)
    columns = tuple(
        Column(row.label, round(plot.x + slot * (place + 0.1), 2), round(slot * 0.8, 2), sum(row.counts.values()), _segments(row, y, names))
        for place, row in enumerate(rows)
    )
    return StackedWeeks(width, height, plot, columns, tuple(Tick(y(tick), str(tick)) for tick in ticks))


def age_bars(rows: Sequence[tuple[str, int]]) -> tuple[AgeBar, ...]:
    """Open requests by age: rows of (label, count), one bar each."""
    most = max((count for _, count in rows), default=0)
    return tuple(AgeBar(label, count, round(100 * count / most, 2) if most else 0.0) for label, count in rows)


def plot_box(width: float, height: float) -> Box:
    return Box(LEFT, TOP, width - LEFT - RIGHT, height - TOP - BOTTOM)


def _box(x1: float, x2: float, y1: float, y2: float) -> Box:
    return Box(x1, y1, round(x2 - x1, 2), round(y2 - y1, 2))


def _band(points: Sequence[CurvePoint], x: Scale, y: Scale) -> str:
    known = [(point.right, point.lower, point.upper) for point in points if point.lower is not None and point.upper is not None]
    if not known:
        return ""
    rights, lows, highs = zip(*known, strict=True)
    edges = pairwise([*x.all(rights), x(x.stop)])
    steps = list(zip(edges, y.all(lows), y.all(highs), strict=True))
    upper = [f"{at:g} {high:g}" for ends, _, high in steps for at in ends]
    lower = [f"{at:g} {low:g}" for ends, low, _ in steps for at in ends]
    return f"M{'L'.join(upper + lower[::-1])}Z"


def _bounds_bar(row: BoundsRow) -> BoundsBar:
    if not row.n:
        return BoundsBar(row.label, 0, 0.0, 100.0, 0.0, 100.0, "none decided")
    most = row.met + row.indeterminate
    low, high = 100 * row.met / row.n, 100 * most / row.n
    whiskers = 100 * wilson(row.met, row.n)[0], 100 * wilson(most, row.n)[1]
    text = f"{low:.0f} %" if f"{low:.0f}" == f"{high:.0f}" else f"{low:.0f} to {high:.0f} %"
    return BoundsBar(row.label, row.n, round(low, 2), round(high, 2), round(whiskers[0], 2), round(whiskers[1], 2), text)


def _segments(row: WeekRow, y: Scale, names: Mapping[str, str]) -> tuple[Segment, ...]:
    segments, below = [], 0
    for name, label in names.items():
        if count := row.counts.get(name, 0):
            top = y(below + count)
            segments.append(Segment(name, label, count, top, round(y(below) - top, 2)))
            below += count
    return tuple(segments)
