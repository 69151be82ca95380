"""What a person holds: an app that shows codes, and a passkey as a security key makes and uses one."""

import base64
import hashlib
import json
import os
import struct
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils import timezone
from django_otp.oath import hotp
from webauthn.helpers import bytes_to_base64url, encode_cbor

from platforms.credentials import seal
from takedown import signin
from takedown.choices import FactorKind
from takedown.models import SecondFactor, User

SECRET = b"a secret of 20 bytes"
IN_BASE_32 = base64.b32encode(SECRET).decode()


def with_app(user: User, now: datetime | None = None) -> SecondFactor:
    """Give somebody an app that has shown no code yet."""
    factor = SecondFactor(user=user, kind=FactorKind.APP, name="phone", secret=seal({"secret": IN_BASE_32}))
    signin.add_factor(factor, now=now or timezone.now(), address="")
    return factor


def shown(now: datetime | None = None, *, steps: int = 0, secret: bytes = SECRET) -> str:
    """The code that the app shows now, or that many steps later."""
    return f"{hotp(secret, int((now or timezone.now()).timestamp()) // 30 + steps):06}"


class Key:
    """A security key with one passkey."""

    def __init__(self, host: str = "testserver", origin: str = "http://testserver") -> None:
        self.host, self.origin = host, origin
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)
        self.count = 0

    def create(self, options: str) -> str:
        """What `navigator.credentials.create` answers, as JSON."""
        point = self.private.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        data = self._data(0x41) + bytes(16) + struct.pack(">H", len(self.id)) + self.id + encode_cbor(public)
        client = self._client("webauthn.create", options)
        return self._answer(clientDataJSON=client, attestationObject=encode_cbor({"fmt": "none", "attStmt": {}, "authData": data}))

    def get(self, options: str) -> str:
        """What `navigator.credentials.get` answers, as JSON."""
        self.count += 1
        data, client = self._data(0x01), self._client("webauthn.get", options)
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _client(self, kind: str, options: str) -> bytes:
        return json.dumps({"type": kind, "challenge": json.loads(options)["challenge"], "origin": self.origin}).encode()

    def _answer(self, **response: bytes) -> str:
        encoded: dict[str, Any] = {name: bytes_to_base64url(value) for name, value in response.items()}
        name = bytes_to_base64url(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": encoded, "clientExtensionResults": {}})


def with_passkey(user: User, key: Key) -> SecondFactor:
    """Give somebody this key."""
    site = signin.Site(key.host, key.origin)
    options, challenge = signin.creation_options(user, site)
    made = signin.read_passkey(key.create(options), site=site, challenge=challenge)
    assert made is not None
    factor = SecondFactor(user=user, kind=FactorKind.PASSKEY, name="key", secret=made.public_key, credential_id=made.credential_id)
    signin.add_factor(factor, now=timezone.now(), address="")
    return factor
