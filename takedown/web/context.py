"""What every page needs."""

from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from takedown.models import Alert, walls
from takedown.models.access import Permission
from takedown.polling import Silence, silence

MOST = 99
"""Of more alerts nobody needs the exact number."""


def shell(request: HttpRequest) -> dict[str, object]:
    """The server's clock, for countdowns that correct the browser's; whether this is the demo; what this person may do; open alerts.

    Alerts are counted, and whether anybody looks is found out, when a page asks for it, so that fragments do not pay for it.
    """
    user = getattr(request, "user", None)  # absent where a middleware refused the request
    may = [permission for permission in Permission if user and user.is_authenticated and user.may(permission)]
    return {
        "now": timezone.now(),
        "demo": settings.DEMO,
        "may": may,
        "alerts": partial(_open_alerts, user if Permission.READ in may else None),
        "silence": cache(_silence),
    }


def _silence() -> Silence | None:
    """Of the whole install, whoever asks: it tells that nobody looks, and nothing of what there is to look at."""
    with walls.lifted():
        return silence()


def _open_alerts(user: Any) -> str:
    """`3`, `99+`; nothing where there is none."""
    if user is None:
        return ""
    number = Alert.objects.for_agency(user.agency).filter(seen_at=None).order_by()[: MOST + 1].count()
    return f"{MOST}+" if number > MOST else str(number or "")
