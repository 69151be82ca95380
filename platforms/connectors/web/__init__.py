"""Any page of the open web: one plain GET, judged by transport, code and content, and by what its host says beside it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import can_ada

from platforms.base import GONE, NEEDS_BROWSER, UP, Clock, Connector, ContentRef, Door, Outcome, Sighting
from platforms.charsets import decoded
from platforms.connectors.web import compare, judge, memory, moves, onward, patterns
from platforms.connectors.web.host import Host, Seen
from platforms.connectors.web.page import read_page, read_text
from platforms.http import FetchError, NoAnswer, Reply, retry_after
from platforms.readings import other_readings

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_TEXT = _HTML | {"text/plain", "application/json"}
_MOST_REFRESHES = 3
_OF_THE_ADDRESS = frozenset({200, 400, 403, 404, 410})
"""Codes under which another spelling of the address may be answered otherwise."""
_WALLED = frozenset(pattern.reason for pattern in patterns.WALLS)


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
        self._host = Host(self._witness)

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        return [await self._look(refs[0])] if len(refs) == 1 else list(await asyncio.gather(*(self._look(ref) for ref in refs)))

    async def _look(self, ref: ContentRef) -> Sighting:
        """Under its canonical address, as reported, and as it may have been meant. Gone is only what is gone under each."""
        if ref.kind == "comment":
            return self.parts_unseen([ref])[0][0]
        reported = self.reported.get(ref, "")
        # What a link was that has been followed is no spelling of where it led.
        reported = reported if moves.same_host(reported, ref.canonical_url) else ref.canonical_url
        spellings = list(dict.fromkeys([ref.canonical_url, reported]))
        if self.kept.get(ref, {}).get("as_reported"):
            spellings.reverse()
        found = await self._at(ref, spellings[0])
        for url in spellings[1:]:
            if not _may_be_spelt_otherwise(found):
                return found
            other = await self._at(ref, url)
            found = other if other.outcome not in GONE else found
        if found.outcome in GONE:
            for url in other_readings(reported):
                if (await self._at(ref, url)).outcome in UP:
                    return replace(found, outcome=Outcome.INDETERMINATE, reason="up_at_like_address")
        return found

    async def _at(self, ref: ContentRef, url: str) -> Sighting:
        sent_at = self.clock.sent()
        try:
            seen = await self._read(url, self._conditions(ref, url))
        except FetchError as error:
            if error.reply is not None:
                return self._file(ref, url, error.reply)
            unclear = NoAnswer(error.reason, "page", sent_at, self.clock.answered())
            return await self._nameless(ref, unclear) if error.reason == "dns_nxdomain" else unclear.says(ref)
        return await self._judged(ref, seen)

    def _conditions(self, ref: ContentRef, url: str) -> Mapping[str, str]:
        """Marks belong to the address that gave them."""
        kept = self.kept.get(ref, {})
        return memory.conditions(kept) if kept and kept["as_reported"] == (url != ref.canonical_url) else {}

    async def _read(self, url: str, conditions: Mapping[str, str]) -> Seen:
        """The page at `url`, or where a browser ends up that reads it: refreshes are followed like redirects. Raises `FetchError`."""
        headers = {"Accept": "text/html, */*;q=0.1", "Accept-Language": "en", **conditions}
        target, hops = url, tuple[str, ...]()
        for _ in range(_MOST_REFRESHES):
            reply = await self.http.fetch("GET", self.through(target), headers=headers, accept=_TEXT)
            reply = replace(reply, hops=(*hops, *reply.hops))
            final = self.outer(reply.url)
            text = decoded(reply.body, reply.headers.get("Content-Type", ""))
            said = "\n".join(f"{name}: {value}" for name, value in reply.headers.items())
            page = (read_page if _kind(reply) == "html" else read_text)(final, said, text)
            declared = onward.refresh(reply, page, final) if reply.status == 200 else None
            if declared is None:
                return Seen(url, final, reply, page)
            target, hops = declared[1], (*reply.hops, reply.url)
        raise FetchError("too_many_redirects", "refreshes")

    async def _witness(self, url: str) -> Seen | None:
        try:
            return await self._read(url, {})
        except FetchError:
            return None

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

    def _file(self, ref: ContentRef, url: str, reply: Reply) -> Sighting:
        """A reply that is no text: its kind alone tells, the body is not read. Walls and error pages are text."""
        final, kept = self.outer(reply.url), self.kept.get(ref, {})
        reason = moves.moved_away(url, final, reply.status) or moves.strayed(url, final)
        if not reason and not (reply.status == 200 and reply.content_type.startswith(judge.FILES)):
            reason = "wrong_type"
        if not reason and kept and kept["kind"] != "file":
            reason = "content_changed"
        if reason:
            return _says(ref, reply, Outcome.INDETERMINATE, reason, final)
        page = read_text(final, "", "")
        return self._up(Seen(url, final, reply, page), ref, "file_served", memory.fingerprint(page, "file", ""))

    async def _judged(self, ref: ContentRef, seen: Seen) -> Sighting:
        reply, url, final = seen.reply, seen.asked, seen.final
        if wall := patterns.first_match(patterns.WALLS, seen.page):
            return _says(ref, reply, wall.outcome, wall.reason, final)
        if moved := moves.moved_away(url, final, reply.status):
            return _says(ref, reply, Outcome.INDETERMINATE, moved, final)
        if reply.status == 304 and not reply.hops and self._conditions(ref, url):
            return _says(ref, reply, Outcome.AVAILABLE, "http_200", final)
        if reply.status == 200:
            return await self._by_content(ref, seen)
        strayed = "" if moves.led_nowhere(url, final) else moves.strayed(url, final)
        if strayed:
            return _says(ref, reply, Outcome.INDETERMINATE, strayed, final)
        return _says(ref, reply, *await self._by_code(self._case(ref, seen)), final)

    def _case(self, ref: ContentRef, seen: Seen) -> judge.Case:
        canonical = memory.canonical(seen.page, seen.final)
        return judge.Case(seen, self._host, _kind(seen.reply), canonical, self.kept.get(ref, {}))

    async def _by_code(self, case: judge.Case) -> judge.Verdict:
        """404 and 410 may mean gone, 451 withheld where we look from (RFC 9110, RFC 7725); no other code means anything."""
        status = case.seen.status
        if status in {404, 410} and "Retry-After" not in case.seen.reply.headers:
            return await judge.absent(case)
        if status == 403 and (named := await judge.named_host(case)):
            return named
        if status == 451:
            return await judge.withheld(case)
        return judge.unclear("rate_limited" if status == 429 else f"http_{status}")

    async def _by_content(self, ref: ContentRef, seen: Seen) -> Sighting:
        reply, url, final, page = seen.reply, seen.asked, seen.final, seen.page
        if reason := _why_nothing_to_read(reply, page.html):
            return _says(ref, reply, Outcome.INDETERMINATE, reason, final)
        if patterns.SUSPENDED_PAGE.match(final.lower()):
            return _says(ref, reply, *await judge.suspended(self._case(ref, seen)), final)
        strayed = moves.strayed(url, final)
        if strayed and not (strayed == "redirected" and moves.led_nowhere(url, final)):
            return _says(ref, reply, Outcome.INDETERMINATE, strayed, final)
        case = self._case(ref, seen)
        if case.kept and memory.belongs_elsewhere(case.kept, case.canonical, url):
            return _says(ref, reply, Outcome.INDETERMINATE, "canonical_elsewhere", final)
        up = "http_200" if case.kind == "html" else "text_served"
        if case.kept and memory.is_as_kept(case.kept, page, case.kind):
            outcome, reason = Outcome.AVAILABLE, up
        elif case.kind == "html" and (compare.is_shell(page) or not (page.text or page.media)):
            outcome, reason = judge.unclear(NEEDS_BROWSER)
        elif judge.going_on(case):
            outcome, reason = judge.unclear("goes_on")
        else:
            outcome, reason = await judge.shown(case)
        if outcome is Outcome.AVAILABLE and strayed:
            outcome, reason = judge.unclear(strayed)
        if outcome is Outcome.AVAILABLE:
            return self._up(seen, ref, reason, case.kept or memory.fingerprint(page, case.kind, case.canonical))
        return _says(ref, reply, outcome, reason, final)

    def _up(self, seen: Seen, ref: ContentRef, reason: str, known: Mapping[str, Any]) -> Sighting:
        """It is up: what it looked like the first time is kept, and the marks of the last."""
        keep = {**known, **memory.validators(seen.reply), "as_reported": seen.asked != ref.canonical_url}
        up = _says(ref, seen.reply, Outcome.AVAILABLE, reason, seen.final)
        return replace(up, keep=keep) if keep != self.kept.get(ref) else up


def _kind(reply: Reply) -> str:
    kind = reply.content_type
    return "html" if kind in _HTML else "json" if kind.endswith("json") else "text" if kind.startswith("text/") else "html"


def _may_be_spelt_otherwise(found: Sighting) -> bool:
    """Whether another spelling of the address is worth a question: not behind a wall, nor where nothing answered."""
    if found.outcome in UP or found.reason in _WALLED:
        return False
    return found.outcome in GONE or found.http_status in _OF_THE_ADDRESS


def _why_nothing_to_read(reply: Reply, text: str) -> str:
    """Reason code for a body that is empty, or not what its type says."""
    if not reply.body:
        return "empty_body"
    if reply.content_type != "application/json":
        return "garbage" if "\0" in text else ""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return "garbage"
    return ""


def _says(ref: ContentRef, reply: Reply, outcome: Outcome, reason: str, final: str) -> Sighting:
    evidence = {"final_url": final, "hops": len(reply.hops)}
    wait = retry_after(reply.headers, reply.answered_at) if outcome is Outcome.INDETERMINATE else None
    return Sighting(ref, outcome, reason, reply.sent_at, reply.answered_at, "page", reply.status, (), evidence, wait)
