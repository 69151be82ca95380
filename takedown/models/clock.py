"""Clock events: the facts that a deadline is a function of."""

from django.db import models

from takedown.choices import ClockEventKind
from takedown.models.agency import Agency
from takedown.models.request import TakedownRequest
from takedown.models.scope import AgencyQuerySet, one_of
from takedown.models.user import User


class ClockEvent(models.Model):
    """Something that starts, stops, restarts or ends the clock of a request. Never changed once written."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(TakedownRequest, on_delete=models.PROTECT, related_name="clock_events")
    kind = models.CharField(max_length=25, choices=ClockEventKind)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True, help_text="New due instant of an extension.")
    proof = models.TextField(blank=True, help_text="What shows that it happened then: a reference, a delivery receipt.")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField()

    objects = AgencyQuerySet["ClockEvent"].as_manager()

    class Meta:
        ordering = ("at", "id")
        constraints = (
            one_of("kind", ClockEventKind),
            models.CheckConstraint(
                condition=models.Q(kind=ClockEventKind.EXTENDED, until__isnull=False)
                | (~models.Q(kind=ClockEventKind.EXTENDED) & models.Q(until=None)),
                name="clockevent_extension_says_until",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.at:%Y-%m-%d %H:%M:%S}"
