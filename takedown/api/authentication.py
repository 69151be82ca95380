"""Keys in the `Authorization: Api-Key …` header."""

from datetime import datetime, timedelta

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from takedown.models import ApiKey, walls
from takedown.peer import address_of


class Caller:
    """Whoever holds a key. DRF asks of a user only whether it is authenticated."""

    is_authenticated = True

    def __init__(self, key: ApiKey) -> None:
        self.pk = f"key-{key.pk}"


class ApiKeyAuthentication(BaseAuthentication):
    """Looks the key's digest up; a live key, used from where it may be, answers with its client and its scopes."""

    keyword = "Api-Key"

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != self.keyword.lower():
            return None
        now, address = timezone.now(), address_of(request)
        key = ApiKey.objects.live(now).select_related("client__agency").filter(digest=ApiKey.digest_of(secret.strip())).first()
        if key is None or not key.admits(address):
            # One answer for all: whoever found a key learns nothing about it.
            raise AuthenticationFailed("This key is unknown, expired, revoked, or may not be used from here.")
        _note_use(key, str(address) if address else None, now)
        walls.enter(key.client.agency_id)
        return Caller(key), key

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


def _note_use(key: ApiKey, address: str | None, now: datetime) -> None:
    """When and from where it was last used; written at most once a minute, and when it comes from somewhere else."""
    if key.last_used_at is None or key.last_used_from != address or now - key.last_used_at > timedelta(minutes=1):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now, last_used_from=address)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular's registry is untyped
    """How the schema names it."""

    target_class = ApiKeyAuthentication
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Api-Key ` followed by the key."}
