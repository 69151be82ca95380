"""Geometry of the histogram against the deadline."""

from dataclasses import dataclass

from takedown.statistics.against import Against
from takedown.statistics.figures import time_text
from takedown.web.charts import TICK_SPACE, Box, Scale, Tick, nice_ticks, plot_box

APART = 50.0
"""Room for what went later, and for what is not confirmed gone, in user units."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Filled up to what surely lies in the slice, hatched from there to what may."""

    surely: Box
    perhaps: Box
    text: str


@dataclass(frozen=True, slots=True)
class Histogram:
    width: float
    height: float
    plot: Box
    bars: tuple[Bar, ...]
    left: Box
    """What is not confirmed gone."""
    left_text: str
    deadline_x: float
    deadline_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def histogram(against: Against, *, width: float, height: float) -> Histogram:
    """There must be slices."""
    plot, parts = plot_box(width, height), len(against.slices) - 1
    slot = (plot.width - 2 * APART) / parts
    top = nice_ticks(max(against.unconfirmed, *(one.perhaps for one in against.slices)))
    y = Scale(0.0, top[-1], plot.y + plot.height, plot.y)
    ends = [plot.x + parts * slot + APART * (place + 0.5) for place in range(2)]
    middles = [*(plot.x + slot * (place + 0.5) for place in range(parts)), ends[0]]
    wide = [*[slot * 0.9] * parts, min(slot * 0.9, APART / 2)]
    bars = tuple(
        Bar(
            _box(middle, across, y(0), y(one.surely)),
            _box(middle, across, y(one.surely), y(one.perhaps)),
            f"{one.label}: {one.surely:,} surely, {one.perhaps:,} perhaps",
        )
        for middle, across, one in zip(middles, wide, against.slices, strict=True)
    )
    return Histogram(
        width=width,
        height=height,
        plot=plot,
        bars=bars,
        left=_box(ends[1], wide[-1], y(0), y(against.unconfirmed)),
        left_text=f"not confirmed gone: {against.unconfirmed:,}",
        deadline_x=round(plot.x + slot * parts / 2, 2),
        deadline_label=time_text(against.deadline or 0),
        x_ticks=(*_times(against, plot, slot), *(Tick(round(at, 2), label) for at, label in zip(ends, ("later", "not gone"), strict=True))),
        y_ticks=tuple(Tick(y(tick), f"{tick:,}") for tick in top),
    )


def _times(against: Against, plot: Box, slot: float) -> list[Tick]:
    """Ends of slices, as many as there is room for, the deadline and its double among them."""
    parts = len(against.slices) - 1
    half = parts // 2
    step = next(step for step in range(1, half + 1) if half % step == 0 and (step * slot >= TICK_SPACE or step == half))
    ticks = []
    for place in range(0, parts + 1, step):
        seconds = against.slices[place].seconds_from
        ticks.append(Tick(round(plot.x + place * slot, 2), time_text(seconds) if seconds else "0"))
    return ticks


def _box(middle: float, across: float, bottom: float, top: float) -> Box:
    return Box(round(middle - across / 2, 2), top, round(across, 2), round(bottom - top, 2))
