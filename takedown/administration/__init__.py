"""What administrators and operators set up: keys, people, agencies, platforms. Every change is on record."""

from takedown.administration.agencies import add_administrator, open_agency
from takedown.administration.keys import issue_key, revoke_key, rotate_key
from takedown.administration.people import choose_password, invite, let_in_again, renew_link, reset_second_factor, set_role, shut_out
from takedown.administration.platforms import change_platform

__all__ = [
    "add_administrator",
    "change_platform",
    "choose_password",
    "invite",
    "issue_key",
    "let_in_again",
    "open_agency",
    "renew_link",
    "reset_second_factor",
    "revoke_key",
    "rotate_key",
    "set_role",
    "shut_out",
]
