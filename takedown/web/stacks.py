"""Geometry of stacked bars, in per cent of their width."""

from collections.abc import Sequence
from dataclasses import dataclass

from takedown.statistics.bands import BANDS, Bands, Removals
from takedown.statistics.figures import in_sentence


@dataclass(frozen=True, slots=True)
class Piece:
    css: str
    label: str
    count: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Stack:
    name: str
    slug: str
    total: int
    pieces: tuple[Piece, ...]
    text: str
    """The bar in words."""


PIECES = {**BANDS, "between": "Gone, band unknown", "up": "Still up", "unknown": "Not known"}
"""In their order from left to right, by CSS class."""


def removal_stacks(bands: Bands) -> tuple[Stack, ...]:
    """One bar per platform, then all where there are several. What nobody knows is a piece of its own."""
    lines = bands.platforms if len(bands.platforms) < 2 else (*bands.platforms, bands.total)
    return tuple(map(_stack, lines))


def _stack(line: Removals) -> Stack:
    counts = (*line.lowest, line.between, line.up, line.unknown)
    return stack(line.name, line.slug, [(css, label, count) for (css, label), count in zip(PIECES.items(), counts, strict=True)])


def stack(name: str, slug: str, counts: Sequence[tuple[str, str, int]]) -> Stack:
    """A bar of parts: CSS class, label and number; those of nothing are left out."""
    total = sum(count for _, _, count in counts)
    pieces, before = [], 0
    for css, label, count in counts:
        if count:
            start, end = round(100 * before / total, 2), round(100 * (before + count) / total, 2)
            pieces.append(Piece(css, label, count, start, round(end - start, 2)))
            before += count
    text = ", ".join(f"{piece.count:,} {in_sentence(piece.label)}" for piece in pieces)
    return Stack(name, slug, total, tuple(pieces), f"{name}: {text}")
