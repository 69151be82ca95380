"""The numbers behind each figure as a table: one declaration for the page, its CSV and whoever else asks."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from takedown.statistics.figures import APART, time_text
from takedown.statistics.readers import Dashboard

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` as long as `columns`; None is an empty cell, shares are between 0 and 1."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def removal_table(board: Dashboard) -> Table:
    """One row per drop of the curve."""
    rows: list[tuple[Cell, ...]] = []
    fit, up = board.removal.fit, 1.0
    if fit:
        for left, right, mass, (low, high) in zip(
            fit.left.tolist(), fit.right.tolist(), fit.mass.tolist(), board.removal.band, strict=True
        ):
            up = max(up - mass, 0.0)
            if math.isfinite(right):
                rows.append((time_text(left), time_text(right), int(left), int(right), round(up, 4), round(low, 4), round(high, 4)))
    columns = ("After", "At the latest", "After (s)", "At the latest (s)", "Still up", "95 % from", "95 % to")
    return Table("Share still up by time since the clock started", columns, tuple(rows))


def compliance_table(board: Dashboard) -> Table:
    """One row per platform, then all."""
    rows: list[tuple[Cell, ...]] = []
    for line in (*board.compliance.platforms, board.compliance.total):
        low, high = (round(share, 4) for share in line.share) if line.share else (None, None)
        reach = [round(end, 4) for end in line.reach] if line.share else [None, None]
        apart = [line.apart[field] for field in APART]
        rows.append((line.name, line.decided, line.met, line.indeterminate, line.breached, low, high, *reach, *apart))
    bounds = ("At least in time", "At most in time", "95 % from", "95 % to")
    others = ("Pending", "Unproven", "Suspended", "Not counted", "Provisional")
    return Table("Compliance per platform", ("Platform", "Decided", "Met", "Indeterminate", "Breached", *bounds, *others), tuple(rows))


def age_label(seconds_from: int, seconds_to: int | None) -> str:
    """`under 1 h`, `1 d to 3 d`, `over 30 d`."""
    if not seconds_from:
        return f"under {time_text(seconds_to or 0)}"
    return f"{time_text(seconds_from)} to {time_text(seconds_to)}" if seconds_to else f"over {time_text(seconds_from)}"


def age_table(board: Dashboard) -> Table:
    """One row per age band."""
    rows = tuple(
        (age_label(band.seconds_from, band.seconds_to), band.requests, band.overdue, band.due_soon) for band in board.open_by_age.bands
    )
    return Table("Open requests by age", ("Open for", "Open", "Overdue", "Due in 1 h"), rows)


def trend_table(board: Dashboard) -> Table:
    """One row per ISO week."""
    columns = (
        "Week",
        "From",
        "To",
        "Requests",
        "Met",
        "Indeterminate",
        "Breached",
        "Unproven",
        "Pending",
        "Suspended",
        "Not counted",
        "Provisional",
    )
    rows = tuple(
        (
            f"{row.week:%G-W%V}",
            str(row.week),
            str(row.week + timedelta(days=6)),
            row.requests,
            row.met,
            row.indeterminate,
            row.breached,
            row.unproven,
            row.pending,
            row.suspended,
            row.not_counted,
            row.provisional,
        )
        for row in board.trend.weeks
    )
    return Table("Verdicts by week of the clock's start", columns, rows)


TABLES: dict[str, Callable[[Dashboard], Table]] = {
    "removal": removal_table,
    "compliance": compliance_table,
    "open-by-age": age_table,
    "trend": trend_table,
}
