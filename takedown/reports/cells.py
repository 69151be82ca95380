"""What the tables of a report are made of, beside what those of the statistics are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from takedown.reports.tally import Range
from takedown.statistics.cells import Cell, Count, Table
from takedown.statistics.figures import SMALL, share_text
from takedown.survival import wilson

NOT_RECORDED = "not recorded here: fill in by hand"
FEW = f"fewer than {SMALL}"
FIGURE, NUMBER, HOW = "Figure", "Number", "How it is counted"


class Between(str):
    """A number that is known within bounds only: `3 to 5`."""

    __slots__ = ("high", "low")
    low: int
    high: int

    def __new__(cls, low: int, high: int) -> Self:
        cell = super().__new__(cls, f"{low:,} to {high:,}")
        cell.low, cell.high = low, high
        return cell


@dataclass(frozen=True, slots=True)
class Form(Table):
    """One number a line, each with its own definition."""


@dataclass(frozen=True, slots=True)
class ByHand(Form):
    """What this product does not record: it rests on nothing that could be counted."""


def between(ends: Range, where: Mapping[str, str] | None = None) -> Cell:
    """The bounds, or the number where they agree: then, under `where`, a list that has as many rows."""
    low, high = ends
    if low < high:
        return Between(low, high)
    return low if where is None else Count(low, where)


def shares(ends: Range, n: int) -> tuple[Cell, Cell]:
    """The share between two bounds, and a 95 % interval around both (Wilson); withheld where it rests on few."""
    low, high = ends
    if n < SMALL:
        return FEW, FEW
    return share_text((low / n, high / n)), share_text((wilson(low, n)[0], wilson(high, n)[1]))


def form(title: str, n: int, lines: Iterable[tuple[str, Cell, str]]) -> Form:
    """A form of lines `(figure, number, how it is counted)` that rests on `n` requests."""
    return Form(title, (FIGURE, NUMBER, HOW), tuple(lines), "", n)


def by_hand(title: str, figures: Iterable[str]) -> ByHand:
    """A form of what this product does not record."""
    return ByHand(title, (FIGURE, NUMBER), tuple((figure, NOT_RECORDED) for figure in figures))


def sample_of(table: Table) -> str:
    """`n = 1,041`; nothing where nothing is counted."""
    return "" if isinstance(table, ByHand) else f"n = {table.n:,}"
