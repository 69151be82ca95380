"""Paste sites: Telegraph through its API (telegra.ph/api), JustPaste.it, Pastebin and Rentry by one plain GET of the page."""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from platforms import pages
from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.connectors.paste.addresses import named
from platforms.http import Answer, NoAnswer, Reply, ask_json

_WORDED = frozenset({403, 404, 410, 451})
"""Codes under which a site may say what became of a paste; all others prove nothing."""
_HEADS = re.compile(r"<(?:title|h1)\b[^<>]*>([^<]*)", re.IGNORECASE)
_WALLS = ("just a moment", "attention required", "access denied", "log in", "login", "sign in", "captcha", "verify you are human")
_NOT_HERE = ("not found", "removed", "not available", "no longer available", "deleted", "blocked")


def _notice(status: int, outcome: str, reason: str, text: str = "") -> Mapping[str, Any]:
    return {"status": status, "text": text, "outcome": outcome, "reason": reason}


def _plain_codes(reason: str = "") -> list[Mapping[str, Any]]:
    gone = [_notice(status, "gone_unattributed", reason or f"http_{status}") for status in (404, 410)]
    return [*gone, _notice(451, "geo_blocked", "http_451")]


_NOTICES = {
    "justpaste.it": [
        *(_notice(status, "geo_blocked", "notice_country", "not available in your country") for status in (403, 404, 410, 451)),
        *(_notice(status, "removed_by_platform", "notice_removed", "has been removed for") for status in (403, 404, 410)),
        *(_notice(status, "removed_by_platform", "notice_removed", "removed due to") for status in (403, 404, 410)),
        *_plain_codes(),
    ],
    "pastebin.com": _plain_codes("maybe_expired"),
    "rentry.co": _plain_codes(),
}


class Paste(Connector):
    slug = "paste"
    label = "Paste site"
    kinds = frozenset({"page"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "",
        "batch_size": 1,
        "rate": "10 per 20 seconds; 2 per second",
        "telegraph_errors": {"PAGE_NOT_FOUND": "gone_unattributed"},
        "notices": _NOTICES,
    }

    def bucket(self, url: str) -> str:
        """The site: limits are of one each."""
        return self.outer(url).split("/", 3)[2]

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        return [await self._look(ref) for ref in refs]

    async def _look(self, ref: ContentRef) -> Sighting:
        return await (self._telegraph(ref) if ref.external_id.startswith("telegra.ph/") else pages.look(self, ref, self._meaning))

    async def _telegraph(self, ref: ContentRef) -> Sighting:
        path = ref.external_id.partition("/")[2]
        url = self.through(f"https://api.telegra.ph/getPage/{quote(path)}")
        try:
            answer = await ask_json(self.http, self.clock, "getPage", url, params=[("return_content", "false")])
            return self._listed(answer, ref, path)
        except NoAnswer as unclear:
            return unclear.says(ref)

    def _listed(self, answer: Answer, ref: ContentRef, path: str) -> Sighting:
        data = answer.data if isinstance(answer.data, dict) else {}
        page = data.get("result")
        if data.get("ok") is True and isinstance(page, dict) and not answer.redirected:
            if unquote(str(page.get("path"))) != path:
                raise answer.unhealthy("another_page")
            # A page that its author emptied is still up.
            return answer.says(ref, Outcome.AVAILABLE, "page_shown")
        error = data.get("error")
        if data.get("ok") is not False or not isinstance(error, str) or answer.redirected:
            raise answer.unhealthy("unexpected_shape")
        outcome = self.config["telegraph_errors"].get(error)
        if outcome not in Outcome.values:
            raise answer.unknown("unknown_error", error)
        return answer.says(ref, Outcome(outcome), error.lower()[:60], error=error[:100])

    def _meaning(self, ref: ContentRef, reply: Reply) -> tuple[Outcome, str]:
        body = reply.body.decode("utf-8", "replace")
        heads = [_plain(head) for head in _HEADS.findall(body)]
        if named(self.outer(reply.url)) != ref:
            return Outcome.INDETERMINATE, "moved_away"
        if "cf-mitigated" in reply.headers or any(head.startswith(_WALLS) for head in heads):
            return Outcome.INDETERMINATE, "wall"
        if reply.status == 200:
            return _shown(ref, body, heads)
        host, text = ref.external_id.partition("/")[0], _plain(body)
        for notice in self.config["notices"].get(host, []) if reply.status in _WORDED else []:
            if notice["status"] == reply.status and notice["text"] in text and notice["outcome"] in Outcome.values:
                return Outcome(notice["outcome"]), notice["reason"]
        return Outcome.INDETERMINATE, "rate_limited" if reply.status == 429 else f"http_{reply.status}"


def _plain(text: str) -> str:
    return " ".join(unescape(text).lower().split())


def _shown(ref: ContentRef, body: str, heads: Sequence[str]) -> tuple[Outcome, str]:
    """A page served with code 200. It is the paste only if it names itself; its title is the author's and proves no removal."""
    slug = re.escape(ref.external_id.partition("/")[2])
    if re.search(r"<input\b[^<>]*type=[\"']?password", body, re.IGNORECASE):
        return Outcome.INDETERMINATE, "password_asked"
    if any(words in head for head in heads for words in _NOT_HERE):
        return Outcome.INDETERMINATE, "notice_unconfirmed"
    if not re.search(rf"[\"'/]{slug}[\"'/?#]", body):
        return Outcome.INDETERMINATE, "not_the_paste"
    return Outcome.AVAILABLE, "http_200"
