"""What a connector wants to be reminded of when it looks at an item again."""

from django.db import models

from takedown.models.item import FlaggedItem


class Keepsake(models.Model):
    """A page's fingerprint, an entity tag, the group an invitation led to: a few scalars of the connector's own, never content.

    Apart from the watch, which is rewritten at every look: this hardly ever is.
    """

    item = models.OneToOneField(FlaggedItem, on_delete=models.CASCADE, primary_key=True, related_name="keepsake")
    data = models.JSONField()

    def __str__(self) -> str:
        return f"Keepsake of item {self.pk}"
