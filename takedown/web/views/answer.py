"""Answers of platforms: typed in by people of the agency, or given by the platform under its link."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from takedown import orders
from takedown.annexes import ANNEXES
from takedown.choices import CLOSED, AnswerKind, ClockEventKind
from takedown.models import TakedownRequest, walls
from takedown.models.access import Permission
from takedown.models.errors import NotPossible
from takedown.verdicts import database_now
from takedown.web.access import SignedIn, requires
from takedown.web.annex_form import DERIVED, AnnexForm
from takedown.web.views.order import fetch

SET_BY_US = DERIVED | {"submitted_at"}
"""What the link does not ask: when it is submitted is when we get it."""


def by_hand(kind: AnswerKind) -> Callable[..., HttpResponse]:
    """The view behind one kind of answer on the request page."""

    @requires(Permission.SEND)
    @require_http_methods(["GET", "POST"])
    def view(request: SignedIn, pk: int) -> HttpResponse:
        found, now = fetch(request, pk), database_now()
        form = AnnexForm(request.POST if request.method == "POST" else None, annex=ANNEXES[kind], now=now, initial=_known(found, now))
        if request.method == "POST" and form.is_valid():
            try:
                orders.record_answer(request=found, kind=kind, fields=form.values, by=request.user, now=now)
            except NotPossible as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, f"{found.number}: the answer is recorded.")
                return redirect("request", pk=found.pk)
        context = {"found": found, "form": form, "kind": kind, "refusal": orders.why_not_answerable(found)}
        return render(request, "order/by_hand.html", context, status=409 if form.errors else 200)

    return view


def _known(found: TakedownRequest, now: datetime) -> dict[str, Any]:
    """What need not be typed again."""
    order = orders.order_of(found)
    written = order.fields if order else {}
    received = found.clock_events.filter(kind=ClockEventKind.RECEIVED).order_by("at").first()
    known = {
        "addressee": written.get("addressee", found.platform.name),
        "issuing_authority": written.get("authority_name", found.agency.name),
        "file_ref_authority": written.get("reference_number", found.number),
        "order_received_at": received.at.isoformat() if received else "",
        "hsp_or_legal_rep_name": written.get("addressee", found.platform.name),
        "date": timezone.localdate(now).isoformat(),
    }
    return {key: value for key, value in known.items() if value}


@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The platform's own page: no account, no data but number, reference and defanged URLs. Instants are in UTC."""
    now = database_now()
    found = orders.request_of(token, now)
    if found is None:
        return _plain(request, {"gone": True}, 404)
    walls.enter(found.agency_id)
    with timezone.override(UTC):
        return _answer(request, found, now)


def _answer(request: HttpRequest, found: TakedownRequest, now: datetime) -> HttpResponse:
    order = orders.order_of(found)
    written = order.fields if order else {}
    reference = written.get("reference_number", found.number)
    urls = written.get("urls", found.item.addresses)
    context: dict[str, Any] = {"number": found.number, "reference": reference, "urls": urls, "kinds": AnswerKind}
    context |= {"refusal": orders.why_not_answerable(found), "closed": found.status in CLOSED}
    asked = request.GET.get("form", "")
    if context["refusal"] or asked not in AnswerKind.values:
        return _plain(request, context, 409 if request.method == "POST" else 200)
    kind = AnswerKind(asked)
    initial = {"file_ref_authority": reference}
    form = AnnexForm(request.POST if request.method == "POST" else None, annex=ANNEXES[kind], now=now, initial=initial, left_out=SET_BY_US)
    context |= {"form": form, "kind": kind}
    if request.method == "POST" and form.is_valid():
        try:
            answer = orders.record_answer(request=found, kind=kind, fields=form.values, by=None, now=now)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            sections = orders.sections_of(ANNEXES[kind], answer.fields, "en")
            return _plain(request, {**context, "answer": answer, "sections": sections}, 200)
    return _plain(request, context, 409 if form.errors else 200)


def _plain(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
    response = render(request, "order/by_link.html", context, status=status)
    for name, value in headers.items():
        response[name] = value
    return response
