"""Watches: the schedule and last-look state of each item, the only rows the hot path rewrites."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from platforms.base import NEEDS_BROWSER
from platforms.models import Platform
from takedown.choices import Outcome
from takedown.models.agency import Agency
from takedown.models.item import FlaggedItem


class Watch(models.Model):
    """Narrow on purpose: one is rewritten at every look.

    `last_up` is when the request that last found the item up was sent, `first_gone` when the reply that first found it gone in this
    episode had arrived. The run of equal sightings that is going on lives here and is written to its `Observation` when it ends.
    """

    item = models.OneToOneField(FlaggedItem, on_delete=models.CASCADE, primary_key=True, related_name="watch")
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="watches", db_index=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_index=False)
    since = models.DateTimeField(help_text="When the item became interesting: reported, sent, seen back.")
    next_look_at = models.DateTimeField(null=True, help_text="Empty: nothing to look for.")
    is_anchor = models.BooleanField(default=False, help_text="The next look is at a deadline: it goes before all others.")
    anchor_at = models.DateTimeField(null=True, help_text="Next deadline ahead.")
    unproven_since = models.DateTimeField(null=True, help_text="Earliest deadline behind us that no look has decided yet.")
    fence = models.BigIntegerField(default=0, help_text="Raised by every claim; a write must name it.")

    episode = models.PositiveIntegerField(default=1)
    last_up = models.DateTimeField(null=True)
    first_gone = models.DateTimeField(null=True)
    last_gone = models.DateTimeField(null=True, help_text="When the request that last found it gone was sent.")
    gone_count = models.PositiveIntegerField(default=0)
    gone_outcome = models.CharField(max_length=25, choices=Outcome, blank=True)
    attributed_at = models.DateTimeField(null=True, help_text="First of the looks at which the platform named a cause.")
    attributed_count = models.PositiveIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)

    observation_id = models.BigIntegerField(null=True, help_text="The run that is going on.")
    outcome = models.CharField(max_length=25, choices=Outcome, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    run_last_sent = models.DateTimeField(null=True)
    run_last_answered = models.DateTimeField(null=True)
    run_count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "watches"
        constraints = (
            models.CheckConstraint(condition=Q(confirmed_at=None) | Q(first_gone__isnull=False), name="watch_confirmed_was_seen_gone"),
            models.CheckConstraint(condition=Q(first_gone=None) | Q(last_up=None) | Q(last_up__lt=F("first_gone")), name="watch_bracket"),
            models.CheckConstraint(condition=Q(outcome="") | Q(outcome__in=Outcome.values), name="watch_outcome_known"),
        )
        indexes = (
            # The two queues of `polling.claim`, anchors first, each with a lane for every platform and agency.
            models.Index(fields=("platform", "agency", "next_look_at"), name="watch_anchor_queue", condition=Q(is_anchor=True)),
            models.Index(fields=("platform", "agency", "next_look_at"), name="watch_routine_queue", condition=Q(is_anchor=False)),
            # `web.eyes`: how many items only a browser could see. They are few, so that counting them is cheap.
            models.Index(fields=("agency", "platform"), name="watch_needs_browser", condition=Q(reason=NEEDS_BROWSER)),
        )

    def __str__(self) -> str:
        return f"Watch of item {self.pk}"

    @property
    def looked_at(self) -> datetime | None:
        """When the last look was answered, whatever it found."""
        return self.run_last_answered
