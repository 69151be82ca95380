"""Codes: those of authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds) and those kept for the day the rest is lost."""

import base64
import hashlib
import hmac
import logging
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

from django.db import transaction
from django_otp.oath import hotp

from platforms.credentials import UnreadableCredentialsError, seal, unseal
from takedown.choices import FactorKind, SignInAction
from takedown.models import RecoveryCode, SecondFactor, User
from takedown.signin.account import lock, note

logger = logging.getLogger(__name__)

STEP_SECONDS = 30
DIGITS = 6
TOLERANCE = 1
"""Time steps before and after the current one whose code counts: clocks differ, and people type slowly."""
RECOVERY_CODES = 10


def new_secret() -> str:
    """160 random bits in base 32, as apps expect them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def provisioning_uri(user: User, secret: str) -> str:
    """What the QR code says to the app."""
    return f"otpauth://totp/{quote(f'Takedown:{user.username}', safe='')}?{urlencode({'secret': secret, 'issuer': 'Takedown'})}"


def proves(secret: str, code: str, now: datetime, after: int = 0) -> int | None:
    """The time step that this code is of, if it is one of the few that count and lies after the step `after`."""
    typed = _digits(code)
    if typed is None:
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    steps = range(max(current - TOLERANCE, after + 1), current + TOLERANCE + 1)
    key = base64.b32decode(secret)
    return next((step for step in steps if hmac.compare_digest(f"{hotp(key, step, DIGITS):0{DIGITS}}", typed)), None)


@transaction.atomic
def check_code(user: User, code: str, *, now: datetime, address: str) -> bool:
    """Whether this is a code of one of the person's apps that was not used before, or an unused recovery code. It is used up by that."""
    lock(user)
    if _digits(code) is None:
        return _use_recovery_code(user, code, now, address)
    for app in user.factors.filter(kind=FactorKind.APP):
        secret = _secret_of(app)
        step = proves(secret, code, now, app.counter) if secret else None
        if step is not None:
            app.counter, app.last_used_at, app.secret = step, now, seal({"secret": secret})  # with the key that is current by now
            app.save(update_fields=["counter", "last_used_at", "secret"])
            return True
    return False


@transaction.atomic
def make_recovery_codes(user: User, *, actor: User, now: datetime, address: str) -> list[str]:
    """Ten new codes in place of all that were; only their digests are kept, so this is the moment to show them."""
    lock(user)
    user.recovery_codes.all().delete()
    codes = [base64.b32encode(secrets.token_bytes(15)).decode() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
    note(user, SignInAction.CODES_MADE, actor=actor, now=now, address=address)
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes]


def codes_left(user: User) -> int:
    return user.recovery_codes.filter(used_at=None).count()


def _use_recovery_code(user: User, code: str, now: datetime, address: str) -> bool:
    written = "".join(letter for letter in code.upper() if letter.isalnum())
    used = user.recovery_codes.filter(digest=_digest(written), used_at=None).update(used_at=now)
    if used:
        note(user, SignInAction.CODE_USED, detail=f"{codes_left(user)} left", actor=user, now=now, address=address)
    return bool(used)


def _digits(code: str) -> str | None:
    """Six digits of whatever script, in ASCII, however they are spaced; None for anything else."""
    packed = "".join(code.split())
    return f"{int(packed):0{DIGITS}}" if len(packed) == DIGITS and packed.isdecimal() else None


def _secret_of(app: SecondFactor) -> str:
    try:
        return unseal(app.secret)["secret"]
    except UnreadableCredentialsError:
        logger.error("The secret of authenticator app %d was sealed with a key that is not in CREDENTIALS_KEYS any more", app.pk)
        return ""


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
