"""What a report is: one declaration, from which page, PDF and CSV are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from takedown.reports.rows import RequestRow
from takedown.reports.tally import Range, Tally, by
from takedown.statistics.cells import Table
from takedown.statistics.figures import SMALL, Removal
from takedown.statistics.filters import Filters


@dataclass(frozen=True, slots=True)
class Cohort:
    """The requests of a period under one policy, all its versions, or under all (`policy` empty), read at `now`."""

    filters: Filters
    policy: str
    now: datetime
    rows: tuple[RequestRow, ...]
    removal: Removal
    issued: Mapping[str | None, int]
    """Removal orders that stand and were first sent in the period (where no sending is on record: whose clock first started in it), by
    whether Annex I says `true` or `false` to cross-border; None where it does not say."""

    @property
    def orders(self) -> int:
        return sum(self.issued.values())

    @property
    def cross_border(self) -> Range:
        sure = self.issued.get("true", 0)
        return sure, sure + self.issued.get(None, 0)

    @property
    def all(self) -> Tally:
        return Tally(self.rows)

    def where(self, **more: str) -> dict[str, str]:
        """The queue's filters for these requests, as far as their clock has started; `more` narrows them."""
        return self.filters.listed(policy=self.policy, **more)

    def lines(self) -> list[tuple[str, Tally, dict[str, str]]]:
        """Name, tally and filter of each platform, then of all together."""
        names = {row.slug: row.name for row in self.rows}
        platforms = sorted(by(self.rows, lambda row: row.slug).items(), key=lambda found: (names[found[0]], found[0]))
        return [*((names[slug], tally, {"platform": slug}) for slug, tally in platforms), ("All platforms", self.all, {})]


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    law: str
    tables: tuple[Table, ...]
    blanks: tuple[str, ...] = ()
    """What the unit writes itself: printed as a label with room below."""


Pieces = list[tuple[str, str, int]]
"""Parts of a bar: name of its pattern, label, number; together all followed requests."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One report: `yearly` for a calendar year, else for any days; under `policy`, which may be changed where it is `choosable`."""

    slug: str
    title: str
    law: str
    about: str
    yearly: bool
    policy: str
    choosable: bool
    notes: tuple[str, ...]
    sections: Callable[[Cohort], tuple[Section, ...]]
    figure: str
    """Title of the bars, one for each platform."""
    pieces: Callable[[Tally], Pieces]


@dataclass(frozen=True, slots=True)
class Report:
    kind: Kind
    unit: str
    policy_name: str
    cohort: Cohort
    sections: tuple[Section, ...]
    problems: tuple[str, ...]
    """What of the question could not be used."""

    @property
    def as_of(self) -> str:
        """`2026-03-18 08:00:00 (UTC-04:00)`."""
        at = self.cohort.now.astimezone(ZoneInfo(self.cohort.filters.timezone))
        return f"{at:%Y-%m-%d %H:%M:%S} (UTC{at.isoformat()[-6:]})"

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What stands at the head of every rendering."""
        filters = self.cohort.filters
        return (
            ("Unit", self.unit),
            ("Legal basis", self.kind.law),
            ("Period", f"{filters.first_day} to {filters.last_day}, both included"),
            ("Days in", filters.timezone),
            ("Policy", self.policy_name or "all policies, removal orders included"),
            ("Sample", f"n = {self.cohort.all.number(lambda row: True):,} requests, void and withdrawn ones included"),
            ("As of", self.as_of),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        over = () if self.cohort.filters.until <= self.cohort.now else ("The period is not over yet: these numbers are not final.",)
        return (*self.problems, *over, *self.kind.notes, *NOTES)


NOTES = (
    "A request belongs to the period in which its clock started: under most policies when it was sent, under those for orders when it was"
    " received; after an obstacle or a clarification, when the clock restarted. What was sent in the period and whose clock has not started"
    " is counted as sent, and nothing else is said about it.",
    "A removal is never seen, only bracketed between two looks. Where a limit lies between them the number is given as n to m: at least n,"
    " at most m.",
    "Gone means confirmed gone. Still up means that the content is watched and the last look found it up. Everything else is not known: it"
    " may be gone or up, and is never counted as gone for sure.",
    "Content that somebody withheld in some countries only counts as up: no look proves that it cannot be reached from others.",
    "Numbers are requests: each is one piece of content, asked of one platform under one policy."
    f" Of fewer than {SMALL} requests no share is given.",
    "Content is watched on, people may still decide, and policies may still change: the same report of another day may say something else.",
)
LEFT_OUT = "Left out: void and withdrawn requests, content gone before the clock started, and what a person does not count."
"""Of all tables about removals."""
