"""Agencies: the units that own reports and requests."""

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models


def is_timezone(name: str) -> None:
    """Raises ValidationError for what is no IANA time zone, also in another case: `ZoneInfo` would not find it."""
    if name not in available_timezones() or name in {"localtime", "Factory"}:
        raise ValidationError("That is no time zone. Write it as Europe/Paris or UTC.")


class Agency(models.Model):
    """Every row of case data belongs to one agency."""

    name = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(unique=True)
    default_policy_key = models.SlugField(max_length=64, default="referral_voluntary")
    timezone = models.CharField(
        max_length=64, default="UTC", validators=[is_timezone], help_text="IANA name; instants are shown in this zone."
    )
    second_factor_for_all = models.BooleanField(
        default=False, help_text="Everybody needs a second factor, not only those who decide or administer."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.name
