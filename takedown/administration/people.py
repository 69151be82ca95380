"""People of an agency: invite, change the role, shut out, let in again.

Nobody gets a password from somebody else: a link, good for 48 hours and for one use, lets the person choose it. Whoever manages people
cannot manage themselves, so nobody raises oneself and an agency keeps an administrator.
"""

from datetime import datetime

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from takedown import signin
from takedown.choices import ChangeOf, Role, SignInAction
from takedown.models import Agency, User
from takedown.models.access import Permission
from takedown.models.change import note_change
from takedown.models.errors import NotPossible

AGENCY_ROLES = tuple(role for role in Role if role != Role.OPERATOR)


class WelcomeTokens(PasswordResetTokenGenerator):
    """Tokens of the links. Good until the password changes or the time is up."""

    key_salt = "takedown.administration.people"


TOKENS = WelcomeTokens()


def link_for(person: User) -> str:
    """Path at which the person chooses a password."""
    return reverse("welcome", args=[urlsafe_base64_encode(force_bytes(person.pk)), TOKENS.make_token(person)])


@transaction.atomic
def invite(*, agency: Agency, username: str, display_name: str, email: str, role: str, actor: User, now: datetime) -> tuple[User, str]:
    """A new person of the actor's agency, and the link to hand over. Raises `NotPossible`."""
    _allowed(agency, actor)
    return add(agency=agency, username=username, display_name=display_name, email=email, role=role, actor=actor, now=now)


def add(*, agency: Agency, username: str, display_name: str, email: str, role: str, actor: User, now: datetime) -> tuple[User, str]:
    """The same for those who have asked whether the actor may."""
    if role not in AGENCY_ROLES:
        raise NotPossible("There is no such role in an agency.")
    if User.objects.filter(username__iexact=username).exists():
        raise NotPossible("This user name is taken. Choose another one.")
    person = User(agency=agency, username=username, display_name=display_name, email=email, role=role)
    person.set_unusable_password()
    person.save(force_insert=True)
    note_change(ChangeOf.PERSON, _called(person), f"Invited as {_label(role)}", agency=agency, actor=actor, now=now)
    return person, link_for(person)


@transaction.atomic
def set_role(*, person: User, role: str, actor: User, now: datetime) -> None:
    """Give another role; it holds from the next page on. Raises `NotPossible`."""
    person = _theirs(person, actor)
    if role not in AGENCY_ROLES:
        raise NotPossible("There is no such role in an agency.")
    if person.role == role:
        raise NotPossible(f"{person} has this role already.")
    before, person.role = person.role, role
    person.save(update_fields=["role"])
    _note(person, f"Role changed from {_label(before)} to {_label(role)}", actor, now)


@transaction.atomic
def shut_out(*, person: User, reason: str, actor: User, now: datetime) -> None:
    """End the person's sessions and their password. Raises `NotPossible`."""
    person = _theirs(person, actor)
    if not person.is_active:
        raise NotPossible(f"{person} is shut out already.")
    person.is_active = False
    _take_password(person)
    _note(person, "Shut out", actor, now, reason)


@transaction.atomic
def let_in_again(*, person: User, actor: User, now: datetime) -> str:
    """The link with which somebody who was shut out chooses a new password. Raises `NotPossible`."""
    person = _theirs(person, actor)
    if person.is_active:
        raise NotPossible(f"{person} is not shut out.")
    person.is_active = True
    _take_password(person)
    _note(person, "Let in again", actor, now)
    return link_for(person)


@transaction.atomic
def renew_link(*, person: User, actor: User, now: datetime) -> str:
    """A new link for who lost the password or the link. The old password ends at once, so that its owner notices. Raises `NotPossible`."""
    person = _theirs(person, actor)
    if not person.is_active:
        raise NotPossible(f"{person} is shut out. Let them in again first.")
    _take_password(person)
    _note(person, "Given a link to choose a new password", actor, now)
    return link_for(person)


@transaction.atomic
def reset_second_factor(*, person: User, reason: str, actor: User, now: datetime) -> None:
    """For who lost all they could show: at the next sign-in they set up new ones. Their sessions end. Raises `NotPossible`."""
    person = _theirs(person, actor)
    signin.reset_second_factor(person, actor=actor, now=now)
    _note(person, "Second factor reset", actor, now, reason)


@transaction.atomic
def choose_password(*, person: User, password: str, now: datetime, address: str = "") -> None:
    """What the link is for. The caller has checked token and password. The owner is told: the link has passed through other hands."""
    person.set_password(password)
    person.save(update_fields=["password"])
    signin.note(person, SignInAction.PASSWORD_CHANGED, actor=person, now=now, address=address, detail="with a link")
    _note(person, "Chose a password", person, now)


def _theirs(person: User, actor: User) -> User:
    """The person as they are now, locked; of the actor's agency, and not the actor."""
    if actor.agency is None or person.agency_id != actor.agency_id:
        raise NotPossible("This person belongs to another agency.")
    _allowed(actor.agency, actor)
    if person.pk == actor.pk:
        raise NotPossible("Nobody changes themselves. Ask another administrator of your agency.")
    return User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _allowed(agency: Agency, actor: User) -> None:
    """Whether the actor is still the agency's administrator. Of two who would shut each other out, the second waits here and finds out:
    so one administrator always remains."""
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
    fresh = User.objects.get(pk=actor.pk)
    if fresh.agency_id != agency.pk or not fresh.may(Permission.ADMINISTER):
        raise NotPossible("You are not an administrator of this agency any more.")


def _take_password(person: User) -> None:
    """With the password go all sessions, for good: they carry a digest of it."""
    person.set_unusable_password()
    person.save(update_fields=["is_active", "password"])


def _note(person: User, what: str, actor: User, now: datetime, reason: str = "") -> None:
    note_change(ChangeOf.PERSON, _called(person), what, agency=person.agency, actor=actor, now=now, reason=reason)


def _called(person: User) -> str:
    return f"{person.display_name} ({person.username})" if person.display_name else person.username


def _label(role: str) -> str:
    return str(Role(role).label).lower()
