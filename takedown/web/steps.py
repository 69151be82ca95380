"""Geometry of the small charts of causes: two step lines each, all on the same axes."""

import math
from dataclasses import dataclass

from takedown.statistics.causes import Causes, Step
from takedown.web.charts import HOUR, LOG_RATIO, Box, Scale, Tick, plot_box, time_ticks

WIDTH, HEIGHT = 300.0, 160.0


@dataclass(frozen=True, slots=True)
class CauseChart:
    key: str
    label: str
    requests: int
    late: str
    """`d` of the line on the right ends of the brackets."""
    early: str
    """The same on the left ends."""
    width: float
    height: float
    plot: Box
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def cause_charts(causes: Causes) -> tuple[CauseChart, ...]:
    """One chart for each cause that anything went by. The share axis ends at a whole quarter."""
    shown = [cause for cause in causes.causes if cause.requests]
    if not shown:
        return ()
    plot = plot_box(WIDTH, HEIGHT)
    times = [time for cause in shown for step in (cause.late, cause.early) for time in step[0].tolist() if time > 0]
    longest, shortest = max(causes.longest, 1.0) * 1.05, min(times, default=float(HOUR))
    logarithmic = longest / shortest >= LOG_RATIO
    x = Scale(shortest if logarithmic else 0.0, longest, plot.x, plot.x + plot.width, logarithmic)
    top = math.ceil(4 * max(float(step[1][-1]) for cause in shown for step in (cause.late, cause.early)) - 1e-9) / 4
    y = Scale(0.0, top, plot.y + plot.height, plot.y)
    y_ticks = tuple(Tick(y(top * part / 2), f"{50 * top * part:g} %") for part in range(3))
    return tuple(
        CauseChart(
            cause.key,
            cause.label,
            cause.requests,
            _line(cause.late, x, y, plot),
            _line(cause.early, x, y, plot),
            WIDTH,
            HEIGHT,
            plot,
            time_ticks(x),
            y_ticks,
        )
        for cause in shown
    )


def _line(step: Step, x: Scale, y: Scale, plot: Box) -> str:
    path = [f"M{plot.x:g} {y(0):g}"]
    path += [f"H{at:g}V{share:g}" for at, share in zip(x.all(step[0]), y.all(step[1]), strict=True)]
    return "".join([*path, f"H{plot.x + plot.width:g}"])
