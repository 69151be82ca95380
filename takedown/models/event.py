"""Events: the history. Written in the same transaction as the change, never updated, never deleted."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models

from takedown.choices import Action
from takedown.models.agency import Agency
from takedown.models.apikey import ApiKey
from takedown.models.item import FlaggedItem
from takedown.models.report import Report
from takedown.models.request import TakedownRequest
from takedown.models.scope import AgencyQuerySet, one_of
from takedown.models.user import User

Subject = Report | FlaggedItem | TakedownRequest
Actor = User | ApiKey | None
"""Who did it: a person, a client by its key, or the system."""


class EventQuerySet(AgencyQuerySet["Event"]):
    def of(self, *subjects: Subject) -> "EventQuerySet":
        """History of these, oldest first."""
        wanted = models.Q(pk__in=())
        for subject in subjects:
            wanted |= models.Q(subject_type=type(subject).__name__, subject_id=subject.pk)
        return self.filter(wanted).order_by("at", "id")


class Event(models.Model):
    """One line of history. `at` is when it happened (the deadline, for a breach), `recorded_at` when it was written down."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    action = models.CharField(max_length=20, choices=Action)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    actor_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=120, help_text="As it was then.")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = (one_of("action", Action),)
        indexes = (models.Index(fields=("agency", "subject_type", "subject_id", "at"), name="event_of_subject"),)

    def __str__(self) -> str:
        return f"{self.get_action_display()} at {self.at:%Y-%m-%d %H:%M:%S}"


def line(
    subject_type: type[Subject],
    subject_id: int,
    agency_id: int,
    action: Action,
    *,
    actor: Actor,
    at: datetime,
    now: datetime,
    old: Any = None,
    new: Any = None,
    reason: str = "",
) -> Event:
    """An event, not yet saved. `old` and `new` are JSON values."""
    user = actor if isinstance(actor, User) else None
    name = f"key {actor}" if isinstance(actor, ApiKey) else str(actor or "system")
    return Event(
        agency_id=agency_id,
        subject_type=subject_type.__name__,
        subject_id=subject_id,
        action=action,
        old=old,
        new=new,
        reason=reason,
        actor_user=user,
        actor_name=name,
        at=at,
        recorded_at=now,
    )


def record(
    subject: Subject,
    action: Action,
    *,
    actor: Actor,
    at: datetime,
    now: datetime,
    old: Any = None,
    new: Any = None,
    reason: str = "",
) -> None:
    """Write one event about one subject."""
    line(type(subject), subject.pk, subject.agency_id, action, actor=actor, at=at, now=now, old=old, new=new, reason=reason).save()


def record_all(events: Iterable[Event]) -> None:
    """Write many events in one statement."""
    Event.objects.bulk_create(events)
