"""Who somebody is: second factors, limits on guessing, the history of an account."""

from takedown.signin.account import add_factor, change_password, end_other_sessions, note, remove_factor, reset_second_factor
from takedown.signin.codes import check_code, codes_left, make_recovery_codes, new_secret, proves, provisioning_uri
from takedown.signin.limits import Attempt, TooManyAttemptsError, begin, buckets_of_name, buckets_of_second
from takedown.signin.notices import send_notices
from takedown.signin.passkeys import (
    LONGEST_ANSWER,
    Passkey,
    Site,
    challenge_in,
    check_passkey,
    creation_options,
    read_passkey,
    request_options,
)

__all__ = [
    "LONGEST_ANSWER",
    "Attempt",
    "Passkey",
    "Site",
    "TooManyAttemptsError",
    "add_factor",
    "begin",
    "buckets_of_name",
    "buckets_of_second",
    "challenge_in",
    "change_password",
    "check_code",
    "check_passkey",
    "codes_left",
    "creation_options",
    "end_other_sessions",
    "make_recovery_codes",
    "new_secret",
    "note",
    "proves",
    "provisioning_uri",
    "read_passkey",
    "remove_factor",
    "request_options",
    "reset_second_factor",
    "send_notices",
]
