"""Removal order: what does it say, and is it complete?"""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from takedown import orders
from takedown.annexes import ANNEX_I, to_json
from takedown.choices import UNSENT
from takedown.models import RemovalOrder, TakedownRequest
from takedown.models.access import Permission
from takedown.models.errors import NotPossible
from takedown.verdicts import database_now
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.annex_form import OrderForm


def fetch(request: SignedIn, pk: int) -> TakedownRequest:
    """The request that an order belongs to, of the reader's agency. 404 for any other."""
    related = ("agency", "item", "platform", "policy", "approval", "order__saved_by")
    requests = TakedownRequest.objects.for_agency(agency_of(request.user)).select_related(*related)
    found = get_object_or_404(requests, pk=pk)
    if not orders.is_order(found):
        raise Http404
    return found


@requires(Permission.READ)
@require_http_methods(["GET", "POST"])
def page(request: SignedIn, pk: int) -> HttpResponse:
    """Read it; write it while it is not sent. `check` says what is missing in what was typed and saves nothing."""
    found, now = fetch(request, pk), database_now()
    if request.method == "GET":
        return _page(request, found, now, _unbound(request, found, now))
    if not request.user.may(Permission.SEND):
        raise PermissionDenied
    asked = "check" in request.POST
    form = OrderForm(request.POST, annex=ANNEX_I, now=now, strict=asked)
    if form.is_valid() and not asked:
        try:
            language = form.cleaned_data["language"]
            orders.save_order(request=found, fields=form.values, language=language, actor=request.user, now=now)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{found.number}: the order is saved.")
            return redirect("order", pk=found.pk)
    return _page(request, found, now, form)


@requires(Permission.READ)
@require_GET
def as_json(request: SignedIn, pk: int) -> HttpResponse:
    found, order = _saved(request, pk)
    return _file(to_json(ANNEX_I, order.fields).encode(), "application/json", f"{found.number}-order.json")


@requires(Permission.READ)
@require_GET
def as_pdf(request: SignedIn, pk: int) -> HttpResponse:
    found, order = _saved(request, pk)
    return _file(orders.print_order(order, database_now()), "application/pdf", f"{found.number}-order.pdf")


def _saved(request: SignedIn, pk: int) -> tuple[TakedownRequest, RemovalOrder]:
    found = fetch(request, pk)
    order = orders.order_of(found)
    if order is None:
        raise Http404
    return found, order


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'inline; filename="{name}"'})


def _unbound(request: SignedIn, found: TakedownRequest, now: datetime) -> OrderForm | None:
    """The form for who may write, while that is possible."""
    if not request.user.may(Permission.SEND) or found.status not in UNSENT:
        return None
    order = orders.order_of(found)
    values, language = (order.fields, order.language) if order else orders.draft(found, request.user, now)
    return OrderForm(annex=ANNEX_I, now=now, initial={**values, "language": language}, strict=False)


def _page(request: SignedIn, found: TakedownRequest, now: datetime, form: OrderForm | None) -> HttpResponse:
    order = orders.order_of(found)
    asked = form is not None and form.is_bound and form.strict
    context: dict[str, Any] = {
        "found": found,
        "now": now,
        "order": order,
        "form": form,
        "lacking": orders.lacking(order, now) if order else [],
        "approved": order is not None and orders.is_approved(order, now),
        "sections": orders.sections_of(ANNEX_I, order.fields, "en") if order and form is None else [],
        "nothing_missing": asked and form is not None and not form.errors,
    }
    return render(request, "order/page.html", context, status=409 if form is not None and form.errors else 200)
