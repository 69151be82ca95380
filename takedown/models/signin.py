"""What people sign in with besides their password, how often somebody failed to, and what became of it."""

from django.db import models
from django.db.models import Q

from takedown.choices import FactorKind, SignInAction
from takedown.models.scope import one_of
from takedown.models.user import User


class SecondFactor(models.Model):
    """An authenticator app or a passkey of one person.

    A row exists once it has been proven to work. django-otp's own devices are not used: they keep their secrets in clear.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=10, choices=FactorKind)
    name = models.CharField(max_length=60)
    secret = models.TextField(editable=False, help_text="App: its secret, sealed. Passkey: its public key, base64url.")
    credential_id = models.CharField(max_length=1400, blank=True, editable=False, help_text="Passkey: its id, base64url.")
    counter = models.BigIntegerField(
        default=0, editable=False, help_text="App: time step of the last code it gave. Passkey: its own count of uses. Never goes back."
    )
    added_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("added_at", "id")
        constraints = (
            one_of("kind", FactorKind),
            models.CheckConstraint(condition=Q(kind=FactorKind.APP) ^ ~Q(credential_id=""), name="factor_passkey_has_id"),
            models.UniqueConstraint(fields=("credential_id",), condition=~Q(credential_id=""), name="factor_passkey_once"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"


class RecoveryCode(models.Model):
    """For whoever lost the rest; each works once. 80 random bits need neither salt nor slow hashing."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, editable=False)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "digest"), name="recoverycode_once"),)

    def __str__(self) -> str:
        return f"recovery code of {self.user}"


class SignInAttempt(models.Model):
    """One attempt that has not succeeded, in one of the buckets that are limited. Kept for a day, without the name that was typed."""

    bucket = models.CharField(max_length=120)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = (models.Index(fields=("bucket", "at"), name="attempt_in_bucket"),)

    def __str__(self) -> str:
        return f"{self.bucket} at {self.at:%Y-%m-%d %H:%M:%S}"


class SignInEvent(models.Model):
    """One line of history of an account. `Event` is about case data and belongs to an agency; some people belong to none.

    Never changed or deleted; only `mail_due_at` moves, until the notice has left.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sign_in_events")
    action = models.CharField(max_length=20, choices=SignInAction)
    detail = models.CharField(max_length=200, blank=True)
    actor_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=120, help_text="As it was then.")
    address = models.GenericIPAddressField(null=True, help_text="Network address it came from, where that is known.")
    at = models.DateTimeField()
    mail_to = models.EmailField(blank=True, help_text="Who is told; as it was then.")
    mail_due_at = models.DateTimeField(null=True, help_text="When the notice is to be sent; empty: nothing is to be sent any more.")

    class Meta:
        ordering = ("-at", "-id")
        constraints = (one_of("action", SignInAction),)
        indexes = (
            models.Index(fields=("user", "at"), name="sign_in_event_of_user"),
            models.Index(fields=("mail_due_at",), condition=Q(mail_due_at__isnull=False), name="sign_in_event_to_mail"),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()} at {self.at:%Y-%m-%d %H:%M:%S}"
