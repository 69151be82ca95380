"""Duties: other clocks on a request than that of the removal."""

from django.db import models
from django.db.models import Q

from takedown.models.agency import Agency
from takedown.models.policy import DeadlinePolicy
from takedown.models.request import TakedownRequest
from takedown.models.scope import AgencyQuerySet
from takedown.models.user import User


class Duty(models.Model):
    """Something else that has to be done by some time: scrutiny, preservation, the review of what was sent in an emergency."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(TakedownRequest, on_delete=models.PROTECT, related_name="duties")
    policy = models.ForeignKey(DeadlinePolicy, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    proof = models.TextField(blank=True, help_text="What shows that it started then.")
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    result = models.TextField(blank=True)

    objects = AgencyQuerySet["Duty"].as_manager()

    class Meta:
        ordering = ("due_at", "id")
        verbose_name_plural = "duties"
        constraints = (
            models.UniqueConstraint(fields=("request", "policy"), condition=Q(done_at=None), name="duty_one_open"),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None) | (Q(done_at__isnull=False, done_by__isnull=False) & ~Q(result="")),
                name="duty_done_by_somebody",
            ),
        )
        indexes = (models.Index(fields=("agency", "due_at"), name="duty_open", condition=Q(done_at=None)),)

    def __str__(self) -> str:
        return f"{self.policy.name}: {self.request}"
