"""CSV for people with spreadsheets."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator

from takedown.statistics.cells import Cell

FORMULA_STARTS = "=+-@\u2212"


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
    return [f"'{cell}" if _may_be_run(cell) else cell for cell in cells]


def _may_be_run(cell: str) -> bool:
    """Whether a spreadsheet may take it for a formula, which folds full width and drops blanks and the invisible before it.

    A cell that begins with a control character is cut there by some, and the rest stands alone.
    """
    if not cell or cell[0].isalnum():
        return False
    seen = (char for char in cell if unicodedata.category(char)[0] not in "CZ")
    first = unicodedata.normalize("NFKC", next(seen, " "))[0]
    return first in FORMULA_STARTS or unicodedata.category(cell[0]) == "Cc"
