"""Brackets on a grid: packed by the database, added up here. No database, no HTML."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np

from platforms.base import Outcome
from takedown.statistics.rows import BracketRow
from takedown.survival import Ints

_STEPS = (
    (10, 120),
    (30, 600),
    (60, 1_200),
    (120, 7_200),
    (600, 21_600),
    (1_800, 86_400),
    (3_600, 172_800),
    (7_200, 259_200),
    (21_600, 604_800),
    (43_200, 1_209_600),
    (86_400, 2_592_000),
    (259_200, 7_776_000),
    (604_800, 31_449_600),
    (2_419_200, 125_798_400),
)
GRID = (
    *(float(second) for low, (step, high) in zip((0, *(h for _, h in _STEPS)), _STEPS, strict=False) for second in range(low, high, step)),
    2e9,
)
"""Seconds, in steps that grow with time: 10 s up to 2 min, 2 min up to 2 h, 30 min up to 24 h, 1 d up to 30 d and more
after that: mostly less than a tenth of the time. Hours and days where deadlines lie are on it, so that no removal changes sides."""
WAYS = ("unknown", "provisional", "up", *Outcome.values)
"""What `way` of the view `takedown_tally` may be. A confirmed removal that is none of these has no known cause: it is read as the first."""
_WAY, _LEFT = 1_048_576, 1_024
_GRID = np.array(GRID)
PACKED = {"grid": list(GRID), "ways": list(WAYS)}
"""As parameters of `histograms.sql`."""


Cells: TypeAlias = tuple[Ints, Ints]
"""Cells, ascending and each once, and how many items are in them."""
NOTHING: Cells = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


def unpacked(packed: Iterable[bytes | memoryview]) -> Cells:
    pairs = np.frombuffer(b"".join(packed), dtype=">i4").reshape(-1, 2).astype(np.int64)
    return added((pairs[:, 0], pairs[:, 1]))


def added(*parts: Cells) -> Cells:
    """Several together, or one whose cells may stand more than once."""
    cells, place = np.unique(np.concatenate([cells for cells, _ in parts]), return_inverse=True)
    return cells, np.bincount(place, np.concatenate([numbers for _, numbers in parts]), cells.size).astype(np.int64)


def packed(cells: Ints, numbers: Ints) -> bytes:
    """As the database packs them."""
    return np.column_stack((cells, numbers)).astype(">i4").tobytes()


def brackets_of(platform_id: int, found: Cells, ends: Sequence[float] = GRID) -> list[BracketRow]:
    """In seconds, as of this platform; rounded outwards once more, to `ends`, the first of which is 0."""
    cells, numbers = found
    coarser = np.array((*ends, np.inf))
    starts = (np.searchsorted(coarser, _GRID, side="right") - 1)[cells % _WAY // _LEFT]
    stops = np.searchsorted(coarser, np.append(_GRID, np.inf))[np.minimum(cells % _LEFT, _GRID.size)]
    cells, numbers = added((cells // _WAY * _WAY + starts * _LEFT + stops, numbers))
    return [
        BracketRow(platform_id, WAYS[way], int(ends[start]), int(ends[stop]) if stop < len(ends) else None, number)
        for way, start, stop, number in zip(
            (cells // _WAY).tolist(), (cells % _WAY // _LEFT).tolist(), (cells % _LEFT).tolist(), numbers.tolist(), strict=True
        )
    ]
