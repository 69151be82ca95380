"""Which platform missed how much in which week: a heat map's cells and what stands out among them. No database, no HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from takedown.statistics.cover import monday
from takedown.statistics.figures import SMALL, share_text
from takedown.statistics.rows import ComplianceRow
from takedown.statistics.spread import Standing
from takedown.survival import binomial_limits

WEEKS, PLATFORMS = 26, 12
"""Shown at most: the last weeks of the period, and the platforms with most requests in them."""
CHANCE = 0.025
"""Of any cell at all standing out where every platform and week does equally well: shared out among the cells (Bonferroni)."""
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class HeatCell:
    """Requests of one platform whose clock started in one week."""

    week: date
    """Its Monday."""
    requests: int
    standing: Standing
    out: bool = False
    """Misses more than chance explains, even at its lowest possible share."""


@dataclass(frozen=True, slots=True)
class HeatLine:
    slug: str
    name: str
    cells: tuple[HeatCell | None, ...]
    """One for each week; None where no clock started."""


@dataclass(frozen=True, slots=True)
class Heat:
    weeks: tuple[date, ...]
    """Mondays without a gap."""
    lines: tuple[HeatLine, ...]
    """The platform with most requests first."""
    total: Standing
    """All that is shown."""
    left_out: tuple[int, int]
    """Weeks and platforms with requests that are not shown."""

    @property
    def cells(self) -> list[HeatCell]:
        return [cell for line in self.lines for cell in line.cells if cell]

    @property
    def finding(self) -> str:
        """One sentence; a second one where something is left out."""
        return f"{self._finding}{self._cut}"

    @property
    def _finding(self) -> str:
        if not self.lines:
            return "No clock started in these weeks."
        if all(cell.standing.few for cell in self.cells):
            return f"No platform has {SMALL} requests of one week that are decided or past due: too few for a share."
        together = f"{share_text(self.total.missed)} of all {self.total.n:,}"
        out = sorted((cell for cell in self.cells if cell.out), key=lambda cell: cell.standing.missed, reverse=True)
        if not out:
            return f"No platform and week misses clearly more deadlines than the rest; together it is {together}."
        worst, more = out[0], len(out) - 1
        named = f"{worst.standing.name} in the week of {worst.week.day} {worst.week:%B %Y}"
        also = f", and {more} more {'stands' if more == 1 else 'stand'} out" if more else ""
        return f"{named} stands out: {share_text(worst.standing.missed)} of {worst.standing.n:,} missed, against {together}{also}."

    @property
    def _cut(self) -> str:
        weeks, platforms = self.left_out
        parts = [f"the last {len(self.weeks)} weeks"] if weeks else []
        parts += [f"the {len(self.lines)} platforms with most requests of {len(self.lines) + platforms}"] if platforms else []
        return f" Shown are {' and '.join(parts)}." if parts else ""


def heat_of(rows: Mapping[tuple[date, int], ComplianceRow], *, first: date | None, last: date) -> Heat:
    """Cells of the weeks from the day `first` to `last`; without `first` from the earliest row on. `rows` by Monday and platform."""
    started = first or min((week for week, _ in rows), default=last)
    begin, end = monday(started), monday(last)
    weeks = tuple(begin + _WEEK * place for place in range((end - begin) // _WEEK + 1))
    shown = weeks[-WEEKS:]
    by_platform: dict[int, dict[date, ComplianceRow]] = {}
    for (week, platform), row in rows.items():
        if week >= shown[0]:
            by_platform.setdefault(platform, {})[week] = row
    most = sorted(by_platform.values(), key=_size)[:PLATFORMS]
    drawn = [row for of_platform in most for row in of_platform.values()]
    total, shares = _standing(drawn), sum(not _standing([row]).few for row in drawn)
    lines = tuple(_line(of_platform, shown, total, shares) for of_platform in most)
    return Heat(shown, lines, total, (len(weeks) - len(shown), len(by_platform) - len(most)))


def _size(of_platform: Mapping[date, ComplianceRow]) -> tuple[int, str]:
    """Most requests first, then by name."""
    return -sum(row.requests for row in of_platform.values()), next(row.name for row in of_platform.values())


def _standing(rows: Sequence[ComplianceRow], slug: str = "", name: str = "All shown") -> Standing:
    return Standing(slug, name, *(sum(getattr(row, field) for row in rows) for field in ("met", "breached", "indeterminate", "unproven")))


def _line(of_platform: Mapping[date, ComplianceRow], weeks: Sequence[date], total: Standing, shares: int) -> HeatLine:
    one = next(iter(of_platform.values()))
    cells = (_cell(week, of_platform[week], total, shares) if week in of_platform else None for week in weeks)
    return HeatLine(one.slug, one.name, tuple(cells))


def _cell(week: date, row: ComplianceRow, total: Standing, shares: int) -> HeatCell:
    one = _standing([row], row.slug, row.name)
    out = not one.few and one.share[1] < binomial_limits(total.share[0], one.n, CHANCE / shares)[0]
    return HeatCell(week, row.requests, one, out)
