"""People."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q

from takedown.choices import Role
from takedown.models.access import GRANTS, Permission
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
