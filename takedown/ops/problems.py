"""Errors as `application/problem+json` (RFC 9457), for whatever goes wrong outside of the interface's own views."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request is not valid",
    401: "A key is needed",
    403: "This key may not do that",
    404: "Not found",
    405: "Method not allowed",
    406: "Only JSON is answered",
    409: "Not possible as things stand",
    413: "Too large",
    415: "Send JSON",
    422: "The same key came with other data",
    500: "Something went wrong on our side",
    503: "Not available for a moment",
}
NO_SUCH_ADDRESS = "There is nothing at this address. Addresses end with a slash."
UNAVAILABLE = (
    "The database does not answer right now. Whether this call was carried out is not certain: repeat it with the same Idempotency-Key."
)
_OTHERS = {
    400: ("bad_request", "This request could not be read: check the Host header and the parameters."),
    404: ("not_found", NO_SUCH_ADDRESS),
    405: ("method_not_allowed", "This address does not answer this method."),
    500: ("error", "It was written to the log. Repeat the call with the same Idempotency-Key."),
    503: ("unavailable", UNAVAILABLE),
}
"""Code and words by status, where no view has said more."""


def body(status: int, code: str, detail: str) -> dict[str, Any]:
    """A problem that concerns the whole call."""
    return {
        "type": f"urn:takedown:problem:{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "errors": [{"pointer": "", "code": code, "detail": detail}],
    }


def is_api(path: str) -> bool:
    """Whether a client that speaks JSON is answered there."""
    return path == "/api" or path.startswith("/api/")


def instead_of(response: HttpResponseBase, request: HttpRequest) -> JsonResponse:
    """The problem that says what a web page or a redirection meant."""
    status, code, detail = response.status_code, "error", "This call could not be answered."
    if 300 <= status < 400:
        status, (code, detail) = _redirected(request)
    elif status in _OTHERS:
        code, detail = _OTHERS[status]
    problem = JsonResponse(body(status, code, detail), status=status, content_type=MEDIA_TYPE)
    for name in {"Allow", "Retry-After"} & set(response.headers):
        problem[name] = response.headers[name]
    return problem


def _redirected(request: HttpRequest) -> tuple[int, tuple[str, str]]:
    """A client that is sent elsewhere repeats a POST as a GET, and its key has already gone over the wire in clear."""
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return 400, ("https_required", "Call over https. The key of this call was readable on its way: have it replaced.")
    return 404, _OTHERS[404]
