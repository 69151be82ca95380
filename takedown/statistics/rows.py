"""Rows of the queries: one frozen class per query, fields in the order of its columns."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ComplianceRow:
    """One platform of `compliance.sql`. Verdicts that await confirmation are in `provisional` and nowhere else. Periods in seconds."""

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
    shortest_period: float | None
    longest_period: float | None

    @property
    def decided(self) -> int:
        """N of the bounds."""
        return self.met + self.indeterminate + self.breached


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One week of `weeks.sql`; `week` is its Monday."""

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
class AgeRow:
    """One band of `open_by_age.sql`, in seconds since opening; the last has no upper end."""

    seconds_from: int
    seconds_to: int | None
    requests: int
    overdue: int
    due_soon: int


@dataclass(frozen=True, slots=True)
class BracketRow:
    """`n` requests of `brackets.sql` whose removal lies in `(last_up, first_gone]` seconds after their clock started."""

    last_up: int
    first_gone: int | None
    provisional: bool
    outcome: str
    """How it went, an `Outcome`; empty while it is not confirmed gone."""
    n: int


@dataclass(frozen=True, slots=True)
class BandRow:
    """`n` requests of one platform of `bands.sql` that went in one of the bands `first` to `last`, if they went (`state`)."""

    slug: str
    name: str
    state: str
    first: int
    last: int
    n: int
