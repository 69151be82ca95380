"""Agencies: the units that own reports and requests."""

from django.db import models


class Agency(models.Model):
    """Every row of case data belongs to one agency."""

    name = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(unique=True)
    default_policy_key = models.SlugField(max_length=64, default="referral_voluntary")
    timezone = models.CharField(max_length=64, default="UTC", help_text="IANA name; instants are shown in this zone.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.name
