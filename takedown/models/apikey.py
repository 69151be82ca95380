"""Keys of REST clients."""

import hashlib
import secrets
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from takedown.models.agency import Agency
from takedown.models.client import Client
from takedown.models.scope import AgencyQuerySet

PREFIX = "tdk_"


class ApiKeyQuerySet(AgencyQuerySet["ApiKey"]):
    def live(self, now: datetime) -> Self:
        return self.filter(revoked_at=None).filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now))


class ApiKey(models.Model):
    """A key is 256 random bits, shown once; only its SHA-256 is kept, which needs no salt at that length."""

    class Scope(models.TextChoices):
        REPORTS_WRITE = "reports:write", "Submit reports"
        REPORTS_READ = "reports:read", "Read reports"
        REQUESTS_READ = "requests:read", "Read requests"

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="api_keys")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100)
    hint = models.CharField(max_length=12, editable=False, help_text="First characters, to tell keys apart.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope), default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("agency", "name"), name="apikey_name_once_per_agency"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def issue(cls, *, agency: Agency, name: str, scopes: list[str]) -> "tuple[ApiKey, str]":
        """A new key of the client of that name and its secret, which cannot be shown again."""
        secret = PREFIX + secrets.token_urlsafe(32)
        client, _ = Client.objects.get_or_create(agency=agency, name=name)
        key = cls.objects.create(agency=agency, client=client, name=name, scopes=scopes, hint=secret[:8], digest=cls.digest_of(secret))
        return key, secret
