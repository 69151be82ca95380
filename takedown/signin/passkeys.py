"""Passkeys (WebAuthn), as a second factor after the password."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import webauthn
from django.db import transaction
from django.utils.crypto import salted_hmac
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import PublicKeyCredentialDescriptor

from takedown.choices import FactorKind
from takedown.models import SecondFactor, User
from takedown.signin.account import lock

logger = logging.getLogger(__name__)

T = TypeVar("T")

LONGEST_ANSWER = 20_000
MALFORMED = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading a browser's answer may raise when it is none."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the browser thinks it is: passkeys belong to a host name and answer only there."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey that proved itself, not yet kept. Both texts are base64url."""

    credential_id: str
    public_key: str
    counter: int


def creation_options(user: User, site: Site) -> tuple[str, str]:
    """What the browser needs to make a passkey, as JSON, and the challenge in it."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="Takedown",
        user_id=salted_hmac("takedown.passkey", str(user.pk), algorithm="sha256").digest(),
        user_name=user.username,
        user_display_name=str(user),
        exclude_credentials=_known(user),
    )
    return webauthn.options_to_json(options), bytes_to_base64url(options.challenge)


def request_options(user: User, site: Site) -> tuple[str, str]:
    """What the browser needs to use one of the person's passkeys, as JSON, and the challenge in it."""
    options = webauthn.generate_authentication_options(rp_id=site.host, allow_credentials=_known(user))
    return webauthn.options_to_json(options), bytes_to_base64url(options.challenge)


def challenge_in(answer: str) -> str:
    """The challenge that the browser says it answers; empty where there is none to read."""
    if len(answer) > LONGEST_ANSWER:
        return ""
    client = _read(lambda: parse_client_data_json(base64url_to_bytes(json.loads(answer)["response"]["clientDataJSON"])))
    return bytes_to_base64url(client.challenge) if client else ""


def read_passkey(answer: str, *, site: Site, challenge: str) -> Passkey | None:
    """The passkey that the browser made, if it answers this challenge."""
    proven = _read(
        lambda: webauthn.verify_registration_response(
            credential=answer, expected_challenge=base64url_to_bytes(challenge), expected_rp_id=site.host, expected_origin=site.origin
        )
    )
    if proven is None:
        return None
    return Passkey(bytes_to_base64url(proven.credential_id), bytes_to_base64url(proven.credential_public_key), proven.sign_count)


@transaction.atomic
def check_passkey(user: User, answer: str, *, site: Site, challenge: str, now: datetime) -> bool:
    """Whether one of the person's passkeys answers this challenge."""
    lock(user)
    credential = _read(lambda: parse_authentication_credential_json(answer))
    known = user.factors.filter(kind=FactorKind.PASSKEY, credential_id=credential.id if credential else "").first()
    if known is None:
        return False
    proven = _read(
        lambda: webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(known.secret),
            credential_current_sign_count=known.counter,
        )
    )
    if proven is None:
        return False
    known.counter, known.last_used_at = proven.new_sign_count, now
    known.save(update_fields=["counter", "last_used_at"])
    return True


def _known(user: User) -> list[PublicKeyCredentialDescriptor]:
    passkeys = SecondFactor.objects.filter(user=user, kind=FactorKind.PASSKEY)
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id)) for one in passkeys]


def _read(parse: Callable[[], T]) -> T | None:
    """What `parse` gives; None, and a line in the log, for what is no right answer."""
    try:
        return parse()
    except MALFORMED as error:
        logger.info("A passkey's answer was not taken: %s", type(error).__name__)
        return None
