"""Any page of the open web: one plain GET, judged by transport, code and content."""

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import can_ada

from platforms.base import Clock, Connector, ContentRef, Door, Outcome, Sighting
from platforms.connectors.web import memory, moves, patterns
from platforms.http import FetchError, NoAnswer, Reply, retry_after

_SAME = 0.9
"""Similarity from which two pages of a site are the same page."""
_TEXT = frozenset({"text/html", "application/xhtml+xml", "text/plain", "application/json"})
_FILES = ("image/", "video/", "audio/", "application/pdf", "application/zip", "application/epub", "application/octet-stream")
_SHORTEST_PAGE = 40
"""Visible characters below which a page that loads scripts shows nothing by itself."""


class Web(Connector):
    slug = "web"
    label = "Web page"
    kinds = frozenset({"page", "comment"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "",
        "batch_size": 1,
        "control_host": "example.com",
        "rate": "10 per 20 seconds; 2 per second",
        "breaker": {"failures": 50},
    }

    def bucket(self, url: str) -> str:
        return self.outer(url).split("/", 3)[2]

    def __init__(self, config: Mapping[str, Any], http: Door, clock: Clock) -> None:
        super().__init__(config, http, clock)
        self._siblings: dict[tuple[str, int], str | None] = {}
        """What a host says at a depth to what cannot exist; None if that is an error."""

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        return [await self._look(refs[0])] if len(refs) == 1 else list(await asyncio.gather(*(self._look(ref) for ref in refs)))

    async def _look(self, ref: ContentRef) -> Sighting:
        if ref.kind == "comment":
            return self.parts_unseen([ref])[0][0]
        sent_at = self.clock.sent()
        try:
            reply = await self._get(ref.canonical_url, memory.conditions(self.kept.get(ref, {})))
        except FetchError as error:
            if error.reply is not None:
                return self._file(ref, error.reply)
            unclear = NoAnswer(error.reason, "page", sent_at, self.clock.answered())
            return await self._nameless(ref, unclear) if error.reason == "dns_nxdomain" else unclear.says(ref)
        return await self._judged(ref, reply)

    async def _get(self, url: str, conditions: Mapping[str, str]) -> Reply:
        headers = {"Accept": "text/html, */*;q=0.1", "Accept-Language": "en", **conditions}
        return await self.http.fetch("GET", self.through(url), headers=headers, accept=_TEXT)

    async def _nameless(self, ref: ContentRef, unclear: NoAnswer) -> Sighting:
        """The name does not exist: that counts if the whole domain is gone, and if names that do exist are still found."""
        found = moves.SUFFIXES(can_ada.parse(ref.canonical_url).hostname)
        domain = f"{found.domain}.{found.suffix}" if found.suffix else ""
        try:
            if not domain or await self.http.exists(domain):
                return unclear.says(ref)
            if not await self.http.exists(str(self.config["control_host"])):
                unclear.reason = "control_missing"
                return unclear.says(ref)
        except FetchError:
            return unclear.says(ref)
        return Sighting(ref, Outcome.HOST_GONE, "dns_nxdomain", unclear.sent_at, self.clock.answered(), "page", evidence={"domain": domain})

    def _file(self, ref: ContentRef, reply: Reply) -> Sighting:
        """A reply that is no text: its kind alone tells, the body is not read. Walls and error pages are text."""
        final = self.outer(reply.url)
        if moved := moves.moved_away(ref.canonical_url, final, reply.status):
            return _says(ref, reply, Outcome.INDETERMINATE, moved, final)
        if strayed := moves.strayed(ref.canonical_url, final):
            return _says(ref, reply, Outcome.INDETERMINATE, strayed, final)
        if reply.status == 200 and reply.content_type.startswith(_FILES):
            return _says(ref, reply, Outcome.AVAILABLE, "file_served", final)
        return _says(ref, reply, Outcome.INDETERMINATE, "wrong_type", final)

    async def _judged(self, ref: ContentRef, reply: Reply) -> Sighting:
        final = self.outer(reply.url)
        headers = "\n".join(f"{name}: {value}" for name, value in reply.headers.items())
        page = patterns.read_page(final, headers, reply.body.decode("utf-8", "replace"))
        if wall := patterns.first_match(patterns.WALLS, page):
            return _says(ref, reply, wall.outcome, wall.reason, final)
        if moved := moves.moved_away(ref.canonical_url, final, reply.status):
            return _says(ref, reply, Outcome.INDETERMINATE, moved, final)
        if reply.status == 304 and not reply.hops and memory.conditions(self.kept.get(ref, {})):
            return _says(ref, reply, Outcome.AVAILABLE, "http_200", final)
        if reply.status in {200, 403, 404} and (hosting := patterns.first_match(patterns.HOSTING, page)):
            return _says(ref, reply, hosting.outcome, hosting.reason, final)
        if reply.status != 200:
            strayed = "" if moves.led_nowhere(ref.canonical_url, final) else moves.strayed(ref.canonical_url, final)
            return _says(ref, reply, Outcome.INDETERMINATE, strayed, final) if strayed else _by_code(ref, reply, final)
        return await self._by_content(ref, reply, page, final)

    async def _by_content(self, ref: ContentRef, reply: Reply, page: patterns.Page, final: str) -> Sighting:
        if not reply.body:
            return _says(ref, reply, Outcome.INDETERMINATE, "empty_body", final)
        if _is_garbage(reply):
            return _says(ref, reply, Outcome.INDETERMINATE, "garbage", final)
        strayed = moves.strayed(ref.canonical_url, final)
        html = "html" in reply.content_type
        if html and (patterns.NOT_FOUND.search(page.title) or patterns.NOT_FOUND.search(page.heading)):
            of_the_item = strayed != "redirected" or moves.led_nowhere(ref.canonical_url, final)
            if of_the_item and await self._says_so_to_anything(ref, page):
                return _says(ref, reply, Outcome.GONE_UNATTRIBUTED, "soft_404", final)
            return _says(ref, reply, Outcome.INDETERMINATE, "soft_404_unconfirmed", final)
        if strayed:
            return _says(ref, reply, Outcome.INDETERMINATE, strayed, final)
        if not html:
            return _says(ref, reply, Outcome.AVAILABLE, "text_served", final)
        if not page.longer_than(_SHORTEST_PAGE - 1) and ("<script" in page.body or not page.text):
            return _says(ref, reply, Outcome.INDETERMINATE, "js_shell", final)
        return self._compared(ref, reply, page, final)

    def _compared(self, ref: ContentRef, reply: Reply, page: patterns.Page, final: str) -> Sighting:
        """A page is there: up, if it is not plainly another one than when it was first seen up."""
        kept = self.kept.get(ref, {})
        canonical = memory.canonical(page, final)
        if kept and (changed := memory.changed(kept, page, canonical, ref.canonical_url)):
            return _says(ref, reply, Outcome.INDETERMINATE, changed, final)
        keep = {**(kept or memory.fingerprint(page, canonical)), **memory.validators(reply)}
        up = _says(ref, reply, Outcome.AVAILABLE, "http_200", final)
        return replace(up, keep=keep) if keep != kept else up

    async def _says_so_to_anything(self, ref: ContentRef, page: patterns.Page) -> bool:
        """Whether a path of the same depth that cannot exist gets the same page. One such path is asked for on each host and depth."""
        above = ref.canonical_url.split("?", 1)[0].split("#", 1)[0].rsplit("/", 1)[0]
        place = (can_ada.parse(above).host, above.count("/"))
        if place not in self._siblings:
            try:
                reply = await self._get(f"{above}/{secrets.token_hex(10)}", {})
            except FetchError:
                return False
            other = patterns.read_page(reply.url, "", reply.body.decode("utf-8", "replace"))
            self._siblings[place] = other.text if reply.status == 200 else None
        text = self._siblings[place]
        return text is not None and patterns.similarity(page.text, text) >= _SAME


def _is_garbage(reply: Reply) -> bool:
    """Whether the body is not what its type says."""
    if reply.content_type != "application/json":
        return b"\0" in reply.body
    try:
        json.loads(reply.body)
    except (ValueError, RecursionError):
        return True
    return False


def _by_code(ref: ContentRef, reply: Reply, final: str) -> Sighting:
    """404 and 410 mean gone, 451 withheld for legal reasons where we look from (RFC 9110, RFC 7725); no other code means anything."""
    outcomes = {404: Outcome.GONE_UNATTRIBUTED, 410: Outcome.GONE_UNATTRIBUTED, 451: Outcome.GEO_BLOCKED}
    outcome = outcomes.get(reply.status, Outcome.INDETERMINATE)
    return _says(ref, reply, outcome, "rate_limited" if reply.status == 429 else f"http_{reply.status}", final)


def _says(ref: ContentRef, reply: Reply, outcome: Outcome, reason: str, final: str) -> Sighting:
    evidence = {"final_url": final, "hops": len(reply.hops)}
    wait = retry_after(reply.headers, reply.answered_at) if outcome is Outcome.INDETERMINATE else None
    return Sighting(ref, outcome, reason, reply.sent_at, reply.answered_at, "page", reply.status, (), evidence, wait)
