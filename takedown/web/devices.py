"""Browsers that somebody has signed in with before, by a signed cookie: what a stranger does elsewhere must not lock those out."""

import json
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

SALT = "takedown.device"
AGE_SECONDS = 400 * 86_400
MOST_PEOPLE = 5


def device_of(request: HttpRequest, name: str) -> str:
    """The id of this browser for the owner of this name; empty where that person has not signed in with it."""
    return _known(request).get(_who(name), "")


def remember(request: HttpRequest, response: HttpResponse, name: str) -> None:
    """This person has signed in with this browser. The cookie opens nothing; it only says where failures are counted."""
    known = _known(request)
    device = known.pop(_who(name), "") or secrets.token_urlsafe(12)
    latest = dict([*known.items(), (_who(name), device)][-MOST_PEOPLE:])
    response.set_signed_cookie(
        settings.DEVICE_COOKIE_NAME,
        json.dumps(latest),
        salt=SALT,
        max_age=AGE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _known(request: HttpRequest) -> dict[str, str]:
    """Ids by person, the latest last."""
    text = request.get_signed_cookie(settings.DEVICE_COOKIE_NAME, None, salt=SALT, max_age=AGE_SECONDS)
    known: dict[str, str] = json.loads(text or "{}")
    return known


def _who(name: str) -> str:
    return salted_hmac("takedown.device.name", name, algorithm="sha256").hexdigest()[:20]
