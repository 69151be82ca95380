"""Tables of the statistics as people read them: shares as per cent, thousands apart, times in words, and every count a link to its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from urllib.parse import quote_plus

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from takedown.statistics.cells import Cell, Count, PlatformName, Table


@dataclass(frozen=True, slots=True)
class ShownTable:
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[SafeString, ...], ...]
    """What is inside each cell."""
    definition: str
    n: int

    @property
    def body(self) -> SafeString:
        """Rows of the table's body. Made here, not by a template, which takes ten times as long for thousands of cells."""
        return mark_safe("".join(map(_row, self.rows)))  # noqa: S308  made of cells


def _row(row: Sequence[SafeString]) -> str:
    first, *rest = row
    cells = "".join(f'<td class="num">{cell}</td>' for cell in rest)
    return f'<tr><th scope="row">{first}</th>{cells}</tr>'


def shown(table: Table) -> ShownTable:
    kept = [place for place, column in enumerate(table.columns) if not column.endswith("(s)")]
    rows = tuple(tuple(_cell(row[place]) for place in kept) for row in table.rows)
    return ShownTable(table.title, tuple(table.columns[place] for place in kept), rows, table.definition, table.n)


def list_of(where: Mapping[str, str]) -> str:
    """The queue under these filters."""
    return f"{_queue()}?{'&'.join(f'{name}={_quoted(value)}' for name, value in where.items() if value)}"


_quoted = lru_cache(maxsize=4096)(quote_plus)
"""A page links thousands of counts, whose filters are few words and dates."""


@cache
def _queue() -> str:
    return reverse("queue")


def _cell(cell: Cell) -> SafeString:
    if cell is None:
        return mark_safe("–")  # noqa: RUF001  an empty cell would look forgotten
    if isinstance(cell, float):
        return mark_safe(f"{100 * cell:.1f} %")  # noqa: S308  a number
    if isinstance(cell, int):
        return _link(list_of(cell.where), f"{cell:,}") if isinstance(cell, Count) else mark_safe(f"{cell:,}")  # noqa: S308  a number
    about = isinstance(cell, PlatformName) and cell.slug
    return _link(reverse("dashboard-platform", args=[about]), cell) if about else mark_safe(escape(cell))  # noqa: S308  escaped


def _link(href: str, text: str) -> SafeString:
    return mark_safe(f'<a href="{escape(href)}">{escape(text)}</a>')  # noqa: S308  both are escaped
