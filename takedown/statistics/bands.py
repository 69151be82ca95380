"""Removed by when: how many went within an hour, a day, a week, as bounds. No database, no HTML."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from takedown.statistics.rows import BracketRow

BANDS = {"1h": "Within 1 h", "24h": "1 h to 24 h", "48h": "24 h to 48 h", "7d": "48 h to 7 d", "later": "Later"}
"""Each ends where the next begins, its end inside; the last has none."""
SECONDS = (3_600, 86_400, 172_800, 604_800)
"""Ends of all but the last of `BANDS`."""


@dataclass(frozen=True, slots=True)
class Removals:
    """Requests of one platform, or of all (`slug` empty): `sum(lowest) + between + up + unknown` is `requests`."""

    slug: str
    name: str
    requests: int
    lowest: tuple[int, ...]
    """Per band: gone, and surely then."""
    highest: tuple[int, ...]
    """Per band: may have gone then, as far as anybody knows."""
    between: int
    """Gone, with an end of a band between the two looks."""
    up: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Bands:
    platforms: tuple[Removals, ...]
    total: Removals

    @property
    def finding(self) -> str:
        all_of = self.total
        if not all_of.requests:
            return "No clock started in this period."
        low, high = all_of.lowest[0], all_of.highest[0]
        hour = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        return (
            f"Of {all_of.requests:,} requests {hour} went within 1 h; {all_of.up:,} were up at the last look, "
            f"and of {all_of.unknown:,} it is not known."
        )


def bands_of(rows: Sequence[BracketRow], names: Mapping[int, tuple[str, str]]) -> Bands:
    """`names`: slug and name of the platforms."""
    by_platform: dict[int, list[BracketRow]] = defaultdict(list)
    for row in rows:
        by_platform[row.platform_id].append(row)
    ordered = sorted((names[platform_id][::-1], of_platform) for platform_id, of_platform in by_platform.items())
    platforms = tuple(_removals(slug, name, of_platform) for (name, slug), of_platform in ordered)
    return Bands(platforms, _removals("", "All platforms", rows))


def _removals(slug: str, name: str, rows: Sequence[BracketRow]) -> Removals:
    lowest, highest, between, state = [0] * len(BANDS), [0] * len(BANDS), 0, {"up": 0, "unknown": 0}
    for row in rows:
        first = bisect_right(SECONDS, row.last_up)
        last = len(SECONDS) if row.first_gone is None else bisect_left(SECONDS, row.first_gone)
        if row.first_gone is None:
            state["up" if row.way == "up" else "unknown"] += row.n
        elif first == last:
            lowest[first] += row.n
        else:
            between += row.n
        if row.first_gone is not None or row.way != "up":
            for place in range(first, last + 1):
                highest[place] += row.n
    return Removals(slug, name, sum(row.n for row in rows), tuple(lowest), tuple(highest), between, **state)
