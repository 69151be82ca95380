"""Who may see and do what on the screens. The table itself is `takedown.models.access`."""

from collections.abc import Callable
from datetime import UTC
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRefresh

from takedown.models import Agency, User, walls
from takedown.models.access import Permission
from takedown.web.confirm import confirm

P = ParamSpec("P")


class SignedIn(HttpRequest):
    """A request that passed `requires`: somebody who may asks."""

    user: User

    htmx: Any


def agency_of(user: User) -> Agency:
    """The agency of somebody who passed `requires`. Operators have none, and nothing that asks for it opens to them."""
    if user.agency is None:
        raise PermissionDenied
    return user.agency


def requires(
    *permissions: Permission,
    fresh: bool = False,
) -> Callable[[Callable[Concatenate[SignedIn, P], HttpResponse]], Callable[..., HttpResponse]]:
    """Ask who is not signed in to do so, refuse who has none of these, show instants in their agency's zone, keep the page out of caches.

    With `fresh` the person has to have shown a second factor within the last ten minutes, or is asked for it, and then goes on with what
    was typed.

    They are recorded on the view as `permissions`; the tests build their matrix from the URL patterns and that.
    """

    def decorate(view: Callable[Concatenate[SignedIn, P], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            user: Any = request.user
            if not user.is_authenticated:
                # A fragment that turns into the sign-in page would be pasted into the middle of a screen.
                return HttpResponseClientRefresh() if request.headers.get("HX-Request") else redirect_to_login(request.get_full_path())
            if not any(user.may(one) for one in permissions):
                raise PermissionDenied
            if fresh and (question := confirm(request, user)):
                return question
            walls.enter(user.agency_id)
            with timezone.override(user.agency.timezone if user.agency else UTC):
                response = view(request, *args, **kwargs)  # type: ignore[arg-type]  # it is a SignedIn from here on
            response["Cache-Control"] = "no-store"
            return response

        guarded.permissions = permissions  # type: ignore[attr-defined]
        return guarded

    return decorate
