"""Changes of what is set up: people, keys, platforms, agencies. Written in the same transaction, never updated, never deleted."""

from datetime import datetime

from django.db import models

from takedown.choices import ChangeOf
from takedown.models.agency import Agency
from takedown.models.scope import AgencyQuerySet, one_of
from takedown.models.user import User


class Change(models.Model):
    """One line of the record of administration. Case data has its own, the events."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+", help_text="Empty: the whole install.")
    about = models.CharField(max_length=10, choices=ChangeOf)
    subject = models.CharField(max_length=200, help_text="What or who was changed, by its name then.")
    what = models.CharField(max_length=1000, help_text="What was done, in words.")
    reason = models.CharField(max_length=300, blank=True)
    actor_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=150, help_text="As it was then.")
    at = models.DateTimeField()

    objects = AgencyQuerySet["Change"].as_manager()

    class Meta:
        ordering = ("-at", "-id")
        constraints = (one_of("about", ChangeOf),)
        indexes = (models.Index(fields=("agency", "about", "-at"), name="change_by_agency"),)

    def __str__(self) -> str:
        return f"{self.subject}: {self.what}"


def note_change(
    about: ChangeOf, subject: object, what: str, *, agency: Agency | None, actor: User | None, now: datetime, reason: str = ""
) -> None:
    """Write one line. `actor` None: somebody at the command line."""
    Change.objects.create(
        agency=agency,
        about=about,
        subject=str(subject)[:200],
        what=what[:1000],
        reason=reason[:300],
        actor_user=actor,
        actor_name=str(actor or "command line")[:150],
        at=now,
    )
