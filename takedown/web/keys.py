"""Legends of the charts, the same on the page and in a file."""

from dataclasses import dataclass

from takedown.choices import VerdictValue
from takedown.statistics.ahead import STATES
from takedown.web.charts import PATTERNS
from takedown.web.stacks import PIECES


@dataclass(frozen=True, slots=True)
class Key:
    """A mark of `dashboard/_mark.html` and what it stands for."""

    label: str
    css: str
    shape: str = "box"
    """`box`, `line`, `upright`, `dot`, `square` or `triangle`."""
    pattern: str = ""
    """Id in `dashboard/_patterns.html`."""
    sign: str = ""
    """Text inside a box."""


def _stack(names: dict[str, str]) -> tuple[Key, ...]:
    return tuple(Key(label, f"dc-v-{name}", pattern=PATTERNS.get(name, "")) for name, label in names.items())


VERDICTS = ("met", "indeterminate", "breached", "unproven", "pending", "suspended", "not_counted")
DEADLINE = Key("Deadline", "dc-deadline", "upright")
KEYS: dict[str, tuple[Key, ...]] = {
    "removal": (
        Key("Share still up", "dc-line", "line"),
        Key("Went between two looks", "dc-unknown", pattern="gap"),
        Key("95 % interval", "dc-band"),
        DEADLINE,
    ),
    "against": (
        Key("Surely in this slice", "dc-sure"),
        Key("Perhaps", "dc-unknown", pattern="gap"),
        Key("Not confirmed gone", "dc-late"),
        DEADLINE,
    ),
    "platforms": (
        Key("Platform, at its highest possible share", "dc-inlier", "dot"),
        Key("Below the limits", "dc-outlier dc-below", "square"),
        Key("Above them", "dc-outlier dc-above", "triangle"),
        Key("Down to its lowest", "dc-spread", "upright"),
        Key("All platforms", "dc-unknown", pattern="gap"),
        Key("95 % limit", "dc-limit dc-inner", "line"),
        Key("99.8 % limit", "dc-limit dc-outer", "line"),
    ),
    "heat": (
        Key("None surely missed", "dc-h0"),
        Key("Up to 10 %", "dc-h1"),
        Key("Up to 25 %", "dc-h2"),
        Key("Up to 50 %", "dc-h3"),
        Key("More", "dc-h4"),
        Key("Fewer than 10: no share", "dc-few", pattern="few"),
        Key("Stands out", "dc-out"),
        Key("May be more", "dc-h0", sign="+"),
    ),
    "bands": tuple(Key(label, f"dc-w dc-w-{css}", pattern=f"w-{css}") for css, label in PIECES.items()),
    "causes": (
        Key("As if gone only when first seen gone", "dc-line", "line"),
        Key("As if gone right after last seen up", "dc-limit dc-inner", "line"),
    ),
    "compliance": (
        Key("Surely in time", "dc-met"),
        Key("Perhaps", "dc-may", pattern="gap"),
        Key("Not in time", "dc-track"),
        Key("95 % interval (Wilson)", "dc-whisker", "line"),
    ),
    "open-by-age": (Key("Overdue", "dc-late"), Key("Not overdue", "dc-open", pattern="calm")),
    "trend": _stack({name: str(VerdictValue(name).label) for name in VERDICTS}),
    "ahead": _stack(STATES),
}
"""By the figure's name in `TABLES`, and `ahead`."""
