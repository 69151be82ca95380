"""Keys in the `Authorization: Api-Key …` header."""

from datetime import timedelta

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from takedown.models import ApiKey, walls


class Client:
    """Whoever holds a key. DRF asks of a user only whether it is authenticated."""

    is_authenticated = True

    def __init__(self, key: ApiKey) -> None:
        self.key = key
        self.pk = f"key-{key.pk}"


class ApiKeyAuthentication(BaseAuthentication):
    """Looks the key's digest up; a live key answers with its agency and its scopes."""

    keyword = "Api-Key"

    def authenticate(self, request: Request) -> tuple[Client, ApiKey] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != self.keyword.lower():
            return None
        now = timezone.now()
        key = ApiKey.objects.live(now).select_related("agency", "client").filter(digest=ApiKey.digest_of(secret.strip())).first()
        if key is None:
            raise AuthenticationFailed("This key is unknown, expired or revoked.")
        if key.last_used_at is None or now - key.last_used_at > timedelta(minutes=1):
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        walls.enter(key.agency_id)
        return Client(key), key

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular's registry is untyped
    """How the schema names it."""

    target_class = ApiKeyAuthentication
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Api-Key ` followed by the key."}
