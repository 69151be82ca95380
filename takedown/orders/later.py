"""Later looks at what a platform says it has removed."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from takedown.choices import UP, AlertKind, Compliance, Outcome
from takedown.models import Alert, Observation, TakedownRequest
from takedown.orders.claims import Finding, compare, sentence

SECOND = timedelta(seconds=1)
"""A look sent in the second that was written down contradicts nothing."""
_OPEN_TO_ALL = UP - {Outcome.GEO_BLOCKED}
_SEEN_SO = Observation.objects.filter(item=OuterRef("item"), outcome__in=_OPEN_TO_ALL, last_sent__gte=OuterRef("claimed_at") + SECOND)
NOT_JUST_WITHHELD = Q(policy__complies_when=Compliance.REMOVED) | Q(item__watch__outcome__in=_OPEN_TO_ALL) | Exists(_SEEN_SO)
"""Of requests whose item was seen up after the claim: where disabling access complies, that it is withheld in some countries since may be
the very measure that is claimed, and contradicts nothing."""


def contradiction(request: TakedownRequest, at: datetime, text: str) -> Alert:
    """The alert that a claim contradicts what was seen, not yet saved."""
    kind, about = AlertKind.CONTRADICTED, {"agency_id": request.agency_id, "platform_id": request.platform_id}
    return Alert(kind=kind, at=at, request=request, detail=text, **about)


def check_claims(*, limit: int = 500) -> int:
    """Alert once for each claim of removal after which the item was seen up; how many.

    Claims that no look has decided are found by the partial index `request_claim_open`: few, for each ends with the next look that tells.
    Seen up, it is contradicted, and the alert is written in the same transaction; confirmed gone, `settle` ends it. The looks themselves
    know nothing of claims: most find an item as it was, and their cost is what limits a worker.
    """
    with transaction.atomic():
        seen_since = {"item__watch__last_up__gte": F("claimed_at") + SECOND}
        claims = TakedownRequest.objects.open().filter(NOT_JUST_WITHHELD, claim_open=True, **seen_since)
        claims = claims.select_related("item__watch").order_by("pk")
        alerts = []
        for request in claims.select_for_update(of=("self",), skip_locked=True)[:limit]:
            claimed, last_up = request.claimed_at, request.item.watch.last_up
            if claimed and last_up and compare(claimed, last_up, None) is Finding.CONTRADICTED:
                alerts.append(contradiction(request, last_up, sentence(Finding.CONTRADICTED, claimed, last_up, None)))
        Alert.objects.bulk_create(alerts)
        TakedownRequest.objects.filter(pk__in=[alert.request_id for alert in alerts]).update(claim_open=False)
    return len(alerts)
