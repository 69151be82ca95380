"""What the page that shows a file says."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from platforms.base import ContentRef, Outcome, Sighting
from platforms.http import Reply, digest, retry_after

_OURS = frozenset({"drive.google.com", "docs.google.com"})
_BUSY = 429


def judged(ref: ContentRef, reply: Reply, url: str, config: Mapping[str, Any]) -> Sighting:
    """`url` is the address that answered in the end. An error page counts with an error code only: a file may quote its words."""
    outcome, reason = _meaning(ref, reply, url, config)
    wait = retry_after(reply.headers, reply.answered_at)
    evidence = {"digest": digest(reply.body)}
    return Sighting(ref, outcome, reason, reply.sent_at, reply.answered_at, "page", reply.status, evidence=evidence, retry_after=wait)


def _meaning(ref: ContentRef, reply: Reply, url: str, config: Mapping[str, Any]) -> tuple[Outcome, str]:
    host = urlsplit(url).hostname
    if host == "accounts.google.com" or (host in _OURS and reply.status == 401):
        return Outcome.PRIVATE, "sign_in"
    if host not in _OURS:
        # Among them the pages that ask for consent, which have been seen to answer 404.
        return Outcome.INDETERMINATE, "other_host"
    text = " ".join(reply.body.decode("utf-8", "replace").lower().split())
    if reply.status == 200:
        return _shown(ref, url, text, config)
    if reply.status in {403, 404, 410, 451} and _says(text, config["removed_texts"]):
        return Outcome.REMOVED_BY_PLATFORM, "terms_page"
    if reply.status in {404, 410} and _says(text, config["gone_texts"]):
        return Outcome.GONE_UNATTRIBUTED, "no_such_file_page"
    return Outcome.INDETERMINATE, "rate_limited" if reply.status == _BUSY else f"http_{reply.status}"


def _shown(ref: ContentRef, url: str, text: str, config: Mapping[str, Any]) -> tuple[Outcome, str]:
    """A page shows the file if its id is still in the address and in the page, and nothing in it speaks of an error."""
    number = max(ref.external_id.split("/"), key=len)
    if _says(text, [*config["removed_texts"], *config["gone_texts"]]) or number not in url:
        return Outcome.INDETERMINATE, "unclear_page"
    if urlsplit(url).path.endswith("/closedform"):
        return Outcome.AVAILABLE_GATED, "closed_form"
    return (Outcome.AVAILABLE, "page_shown") if number.lower() in text else (Outcome.INDETERMINATE, "page_without_file")


def _says(text: str, phrases: list[str]) -> bool:
    return any(phrase.lower() in text for phrase in phrases)
