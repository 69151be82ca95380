"""The platforms that requests go to, as rows: which connector, which settings, whom to write to, and how well we see them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now
from psycopg2.extras import execute_values

from platforms import registry
from platforms.credentials import UnreadableCredentialsError, seal, unseal

MASK = "••••"
MAIL_KEYS = {"mails_per_hour": (0, 10_000), "requests_per_mail": (1, 50)}
"""Keys of the configuration that say how mails are sent: the least and the most each may be."""


class Platform(models.Model):
    """One platform. `slug` is what `identify` answers; `connector` is validated against the registry, never by database choices."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    connector = models.CharField(max_length=50)
    channel = models.CharField(max_length=10, default="manual", help_text="How requests are sent: api, email or manual.")
    contact_email = models.EmailField(blank=True)
    config = models.JSONField(default=dict, blank=True, help_text="Settings of the connector, without its credentials.")
    credentials = models.TextField(blank=True, editable=False, help_text="Encrypted.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(condition=Q(channel__in=("api", "email", "manual")), name="platform_channel_known"),
            models.CheckConstraint(condition=~Q(channel="email") | ~Q(contact_email=""), name="platform_email_has_contact"),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Credentials that came with the configuration are taken out of it and sealed."""
        given = {key: value for key, value in self.config.items() if key in self.secret_fields}
        if given:
            kept = {**self._readable(), **given}
            self.credentials = seal({key: str(value) for key, value in kept.items() if value})
            self.config = {key: value for key, value in self.config.items() if key not in given}
            if (fields := kwargs.get("update_fields")) is not None:
                kwargs["update_fields"] = {*fields, "config", "credentials"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.connector not in registry.connectors():
            raise ValidationError({"connector": f"Unknown connector. Known: {', '.join(sorted(registry.connectors()))}."})

    def check_mail_keys(self) -> None:
        """Raises ValueError for numbers that make no sense."""
        for key, (least, most) in MAIL_KEYS.items():
            if key in self.config and self._whole(key) is None:
                raise ValueError(f"{key} must be a whole number from {least} to {most}")

    @property
    def mails_per_hour(self) -> int:
        """How many mails its address gets in an hour, urgent ones aside; 0 is no limit."""
        return self._whole("mails_per_hour") or 0

    @property
    def requests_per_mail(self) -> int:
        """How many requests that are not urgent may share a mail."""
        return self._whole("requests_per_mail") or 1

    def _whole(self, key: str) -> int | None:
        """A number of `MAIL_KEYS` as it is configured; None where it makes no sense, which must not keep anything from being sent."""
        value, (least, most) = self.config.get(key), MAIL_KEYS[key]
        return value if type(value) is int and least <= value <= most else None

    @property
    def secret_fields(self) -> frozenset[str]:
        connector = registry.connectors().get(self.connector)
        return connector.secret_fields if connector else frozenset()

    def _readable(self) -> dict[str, str]:
        """The stored credentials; none, where their key is lost: they are entered again then."""
        try:
            return unseal(self.credentials)
        except UnreadableCredentialsError:
            return {}

    def settings(self) -> dict[str, Any]:
        """What the connector is given, credentials included. Never shown, never logged. Raises `UnreadableCredentialsError`."""
        return {**self.config, **unseal(self.credentials)}

    def masked_config(self) -> Mapping[str, Any]:
        """The configuration for screens and logs: of credentials only whether they are set."""
        return {**self.config, **dict.fromkeys(self._readable(), MASK)}


def rows_for(slugs: set[str]) -> dict[str, Platform]:
    """Rows of these platforms. One that nobody has set up yet is created, to be served by hand: a report is never turned away for it."""
    found = {platform.slug: platform for platform in Platform.objects.filter(slug__in=slugs)}
    for slug in sorted(slugs - set(found)):
        connector = registry.connectors().get(slug) or registry.get("web")
        found[slug], _ = Platform.objects.get_or_create(slug=slug, defaults={"name": connector.label, "connector": connector.slug})
    return found


class PauseReason(models.TextChoices):
    OPERATOR = "operator", "Paused by a person"
    RETRY_AFTER = "retry_after", "The platform asked us to wait"
    QUOTA = "quota", "The daily quota is used up"
    BREAKER = "breaker", "Too many calls failed in a row"


class PauseQuerySet(models.QuerySet["Pause"]):
    def active(self) -> "PauseQuerySet":
        """On the database's clock."""
        return self.filter(Q(until=None) | Q(until__gt=Now()))


class Pause(models.Model):
    """No calls to a platform, or to one server of it, before an instant. In PostgreSQL, so that a flushed Redis gets nobody banned."""

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="pauses")
    bucket = models.CharField(max_length=255, blank=True, help_text="One server of the platform; empty: all of it.")
    reason = models.CharField(max_length=12, choices=PauseReason)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, help_text="Empty: until a person resumes.")
    detail = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=150, blank=True, help_text="Who paused it; empty: the system.")

    objects = PauseQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("platform", "bucket", "reason"), name="pause_once"),
            models.CheckConstraint(condition=Q(reason__in=PauseReason.values), name="pause_reason_known"),
        )

    def __str__(self) -> str:
        return f"{self.platform}: {self.get_reason_display()}"


