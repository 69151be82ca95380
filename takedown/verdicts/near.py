"""Deadlines come near: people are told while there is time to act."""

from datetime import datetime

from django.db import transaction

from takedown.choices import AlertKind, VerdictValue
from takedown.deadlines import warnings_of
from takedown.models import Alert, TakedownRequest
from takedown.verdicts.sweep import database_now


def warn(*, limit: int = 500) -> int:
    """Raise an alert for each request whose warning is due; how many requests.

    1. Find them by the partial index `request_to_warn`, on the database's clock: pending, so the clock runs and it was not seen gone. One
       that is gone keeps its warning, should it be back before the deadline. Those another worker holds are left for the next round.
    2. Raise one alert for what has come due. Of several that nobody raised in time, the last one: they would say the same thing.
    3. Set the next warning. Alert and warning are written together: a worker that dies has done both or neither.

    After the deadline there is nothing to warn of.
    """
    with transaction.atomic():
        now = database_now()
        due = TakedownRequest.objects.open().filter(verdict=VerdictValue.PENDING, warn_at__lte=now, due_at__gt=now)
        found = list(due.select_related("policy").order_by("warn_at").select_for_update(of=("self",), skip_locked=True)[:limit])
        alerts = [_next(request, now) for request in found]
        # A deadline that was moved and came back was warned of already.
        Alert.objects.bulk_create(alerts, ignore_conflicts=True)
        TakedownRequest.objects.bulk_update(found, ("warn_at",))
    return len(found)


def _next(request: TakedownRequest, now: datetime) -> Alert:
    """The alert that is due, and the request's next warning."""
    due_at = request.due_at or now  # what has no deadline has no warning
    warnings = warnings_of(request.policy.warn_before, due_at)
    request.warn_at = next((at for at in warnings if at > now), None)
    return Alert(
        agency_id=request.agency_id,
        kind=AlertKind.DUE_SOON,
        at=max(at for at in warnings if at <= now),
        platform_id=request.platform_id,
        request=request,
        due_at=due_at,
        detail=request.policy.name,
    )
