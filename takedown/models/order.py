"""Removal orders and the answers to them (Regulation (EU) 2021/784, Annexes I to III)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT

from takedown.choices import AnswerKind
from takedown.models.agency import Agency
from takedown.models.request import TakedownRequest
from takedown.models.scope import AgencyQuerySet, one_of
from takedown.models.user import User


class RemovalOrder(models.Model):
    """Annex I of one request, as it is filled in. What was sent is what its approval's digest covers."""

    request = models.OneToOneField(TakedownRequest, on_delete=models.PROTECT, primary_key=True, related_name="order")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    fields = models.JSONField(default=dict, help_text="Annex I by our names of its fields.")
    language = models.CharField(max_length=2, default="en")
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    final_at = models.DateTimeField(null=True, help_text="When the time for redress had ended without it, or a court had upheld the order.")
    final_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    final_reason = models.TextField(blank=True)

    objects = AgencyQuerySet["RemovalOrder"].as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(F("agency"), KT("fields__reference_number"), name="order_reference_once"),
            models.CheckConstraint(
                condition=Q(final_at=None, final_by=None, final_reason="")
                | (Q(final_at__isnull=False, final_by__isnull=False) & ~Q(final_reason="")),
                name="order_final_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"Removal order {self.request}"


class AnswerLink(models.Model):
    """A link under which the platform answers an order itself. Its address is made with a key that is not in the database."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(TakedownRequest, on_delete=models.PROTECT, related_name="answer_links")
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = AgencyQuerySet["AnswerLink"].as_manager()

    class Meta:
        ordering = ("issued_at", "id")

    def __str__(self) -> str:
        return f"Link for an answer to {self.request}"


class PlatformAnswer(models.Model):
    """Annex II or III as the platform sent it, or as somebody typed it in. Never changed."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(TakedownRequest, on_delete=models.PROTECT, related_name="answers")
    kind = models.CharField(max_length=10, choices=AnswerKind)
    fields = models.JSONField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="Empty: by the platform, through its link."
    )

    objects = AgencyQuerySet["PlatformAnswer"].as_manager()

    class Meta:
        ordering = ("recorded_at", "id")
        constraints = (one_of("kind", AnswerKind),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.request}"
