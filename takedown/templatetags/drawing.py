"""Parts of drawings that come by the hundred. Made here, as a template takes ten times as long for them."""

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from takedown.web.charts import Box, Column, Segment
from takedown.web.heatmap import Patch

register = template.Library()


@register.filter
def outline(boxes: Iterable[Box]) -> str:
    """`d` of one path around all of them."""
    return "".join(f"M{box.x:g} {box.y:g}h{box.width:g}v{box.height:g}h{-box.width:g}z" for box in boxes)


@register.filter
def patches(drawn: Iterable[Patch]) -> SafeString:
    """Cells of a heat map, each with its title."""
    return _together(map(_patch, drawn))


@register.filter
def columns(drawn: Iterable[Column]) -> SafeString:
    """Stacked columns, each with its numbers as title."""
    return _together(map(_column, drawn))


def _patch(one: Patch) -> str:
    box = f'x="{one.x}" y="{one.y}" width="{one.width}" height="{one.height}"'
    fill = ' fill="url(#few)"' if one.css == "few" else ""
    ring = f'<rect class="dc-out" {box}/>' if one.out else ""
    ink = "hi" if one.css == "h4" else "ht"
    text = f'<text class="dc-{ink}" x="{one.middle[0]}" y="{one.middle[1]}">{escape(one.text)}</text>' if one.text else ""
    return f'<g><title>{escape(one.title)}</title><rect class="dc-{one.css}" {box}{fill}/>{ring}{text}</g>'


def _column(one: Column) -> str:
    numbers = "".join(f", {segment.count} {segment.label.lower()}" for segment in one.segments)
    boxes = "".join(_segment(one, segment) for segment in one.segments)
    return f"<g><title>{escape(f'{one.label}: {one.total}{numbers}')}</title>{boxes}</g>"


def _segment(one: Column, of: Segment) -> str:
    fill = f' fill="url(#{of.pattern})"' if of.pattern else ""
    return f'<rect class="dc-v-{of.css}" x="{one.x}" y="{of.y}" width="{one.width}" height="{of.height}"{fill}/>'


def _together(parts: Iterable[str]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308  words are escaped, the rest is numbers and names of ours
