"""Sessions end: after a time without use, and after a longer time whatever happens."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from takedown.models import User


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
        return request.resolver_match is not None and request.resolver_match.url_name == "seeing"
