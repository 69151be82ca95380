"""Approvals: what a second person decided about the exact payload of a request."""

from django.db import models
from django.db.models import F, Q

from takedown.choices import Decision
from takedown.models.agency import Agency
from takedown.models.request import TakedownRequest
from takedown.models.scope import AgencyQuerySet, one_of
from takedown.models.user import User


class Approval(models.Model):
    """One decision. Never changed; triggers refuse to send, under a policy that asks for one, what no approval of this digest covers."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(TakedownRequest, on_delete=models.PROTECT, related_name="approvals")
    decision = models.CharField(max_length=10, choices=Decision)
    digest = models.CharField(max_length=64, help_text="SHA-256 of what would be sent.")
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", help_text="Empty: a client with an API key.")
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    reason = models.TextField(blank=True)

    objects = AgencyQuerySet["Approval"].as_manager()

    class Meta:
        ordering = ("decided_at", "id")
        constraints = (
            one_of("decision", Decision),
            models.CheckConstraint(
                condition=~Q(decision=Decision.APPROVED) | Q(author=None) | ~Q(author=F("decided_by")), name="approval_by_another_person"
            ),
            models.CheckConstraint(condition=Q(decision=Decision.APPROVED) | ~Q(reason=""), name="approval_says_why_not"),
        )

    def __str__(self) -> str:
        return f"{self.get_decision_display()} by {self.decided_by}"
