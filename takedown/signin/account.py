"""What changes an account: every change writes a line of its history and tells its owner by mail."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from takedown.choices import FactorKind, SignInAction
from takedown.models import SecondFactor, SignInAttempt, SignInEvent, User
from takedown.models.errors import NotPossible

MOST_FACTORS = 10
SILENT = frozenset({SignInAction.SIGNED_IN, SignInAction.SESSIONS_ENDED})
"""What nobody is written to about."""


def lock(user: User) -> None:
    """Hold the person's row until the transaction ends: the same code or change does not count twice."""
    User.objects.select_for_update().only("pk").get(pk=user.pk)


def note(user: User, action: SignInAction, *, actor: User | None, now: datetime, address: str = "", detail: str = "") -> None:
    """Write a line of history, in the caller's transaction. `actor`: None is the shell."""
    mail_to = "" if action in SILENT else user.email
    SignInEvent.objects.create(
        user=user,
        action=action,
        detail=detail,
        actor_user=actor,
        actor_name=str(actor or "the shell of the server")[:120],
        address=address or None,
        at=now,
        mail_to=mail_to,
        mail_due_at=now if mail_to else None,
    )


@transaction.atomic
def add_factor(factor: SecondFactor, *, now: datetime, address: str) -> None:
    """Keep a factor that has just proven itself to be its owner's. Raises NotPossible where there are too many."""
    lock(factor.user)
    if factor.user.factors.count() >= MOST_FACTORS:
        raise NotPossible(f"You have {MOST_FACTORS} already. Remove one first.")
    if factor.kind == FactorKind.PASSKEY and SecondFactor.objects.filter(credential_id=factor.credential_id).exists():
        raise NotPossible("This passkey is known already.")
    factor.added_at = factor.last_used_at = now
    factor.save()
    note(factor.user, SignInAction.FACTOR_ADDED, detail=str(factor), actor=factor.user, now=now, address=address)


@transaction.atomic
def remove_factor(factor: SecondFactor, *, now: datetime, address: str) -> None:
    """Raises NotPossible for the last one of somebody who must have one.

    With the last go the recovery codes and all sessions, which would go on as if it could still be shown; the caller renews its own.
    """
    user = factor.user
    lock(user)
    last = not user.factors.exclude(pk=factor.pk).exists()
    if last and user.must_have_second_factor():
        raise NotPossible("You need at least one. Add another one first.")
    if last:
        user.recovery_codes.all().delete()
        _end_sessions(user)
    note(user, SignInAction.FACTOR_REMOVED, detail=str(factor), actor=user, now=now, address=address)
    factor.delete()


@transaction.atomic
def reset_second_factor(user: User, *, actor: User | None, now: datetime, address: str = "") -> None:
    """Take away all second factors and recovery codes and end all sessions: at the next sign-in the person sets up new ones.

    Whoever calls this has made sure that it is that person who asks. `actor`: None is the shell.
    """
    lock(user)
    user.factors.all().delete()
    user.recovery_codes.all().delete()
    SignInAttempt.objects.filter(bucket__regex=rf"^second(-day)?:{user.pk}(:|$)").delete()
    _end_sessions(user)
    note(user, SignInAction.RESET, actor=actor, now=now, address=address)


@transaction.atomic
def change_password(user: User, password: str, *, now: datetime, address: str) -> None:
    """A password that its form has found good. All sessions end; the caller renews its own."""
    user.set_password(password)
    user.save(update_fields=["password"])
    _end_sessions(user)
    note(user, SignInAction.PASSWORD_CHANGED, actor=user, now=now, address=address)


@transaction.atomic
def end_other_sessions(user: User, *, now: datetime, address: str) -> None:
    """End all sessions; the caller renews its own."""
    _end_sessions(user)
    note(user, SignInAction.SESSIONS_ENDED, actor=user, now=now, address=address)


def _end_sessions(user: User) -> None:
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
