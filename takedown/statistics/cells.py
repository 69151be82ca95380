"""What the tables of the statistics are made of. A count knows the list that shows what it counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


class Count(int):
    """A number of requests, and the filters under which the queue lists exactly these."""

    where: Mapping[str, str]

    def __new__(cls, number: int, where: Mapping[str, str]) -> Self:
        count = super().__new__(cls, number)
        count.where = where
        return count


class PlatformName(str):
    """A platform's name, and the slug of the page about it; empty for all platforms together."""

    __slots__ = ("slug",)
    slug: str

    def __new__(cls, name: str, slug: str) -> Self:
        cell = super().__new__(cls, name)
        cell.slug = slug
        return cell


Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` as long as `columns`; None is an empty cell, shares are between 0 and 1."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    definition: str = ""
    """What is counted and how, in plain sentences."""
    n: int = 0
    """Sample size: what the figure rests on."""
