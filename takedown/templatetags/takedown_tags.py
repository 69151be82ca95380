"""How values look on screen: URLs that cannot be clicked, chips, durations, instants."""

from datetime import UTC, datetime, timedelta

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from takedown.choices import VerdictValue
from takedown.models import TakedownRequest
from takedown.web import due as dues
from takedown.web.actions import Action
from takedown.web.reasons import in_words

register = template.Library()

TAIL = 14
"""Characters of a URL that stay visible after the gap: enough for an id."""


@register.filter
def defang(url: str) -> str:
    """`https://a.example/b.c` becomes `hxxps://a[.]example/b.c`: to read and to copy, not to click."""
    scheme, separator, rest = url.replace("[.]", ".").partition("://")
    if not separator:
        return scheme.replace(".", "[.]")
    cut = min((place for place in (rest.find(mark) for mark in "/?#") if place >= 0), default=len(rest))
    return f"{scheme.replace('t', 'x', 2)}://{rest[:cut].replace('.', '[.]')}{rest[cut:]}"


@register.filter
def evidence(value: object) -> str:
    """A piece of evidence as text; an address in it cannot be clicked either."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return defang(text) if text.startswith(("http://", "https://")) else text


@register.filter
def reason(code: str) -> str:
    """Why a look came to its outcome, in plain words."""
    return in_words(code)


@register.filter
def middle(text: str) -> SafeString:
    """The whole text, selectable, with its middle hidden where there is no room."""
    if len(text) <= TAIL * 2:
        return format_html('<span class="url" translate="no"><span>{}</span></span>', text)
    return format_html(
        '<span class="url" translate="no" title="{}"><span class="url-head">{}</span><span>{}</span></span>',
        text,
        text[:-TAIL],
        text[-TAIL:],
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name)


@register.simple_tag
def chip(verdict: str, provisional: bool = False, large: bool = False) -> SafeString:
    """A verdict as symbol, colour and word; dashed and said so while it is provisional."""
    label = VerdictValue(verdict).label
    note = SafeString(" <em>provisional</em>") if provisional else ""
    more = f"{' provisional' if provisional else ''}{' chip-large' if large else ''}"
    return format_html('<span class="chip v-{}{}">{}{}{}</span>', verdict, more, icon(f"v-{verdict}"), label, note)


@register.simple_tag
def due_chip(request: TakedownRequest, now: datetime) -> SafeString:
    """How it stands with the deadline, counted down in the browser while that means something."""
    state = dues.state_of(request, now)
    text = dues.text_of(state, request.due_at, now)
    symbol = icon(dues.SYMBOLS[state])
    if request.due_at is None:
        return format_html('<span class="chip due due-{}">{}{}</span>', state, symbol, text)
    live = ""
    if state in dues.TICKING:
        live = format_html(' data-due="{}" data-soon="{}"', _iso(request.due_at), _iso(dues.soon_from(request)))
    return format_html(
        '<time class="chip due due-{}" datetime="{}" title="{}"{}>{}<span>{}</span></time>',
        state,
        _iso(request.due_at),
        f"Due {absolute(request.due_at)}",
        live,
        symbol,
        text,
    )


@register.simple_tag
def due_sample(state: str, now: datetime) -> SafeString:
    """A chip of the style guide."""
    text = dues.text_of(state, now - timedelta(minutes=134) if state == "overdue" else now + timedelta(minutes=42), now)
    return format_html('<span class="chip due due-{}">{}<span>{}</span></span>', state, icon(dues.SYMBOLS[state]), text)


@register.simple_tag
def action_url(action: Action, request: TakedownRequest) -> str:
    return reverse(f"request-{action.name}", args=[request.pk])


@register.filter
def duration(span: timedelta | None) -> str:
    """The two largest units of a length of time: `2 h 14 min`. Never negative."""
    return "" if span is None else dues.duration(span)


@register.filter
def absolute(at: datetime | None) -> str:
    """`21 Nov 2026, 14:05:09 CET`, in the agency's zone."""
    return "" if at is None else dues.absolute(at)


@register.filter
def clock(at: datetime) -> str:
    """`21 Nov 14:05:09 CET`, for labels of a time line."""
    local = timezone.localtime(at)
    return f"{local.day} {local:%b %H:%M:%S} {local.tzname()}"


@register.filter
def utc(at: datetime) -> str:
    """The same instant in UTC, or nothing where the agency's zone is UTC anyway."""
    return "" if timezone.localtime(at).utcoffset() == timedelta() else f"{at.astimezone(UTC):%H:%M:%S} UTC"


@register.filter
def ago(at: datetime | None, now: datetime) -> str:
    """`3 min ago`, `in 2 h`."""
    if at is None:
        return "never"
    return f"{dues.duration(now - at)} ago" if at <= now else f"in {dues.duration(at - now)}"


@register.simple_tag
def instant(at: datetime | None, now: datetime | None = None) -> SafeString:
    """Absolute time with its zone, and how far away where `now` is given."""
    if at is None:
        return SafeString('<span class="muted">none</span>')
    relative = format_html(' <span class="muted">({})</span>', ago(at, now)) if now else ""
    return format_html('<time datetime="{}">{}</time>{}', _iso(at), absolute(at), relative)


@register.simple_tag
def both_zones(at: datetime | None, now: datetime) -> SafeString:
    """An instant in the agency's zone and in UTC, for the places where it is evidence."""
    other = utc(at) if at else ""
    return format_html("{}{}", instant(at, now), format_html('<span class="sub">{}</span>', other) if other else "")


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
