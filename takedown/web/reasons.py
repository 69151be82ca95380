"""Reason codes of sightings in plain words. The code stands beside them: it is what the documentation and other tools know."""

import re

WORDS = {
    "absent_in_batch": "not in a reply that held the others",
    "another_capture": "the archive serves another capture",
    "bot_wall": "a page against robots was in the way",
    "blocked_nearly_everywhere": "withheld in so many countries that nobody may see it",
    "connect": "no connection",
    "connector_error": "a fault of ours",
    "control_missing": "a known item was missing too, so the reply is not believed",
    "content_changed": "another page than the one that was reported stands there",
    "dns": "the name could not be looked up",
    "dns_nxdomain": "the name does not exist any more",
    "front_page_missing": "the front page itself is not there, and nothing to compare it with",
    "front_page_unclear": "the front page of the site could not be read, so its answer is not believed",
    "geo_wall": "the site shuts out our country",
    "goes_on": "a page that leads on to another one",
    "host_says_same": "the site says the same of every page",
    "js_shell": "drawn by scripts, which only a browser runs",
    "login_wall": "a sign-in page was in the way",
    "malformed": "the reply could not be read",
    "never_seen": "the platform has never shown it to us, so it may be hidden rather than gone",
    "no_credentials": "no credentials are entered for the platform",
    "not_json": "the reply could not be read",
    "not_stored": "the reply could not be stored",
    "notice_unconfirmed": "a removal notice that is not certain",
    "notice_country": "withheld in some countries",
    "notice_device": "a notice for some devices only",
    "over_18": "shown to adults only",
    "page_under_error": "an error that carries a whole page",
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
    "unknown_notice": "a notice that nobody has explained yet",
    "up_at_like_address": "not there, but up at an address very like it",
    "withheld_nearly_everywhere": "withheld in so many countries that nobody may see it",
}


def in_words(code: str) -> str:
    """`http_404` is `the server answered 404`; a code without words of its own reads well enough without its underscores."""
    if match := re.fullmatch(r"http_(\d{3})", code):
        return f"the server answered {match[1]}"
    return WORDS.get(code, code.replace("_", " "))
