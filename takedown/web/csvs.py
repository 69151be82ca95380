"""CSV for people with spreadsheets."""

import csv
from collections.abc import Iterable, Iterator

from takedown.statistics.cells import Cell

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(lines: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """Every field quoted, and none that a spreadsheet would run as a formula."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    for line in lines:
        yield writer.writerow(guarded(line))


def guarded(line: Iterable[Cell]) -> list[str]:
    """The cells as text, with an apostrophe before those that begin like a formula (CWE-1236)."""
    cells = ["" if cell is None else str(cell) for cell in line]
    return [f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in cells]
