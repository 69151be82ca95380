"""Agencies and their first administrator: what an operator does for an agency, and the last of it that an operator touches."""

from datetime import datetime

from django.db import transaction

from takedown.administration.people import add
from takedown.choices import ChangeOf, Role
from takedown.models import Agency, User
from takedown.models.change import note_change
from takedown.models.errors import NotPossible


@transaction.atomic
def open_agency(*, agency: Agency, username: str, display_name: str, email: str, actor: User, now: datetime) -> tuple[User, str]:
    """Save a new agency; its first administrator and the link to hand over. Raises `NotPossible`."""
    agency.save(force_insert=True)
    note_change(ChangeOf.AGENCY, agency, "Opened", agency=None, actor=actor, now=now)
    return _administrator(agency, username, display_name, email, actor, now)


@transaction.atomic
def add_administrator(*, agency: Agency, username: str, display_name: str, email: str, actor: User, now: datetime) -> tuple[User, str]:
    """An administrator for an agency that has none who can act: an operator has no other way in. Raises `NotPossible`."""
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
    if not is_orphaned(agency):
        raise NotPossible(f"{agency} has an administrator, who invites its people.")
    return _administrator(agency, username, display_name, email, actor, now)


def is_orphaned(agency: Agency) -> bool:
    """Whether no administrator can act: none is let in, or none has chosen a password."""
    administrators = agency.users.filter(role=Role.ADMINISTRATOR, is_active=True)
    return not any(person.has_usable_password() for person in administrators)


def _administrator(agency: Agency, username: str, display_name: str, email: str, actor: User, now: datetime) -> tuple[User, str]:
    added = add(agency=agency, username=username, display_name=display_name, email=email, role=Role.ADMINISTRATOR, actor=actor, now=now)
    note_change(ChangeOf.AGENCY, agency, f"First administrator: {added[0]}", agency=None, actor=actor, now=now)
    return added
