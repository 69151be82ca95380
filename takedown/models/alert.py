"""What people must be told without having asked."""

from django.db import models
from django.db.models import F, Q

from platforms.models import Platform
from takedown.choices import AlertKind
from takedown.models.agency import Agency
from takedown.models.request import TakedownRequest
from takedown.models.scope import AgencyQuerySet, one_of
from takedown.models.user import User


class Alert(models.Model):
    """One thing that happened, for the people of one agency, until one of them has seen to it."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=20, choices=AlertKind)
    at = models.DateTimeField()
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(TakedownRequest, null=True, on_delete=models.PROTECT, related_name="alerts")
    due_at = models.DateTimeField(null=True, help_text="The deadline that it warns of.")
    detail = models.CharField(max_length=300, blank=True)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = AgencyQuerySet["Alert"].as_manager()

    class Meta:
        constraints = (
            one_of("kind", AlertKind),
            models.UniqueConstraint(fields=("request", "due_at", "at"), condition=Q(kind=AlertKind.DUE_SOON), name="alert_warns_once"),
            models.CheckConstraint(
                condition=~Q(kind=AlertKind.DUE_SOON) | Q(request__isnull=False, due_at__isnull=False, due_at__gt=F("at")),
                name="alert_warns_before_it_is_due",
            ),
        )
        indexes = (models.Index(fields=("agency", "-at"), name="alert_open", condition=Q(seen_at=None)),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.platform})"
