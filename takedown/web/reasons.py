"""Reason codes of sightings in plain words. The code stands beside them: it is what the documentation and other tools know."""

import re

WORDS = {
    "absent_in_batch": "not in a reply that held the others",
    "another_capture": "the archive serves another capture",
    "bot_wall": "a page against robots was in the way",
    "connect": "no connection",
    "connector_error": "a fault of ours",
    "control_missing": "a known item was missing too, so the reply is not believed",
    "dns": "the name could not be looked up",
    "dns_nxdomain": "the name does not exist any more",
    "js_shell": "an empty page that only scripts fill",
    "login_wall": "a sign-in page was in the way",
    "malformed": "the reply could not be read",
    "never_seen": "the platform has never shown it to us, so it may be hidden rather than gone",
    "no_credentials": "no credentials are entered for the platform",
    "not_json": "the reply could not be read",
    "not_stored": "the reply could not be stored",
    "notice_unconfirmed": "a removal notice that is not certain",
    "over_18": "shown to adults only",
    "part_unseen": "a comment cannot be looked at by itself, and what it stands under says nothing about it",
    "rate_limited": "the platform asked us to wait",
    "redirect_loop": "sent in circles",
    "soft_404": "a page that says it is gone",
    "soft_404_unconfirmed": "a page that may say it is gone",
    "timeout": "no answer in time",
    "tls": "no safe connection",
    "took_too_long": "no answer in time",
    "too_large": "the reply was too large",
    "too_many_redirects": "sent on too often",
    "unclear_page": "a page that says neither",
    "unexpected_shape": "a reply of an unknown shape",
}


def in_words(code: str) -> str:
    """`http_404` is `the server answered 404`; a code without words of its own reads well enough without its underscores."""
    if match := re.fullmatch(r"http_(\d{3})", code):
        return f"the server answered {match[1]}"
    return WORDS.get(code, code.replace("_", " "))
