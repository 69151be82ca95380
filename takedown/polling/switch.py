"""People close an eye, open it again, and decide whether what is held is true."""

from datetime import datetime

from django.db import transaction

from platforms.models import Hold, Pause, PauseReason, Platform
from takedown.choices import AlertKind
from takedown.models import Alert, User
from takedown.models.errors import NotPossible
from takedown.polling.pulse import release, tell

OURS = (PauseReason.OPERATOR, PauseReason.BREAKER)
"""Pauses that a person may end. What the platform asked for stays: to call earlier would get the unit banned."""


@transaction.atomic
def pause_platform(platform: Platform, *, reason: str, until: datetime | None, actor: User, now: datetime) -> None:
    """No more looks at it, not even at deadlines, until an instant or until a person resumes."""
    if until is not None and until <= now:
        raise NotPossible("The end of the pause has passed already. Choose a later one, or none.")
    values = {"since": now, "until": until, "detail": reason[:300], "by": str(actor)[:150]}
    Pause.objects.update_or_create(platform=platform, bucket="", reason=PauseReason.OPERATOR, defaults=values)
    _put_on_record(platform, AlertKind.PAUSED, actor, reason, now)


@transaction.atomic
def resume_platform(platform: Platform, *, reason: str, actor: User, now: datetime) -> None:
    """End our own pause and that of the breaker. One call at a time then shows whether the platform is well."""
    active = Pause.objects.active().filter(platform=platform, bucket="").select_for_update()
    ours = [pause.pk for pause in active if pause.reason in OURS]
    theirs = [pause for pause in active if pause.reason not in OURS]
    if not ours:
        raise NotPossible(
            "Its pause is not ours to end: the platform asked for it. To call earlier would get the unit banned."
            if theirs
            else f"{platform} is not paused."
        )
    Pause.objects.filter(pk__in=ours).delete()
    _put_on_record(platform, AlertKind.RESUMED, actor, reason, now)


@transaction.atomic
def release_hold(hold: Hold, *, reason: str, actor: User, now: datetime) -> None:
    """Believe what has disappeared: the looks made so far count, and the next ones may confirm it."""
    held = Hold.objects.select_for_update().get(pk=hold.pk)
    if held.released_at is not None:
        raise NotPossible(f"The hold on {held.platform} has been released meanwhile.")
    # The name goes with the reason, because that is what people of other agencies are told.
    release(held, by=str(actor)[:150], reason=f"{actor}: {reason}", now=now, believed=True)


def _put_on_record(platform: Platform, kind: AlertKind, actor: User, reason: str, now: datetime) -> None:
    """Tell every agency that watches something there, and the actor's own in any case: nothing else keeps what was done."""
    detail = f"{actor}: {reason}"[:300]
    tell(platform.pk, kind, now, detail)
    mine = {"agency": actor.agency, "kind": kind, "at": now, "platform": platform}
    if not Alert.objects.filter(**mine).exists():
        Alert.objects.create(**mine, detail=detail)
