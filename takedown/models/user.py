"""People."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from takedown.choices import Role
from takedown.models.access import GRANTS, Permission
from takedown.models.agency import Agency
from takedown.models.scope import one_of


class User(AbstractUser):
    """A person with one role in one agency. `display_name` may be a pseudonym."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="users")
    role = models.CharField(max_length=20, choices=Role, default=Role.ANALYST)
    display_name = models.CharField(max_length=100, blank=True)

    class Meta(AbstractUser.Meta):
        constraints = (one_of("role", Role),)

    def __str__(self) -> str:
        return self.display_name or self.username

    def may(self, permission: Permission) -> bool:
        """Whether this person's role grants it. Inactive people may nothing."""
        return self.is_active and self.agency_id is not None and permission in GRANTS[self.role]
