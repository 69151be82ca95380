"""The part of the request page that is about its removal order."""

from datetime import datetime
from typing import Any

from django import template
from django.urls import reverse

from takedown import orders
from takedown.annexes import ANNEXES, instant
from takedown.choices import UNSENT, AnswerKind
from takedown.models import AnswerLink, PlatformAnswer, TakedownRequest
from takedown.models.access import Permission
from takedown.web.timeline import bracket_of

register = template.Library()


@register.inclusion_tag("request/_order.html", takes_context=True)
def order_panel(context: dict[str, Any], found: TakedownRequest) -> dict[str, Any]:
    """The order, the answers to it with what is known of them now, and ways to answer. Nothing for other requests."""
    if not orders.is_order(found):
        return {}
    order, now, may_send = getattr(found, "order", None), context["now"], Permission.SEND in context["may"]
    can_answer = may_send and not orders.why_not_answerable(found)
    return {
        "found": found,
        "now": now,
        "order": order,
        "lacking": orders.lacking(order, now) if order else [],
        "approved": order is not None and orders.is_approved(order, now),
        "may_write": may_send and found.status in UNSENT,
        "answers": [_told(answer, found) for answer in found.answers.select_related("recorded_by")],
        "can_answer": can_answer,
        "links": [
            (link, _address(context, link, now) if can_answer else "")
            for link in found.answer_links.select_related("issued_by", "revoked_by")
        ],
    }


def _address(context: dict[str, Any], link: AnswerLink, now: datetime) -> str:
    """Where the link leads; "" for one that has ended."""
    if link.revoked_at is not None or link.expires_at <= now:
        return ""
    address: str = context["request"].build_absolute_uri(reverse("answer", args=[orders.token_of(link)]))
    return address


def _told(answer: PlatformAnswer, found: TakedownRequest) -> tuple[PlatformAnswer, list[dict[str, Any]], str, bool]:
    """An answer, what it says, what a claim of removal is worth by what is known now, and whether that contradicts it."""
    said = orders.sections_of(ANNEXES[answer.kind], answer.fields, "en")
    if answer.kind != AnswerKind.DONE:
        return answer, said, "", False
    known = bracket_of(found, getattr(found.item, "watch", None))
    claimed = instant(answer.fields, "measure_at")
    finding = orders.compare(claimed, *known)
    return answer, said, orders.sentence(finding, claimed, *known), finding is orders.Finding.CONTRADICTED
