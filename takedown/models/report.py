"""Reports: what a person or a REST client submits."""

from django.db import models
from django.db.models import Q

from takedown.choices import Category, ReportOutcome, Severity
from takedown.models.agency import Agency
from takedown.models.apikey import ApiKey
from takedown.models.client import Client
from takedown.models.item import FlaggedItem
from takedown.models.request import TakedownRequest
from takedown.models.scope import AgencyQuerySet, one_of
from takedown.models.user import User


class Report(models.Model):
    """This URL, for this reason. Kept as it came, whatever it led to."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="reports")
    url = models.TextField(help_text="As it was typed or sent.")
    item = models.ForeignKey(FlaggedItem, on_delete=models.PROTECT, related_name="reports")
    request = models.ForeignKey(TakedownRequest, on_delete=models.PROTECT, related_name="reports")
    outcome = models.CharField(max_length=10, choices=ReportOutcome)
    category = models.CharField(max_length=30, choices=Category)
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.MEDIUM)
    language = models.CharField(max_length=35, blank=True, help_text="BCP 47 tag of the content.")
    note = models.TextField(blank=True)
    client_reference = models.CharField(max_length=200, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, editable=False, help_text="Of what this report says.")
    idempotency_key = models.CharField(max_length=255, blank=True, editable=False, help_text="Of the call it came in, with its route.")
    call_fingerprint = models.CharField(max_length=64, blank=True, editable=False, help_text="Of the whole body of that call.")
    place = models.PositiveSmallIntegerField(default=0, editable=False, help_text="Where it stood in that call.")
    submitted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="reports")
    submitted_with = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True, blank=True, related_name="reports")
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, null=True, blank=True, related_name="reports", db_index=False, help_text="None: a person."
    )
    submitted_at = models.DateTimeField()

    objects = AgencyQuerySet["Report"].as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "client", "idempotency_key", "place"),
                condition=~Q(idempotency_key=""),
                nulls_distinct=False,
                name="report_once_in_a_call",
            ),
            models.UniqueConstraint(
                fields=("agency", "client", "client_reference"),
                condition=~Q(client_reference="") & Q(client__isnull=False),
                name="report_reference_once_per_client",
            ),
            one_of("outcome", ReportOutcome),
            one_of("category", Category),
            one_of("severity", Severity),
        )
        indexes = (
            models.Index(fields=("agency", "client_reference"), name="report_by_client_reference", condition=~Q(client_reference="")),
        )

    def __str__(self) -> str:
        return f"Report {self.pk}"

    @property
    def requests(self) -> list[TakedownRequest]:
        """The requests it led to."""
        return [self.request]
