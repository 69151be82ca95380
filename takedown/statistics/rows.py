"""Rows of the queries: one frozen class per query, fields in the order of its columns."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class ComplianceRow:
    """One platform in a period. Verdicts that await confirmation are in `provisional` and nowhere else. Periods in seconds."""

    platform_id: int
    slug: str
    name: str
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

    @property
    def decided(self) -> int:
        """N of the bounds."""
        return self.met + self.indeterminate + self.breached


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One week of a period; `week` is its Monday."""

    week: date
    requests: int
    met: int
    indeterminate: int
    breached: int
    pending: int
    unproven: int
    suspended: int
    not_counted: int
    provisional: int


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
class CountRow:
    """One row of `counts.sql` and `stored_counts.sql`; `key` is the ordinal of a Monday."""

    key: int
    platform_id: int
    policy_id: int
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
