"""A report as lines of a CSV: one for each number, so that tables of any width share one file."""

from collections.abc import Iterator

from takedown.reports.cells import Between, ByHand
from takedown.reports.report import Report
from takedown.statistics.cells import Cell, Table

COLUMNS = ("Section", "Table", "Row", "Column", "Value", "At least", "At most", "n", "Period from", "Period to", "Days in", "As of")


def lines(report: Report) -> Iterator[tuple[Cell, ...]]:
    """The heading, then facts, notes, definitions and cells; a number that is known has the same at both ends."""
    filters = report.cohort.filters
    period = (str(filters.first_day), str(filters.last_day), filters.timezone, report.as_of)
    yield COLUMNS
    heads = [*((label, text) for label, text in report.facts), *(("Note", note) for note in report.notes)]
    for label, text in heads:
        yield (report.kind.title, "", label, "", text, None, None, None, *period)
    for section in report.sections:
        for table in section.tables:
            for cells in _cells(table):
                yield (section.title, table.title, *cells, None if isinstance(table, ByHand) else table.n, *period)
        for blank in section.blanks:
            yield (section.title, "", blank, "", "", None, None, None, *period)


def _cells(table: Table) -> Iterator[tuple[Cell, ...]]:
    """Row, column, value and its two ends."""
    if table.definition:
        yield ("Definition", "", table.definition, None, None)
    for row in table.rows:
        for column, cell in zip(table.columns[1:], row[1:], strict=True):
            yield (row[0], column, cell, *_ends(cell))


def _ends(cell: Cell) -> tuple[Cell, Cell]:
    if isinstance(cell, Between):
        return cell.low, cell.high
    return (cell, cell) if isinstance(cell, int) else (None, None)
