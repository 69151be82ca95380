"""Clients: the systems that use the REST interface for an agency."""

from django.db import models

from takedown.models.agency import Agency
from takedown.models.scope import AgencyQuerySet


class Client(models.Model):
    """A system that reports or reads for an agency. Its keys come and go; what it sent, and may send again, stays its own."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="clients")
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    objects = AgencyQuerySet["Client"].as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("agency", "name"), name="client_name_once_per_agency"),)

    def __str__(self) -> str:
        return self.name
