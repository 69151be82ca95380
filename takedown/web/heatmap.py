"""Geometry of the heat map: platforms against weeks, lying where there is room for readable cells, else standing."""

from dataclasses import dataclass
from functools import lru_cache

from takedown.statistics.figures import SMALL, share_text
from takedown.statistics.heat import Heat, HeatCell
from takedown.web.charts import TICK_SPACE

NAMES, DATES, STEM = 124.0, 48.0, 112.0
"""Room for platform names at the left, for dates at the left, and for names that stand on end, in user units."""
EDGE, FOOT, LEAST, MOST, TALL = 12.0, 22.0, 24.0, 64.0, 24.0
"""Margin; room for dates below; least and most width, and height of a cell."""
LONGEST = 17
"""Characters of a name that there is room for."""
LEVELS = (0.0, 0.1, 0.25, 0.5, 1.0)
"""Highest share of misses of each shade, which is named by its place."""


@dataclass(frozen=True, slots=True)
class Patch:
    x: float
    y: float
    width: float
    height: float
    css: str
    """`h0` to `h4` by the share that is surely missed, `few` where it is withheld."""
    text: str
    """Per cent that are surely missed; with a plus where there may be more."""
    title: str
    out: bool

    @property
    def middle(self) -> tuple[float, float]:
        """Where the text stands."""
        return round(self.x + self.width / 2, 2), round(self.y + self.height / 2 + 4, 2)


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    text: str
    anchor: str
    upright: bool = False
    """On end, read from below."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    width: float
    height: float
    patches: tuple[Patch, ...]
    labels: tuple[Label, ...]


def heat_map(heat: Heat, *, width: float) -> HeatMap:
    """As high as it needs to be. Weeks go across where each has room for its number, else down."""
    if (width - NAMES - EDGE) / len(heat.weeks) >= LEAST:
        return _lying(heat, width)
    return _standing(heat, width)


def _lying(heat: Heat, width: float) -> HeatMap:
    side = min((width - NAMES - EDGE) / len(heat.weeks), MOST)
    patches, labels = [], []
    for row, line in enumerate(heat.lines):
        y = EDGE + row * TALL
        labels.append(Label(NAMES - 8, y + TALL / 2 + 4, _short(line.name), "end"))
        patches += [_patch(cell, NAMES + place * side, y, side) for place, cell in enumerate(line.cells) if cell]
    foot = EDGE + len(heat.lines) * TALL
    step = max(round(TICK_SPACE / side + 0.49), 1)
    labels += [
        Label(round(NAMES + (place + 0.5) * side, 2), foot + 16, f"{week.day} {week:%b}", "middle")
        for place, week in enumerate(heat.weeks)
        if place % step == 0
    ]
    return HeatMap(width, foot + FOOT, tuple(patches), tuple(labels))


def _standing(heat: Heat, width: float) -> HeatMap:
    side = min((width - DATES - EDGE) / len(heat.lines), MOST)
    patches, labels = [], []
    for column, line in enumerate(heat.lines):
        x = DATES + column * side
        labels.append(Label(round(x + side / 2 + 4, 2), STEM - 6, _short(line.name), "start", upright=True))
        patches += [_patch(cell, x, STEM + place * TALL, side) for place, cell in enumerate(line.cells) if cell]
    labels += [Label(DATES - 6, STEM + (place + 0.5) * TALL + 4, f"{week.day} {week:%b}", "end") for place, week in enumerate(heat.weeks)]
    return HeatMap(width, STEM + len(heat.weeks) * TALL + EDGE, tuple(patches), tuple(labels))


def _patch(cell: HeatCell, x: float, y: float, side: float) -> Patch:
    return Patch(round(x + 1, 2), y + 1, round(side - 2, 2), TALL - 2, *_said(cell), out=cell.out)


@lru_cache(maxsize=1024)  # the same at each size of the map
def _said(cell: HeatCell) -> tuple[str, str, str]:
    """Class, text and title."""
    one, where = cell.standing, f"{cell.standing.name}, week of {cell.week.day} {cell.week:%b %Y}"
    if one.few:
        return "few", "", f"{where}: {cell.requests:,} requests, {one.n} decided or past due, fewer than {SMALL}"
    least, most = one.missed
    level = next(place for place, limit in enumerate(LEVELS) if least <= limit + 1e-9)
    text = f"{100 * least:.0f}{'+' if most > least else ''}"
    return f"h{level}", text, f"{where}: {share_text(one.missed)} of {one.n:,} missed{', stands out' if cell.out else ''}"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
