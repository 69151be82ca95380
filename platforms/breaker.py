"""When not to believe what we see. Pure: the caller brings the counts.

Two things open an eye's lid. Errors in a row: the platform, or our way to it, is ill, and asking on would only make it worse. Many items
gone at once: it is more likely us than them (a revoked key, a filtered reply), so what follows from their absence is held until it passes
or a person decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from platforms.base import Outcome, Sighting

PROBES = 3
"""Calls that fail in a row, one at a time, before an open breaker closes the eye again: of a platform that answers every other time, one
unlucky call says little."""
_LONGEST = 8 * 86_400.0
"""Seconds: counts of minutes are not kept for longer."""


@dataclass(frozen=True, slots=True)
class BreakerRule:
    """Thresholds of one platform; from `breaker` in its configuration."""

    failures: int = 5
    """Calls that fail in a row before no more are made for a while."""
    cooldown_seconds: float = 60
    """The first pause; doubled with each that follows, up to `longest_seconds`."""
    longest_seconds: float = 600
    """A platform that is well again is seen in time for a deadline of one hour."""
    share: float = 0.2
    """Part of the items seen up before that may be found gone within the window."""
    fewest: int = 10
    """Disappearances below which nothing is held, whatever the share."""
    window_minutes: int = 10
    back_share: float = 0.5
    """The hold lets go once this part of what had disappeared is seen up again."""
    hold_seconds: float = 86400
    """And at the latest after so long."""

    def __post_init__(self) -> None:
        if self.failures < 1 or self.fewest < 1 or self.window_minutes < 1 or not 0 < self.share <= 1 or not 0 < self.back_share <= 1:
            raise ValueError("breaker needs failures, fewest and window_minutes >= 1, share and back_share in (0, 1]")
        if not 0 < self.cooldown_seconds <= self.longest_seconds or self.hold_seconds <= 0:
            raise ValueError("breaker needs 0 < cooldown_seconds <= longest_seconds and hold_seconds > 0")
        if max(self.window_minutes * 60, self.longest_seconds, self.hold_seconds) > _LONGEST:
            raise ValueError("breaker takes no more than 8 days for anything")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Take the keys named like the fields, ignore every other. Raises ValueError or TypeError for values that make no sense."""
        known = cls()
        given = {one.name: config[one.name] for one in fields(cls) if one.name in config}
        if "cooldown_seconds" in given:
            given.setdefault("longest_seconds", max(known.longest_seconds, float(given["cooldown_seconds"])))
        return replace(known, **{name: type(getattr(known, name))(value) for name, value in given.items()})

    def opens(self, failures: int, trips: int) -> bool:
        """Whether to make no more calls for a while; `failures` in a row, counted anew each of the `trips` times it has opened."""
        return failures >= (min(PROBES, self.failures) if trips else self.failures)

    def cooldown(self, trips: int) -> float:
        """Seconds without calls when it opens for the `trips`-th time in a row."""
        return float(min(self.cooldown_seconds * 2.0 ** min(trips - 1, 20), self.longest_seconds))

    def holds(self, *, disappeared: int, had_been_up: int) -> bool:
        """Whether too many items disappeared at once to be believed."""
        return disappeared >= self.fewest and disappeared > self.share * had_been_up

    def lets_go(self, *, lost: int, still_gone: int, held_seconds: float) -> bool:
        """Whether a hold has passed: enough of what was lost is back, or it has lasted long enough to be the truth."""
        return lost - still_gone >= self.back_share * lost or held_seconds >= self.hold_seconds


_OURS_OR_THEIRS = frozenset(
    {
        "timeout",
        "dns",
        "connect",
        "tls",
        "malformed",
        "too_large",
        "not_json",
        "unexpected_shape",
        "control_missing",
        "redirect_loop",
        "too_many_redirects",
        "took_too_long",
        "connector_error",
        "bot_wall",
        "login_wall",
        "http_401",
        "http_403",
    }
)


def failed(sighting: Sighting) -> bool:
    """Whether a look failed for a reason that is the platform's or ours, not the item's. To be told to wait is no failure."""
    if sighting.outcome is not Outcome.INDETERMINATE:
        return False
    return sighting.reason in _OURS_OR_THEIRS or sighting.reason.startswith("http_5")
