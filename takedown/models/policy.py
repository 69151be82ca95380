"""Deadline policies: immutable versions of how long, from which event, on which calendar."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from platforms.models import Platform
from takedown.choices import Category, Compliance, CountingRule, DurationUnit, Purpose, StartEvent
from takedown.deadlines import iso_day, period_end
from takedown.models.agency import Agency
from takedown.models.scope import one_of
from takedown.regions import countries_of, in_words

REMOVAL_ORDER = "tco_removal_order"
"""Key of the policies under which requests are removal orders (Art. 3 Regulation (EU) 2021/784)."""
EMERGENCY_REVIEW = "emergency_review"
"""Key of the policies that say by when an emergency is reviewed."""
EARLIEST_WARNING = 30 * 24 * 60
"""Minutes before a deadline."""
MOST_WARNINGS = 5


class DeadlinePolicyQuerySet(models.QuerySet["DeadlinePolicy"]):
    def usable_by(self, agency: Agency | None, now: datetime) -> Self:
        """Versions for requests that are in force now, of this agency and of everybody."""
        return self.current(agency, now).filter(purpose=Purpose.REMOVAL)

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
    warn_before = ArrayField(
        models.PositiveIntegerField(),
        default=list,
        blank=True,
        size=MOST_WARNINGS,
        help_text="Minutes before the deadline at which an open request raises an alert, the fewest first.",
    )
    complies_when = models.CharField(max_length=20, choices=Compliance, default=Compliance.REMOVED)
    regions = ArrayField(
        models.CharField(max_length=2), default=list, blank=True, help_text="Where: countries such as FR, or EU. Empty: everywhere."
    )
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
            models.CheckConstraint(condition=Q(purpose=Purpose.REMOVAL) | Q(warn_before=[]), name="policy_warns_of_requests"),
            one_of("purpose", Purpose),
            one_of("complies_when", Compliance),
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
                iso_day(day)
            end = period_end(self, self.valid_from)
        except (ValueError, LookupError, OverflowError, NotImplementedError) as error:
            raise ValidationError(f"No deadline can be computed from these terms: {error}") from error
        self._clean_warnings(end)
        try:
            countries_of(self.regions)
        except ValueError as error:
            raise ValidationError({"regions": f"{error}. Write countries as FR, the Union as EU."}) from error

    def _clean_warnings(self, end: datetime | None) -> None:
        """`end`: of a period that starts with the validity; a warning that comes before its start would warn of nothing."""
        said = self.warn_before
        if said != sorted(set(said)) or not all(0 < before <= EARLIEST_WARNING for before in said) or len(said) > MOST_WARNINGS:
            allowed = f"At most {MOST_WARNINGS} numbers of minutes from 1 to {EARLIEST_WARNING}, each larger than the one before."
            raise ValidationError({"warn_before": allowed})
        if said and self.purpose == Purpose.DUTY:
            raise ValidationError({"warn_before": "Warnings are for requests, not for other clocks."})
        if said and end is not None and end - timedelta(minutes=said[-1]) <= self.valid_from:
            raise ValidationError({"warn_before": f"{said[-1]} minutes are no shorter than the period: that would be no warning."})

    @property
    def complies_text(self) -> str:
        """`Removed, or access disabled, in the EU`."""
        return in_words(self)

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
