"""When content went, in slices of its period: a histogram against the deadline, with bounds. No database, no HTML."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from takedown.statistics.figures import time_text
from takedown.statistics.histogram import GRID
from takedown.statistics.rows import BracketRow

PARTS = (10, 9, 11, 8, 12, 7, 13, 6, 14, 5, 4)
"""Slices up to the deadline, the best number first: the first of them whose ends all lie on the grid of the brackets is taken."""
_GRID = frozenset(GRID)


@dataclass(frozen=True, slots=True)
class Slice:
    """Confirmed removals in `(seconds_from, seconds_to]` after the start of the clock; the last slice has no end."""

    seconds_from: int
    seconds_to: int | None
    surely: int
    """Both looks around it lie in the slice."""
    perhaps: int
    """The time between the two looks and the slice have something in common."""

    @property
    def label(self) -> str:
        if self.seconds_to is None:
            return f"later than {time_text(self.seconds_from)}"
        return (
            f"{time_text(self.seconds_from)} to {time_text(self.seconds_to)}"
            if self.seconds_from
            else f"up to {time_text(self.seconds_to)}"
        )


@dataclass(frozen=True, slots=True)
class Against:
    deadline: float | None
    """Seconds, where all requests share one period."""
    slices: tuple[Slice, ...]
    """From the start to twice the deadline, and later; empty without a deadline."""
    items: int
    unconfirmed: int
    """Not confirmed gone, for whatever reason."""
    allowed: Slice | None
    """Everything up to the deadline."""

    @property
    def finding(self) -> str:
        if not self.items:
            return "No clock started in this period."
        if self.allowed is None or self.deadline is None:
            return "No one deadline to hold these against: they have different periods, or one that cannot be sliced evenly."
        one = self.allowed
        late = self.items - self.unconfirmed - one.perhaps
        return (
            f"Of {self.items:,} items {one.surely:,} surely went within the {time_text(self.deadline)} allowed and"
            f" {one.perhaps - one.surely:,} perhaps; {late:,} surely went later, and {self.unconfirmed:,} are not confirmed gone."
        )


def against_of(rows: Sequence[BracketRow], deadline: float | None) -> Against:
    """Slices whose ends lie on the grid, where rounding outwards moves no removal to another side."""
    gone = [row for row in rows if row.first_gone is not None]
    items = sum(row.n for row in rows)
    edges = _edges(deadline)
    slices = tuple(_slice(gone, low, high) for low, high in pairwise((*edges, None)) if low is not None)
    allowed = _slice(gone, 0, int(deadline)) if deadline and edges else None
    return Against(deadline, slices, items, items - sum(row.n for row in gone), allowed)


def _edges(deadline: float | None) -> tuple[int, ...]:
    """From 0 to twice the deadline; none where no number of parts fits."""
    for parts in PARTS if deadline else ():
        edges = tuple((deadline or 0) * part / parts for part in range(2 * parts + 1))
        if _GRID.issuperset(edges):
            return tuple(map(int, edges))
    return ()


def _slice(gone: Sequence[BracketRow], low: int, high: int | None) -> Slice:
    end = math.inf if high is None else high
    surely = perhaps = 0
    for row in gone:
        first = row.first_gone or 0
        surely += row.n * (low <= row.last_up and first <= end)
        perhaps += row.n * (row.last_up < end and first > low)
    return Slice(low, high, surely, perhaps)
