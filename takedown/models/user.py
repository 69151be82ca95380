"""People."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac

from takedown.choices import Role
from takedown.models.access import GRANTS, PASSWORD_IS_ENOUGH, Permission
from takedown.models.agency import Agency
from takedown.models.scope import one_of


class User(AbstractUser):
    """A person with one role in one agency. `display_name` may be a pseudonym."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="users")
    role = models.CharField(max_length=20, choices=Role, default=Role.ANALYST)
    display_name = models.CharField(max_length=100, blank=True)
    session_epoch = models.PositiveIntegerField(default=0, editable=False, help_text="Sessions end when it changes.")

    class Meta(AbstractUser.Meta):
        constraints = (one_of("role", Role),)

    def __str__(self) -> str:
        return self.display_name or self.username

    def may(self, permission: Permission) -> bool:
        """Whether this person's role grants it. Inactive people may nothing."""
        return self.is_active and self.agency_id is not None and permission in GRANTS[self.role]

    def must_have_second_factor(self) -> bool:
        """Whether a password alone is not enough for this person, whatever they chose themselves."""
        if not settings.SECOND_FACTOR_REQUIRED:
            return False
        wanted = self.agency is not None and self.agency.second_factor_for_all
        return wanted or self.is_staff or self.is_superuser or self.role not in PASSWORD_IS_ENOUGH

    def needs_second_factor(self) -> bool:
        """Whether nobody is this person until they have shown one: they must have one, or have chosen to."""
        return self.must_have_second_factor() or self.factors.exists()

    def get_session_auth_hash(self) -> str:
        """What a session must carry to go on: it changes with the password, and when `session_epoch` does."""
        return self._session_hash(settings.SECRET_KEY)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return (self._session_hash(key) for key in settings.SECRET_KEY_FALLBACKS)

    def _session_hash(self, key: str | bytes) -> str:
        return salted_hmac("takedown.session", f"{self.session_epoch}:{self.password}", secret=key, algorithm="sha256").hexdigest()
