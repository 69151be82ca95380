"""Removed by when: how many went within an hour, a day, a week, as bounds. No database, no HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from takedown.statistics.rows import BandRow

BANDS = {"1h": "Within 1 h", "24h": "1 h to 24 h", "48h": "24 h to 48 h", "7d": "48 h to 7 d", "later": "Later"}
"""Each ends where the next begins, its end inside; the last has none."""
SECONDS = (3_600, 86_400, 172_800, 604_800)
"""Ends of all but the last of `BANDS`."""
EDGES = {"edges": [float(edge) for edge in SECONDS], "mirrored": [-float(edge) for edge in reversed(SECONDS)]}
"""As parameters of `bands.sql`."""


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


def bands_of(rows: Sequence[BandRow]) -> Bands:
    names = sorted({(row.name, row.slug) for row in rows})
    platforms = tuple(_removals(slug, name, [row for row in rows if row.slug == slug]) for name, slug in names)
    return Bands(platforms, _removals("", "All platforms", rows))


def _removals(slug: str, name: str, rows: Sequence[BandRow]) -> Removals:
    gone = [row for row in rows if row.state == "gone"]
    known = {state: sum(row.n for row in rows if row.state == state) for state in ("up", "unknown")}
    return Removals(
        slug=slug,
        name=name,
        requests=sum(row.n for row in rows),
        lowest=tuple(sum(row.n for row in gone if row.first == row.last == place) for place in range(len(BANDS))),
        highest=tuple(sum(row.n for row in rows if row.state != "up" and row.first <= place <= row.last) for place in range(len(BANDS))),
        between=sum(row.n for row in gone if row.first < row.last),
        **known,
    )
