"""Short and share links: what they lead to. Followed by workers only, one redirect at a time, through the gateway."""

import re

import can_ada

from platforms.addresses import is_literal, is_public
from platforms.base import Clock, Connector, ContentRef, Door, Outcome, Sighting
from platforms.http import FetchError, NoAnswer, Reply
from platforms.identity import NotAURL, identify, is_link

MOST_HOPS = 5
_WALL = re.compile(r"/(?:log-?in|sign-?in|checkpoint|challenge|consent|accounts/login)(?:[/.?]|$)|^https?://(?:consent|accounts|guce)\.")


async def follow(connector: Connector, http: Door, clock: Clock, ref: ContentRef) -> Sighting:
    """What the link `ref` leads to, as `Sighting.identity`. The outcome says nothing about that content: nobody has looked at it yet.

    A platform's own link counts only if it leads to content of that platform: to a wall or a front page it leads for many reasons.
    """
    url, sent_at = ref.canonical_url, clock.sent()
    for hop in range(MOST_HOPS):
        try:
            reply = await http.fetch("GET", connector.through(url), follow=False)
        except FetchError as error:
            return NoAnswer(error.reason, "link", sent_at, clock.answered()).says(ref)
        location = reply.headers.get("Location", "")
        if not (300 <= reply.status < 400 and location):
            return _says(ref, reply, "rate_limited" if reply.status == 429 else f"link_http_{reply.status}")
        try:
            target = identify((can_ada.parse(url) + connector.outer(location)).href)
        except (NotAURL, ValueError, TypeError):  # TypeError: bytes that are no UTF-8, which come as lone surrogates
            return _says(ref, reply, "link_to_nowhere")
        if is_link(target):
            url = target.canonical_url
            continue
        if not _is_content(ref, target):
            return _says(ref, reply, "link_to_elsewhere")
        return _says(ref, reply, "link_followed", identity=target, hops=hop + 1)
    return NoAnswer("too_many_redirects", "link", sent_at, clock.answered()).says(ref)


def _is_content(ref: ContentRef, target: ContentRef) -> bool:
    if target.platform != "web":
        return ref.platform in {target.platform, "web"}
    parsed = can_ada.parse(target.canonical_url)
    host = parsed.hostname.strip("[]")
    if host.endswith("localhost") or (is_literal(host) and not is_public(host)):
        return False
    return ref.platform == "web" and not _WALL.search(target.canonical_url) and parsed.pathname + parsed.search != "/"


def _says(ref: ContentRef, reply: Reply, reason: str, *, identity: ContentRef | None = None, hops: int = 0) -> Sighting:
    evidence = {"hops": hops, "platform": identity.platform} if identity else {}
    return Sighting(
        ref, Outcome.INDETERMINATE, reason, reply.sent_at, reply.answered_at, "link", reply.status, evidence=evidence, identity=identity
    )
