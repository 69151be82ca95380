"""What surrounds every answer: its id and its line in the log, the probes, and the promise that `/api/` speaks JSON."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from takedown.ops import health, metrics, problems
from takedown.ops.logs import during_request

logger = logging.getLogger("takedown.requests")

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PROBES: dict[str, Callable[[HttpRequest], HttpResponseBase]] = {
    "/livez": health.livez,
    "/readyz": health.readyz,
    "/metrics": metrics.page,
}
Next = Callable[[HttpRequest], HttpResponseBase]


class Traced:
    """Gives every answer an id and writes one line about it. A proxy of ours may have chosen the id; nobody else may."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        given = request.headers.get("X-Request-ID", "") if settings.PROXY_COUNT else ""
        name = given if _ID.fullmatch(given) else uuid.uuid4().hex
        with during_request(name):
            response = self.get_response(request)
            response["X-Request-ID"] = name
            self._note(request, response, time.monotonic() - began)
        return response

    def _note(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        """Routes instead of paths: a path may hold a token. Probes and files that are well are not worth a line."""
        route = route_of(request)
        metrics.count(request, response, route, seconds)
        if route in {"probe", "static"} and response.status_code < 400:
            return
        milliseconds = round(seconds * 1000)
        key = getattr(getattr(request, "auth", None), "pk", None)
        # Only if somebody has looked the person up already: the line must not need the database.
        user = getattr(getattr(request, "_cached_user", None), "pk", None)
        extra = {"route": route, "method": request.method, "status": response.status_code, "ms": milliseconds, "key": key, "user": user}
        logger.info("%s %s %d in %d ms", request.method, route, response.status_code, milliseconds, extra=extra)


def route_of(request: HttpRequest) -> str:
    """Name of the route that answers; the same few words for whatever is no route of ours."""
    if request.path in _PROBES:
        return "probe"
    if request.resolver_match is None:
        return "static" if request.path.startswith(settings.STATIC_URL) else "none"
    return request.resolver_match.view_name or request.resolver_match.route


class Probes:
    """Answers machines that watch us, before anything else does: whatever name they call us by, over plain HTTP, without the database."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = _PROBES.get(request.path)
        if probe is None:
            return self.get_response(request)
        response = probe(request)
        response["Cache-Control"] = "no-store"
        return response


class JsonUnderApi:
    """Nothing under `/api/` is kept by anybody on its way, and whatever goes wrong there is a problem in JSON, never a web page."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not problems.is_api(request.path):
            return response
        if response.status_code >= 300 and response.headers.get("Content-Type") != problems.MEDIA_TYPE:
            response = problems.instead_of(response, request)
        response["Cache-Control"] = "no-store"
        patch_vary_headers(response, ("Authorization",))
        return response
