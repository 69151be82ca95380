"""A figure as a file that stands alone: title, finding, drawing, legend, and what was counted, as SVG."""

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from takedown.statistics.cells import Table
from takedown.statistics.figures import SMALL
from takedown.statistics.filters import Filters
from takedown.statistics.readers import Dashboard
from takedown.statistics.tables import TABLES
from takedown.web import pictures
from takedown.web.due import absolute
from takedown.web.ink import style
from takedown.web.keys import DEADLINE, KEYS, Key
from takedown.web.stacks import removal_stacks
from takedown.web.steps import cause_charts

WIDE, PAD = 1080.0, 24.0
"""Width of a drawing, and the margin around it, in user units."""
TITLE, FINDING, NOTE = 30.0, 21.0, 16.0
"""Height of a line of each."""
ROW, BAR = 50.0, 18.0
"""Height of a row with a bar, and of the bar in it."""
ACROSS = 3
"""Small charts side by side."""
LETTER = 6.4
"""Width of a character of the legend, on the safe side."""
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 (2.2) forbids, as text and as reference: a name may have them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A drawing, and the line of text above it."""

    markup: SafeString
    x: float
    y: float
    width: float
    height: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """One entry of the legend."""

    key: Key
    x: float
    y: float


def svg_of(figure: str, board: Dashboard) -> str:
    """The document of a dashboard's figure. Raises KeyError for one without a drawing."""
    finding, draw = FIGURES[figure]
    table = TABLES[figure](board)
    return sheet(table, finding(board), draw(board), keys_of(figure, board), _about(board, table, figure == "open-by-age"))


def sheet(table: Table, finding: str, drawn: list[Part], keys: tuple[Key, ...], about: str) -> str:
    """A document: `drawn` from its upper left corner on, and in words when this was and how many."""
    lines = textwrap.wrap(finding, 125)
    top = PAD + TITLE + FINDING * len(lines) + 8
    parts = [Part(part.markup, part.x + PAD, part.y + top, part.width, part.height, part.label) for part in drawn]
    below = max((part.y + part.height for part in parts), default=top) + 12
    legend = _placed(keys, below + 12) if parts else []
    foot = (legend[-1].y if legend else below) + 24
    notes = textwrap.wrap(about, 165) + textwrap.wrap(table.definition, 165)
    context = {
        "title": table.title,
        "finding": [(line, PAD + TITLE + FINDING * (place + 0.6)) for place, line in enumerate(lines)],
        "parts": parts,
        "keys": legend,
        "notes": [(line, foot + NOTE * (place + 1)) for place, line in enumerate(notes)],
        "width": WIDE + 2 * PAD,
        "height": foot + NOTE * len(notes) + PAD,
        "pad": PAD,
        "style": SafeString(style()),
    }
    return _NO_XML.sub("", render_to_string("dashboard/file.svg", context))


def keys_of(figure: str, board: Dashboard) -> tuple[Key, ...]:
    """Its legend, without a deadline where there is none to draw."""
    return tuple(key for key in KEYS.get(figure, ()) if key != DEADLINE or board.removal.deadline)


def _about(board: Dashboard, table: Table, is_now: bool) -> str:
    filters: Filters = board.filters
    when = f"Read {absolute(board.now)}" if is_now else f"Clock started {filters.period_text}, days in {filters.timezone}"
    platform = f"; platform {filters.platform.name}" if filters.platform else ""
    policy = f"; policy {filters.policies[0].name}" if filters.policies else ""
    return f"{when}{platform}{policy}; n = {table.n:,}."


def _placed(keys: tuple[Key, ...], y: float) -> list[Placed]:
    placed, x = [], PAD
    for key in keys:
        width = 28 + LETTER * len(key.label) + 16
        if x > PAD and x + width > WIDE + PAD:
            x, y = PAD, y + 20
        placed.append(Placed(key, x, y))
        x = round(x + width, 2)
    return placed


def drawing(template: str, **context: Any) -> SafeString:
    return render_to_string(f"dashboard/{template}.svg.html", {"size": "wide", **context})


def _widest(template: str, charts: Callable[[Dashboard], list[tuple[str, Any]]], of: str = "") -> Callable[[Dashboard], list[Part]]:
    """The first, widest, of a chart's sizes; `of`: where that holds the chart."""

    def draw(board: Dashboard) -> list[Part]:
        drawn = [(picture, getattr(picture, of) if of else picture) for _, picture in charts(board)[:1]]
        return [Part(drawing(template, board=board, chart=one, picture=picture), 0, 0, WIDE, one.height) for picture, one in drawn]

    return draw


def _bars(rows: list[tuple[str, SafeString | None]]) -> list[Part]:
    """One below the other; a row may have no bar."""
    empty = SafeString("")
    return [Part(bar or empty, 0, place * ROW + 22, WIDE, BAR if bar else 0, label) for place, (label, bar) in enumerate(rows)]


def _bands(board: Dashboard) -> list[Part]:
    return _bars([(f"{stack.name}: {stack.total:,}", drawing("_stack", stack=stack)) for stack in removal_stacks(board.bands)])


def _bounds(board: Dashboard) -> list[Part]:
    rows: list[tuple[str, SafeString | None]] = []
    for line in pictures.bounds_lines(board):
        few = line.bounds.small
        share = f"{line.bar.n:,}, fewer than {SMALL}: no share" if few else f"{line.bar.text} of {line.bar.n:,}"
        rows.append((f"{line.bar.label}: {share}", None if few else drawing("_bounds", line=line)))
    return _bars(rows)


def _ages(board: Dashboard) -> list[Part]:
    return _bars(
        [
            (f"{line.bar.label.capitalize()}: {line.band.requests:,}, {line.band.overdue:,} overdue", drawing("_age", line=line))
            for line in pictures.age_lines(board)
        ]
    )


def _causes(board: Dashboard) -> list[Part]:
    width = (WIDE - 24 * (ACROSS - 1)) / ACROSS
    parts = []
    for place, chart in enumerate(cause_charts(board.causes)):
        row, column = divmod(place, ACROSS)
        height = width * chart.height / chart.width
        label = f"{chart.label}: {chart.requests:,}"
        parts.append(Part(drawing("_cause", chart=chart), column * (width + 24), row * (height + 32) + 22, width, height, label))
    return parts


FIGURES: dict[str, tuple[Callable[[Dashboard], str], Callable[[Dashboard], list[Part]]]] = {
    "removal": (lambda board: board.removal.caption, _widest("_curve", pictures.curves)),
    "against": (lambda board: board.against.finding, _widest("_against", pictures.histograms)),
    "platforms": (lambda board: board.spread.finding, _widest("_funnel", pictures.funnels)),
    "heat": (lambda board: board.heat.finding, _widest("_heat", pictures.heat_maps)),
    "bands": (lambda board: board.bands.finding, _bands),
    "causes": (lambda board: board.causes.finding, _causes),
    "compliance": (lambda board: board.compliance.finding, _bounds),
    "open-by-age": (lambda board: board.open_by_age.finding, _ages),
    "trend": (lambda board: board.trend.finding, _widest("_weeks", pictures.weeks, of="chart")),
}
"""What it says and what it draws, by the name in `TABLES`."""
