"""What the rows of a report add up to, for one line of a table. No database, no HTML."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from takedown.reports.rows import RequestRow
from takedown.statistics.bands import SECONDS
from takedown.statistics.causes import CAUSE_OF

EDGES = {"edges": [float(edge) for edge in SECONDS], "mirrored": [-float(edge) for edge in reversed(SECONDS)]}
"""As parameters of `report_requests.sql`."""


@dataclass(frozen=True, slots=True)
class Band:
    """A span of time after the start of the clock, its end inside: the query's bands `first` to `last`."""

    key: str
    label: str
    first: int
    last: int

    @property
    def span(self) -> str:
        """`3600-86400`, and `604800-` for the one without an end: seconds."""
        start, end = ((0, *SECONDS)[self.first], (*SECONDS, "")[self.last])
        return f"{start}-{end}"


_REST = (Band("48h", "24 h to 48 h", 2, 2), Band("7d", "48 h to 7 d", 3, 3), Band("later", "Later", 4, 4))
FROM_AN_HOUR = (Band("1h", "Within 1 h", 0, 0), Band("24h", "1 h to 24 h", 1, 1), *_REST)
FROM_A_DAY = (Band("24h", "Within 24 h", 0, 1), *_REST)
BY_THE_PROVIDER = ("platform_item", "platform_account")
RESTRICTED = ("gated", "withheld")
UP = ("up", *RESTRICTED)
Range = tuple[int, int]
"""The lowest and the highest number that there can be."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Requests that share a line: of a platform, of a category, or all."""

    rows: Sequence[RequestRow]

    def number(self, holds: Callable[[RequestRow], bool]) -> int:
        return sum(row.n for row in self.rows if holds(row))

    @property
    def sent(self) -> int:
        """Neither void nor withdrawn, whether or not the clock has started."""
        return self.number(lambda row: row.left_out != "ended")

    @property
    def standing(self) -> int:
        """Of these, those whose clock has started."""
        return self.sent - self.left_out("unstarted")

    @property
    def followed(self) -> int:
        return self.left_out("")

    @property
    def not_followed(self) -> int:
        """Sent, and yet nothing is said about what became of the content."""
        return self.sent - self.followed

    def left_out(self, why: str) -> int:
        return self.number(lambda row: row.left_out == why)

    def state(self, *states: str) -> int:
        """Followed requests in one of these states; those left out have none."""
        return self.number(lambda row: row.state in states)

    def gone_by(self, *causes: str) -> int:
        """Confirmed gone by one of `CAUSES`."""
        return self.number(lambda row: row.state == "gone" and CAUSE_OF.get(row.outcome, "unknown") in causes)

    def counted_as(self, *names: str) -> int:
        """Clock started, neither void nor withdrawn, and the verdict that counts is one of these."""
        return self.listed_as(*names) - self.number(lambda row: row.started and row.left_out == "ended" and row.counted_as in names)

    def listed_as(self, *names: str) -> int:
        """The same with void and withdrawn ones, as the queue lists them."""
        return self.number(lambda row: row.started and row.counted_as in names)

    @property
    def back(self) -> int:
        return self.number(lambda row: row.state != "" and row.back)

    @property
    def removed(self) -> Range:
        """Removed by the provider, or access disabled: surely where it says so itself; perhaps where nobody knows who did what, also what
        is withheld in some countries only. Not what its author took down."""
        sure = self.gone_by(*BY_THE_PROVIDER)
        return sure, sure + self.gone_by("host", "unknown") + self.state("withheld", "unknown") + self.left_out("unstarted")

    @property
    def not_removed(self) -> Range:
        """Surely what the last look found up everywhere; perhaps also what is withheld somewhere, and what nobody knows."""
        sure = self.state("up", "gated")
        return sure, sure + self.state("withheld", "unknown") + self.left_out("unstarted")

    @property
    def answered(self) -> Range:
        """Answers are on record for removal orders only: of other requests nobody knows here."""
        sure = self.number(lambda row: row.left_out != "ended" and row.is_order and (row.done or row.impossible))
        return sure, sure + self.number(lambda row: row.left_out != "ended" and not row.is_order)

    def within(self, band: Band) -> Range:
        """Gone in this band: surely, where both looks lie in it; perhaps, where it may have been, also for what nobody knows to be gone."""
        sure = self.number(lambda row: row.state == "gone" and band.first <= row.first and row.last <= band.last)
        may = self.number(lambda row: row.state in {"gone", "unknown"} and max(row.first, band.first) <= min(row.last, band.last))
        return sure, may

    def share_within(self, band: Band) -> Range:
        """The same for a share: what is up, and whose time is not over (the last band of what is not gone is that of now), may yet go."""
        sure, may = self.within(band)
        return sure, may + self.number(lambda row: row.state in UP and row.last <= band.last)


def by(rows: Iterable[RequestRow], key: Callable[[RequestRow], str]) -> dict[str, Tally]:
    """A tally for each value of `key`, in their order."""
    found: dict[str, list[RequestRow]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return {name: Tally(found[name]) for name in sorted(found)}
