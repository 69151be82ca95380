"""A report on paper: the same tables as a PDF."""

from pathlib import Path
from typing import Any

from takedown import typeset
from takedown.reports.cells import Form, sample_of
from takedown.reports.report import Report
from takedown.statistics.cells import Cell, Table

SOURCE = Path(__file__).with_name("report.typ")


def render(report: Report) -> bytes:
    return typeset.pdf(SOURCE, paper(report), report.cohort.now)


def paper(report: Report) -> dict[str, Any]:
    """What stands on the paper, as text."""
    return {
        "title": report.kind.title,
        "unit": report.unit,
        "as_of": report.as_of,
        "facts": [list(fact) for fact in report.facts],
        "notes": list(report.notes),
        "sections": [
            {"title": section.title, "law": section.law, "tables": [*map(_table, section.tables)], "blanks": list(section.blanks)}
            for section in report.sections
        ],
    }


def _table(table: Table) -> dict[str, Any]:
    rows = [[_text(cell) for cell in row] for row in table.rows]
    facts = {"title": table.title, "definition": table.definition, "n": sample_of(table)}
    return {**facts, "form": isinstance(table, Form), "columns": list(table.columns), "rows": rows}


def _text(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell or "")
