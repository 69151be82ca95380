"""Observations: runs of equal sightings."""

from django.db import models

from takedown.choices import Outcome
from takedown.models.agency import Agency
from takedown.models.item import FlaggedItem
from takedown.models.scope import AgencyQuerySet, one_of


class Observation(models.Model):
    """A run of equal sightings of one item. While it goes on, its end and its count are on the watch."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(FlaggedItem, on_delete=models.PROTECT, related_name="observations")
    episode = models.PositiveIntegerField()
    outcome = models.CharField(max_length=25, choices=Outcome)
    reason = models.CharField(max_length=60)
    method = models.CharField(max_length=60, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    vantage = models.CharField(max_length=60, blank=True, help_text="Where from and as whom it was looked at.")
    evidence = models.JSONField(default=dict)
    first_sent = models.DateTimeField()
    first_answered = models.DateTimeField()
    last_sent = models.DateTimeField(null=True)
    last_answered = models.DateTimeField(null=True)
    count = models.PositiveIntegerField(default=1)

    objects = AgencyQuerySet["Observation"].as_manager()

    class Meta:
        constraints = (one_of("outcome", Outcome),)
        indexes = (models.Index(fields=("item", "first_sent"), name="observation_of_item"),)

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} ({self.reason})"
