"""Figures of the statistics and their tables as files to keep."""

from collections.abc import Mapping

from django.http import HttpResponse, JsonResponse

from takedown.statistics.cells import Table
from takedown.web.csvs import csv_lines


def attached(content: str | bytes, content_type: str, name: str) -> HttpResponse:
    """To be saved, never shown in the browser: a drawing has its style inside, which the page's policy forbids."""
    return HttpResponse(content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="takedown-{name}"'})


def as_csv(table: Table, name: str, about: Mapping[str, str]) -> HttpResponse:
    """With what it is about, by the name of a column, in every row."""
    lines = [(*table.columns, *about), *((*row, *about.values()) for row in table.rows)]
    return attached("".join(csv_lines(lines)), "text/csv; charset=utf-8", f"{name}.csv")


def as_json(table: Table, about: Mapping[str, object]) -> JsonResponse:
    """With definition and sample size."""
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return JsonResponse({"title": table.title, "definition": table.definition, **about, "n": table.n, "rows": rows})
