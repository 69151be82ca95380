"""Keys of an agency's clients: issue, rotate, revoke."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from takedown.choices import ChangeOf
from takedown.models import Agency, ApiKey, Client, User
from takedown.models.change import note_change
from takedown.models.errors import NotPossible

MOST_LIVE = 2
"""The key in use and the one that is to take its place."""
GOOD_FOR = timedelta(days=365)
"""How long a key is good for if nobody says otherwise."""


@transaction.atomic
def issue_key(
    *,
    agency: Agency,
    client_name: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
    actor: User | None,
    now: datetime,
    networks: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """A key for the client of that name, which is new if there is none, and its secret. `expires_at` None: never. Raises `NotPossible`."""
    client, _ = Client.objects.get_or_create(agency=agency, name=client_name, defaults={"created_at": now})
    _one_more(client, now)
    return _issue(client, scopes=scopes, networks=networks, expires_at=expires_at, what="Key issued", actor=actor, now=now)


@transaction.atomic
def rotate_key(*, key: ApiKey, overlap: timedelta, actor: User | None, now: datetime) -> tuple[ApiKey, str]:
    """A second key that may do the same and lasts as long; the old one ends after `overlap`, if not sooner. Raises `NotPossible`."""
    _one_more(key.client, now)
    old = ApiKey.objects.select_related("client__agency").get(pk=key.pk)
    if not old.is_live(now):
        raise NotPossible("This key has ended. Issue another one.")
    lasts = old.expires_at - old.created_at if old.expires_at else None
    ends = min(now + overlap, old.expires_at) if old.expires_at else now + overlap
    what = f"Key issued in the place of {old.hint}…, which ends at {ends:%Y-%m-%d %H:%M} UTC"
    new = _issue(
        old.client, scopes=old.scopes, networks=old.networks, expires_at=now + lasts if lasts else None, what=what, actor=actor, now=now
    )
    old.expires_at = ends
    old.save(update_fields=["expires_at"])
    return new


@transaction.atomic
def revoke_key(*, key: ApiKey, reason: str, actor: User | None, now: datetime) -> None:
    """End it now. Raises `NotPossible`."""
    if not ApiKey.objects.live(now).filter(pk=key.pk).update(revoked_at=now):
        raise NotPossible("This key has ended already.")
    note_change(ChangeOf.KEY, key, "Key revoked", agency=key.agency, actor=actor, now=now, reason=reason)


def _one_more(client: Client, now: datetime) -> None:
    """Whether the client may have another key. Two who ask at once wait here for each other."""
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    if client.keys.live(now).count() >= MOST_LIVE:
        raise NotPossible(f"{client} has two live keys. Revoke one of them first.")


def _issue(
    client: Client,
    *,
    scopes: Sequence[str],
    networks: Sequence[str],
    expires_at: datetime | None,
    what: str,
    actor: User | None,
    now: datetime,
) -> tuple[ApiKey, str]:
    key, secret = ApiKey.issue(client=client, scopes=scopes, networks=networks, expires_at=expires_at, now=now)
    until = f"until {expires_at:%Y-%m-%d %H:%M} UTC" if expires_at else "for ever"
    where = ", ".join(networks) or "anywhere"
    what = f"{what}: {', '.join(scopes) or 'no scope'}; {until}; from {where}"
    note_change(ChangeOf.KEY, key, what, agency=client.agency, actor=actor, now=now)
    return key, secret
