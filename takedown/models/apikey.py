"""Keys of REST clients."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from takedown.models.agency import Agency
from takedown.models.client import Client

PREFIX = "tdk_"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def for_agency(self, agency: Agency | None) -> Self:
        """Keys of this agency's clients; none for somebody without an agency."""
        return self.none() if agency is None else self.filter(client__agency=agency)

    def live(self, now: datetime) -> Self:
        return self.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=now))


class ApiKey(models.Model):
    """A key is 256 random bits, shown once; only its SHA-256 is kept, which needs no salt at that length."""

    class Scope(models.TextChoices):
        REPORTS_WRITE = "reports:write", "Submit reports, ask for looks"
        REPORTS_READ = "reports:read", "Read reports"
        REQUESTS_READ = "requests:read", "Read requests and verdicts"

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="keys")
    hint = models.CharField(max_length=12, editable=False, help_text="First characters, to tell keys apart.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope), default=list)
    networks = ArrayField(models.CharField(max_length=43), default=list, help_text="Where it may be used from; empty: from anywhere.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.client} ({self.hint}…)"

    @property
    def agency(self) -> Agency:
        return self.client.agency

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def issue(
        cls, *, client: Client, scopes: Sequence[str], now: datetime, expires_at: datetime | None, networks: Sequence[str] = ()
    ) -> "tuple[ApiKey, str]":
        """A new key and its secret, which cannot be shown again."""
        secret = PREFIX + secrets.token_urlsafe(32)
        key = cls.objects.create(
            client=client,
            scopes=list(scopes),
            networks=list(networks),
            hint=secret[:8],
            digest=cls.digest_of(secret),
            created_at=now,
            expires_at=expires_at,
        )
        return key, secret

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def admits(self, address: IPv4Address | IPv6Address | None) -> bool:
        """Whether it may be used from there; None: from where is not known."""
        return not self.networks or (address is not None and any(address in ip_network(network) for network in self.networks))
