"""Sessions end: after a time without use, and after a longer time whatever happens."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class SessionLimits:
    """Idle and absolute limits. Django's own cookie age is neither, once a session is saved again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = timezone.now().timestamp()
            started = request.session.setdefault("started", now)
            used = request.session.get("used", now)
            if now - started > settings.SESSION_ABSOLUTE_SECONDS or now - used > settings.SESSION_IDLE_SECONDS:
                logout(request)
            elif now - used > 60 or "used" not in request.session:
                request.session["used"] = now  # at most one write a minute
        return self.get_response(request)
