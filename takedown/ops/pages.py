"""Error pages. They need neither the database nor a session: they are shown when those are away."""

import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from takedown.ops.faults import RETRY_SECONDS, is_transient
from takedown.ops.logs import current_request


def _page(request: HttpRequest, status: int, template: str) -> HttpResponse:
    context = {"request_id": current_request(), "again": request.method == "GET"}
    return HttpResponse(render_to_string(template, context), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400, "400.html")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403, "403.html")


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`CSRF_FAILURE_VIEW`."""
    return _page(request, 403, "403_csrf.html")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404, "404.html")


def failed(request: HttpRequest) -> HttpResponse:
    """Django calls it while it handles what a view or a middleware raised: a fault that passes is no failure of ours."""
    if is_transient(sys.exception()):
        response = _page(request, 503, "503.html")
        response["Retry-After"] = str(RETRY_SECONDS)
        response["Cache-Control"] = "no-store"
        return response
    return _page(request, 500, "500.html")
