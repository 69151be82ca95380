"""Tables of the statistics as people read them: shares as per cent, thousands apart, times in words, and every count a link to its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from takedown.statistics.cells import Cell, Count, PlatformName, Table


@dataclass(frozen=True, slots=True)
class ShownCell:
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class ShownTable:
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[ShownCell, ...], ...]
    definition: str
    n: int


def shown(table: Table) -> ShownTable:
    kept = [place for place, column in enumerate(table.columns) if not column.endswith("(s)")]
    rows = tuple(tuple(_cell(row[place]) for place in kept) for row in table.rows)
    return ShownTable(table.title, tuple(table.columns[place] for place in kept), rows, table.definition, table.n)


def list_of(where: Mapping[str, str]) -> str:
    """The queue under these filters."""
    return f"{reverse('queue')}?{urlencode({name: value for name, value in where.items() if value})}"


def _cell(cell: Cell) -> ShownCell:
    if cell is None:
        return ShownCell("–")  # noqa: RUF001  an empty cell would look forgotten
    if isinstance(cell, float):
        return ShownCell(f"{100 * cell:.1f} %")
    if isinstance(cell, int):
        return ShownCell(f"{cell:,}", list_of(cell.where) if isinstance(cell, Count) else "")
    about = isinstance(cell, PlatformName) and cell.slug
    return ShownCell(cell, reverse("dashboard-platform", args=[about]) if about else "")
