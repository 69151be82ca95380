"""REST clients: whoever reports through keys."""

from django.db import models

from takedown.models.agency import Agency


class Client(models.Model):
    """A case system. It outlives its keys: what was sent with one may be sent again with the next."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="clients")
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("agency", "name"), name="client_name_once_per_agency"),)

    def __str__(self) -> str:
        return self.name
