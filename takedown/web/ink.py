"""The style of a chart that stands alone: the rules of `dashboard.css` for charts, with the light colours of `tokens.css` as hex.

Programs that open an SVG file know neither custom properties nor OKLCH.
"""

import math
import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

TOKEN = re.compile(r"--([\w-]+): (?:light-dark\(oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\),|var\(--([\w-]+)\))")
RULE = re.compile(r"^  (?! )([^\n@{}]*(?:\.dc-|\.chart text|\"dc-)[^\n@{}]*\{[^{}]*\})$", re.MULTILINE)
"""Outside of media queries, which are indented deeper."""


@cache
def style() -> str:
    """Raises KeyError where a rule names a colour that is none."""
    colours = _colours(_text("css/tokens.css"))
    rules = "\n".join(RULE.findall(_text("css/dashboard.css")))
    return re.sub(r"var\(--([\w-]+)\)", lambda found: colours[found[1]], rules)


def _text(name: str) -> str:
    return Path(str(finders.find(name))).read_text()


def _colours(tokens: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, lightness, chroma, hue, same in TOKEN.findall(tokens):
        found.setdefault(name, found[same] if same else hex_of(float(lightness) / 100, float(chroma), float(hue)))
    return found


def hex_of(lightness: float, chroma: float, hue: float) -> str:
    """sRGB of an OKLCH colour, clipped to the gamut (Ottosson 2020)."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long, middle, short = (
        (lightness + x * a + y * b) ** 3
        for x, y in ((0.3963377774, 0.2158037573), (-0.1055613458, -0.0638541728), (-0.0894841775, -1.2914855480))
    )
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _gamma(min(max(one, 0.0), 1.0))):02x}" for one in linear)


def _gamma(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
