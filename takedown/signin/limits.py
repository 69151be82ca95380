"""How often somebody may guess. Counted in PostgreSQL, so that a flushed Redis forgets nothing.

Every attempt is written down before it is looked at, in each of its buckets, and taken back when it succeeds: however many are made at
the same moment, no more than the limit get an answer. What is refused is taken back too: it has guessed nothing.

A stranger's browser is counted by name and address, by address, and by agency. One that has signed in as this person before has a bucket
of its own instead: nobody can lock a colleague out by guessing from elsewhere, not even from the same office.
"""

import hashlib
import ipaddress
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils.crypto import salted_hmac

from takedown.models import Agency, SignInAttempt, User

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    most: int
    window: timedelta
    personal: bool
    """Whether a success shows that the failures before it were those of the same person, and forgets them."""


LIMITS = {
    "name": Limit(6, timedelta(minutes=10), personal=True),
    "address": Limit(30, timedelta(minutes=10), personal=False),
    "agency": Limit(60, timedelta(minutes=10), personal=False),
    "device": Limit(6, timedelta(minutes=10), personal=True),
    "second": Limit(6, timedelta(minutes=10), personal=True),
    "second-day": Limit(30, KEPT, personal=True),
}


class TooManyAttemptsError(Exception):
    """Come back later. `seconds`: how much later, at least 1."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts; again in {seconds} s.")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt in progress. Unless it is said to have succeeded, it has failed."""

    rows: tuple[SignInAttempt, ...]

    def succeeded(self) -> None:
        """Take it back, and with it the failures of the same person."""
        personal = [row.bucket for row in self.rows if _limit(row.bucket).personal]
        SignInAttempt.objects.filter(Q(pk__in=[row.pk for row in self.rows]) | Q(bucket__in=personal)).delete()


def begin(buckets: Sequence[str], now: datetime) -> Attempt:
    """Write an attempt down. Raises `TooManyAttemptsError` where a bucket is full."""
    SignInAttempt.objects.filter(at__lt=now - KEPT).delete()
    attempt = Attempt(tuple(SignInAttempt.objects.bulk_create([SignInAttempt(bucket=bucket, at=now) for bucket in buckets])))
    if wait := _wait(buckets, now):
        SignInAttempt.objects.filter(pk__in=[row.pk for row in attempt.rows]).delete()
        raise TooManyAttemptsError(max(1, math.ceil(wait.total_seconds())))
    return attempt


def buckets_of_name(name: str, *, address: str, device: str) -> list[str]:
    """Where an attempt with a password counts. `device`: what the browser remembers of this name's owner; empty for a stranger's."""
    if device:
        return [f"device:{device}"]
    place = network(address)
    return [f"name:{_digest(name)}:{place}", f"address:{place}", f"agency:{_agency(name)}"]


def buckets_of_second(user: User, *, address: str, device: str) -> list[str]:
    """Where an attempt with a second factor counts, and one with the password of somebody who is signed in."""
    who = f"{user.pk}:{device}" if device else f"{user.pk}"
    buckets = [f"second:{who}", f"second-day:{who}"]
    return buckets if device else [*buckets, f"address:{network(address)}"]


def network(address: str) -> str:
    """What one subscriber has: an IPv4 address, or the first 64 bits of an IPv6 one."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv6Address):
        known = known.ipv4_mapped or known
    return str(known) if known.version == 4 else str(ipaddress.ip_network((known, 64), strict=False))


def _wait(buckets: Sequence[str], now: datetime) -> timedelta:
    """How long until each bucket has room for one more; zero where this one, written down already, has it."""
    recent = reduce(or_, (Q(bucket=bucket, at__gt=now - _limit(bucket).window) for bucket in buckets))
    times: defaultdict[str, list[datetime]] = defaultdict(list)
    for bucket, at in SignInAttempt.objects.filter(recent).order_by("-at").values_list("bucket", "at"):
        times[bucket].append(at)
    full = ((_limit(bucket), found) for bucket, found in times.items() if len(found) > _limit(bucket).most)
    return max((found[limit.most] + limit.window - now for limit, found in full), default=timedelta())


def _limit(bucket: str) -> Limit:
    return LIMITS[bucket.split(":", 1)[0]]


def _digest(name: str) -> str:
    """Of the name, never the name: people type passwords into the wrong box."""
    return salted_hmac("takedown.signin.name", name.casefold(), algorithm="sha256").hexdigest()[:40]


def _agency(name: str) -> int:
    """The agency of a name. One that nobody has gets an agency by lot, always the same: being refused says nothing about a name."""
    agencies = list(Agency.objects.order_by("pk").values_list("pk", flat=True))
    known = User.objects.filter(username=name).values_list("agency_id", flat=True).first()
    lot = int.from_bytes(hashlib.sha256(_digest(name).encode()).digest())
    return known or (agencies[lot % len(agencies)] if agencies else 0)
