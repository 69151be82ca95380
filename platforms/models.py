"""The platforms that requests go to, as rows: which connector, which settings, whom to write to."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from platforms import registry

MASK = "••••"


class Platform(models.Model):
    """One platform. `slug` is what `identify` answers; `connector` is validated against the registry, never by database choices."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    connector = models.CharField(max_length=50)
    channel = models.CharField(max_length=10, default="manual", help_text="How requests are sent: api, email or manual.")
    contact_email = models.EmailField(blank=True)
    config = models.JSONField(default=dict, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True, help_text="No looks before this instant.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(condition=models.Q(channel__in=("api", "email", "manual")), name="platform_channel_known"),
            models.CheckConstraint(condition=~models.Q(channel="email") | ~models.Q(contact_email=""), name="platform_email_has_contact"),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.connector not in registry.connectors():
            raise ValidationError({"connector": f"Unknown connector. Known: {', '.join(sorted(registry.connectors()))}."})

    def masked_config(self) -> Mapping[str, Any]:
        """The configuration with its credentials hidden, for screens and logs."""
        secret = registry.get(self.connector).secret_fields
        return {key: MASK if key in secret else value for key, value in self.config.items()}
