"""Around every request: sessions end, begin only with all that is asked for, and walls between agencies stand."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from takedown.models import User, walls
from takedown.web.confirm import confirm
from takedown.web.second import FACTOR_AT, PASSWORD_AT, PENDING_SECONDS, is_recent

POLLED = frozenset({"deadlines-live", "item", "platforms-live", "queue-pulse", "request-live"})
"""What open pages ask for every few seconds. The wall is not among them: it hangs where nobody touches it, until the longest time."""


class SessionLimits:
    """Idle and absolute limits. Django's own cookie age is neither, once a session is saved again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now().timestamp()
        if request.user.is_authenticated and self._over(request, now):
            logout(request)
        response = self.get_response(request)
        if isinstance(request.user, User):  # the interface for clients puts something else there
            request.session.setdefault("started", now)
            if now - request.session.get("used", 0) > 60 and not self._by_itself(request):
                request.session["used"] = now  # at most one write a minute
        return response

    def _over(self, request: HttpRequest, now: float) -> bool:
        started: float = request.session.get("started", now)
        used: float = request.session.get("used", now)
        return now - started > int(settings.SESSION_ABSOLUTE_SECONDS) or now - used > int(settings.SESSION_IDLE_SECONDS)

    def _by_itself(self, request: HttpRequest) -> bool:
        """What every page asks for by itself is no use of the session: nobody need be there."""
        match = request.resolver_match
        asked = bool(request.headers.get("HX-Request")) and request.method == "GET"
        return match is not None and (match.url_name == "seeing" or (asked and match.url_name in POLLED))


class SecondStep:
    """Who needs a second factor and has not shown one in this session is nobody yet, wherever they go; see `second.pending_of`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and FACTOR_AT not in request.session and user.needs_second_factor():
            request.user = AnonymousUser()
            request.pending = user if is_recent(request, PASSWORD_AT, PENDING_SECONDS) else None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: Any) -> HttpResponse | None:
        """Django's own administration: every change asks for a fresh second factor."""
        match = request.resolver_match
        changes = request.method == "POST" and match is not None and "admin" in match.app_names and match.url_name != "logout"
        return confirm(request, request.user) if changes and isinstance(request.user, User) else None


class Walls:
    """Takes the second wall down again that `requires` and the authentication of clients put up, but for what is still to be streamed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        try:
            response: HttpResponse | StreamingHttpResponse = self.get_response(request)
        finally:
            agency_id = walls.standing()
            walls.leave()
        if isinstance(response, StreamingHttpResponse) and agency_id is not None:
            response.streaming_content = walls.behind(agency_id, iter(response))
        return response
