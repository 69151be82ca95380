"""What every page needs."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from takedown.models.access import Permission


def shell(request: HttpRequest) -> dict[str, object]:
    """The server's clock, for countdowns that correct the browser's; whether this is the demo; what this person may do."""
    user = getattr(request, "user", None)  # absent where a middleware refused the request
    may = [permission for permission in Permission if user and user.is_authenticated and user.may(permission)]
    return {"now": timezone.now(), "demo": settings.DEMO, "may": may}