class Quota(models.Model):
    """Units of a platform's daily quota that are spent. The day is the platform's own."""

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="quotas")
    day = models.DateField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("platform", "day"), name="quota_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.platform} {self.day}: {self.used}"


class Hold(models.Model):
    """Conclusions about a platform's items are held: too many of them disappeared at once to be believed without a person, or time."""

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="holds")
    since = models.DateTimeField()
    lost = models.PositiveIntegerField(help_text="Items that had disappeared within the window when it tripped.")
    looked = models.PositiveIntegerField(help_text="Items seen up before that were looked at within the window.")
    checked_at = models.DateTimeField(help_text="When it was last asked whether it has passed.")
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=150, blank=True, help_text="Empty: it let go by itself.")
    release_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("platform",), condition=Q(released_at=None), name="hold_one_at_a_time"),)

    def __str__(self) -> str:
        return f"{self.platform}: {self.lost} of {self.looked} at once"


LATE_SECONDS = 2
"""A look at a deadline that begins later than that is late."""


class LookMinute(models.Model):
    """What the looks of one minute came to, for one platform: the pulse that breakers and the screen of platforms read.

    From a day ago on a row is a quarter of an hour.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="minutes")
    minute = models.DateTimeField()
    looks = models.PositiveIntegerField(default=0)
    indeterminate = models.PositiveIntegerField(default=0)
    had_been_up = models.PositiveIntegerField(default=0, help_text="Decided looks at items last seen up.")
    disappeared = models.PositiveIntegerField(default=0, help_text="Of those, the items found gone.")
    anchors = models.PositiveIntegerField(default=0)
    late_anchors = models.PositiveIntegerField(default=0, help_text="More than two seconds late.")
    latest_anchor_ms = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("platform", "minute"), name="look_minute_once"),)

    def __str__(self) -> str:
        return f"{self.platform} {self.minute:%H:%M}: {self.looks}"


class Breaker(models.Model):
    """How many calls to a platform have failed in a row, since it last opened."""

    platform = models.OneToOneField(Platform, on_delete=models.CASCADE, primary_key=True, related_name="breaker")
    failures = models.PositiveIntegerField(default=0)
    trips = models.PositiveIntegerField(default=0, help_text="Times it opened since a call last succeeded.")
    last_failure = models.CharField(max_length=60, blank=True)
    last_success_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.platform}: {self.failures} in a row"


def heed(platform_id: int, wishes: Mapping[str, tuple[datetime, str]], *, now: datetime) -> None:
    """Store what replies have asked for, by server: until when, and why. In one statement, for a site may ask a thousand times; of two
    wishes the longer one stays."""
    rows = [
        (platform_id, bucket[:255], PauseReason.RETRY_AFTER.value, now, until, detail[:300], "")
        for bucket, (until, detail) in sorted(wishes.items())
    ]
    if rows:
        with connection.cursor() as cursor:
            execute_values(
                cursor.cursor,
                "INSERT INTO platforms_pause AS p (platform_id, bucket, reason, since, until, detail, by) VALUES %s "
                "ON CONFLICT (platform_id, bucket, reason) DO UPDATE SET since = excluded.since, until = excluded.until, "
                "detail = excluded.detail WHERE p.until < excluded.until",
                rows,
                page_size=len(rows),
            )


def pause(platform_id: int, reason: PauseReason, until: datetime | None, *, now: datetime, bucket: str = "", detail: str = "") -> None:
    """Close an eye until an instant; a pause for the same reason is replaced, unless it lasts longer."""
    mine = Pause.objects.filter(platform_id=platform_id, bucket=bucket[:255], reason=reason)
    if until is not None and mine.filter(until__gt=until).exists():
        # Of two replies that arrive together, the one that asks for less must not undo the other.
        return
    values = {"since": now, "until": until, "detail": detail[:300], "by": ""}
    Pause.objects.update_or_create(platform_id=platform_id, bucket=bucket[:255], reason=reason, defaults=values)
