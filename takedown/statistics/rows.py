"""Rows of the queries: one frozen class per query, fields in the order of its columns."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from operator import attrgetter
from typing import Any


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests by what they count as. Verdicts that await confirmation are in `provisional` and nowhere else. Periods in seconds."""

    requests: int
    met: int
    indeterminate: int
    breached: int
    pending: int
    unproven: int
    suspended: int
    not_counted: int
    provisional: int
    returned: int
    standing: int
    timed: int
    shortest_period: float | None
    longest_period: float | None


_NAMES = tuple(field.name for field in fields(Counts))
_numbers = attrgetter(*_NAMES)


def total(rows: Sequence[Counts]) -> dict[str, Any]:
    """The fields of `Counts` for all of these together."""
    if not rows:
        return {**dict.fromkeys(_NAMES, 0), "shortest_period": None, "longest_period": None}
    if len(rows) == 1:
        return dict(zip(_NAMES, _numbers(rows[0]), strict=True))
    *sums, shortest, longest = zip(*map(_numbers, rows), strict=True)
    periods = [[value for value in values if value is not None] for values in (shortest, longest)]
    return dict(zip(_NAMES, (*map(sum, sums), min(periods[0], default=None), max(periods[1], default=None)), strict=True))


@dataclass(frozen=True, slots=True)
class ComplianceRow(Counts):
    """One platform in a period."""

    platform_id: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class WeekRow(Counts):
    """One week of a period."""

    week: date
    """Its Monday."""


@dataclass(frozen=True, slots=True)
class AheadRow:
    """`n` open requests of one slice of `ahead.sql` in one state."""

    slice: int
    state: str
    n: int


@dataclass(frozen=True, slots=True)
class AgeRow:
    """One band of `open_by_age.sql`, in seconds since opening; the last has no upper end."""

    seconds_from: int
    seconds_to: int | None
    requests: int
    overdue: int
    due_soon: int


@dataclass(frozen=True, slots=True)
class BracketRow:
    """`n` items of one platform that went in `(last_up, first_gone]` seconds after their clock started; null while it is not confirmed."""

    platform_id: int
    way: str
    """How it went, an `Outcome`; else `provisional` (seen gone, not confirmed), `up` (at the last look) or `unknown`."""
    last_up: int
    first_gone: int | None
    n: int

    @property
    def provisional(self) -> bool:
        return self.first_gone is None and self.way == "provisional"

    @property
    def outcome(self) -> str:
        """Empty while it is not confirmed gone."""
        return "" if self.first_gone is None else self.way


@dataclass(frozen=True, slots=True)
class WeekCountRow(Counts):
    """One row of `stored_counts.sql`."""

    key: int
    """Ordinal of a Monday."""
    platform_id: int


@dataclass(frozen=True, slots=True)
class CountRow(WeekCountRow):
    """One row of `counts.sql`."""

    policy_id: int


@dataclass(frozen=True, slots=True)
class HistogramRow:
    """One row of `histograms.sql` and `stored_histograms.sql`; `key` names the day or is the id of a span."""

    key: int
    platform_id: int
    policy_id: int
    cells: memoryview


@dataclass(frozen=True, slots=True)
class PassedRow:
    """One row of `passed.sql`."""

    quarter: datetime
    platform_id: int
    n: int
