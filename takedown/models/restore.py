"""What a database that was restored from a backup must not do twice."""

from django.db import models
from django.db.models import Q


class Restore(models.Model):
    """A database that is not the one that sent last: the first install, and every restore from a backup since.

    From a restore on nothing is sent until somebody has reconciled: what left after the backup would leave again.
    """

    identity = models.CharField(max_length=80, unique=True, help_text="What tells this database from a copy of it.")
    noticed_at = models.DateTimeField()
    why = models.CharField(max_length=200)
    reconciled_at = models.DateTimeField(null=True, help_text="Empty: nothing is sent.")
    recognised = models.PositiveIntegerField(default=0, help_text="Requests that had been sent, as the journal says.")
    asked = models.PositiveIntegerField(default=0, help_text="Requests about which a person has to find out.")

    def __str__(self) -> str:
        return f"{self.why} {self.noticed_at:%Y-%m-%d %H:%M:%S}"


class SentBefore(models.Model):
    """Something left that this database knows nothing of, for it was restored from an older backup.

    Kept by what was sent, without naming it: whoever reports the same again is not to have it sent twice without a person's word.
    """

    submission = models.UUIDField(primary_key=True)
    content = models.CharField(max_length=64, help_text="SHA-256 of agency, platform, address and policy.")
    number = models.CharField(max_length=40)
    at = models.DateTimeField()
    state = models.CharField(max_length=10)
    reference = models.CharField(max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True, help_text="When a person had it sent all the same; then it stands in nobody's way.")

    class Meta:
        indexes = (models.Index(fields=("content",), name="sentbefore_open", condition=Q(decided_at=None)),)

    def __str__(self) -> str:
        return f"{self.number} at {self.at:%Y-%m-%d %H:%M:%S}"
