"""Who may do what: one table, read by every edge."""

from django.db.models import TextChoices

from takedown.choices import Role


class Permission(TextChoices):
    READ = "read", "See the agency's reports and requests"
    FLAG = "flag", "Report content"
    SEND = "send", "Send, mark sent or received, withdraw"
    NOTE = "note", "Write notes"
    LOOK = "look", "Ask for a look now"
    SUPERVISE = "supervise", "Assign, escalate, adjudicate, pause platforms"
    ADMINISTER = "administer", "Manage the agency's people, keys and policies"
    OPERATE = "operate", "Set up platforms and agencies"


PASSWORD_IS_ENOUGH = frozenset({Role.ANALYST, Role.AUDITOR})
"""Roles that need no second factor unless their agency wants one. A new role needs one until it is named here."""

_ANALYST = frozenset({Permission.READ, Permission.FLAG, Permission.SEND, Permission.NOTE, Permission.LOOK})

GRANTS: dict[str, frozenset[Permission]] = {
    Role.ANALYST: _ANALYST,
    Role.SUPERVISOR: _ANALYST | {Permission.SUPERVISE},
    Role.AUDITOR: frozenset({Permission.READ}),
    Role.ADMINISTRATOR: frozenset({Permission.READ, Permission.ADMINISTER}),
    Role.OPERATOR: frozenset({Permission.OPERATE}),
}
