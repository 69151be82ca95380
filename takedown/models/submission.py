"""Submissions: attempts to send a request, written before anything leaves."""

import uuid

from django.db import models
from django.db.models import Q

from takedown.choices import Channel, SubmissionState
from takedown.models.agency import Agency
from takedown.models.request import TakedownRequest
from takedown.models.scope import AgencyQuerySet, one_of


class Submission(models.Model):
    """One attempt. What stays `STARTED` after its worker died may have been sent: a person finds out before it is sent again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(TakedownRequest, on_delete=models.PROTECT, related_name="submissions")
    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=10, choices=SubmissionState, default=SubmissionState.STARTED)
    payload_digest = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=300, blank=True, help_text="The platform's own, from its receipt.")
    received_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = AgencyQuerySet["Submission"].as_manager()

    class Meta:
        ordering = ("started_at",)
        constraints = (
            # Two attempts at once would be two effects at the platform.
            models.UniqueConstraint(fields=("request",), condition=Q(state=SubmissionState.STARTED), name="submission_one_under_way"),
            models.UniqueConstraint(fields=("request",), condition=Q(state=SubmissionState.SENT), name="submission_sent_once"),
            one_of("state", SubmissionState),
            one_of("channel", Channel),
        )

    def __str__(self) -> str:
        return f"{self.get_state_display()} by {self.get_channel_display()}"
