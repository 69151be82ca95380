"""People."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from takedown.choices import Role
from takedown.models.access import GRANTS, PASSWORD_IS_ENOUGH, Permission
from takedown.models.agency import Agency
from takedown.models.scope import one_of


class PersonManager(UserManager["User"]):
    """Django's, save that `manage.py createsuperuser` makes an operator."""

    use_in_migrations = False

    def create_superuser(self, username: str, email: str | None = None, password: str | None = None, **fields: Any) -> "User":
        return super().create_superuser(username, email, password, **{"role": Role.OPERATOR, **fields})


class User(AbstractUser):
    """A person with one role in one agency; an operator serves the whole install and belongs to none. `display_name` may be a pseudonym."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="users")
    role = models.CharField(max_length=20, choices=Role, default=Role.ANALYST)
    display_name = models.CharField(max_length=100, blank=True)
    session_epoch = models.PositiveIntegerField(default=0, editable=False, help_text="Sessions end when it changes.")

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta(AbstractUser.Meta):
        constraints = (
            one_of("role", Role),
            models.CheckConstraint(
                condition=Q(role=Role.OPERATOR, agency=None) | (~Q(role=Role.OPERATOR) & Q(agency__isnull=False)),
                name="user_operators_have_no_agency",
            ),
        )

    def __str__(self) -> str:
        return self.display_name or self.username

    def may(self, permission: Permission) -> bool:
        """Whether this person's role grants it. Inactive people may nothing."""
        return self.is_active and permission in GRANTS[self.role]

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
