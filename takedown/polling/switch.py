"""People close an eye, open it again, and decide whether what is held is true.

What somebody of an agency does is done for that agency alone, and told to it alone. An operator, who belongs to none, acts for the whole
install, and all who watch something there are told, without a name.
"""

from datetime import datetime

from django.db import transaction

from platforms.models import Hold, Pause, PauseReason, Platform
from takedown.choices import AlertKind
from takedown.models import Alert, User
from takedown.models.errors import NotPossible
from takedown.polling.pulse import believe, release, tell

OURS = (PauseReason.OPERATOR, PauseReason.BREAKER)
"""Pauses that an operator may end. What the platform asked for stays: to call earlier would get the unit banned."""


@transaction.atomic
def pause_platform(platform: Platform, *, reason: str, until: datetime | None, actor: User, now: datetime) -> None:
    """No more looks at it for the actor's agency, not even at deadlines, until an instant or until a person resumes."""
    if until is not None and until <= now:
        raise NotPossible("The end of the pause has passed already. Choose a later one, or none.")
    values = {"since": now, "until": until, "detail": reason[:300], "by": str(actor)[:150]}
    Pause.objects.update_or_create(platform=platform, bucket="", reason=PauseReason.OPERATOR, for_agency=actor.agency_id, defaults=values)
    _put_on_record(platform, AlertKind.PAUSED, actor, reason, now)


@transaction.atomic
def resume_platform(platform: Platform, *, reason: str, actor: User, now: datetime) -> None:
    """End the pause of the actor's agency; an operator ends that of everybody, and that of the breaker. One call at a time then shows
    whether the platform is well."""
    felt = list(Pause.objects.active().felt_by(actor.agency_id).filter(platform=platform, bucket=""))
    ours = [pause for pause in felt if may_end(pause, actor.agency_id)]
    if not ours:
        raise NotPossible(_why_not(platform, felt))
    Pause.objects.filter(pk__in=[pause.pk for pause in ours]).delete()
    _put_on_record(platform, AlertKind.RESUMED, actor, reason, now)


def may_end(pause: Pause, agency_id: int | None) -> bool:
    """Whether an agency's people may end it: their own, or for operators what stands for everybody and no platform asked for."""
    return pause.for_agency == agency_id and pause.reason in OURS


def _why_not(platform: Platform, felt: list[Pause]) -> str:
    if not felt:
        return f"{platform} is not paused."
    if any(pause.reason in OURS for pause in felt):
        return "Its pause stands for the whole install. Ask an operator to end it."
    return "Its pause is not ours to end: the platform asked for it. To call earlier would get the unit banned."


@transaction.atomic
def release_hold(hold: Hold, *, reason: str, actor: User, now: datetime) -> None:
    """Believe what has disappeared: the looks made so far count, and the next ones may confirm it. For the actor's agency, or for all."""
    held = Hold.objects.select_for_update().get(pk=hold.pk)
    if held.released_at is not None:
        raise NotPossible(f"The hold on {held.platform} has been released meanwhile.")
    if actor.agency is None:
        release(held, by=str(actor)[:150], reason=f"An operator: {reason}", now=now, believed=True)
        return
    if not believe(held, actor.agency, by=str(actor)[:150], reason=reason, now=now):
        raise NotPossible(f"The hold on {held.platform} has been released for your agency already.")
    _put_on_record(held.platform, AlertKind.RELEASED, actor, reason, now)


def _put_on_record(platform: Platform, kind: AlertKind, actor: User, reason: str, now: datetime) -> None:
    if actor.agency is None:
        tell(platform.pk, kind, now, f"An operator: {reason}")
    else:
        detail = f"{actor}: {reason}"[:300]
        Alert.objects.create(agency=actor.agency, kind=kind, at=now, platform=platform, detail=detail)
