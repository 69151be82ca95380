"""Roll-ups: what the statistics count, added up by day, so that a page does not read every request.

Nothing here is a source: all of it can be built again from the requests, and a day that has changed since is read from them.
"""

from django.db import models

from platforms.models import Platform
from takedown.models.agency import Agency
from takedown.models.policy import DeadlinePolicy


class RollupLevel(models.TextChoices):
    DAY = "day", "Requests whose clock started on a day"
    MONTH = "month", "Histograms of a month's days"
    OPENED = "opened", "Open requests by the day of opening"


class RollupMark(models.Model):
    """A day of which requests have changed. Written by the database itself in the transaction of the change, never by hand."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+", db_index=False)
    level = models.CharField(max_length=6, choices=RollupLevel)
    day = models.DateField(help_text="In the agency's zone.")

    class Meta:
        indexes = (models.Index(fields=("agency", "level", "day"), name="rollupmark_by_day"),)

    def __str__(self) -> str:
        return f"{self.level} {self.day}"


class RollupSpan(models.Model):
    """A day or month that has been added up. A day without a span and without a mark has no requests."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+", db_index=False)
    level = models.CharField(max_length=6, choices=RollupLevel)
    first = models.DateField(help_text="Its first day, in the agency's zone.")
    watched = models.PositiveIntegerField(default=0, help_text="Requests of a day that looks may still tell about without changing them.")
    done_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("agency", "level", "first"), name="rollupspan_once"),)
        indexes = (models.Index(fields=("done_at",), name="rollupspan_watched", condition=models.Q(watched__gt=0)),)

    def __str__(self) -> str:
        return f"{self.level} {self.first}"


class RollupRow(models.Model):
    """What all rows of roll-ups are about: one span, platform and policy."""

    span = models.ForeignKey(RollupSpan, on_delete=models.CASCADE, related_name="+", db_index=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+", db_index=False)
    policy = models.ForeignKey(DeadlinePolicy, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        abstract = True
        constraints = (models.UniqueConstraint(fields=("span", "platform", "policy"), name="%(class)s_once"),)

    def __str__(self) -> str:
        return f"{self.span_id}, {self.platform_id}, {self.policy_id}"


class RollupCount(RollupRow):
    """Requests whose clock started on a day, by what they count as. Pending ones may have passed their deadline since."""

    requests = models.PositiveIntegerField()
    met = models.PositiveIntegerField()
    indeterminate = models.PositiveIntegerField()
    breached = models.PositiveIntegerField()
    pending = models.PositiveIntegerField()
    unproven = models.PositiveIntegerField()
    suspended = models.PositiveIntegerField()
    not_counted = models.PositiveIntegerField()
    provisional = models.PositiveIntegerField()
    returned = models.PositiveIntegerField()
    standing = models.PositiveIntegerField(help_text="Neither void nor withdrawn.")
    timed = models.PositiveIntegerField(help_text="Of these, with a deadline.")
    shortest_period = models.FloatField(null=True, help_text="Seconds from start to deadline.")
    longest_period = models.FloatField(null=True)


class RollupHistogram(RollupRow):
    """Brackets of a day or month on the grid of the statistics: pairs of big-endian 32-bit numbers, a cell and how many are in it."""

    cells = models.BinaryField()


class RollupOpen(RollupRow):
    """Open requests by the day of opening, and how many of them are breached or unproven by what was observed."""

    requests = models.PositiveIntegerField()
    late = models.PositiveIntegerField()


class RollupRun(models.Model):
    """One run that had something to add up: begun, and done unless it was cut off."""

    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    spans = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=("-started_at",), name="rolluprun_newest"),)

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S}"
