"""What was sent before is answered, not filed again: calls by their idempotency key, reports by the client's own reference."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from takedown.models import Agency, Client, Report


class KeyReused(Exception):
    """The idempotency key came before with another body."""


@dataclass(frozen=True, slots=True)
class Call:
    """What one request carried, so that it can be sent again."""

    key: str
    """The idempotency key with the route it counts for."""
    fingerprint: str
    """SHA-256 of the whole body."""


def lock(owner: Client | Agency, call: Call | None, references: Iterable[str]) -> None:
    """Until the transaction ends nobody else files with this key or these references: the second of two then finds the first's reports."""
    names = [*([f"key:{call.key}"] if call else []), *(f"reference:{reference}" for reference in references)]
    if not names:
        return
    prefix = f"{owner._meta.model_name}:{owner.pk}:"
    with connection.cursor() as cursor:
        # In one order for all, so that no two wait for each other.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(number) "
            "FROM (SELECT DISTINCT hashtextextended(name, 0) AS number FROM unnest(%s) AS name ORDER BY number) AS numbers",
            [[prefix + name for name in names]],
        )


def by_key(owned: QuerySet[Report], call: Call | None) -> dict[int, Report]:
    """Reports of the call that had this key, by their place in it; none if there was no such call. Raises KeyReused for another body."""
    if call is None:
        return {}
    before = list(owned.filter(idempotency_key=call.key).select_related("item", "request"))
    if any(report.call_fingerprint != call.fingerprint for report in before):
        raise KeyReused("This idempotency key was used for another body. Take a new one for new data.")
    return {report.place: report for report in before}


def by_reference(owned: QuerySet[Report], references: Iterable[str]) -> dict[str, Report]:
    """The reports that have these references."""
    found = owned.filter(client_reference__in=wanted).select_related("item", "request") if (wanted := set(references)) else ()
    return {report.client_reference: report for report in found}
