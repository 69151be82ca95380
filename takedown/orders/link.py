"""The link under which a platform answers one order, without an account. It names the request and nothing else, and ends by itself."""

import secrets
from datetime import timedelta

from django.core import signing

from takedown.models import TakedownRequest

SALT = "takedown.orders.answer"
LIFETIME = timedelta(days=90)


def token_for(request: TakedownRequest) -> str:
    return signing.dumps([request.pk, secrets.token_urlsafe(6)], salt=SALT)


def request_of(token: str) -> TakedownRequest | None:
    """The request that a link names; none for a forged or expired one."""
    try:
        pk, _ = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    return TakedownRequest.objects.select_related("agency", "item", "platform", "policy").filter(pk=pk).first()
