"""Items: pieces of content, deduplicated by identity within an agency."""

import hashlib
import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from platforms.base import ContentRef
from platforms.identity import LEADS_ELSEWHERE
from platforms.models import Platform
from platforms.urls import LINK
from takedown.models.agency import Agency
from takedown.models.numbers import count_of
from takedown.models.scope import AgencyQuerySet

if TYPE_CHECKING:
    from takedown.models.watch import Watch


def identity_of(ref: ContentRef) -> uuid.UUID:
    """128 bits that are equal exactly when two references name the same content: platform, kind and id, else the canonical URL."""
    name = "\x1f".join((ref.platform, ref.kind, ref.external_id or ref.canonical_url))
    return uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16])


def unfollowed(prefix: str = "") -> Q:
    """Items that are short links still (`platforms.identity.is_link`): nobody knows what they lead to."""
    shortened = {f"{prefix}platform__slug": "web", f"{prefix}canonical_url__regex": LEADS_ELSEWHERE}
    return Q(**{f"{prefix}external_id__startswith": LINK}) | Q(**shortened)


class FlaggedItem(models.Model):
    """One piece of content that was reported to one agency."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="items")
    identity = models.UUIDField(editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="items")
    kind = models.CharField(max_length=20)
    external_id = models.CharField(max_length=300, blank=True)
    canonical_url = models.TextField()
    reported_url = models.TextField(
        blank=True, default="", db_default="", help_text="The address of the first report, as it was reported, where that is another one."
    )
    created_at = models.DateTimeField()
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", help_text="The item that this one turned out to be."
    )

    objects = AgencyQuerySet["FlaggedItem"].as_manager()

    if TYPE_CHECKING:
        watch: Watch

    class Meta:
        constraints = (models.UniqueConstraint(fields=("agency", "identity"), name="item_once_per_agency"),)

    def __str__(self) -> str:
        return self.canonical_url

    @property
    def number(self) -> int:
        return count_of(self.pk)

    @property
    def addresses(self) -> list[str]:
        """Where it is: by our spelling, and as it was reported."""
        return [self.canonical_url, *([self.reported_url] if self.reported_url else [])]

    def ref(self, platform_slug: str) -> ContentRef:
        return ContentRef(platform_slug, self.kind, self.external_id, self.canonical_url)
