"""Deadline policies: immutable versions of how long, from which event, on which calendar."""

from datetime import date, datetime
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from platforms.models import Platform
from takedown.choices import Category, CountingRule, DurationUnit, Purpose, StartEvent
from takedown.deadlines import period_end
from takedown.models.agency import Agency
from takedown.models.scope import one_of

REMOVAL_ORDER = "tco_removal_order"
"""Key of the policies under which requests are removal orders (Art. 3 Regulation (EU) 2021/784)."""
EMERGENCY_REVIEW = "emergency_review"
"""Key of the policies that say by when an emergency is reviewed."""


class DeadlinePolicyQuerySet(models.QuerySet["DeadlinePolicy"]):
    def usable_by(self, agency: Agency | None, now: datetime) -> Self:
        """Versions for requests that are in force now, of this agency and of everybody."""
        return self.current(agency, now).filter(purpose=Purpose.REMOVAL)

    def duties_of(self, agency: Agency | None, now: datetime) -> Self:
        """The same for what others than platforms have to do."""
        return self.current(agency, now).filter(purpose=Purpose.DUTY)

    def current(self, agency: Agency | None, now: datetime) -> Self:
        current = Q(valid_from__lte=now) & (Q(valid_to=None) | Q(valid_to__gt=now))
        return self.filter(current & (Q(agency=None) | Q(agency=agency)))


class DeadlinePolicy(models.Model):
    """One version of one policy. Never edited, only superseded: a request keeps the version it started under."""

    key = models.SlugField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, help_text="Empty: for every agency.")
    name = models.CharField(max_length=200)
    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.REMOVAL)
    start_event = models.CharField(max_length=10, choices=StartEvent, default=StartEvent.SENT)
    duration = models.PositiveIntegerField(default=0)
    unit = models.CharField(max_length=15, choices=DurationUnit, default=DurationUnit.HOURS)
    timezone = models.CharField(max_length=64, default="UTC")
    holiday_regions = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    extra_holidays = ArrayField(models.CharField(max_length=10), default=list, blank=True, help_text="ISO dates the library lacks.")
    counting_rule = models.CharField(max_length=20, choices=CountingRule, default=CountingRule.ELAPSED_EXACT)
    four_eyes = models.BooleanField(default=False, help_text="A second person approves each request before it is sent.")
    compliance = models.TextField(blank=True, help_text="What counts as complied.")
    sanction = models.TextField(blank=True)
    source = models.TextField(blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    objects = DeadlinePolicyQuerySet.as_manager()

    class Meta:
        ordering = ("name", "-version")
        verbose_name_plural = "deadline policies"
        constraints = (
            models.UniqueConstraint(fields=("agency", "key", "version"), name="policy_version_once", nulls_distinct=False),
            models.UniqueConstraint(fields=("agency", "key"), condition=Q(valid_to=None), name="policy_one_current", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(unit=DurationUnit.NONE, duration=0) | (~Q(unit=DurationUnit.NONE) & Q(duration__gt=0)),
                name="policy_duration_fits_unit",
            ),
            models.CheckConstraint(
                condition=Q(purpose=Purpose.DUTY, start_event=StartEvent.RECORDED)
                | (Q(purpose=Purpose.REMOVAL) & ~Q(start_event=StartEvent.RECORDED)),
                name="policy_start_fits_purpose",
            ),
            one_of("purpose", Purpose),
            one_of("start_event", StartEvent),
            one_of("unit", DurationUnit),
            one_of("counting_rule", CountingRule),
        )

    def __str__(self) -> str:
        return f"{self.name} (v{self.version})" if self.version > 1 else self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only the end of validity of a stored version may change; a database trigger holds the same line."""
        if self.pk and set(kwargs.get("update_fields") or ()) != {"valid_to"}:
            raise ValidationError("A policy version is never edited. Supersede it with a new version.")
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Try the terms on a real instant: what cannot be computed must not be found out after a notice has left."""
        try:
            for day in self.extra_holidays:
                date.fromisoformat(day)
            period_end(self, self.valid_from)
        except (ValueError, LookupError, OverflowError, NotImplementedError) as error:
            raise ValidationError(f"No deadline can be computed from these terms: {error}") from error

    @property
    def duration_text(self) -> str:
        """`1 hour`, `2 working days`, `no fixed period`."""
        if self.unit == DurationUnit.NONE:
            return "no fixed period"
        word = self.get_unit_display().lower()
        return f"{self.duration} {word.removesuffix('s') if self.duration == 1 else word}"


class PolicyChoice(models.Model):
    """Which policy an agency's reports get that name none, by platform and category. Neither: use the agency's default."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="policy_choices")
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, null=True, blank=True, help_text="Empty: any.")
    category = models.CharField(max_length=30, choices=Category, blank=True, help_text="Empty: any.")
    policy_key = models.SlugField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("agency", "platform", "category"), name="policy_choice_once", nulls_distinct=False),
            models.CheckConstraint(condition=Q(platform__isnull=False) | ~Q(category=""), name="policy_choice_says_when"),
        )

    def __str__(self) -> str:
        return f"{self.platform or 'any platform'}, {self.get_category_display() or 'any category'}: {self.policy_key}"

    def clean(self) -> None:
        """A choice of a policy that does not exist would be found out by nobody."""
        if not DeadlinePolicy.objects.usable_by(self.agency, timezone.now()).filter(key=self.policy_key).exists():
            raise ValidationError({"policy_key": "No policy for requests with this key is in force."})
