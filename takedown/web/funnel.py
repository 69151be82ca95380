"""Geometry of the funnel plot: platforms by number of requests and share in time, between the limits of what chance explains."""

import math
from dataclasses import dataclass, replace

from takedown.statistics.figures import SMALL, share_text
from takedown.statistics.spread import LEVELS, Spread, Standing
from takedown.survival import binomial_limits
from takedown.web.charts import LOG_RATIO, TICK_SPACE, Box, Scale, Tick, nice_ticks, plot_box

STEPS = 48
"""Sizes at which the limits are computed: enough for a smooth line."""
LABEL_SPACE = 14
"""Least vertical distance of two labels, in user units."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A platform: a bar from its lowest to its highest possible share. Outliers (`side`) are drawn filled and named."""

    x: float
    top: float
    bottom: float
    side: str
    name: str
    label_y: float
    anchor: str
    """Where the label ends: `start` right of the mark, `end` left of it."""
    text: str


@dataclass(frozen=True, slots=True)
class Limit:
    level: str
    css: str
    lower: str
    """`d` of the lower limit."""
    upper: str
    label_y: float


@dataclass(frozen=True, slots=True)
class Funnel:
    width: float
    height: float
    plot: Box
    centre: Box
    """Between the bounds of the share of all platforms together."""
    limits: tuple[Limit, ...]
    marks: tuple[Mark, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def funnel(spread: Spread, *, width: float, height: float) -> Funnel:
    """Platforms with at least `SMALL` requests; there must be one. The axis of numbers is logarithmic where they differ much."""
    marked = [one for one in spread.platforms if not one.few]
    most = max(one.n for one in marked) * 1.1
    plot = plot_box(width, height)
    logarithmic = most / SMALL >= LOG_RATIO
    x = Scale(float(SMALL) if logarithmic else 0.0, most, plot.x, plot.x + plot.width, logarithmic)
    y = Scale(0.0, 1.0, plot.y + plot.height, plot.y)
    low, high = spread.total.share
    centre = Box(plot.x, y(high), plot.width, round(max(y(low) - y(high), 1.0), 2))
    limits = tuple(_limit(spread, level, tail, x, y) for tail, level in LEVELS)
    marks = _spaced([_mark(one, x, y, plot) for one in marked])
    ticks = tuple(Tick(y(quarter / 4), f"{25 * quarter} %") for quarter in range(5))
    return Funnel(width, height, plot, centre, limits, marks, _number_ticks(x, most), ticks)


def _limit(spread: Spread, level: str, tail: float, x: Scale, y: Scale) -> Limit:
    ratio = x.stop / SMALL
    sizes = sorted({round(SMALL * ratio ** (step / STEPS)) for step in range(STEPS + 1)})
    low, high = spread.total.share
    lower = [f"{x(n):g} {y(binomial_limits(low, n, tail)[0]):g}" for n in sizes]
    upper = [f"{x(n):g} {y(binomial_limits(high, n, tail)[1]):g}" for n in sizes]
    end = y(binomial_limits(low, sizes[-1], tail)[0])
    return Limit(level, "outer" if tail == LEVELS[0][0] else "inner", f"M{'L'.join(lower)}", f"M{'L'.join(upper)}", end)


def _mark(one: Standing, x: Scale, y: Scale, plot: Box) -> Mark:
    at, (low, high) = x(one.n), one.share
    anchor = "end" if at > plot.x + plot.width / 2 else "start"
    text = f"{one.name}: {share_text(one.share)} of {one.n:,} in time; {one.verdict}"
    return Mark(at, y(high), y(low), one.side, one.name, round((y(high) + y(low)) / 2 + 4, 2), anchor, text)


def _spaced(marks: list[Mark]) -> tuple[Mark, ...]:
    """Labels of outliers from top to bottom, moved down where they would run into each other."""
    placed, last = [], -math.inf
    for mark in sorted(marks, key=lambda mark: mark.label_y):
        at = max(mark.label_y, last + LABEL_SPACE) if mark.side else mark.label_y
        last = at if mark.side else last
        placed.append(replace(mark, label_y=round(at, 2)))
    return tuple(placed)


def _number_ticks(x: Scale, most: float) -> tuple[Tick, ...]:
    numbers = [10**power for power in range(1, math.ceil(math.log10(most)) + 1)] if x.logarithmic else nice_ticks(most)
    ticks: list[Tick] = []
    for number in numbers:
        if number <= most and (not ticks or x(number) - ticks[-1].at >= TICK_SPACE / 2):
            ticks.append(Tick(x(number), f"{number:,}"))
    return tuple(ticks)
