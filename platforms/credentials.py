"""Credentials at rest: encrypted with keys that are not in the database."""

import base64
import hashlib
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class UnreadableCredentialsError(Exception):
    """Encrypted with a key that is not configured any more."""


def seal(secrets: Mapping[str, str]) -> str:
    """Encrypt with the first key; "" for nothing."""
    return _keys().encrypt(json.dumps(dict(secrets)).encode()).decode() if secrets else ""


def unseal(sealed: str) -> dict[str, str]:
    """Decrypt with whichever key fits. Raises `UnreadableCredentialsError`."""
    if not sealed:
        return {}
    try:
        secrets: dict[str, str] = json.loads(_keys().decrypt(sealed.encode()))
    except InvalidToken as error:
        raise UnreadableCredentialsError("None of CREDENTIALS_KEYS opens the stored credentials. Enter them again.") from error
    return secrets


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in settings.CREDENTIALS_KEYS])
