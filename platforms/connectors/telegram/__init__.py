"""Telegram through the public pages of t.me: the post as sites embed it, and the card of a channel, group, user or invitation."""

import asyncio
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from platforms import pages
from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.http import Answer, NoAnswer, digest, retry_after

_TAG = re.compile(r"<[a-z][^<>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
_ATTRIBUTE = re.compile(r'\s(class|data-post)="([^"]*)"', re.IGNORECASE)
_TITLE = re.compile(r"<title>([^<]*)</title>", re.IGNORECASE)
_LONGEST_NOTICE = 1000
"""Characters of a page that are read as its notice."""
_NO_NAME = "not found"
"""The notice that stands for a name nobody has: the page of such a name shows no notice."""


_NAMELESS = re.compile(r"(?:channel|group|user|chat) with username @ not found\.?")
_SUBJECT = r"(?:unfortunately,? |sorry,? )?this (?:channel|group|chat|message|post|user|bot|story)"
_NOT_SHOWN = r"(?:(?:can't|cannot|couldn't|could not) be (?:displayed|shown|viewed)|is (?:unavailable|not available|blocked|restricted))"
_ON_DEVICE = r"(?: (?:on|in) (?:your|this|some|certain) (?:device|app|version)s?\b.*)"
_IN_COUNTRY = r"(?: (?:in|for) (?:your|this|some|certain) (?:country|countries|region|regions|location)\b.*)"
_TERMS = r"telegram(?:'s)? (?:terms(?: of service)?|rules|policies|guidelines)"
_LAWS = r"(?:the )?(?:local|regional|national) (?:laws?|legislation)|the laws? of [a-z .-]{2,40}"
_BREAKS = r"(?:violate[sd]?|is in violation of|breache[sd]|infringe[sd]?)"
_BECAUSE = rf"(?:because it {_BREAKS}|due to (?:an? )?violations? of)"
_SENTENCES = tuple(
    (reason, outcome, re.compile(f"{_SUBJECT} {_NOT_SHOWN}{because}"))
    for reason, outcome, because in (
        # What is not shown on one kind of device or in one country is shown elsewhere, whatever the reason.
        ("notice_device", Outcome.INDETERMINATE, _ON_DEVICE),
        ("notice_country", Outcome.GEO_BLOCKED, _IN_COUNTRY),
        ("notice_local_laws", Outcome.GEO_BLOCKED, rf" {_BECAUSE} (?:{_LAWS})"),
        ("notice_terms", Outcome.REMOVED_BY_PLATFORM, rf" {_BECAUSE} {_TERMS}"),
        ("notice_copyright", Outcome.REMOVED_BY_PLATFORM, rf" (?:{_BECAUSE}|because of|due to) (?:an? )?copyrights?(?: [a-z]+)?"),
        (
            "notice_pornographic",
            Outcome.REMOVED_BY_PLATFORM,
            r" because it (?:was used to spread|spreads|contains|contained) pornographic (?:content|materials?)",
        ),
    )
)
"""How Telegram says why it does not show something: subject, what is not done, and one whole reason in its own terms. A sentence built
otherwise is unknown, whatever words are in it."""


class Telegram(Connector):
    slug = "telegram"
    label = "Telegram"
    kinds = frozenset({"post", "channel", "group", "comment"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://t.me",
        "batch_size": 1,
        "rate": "60 per minute; 2 per second",
        "notices": {"post not found": "gone_unattributed", "this channel is private": "private", _NO_NAME: "indeterminate"},
    }

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        unseen, others = self.parts_unseen(refs)
        return [*unseen, *await asyncio.gather(*(self._look(ref) for ref in others))]

    async def _look(self, ref: ContentRef) -> Sighting:
        if ref.external_id.startswith("c/"):
            now, later = self.clock.sent(), self.clock.answered()
            return NoAnswer("not_checkable", "", now, later).says(ref)
        try:
            return await self._post(ref) if ref.kind == "post" else self._card(ref, await self._page("card", ref.canonical_url))
        except NoAnswer as unclear:
            return unclear.says(ref)

    async def _page(self, method: str, url: str) -> Answer:
        """A page of t.me, which answers 200 whatever it has to say. Raises `NoAnswer`."""
        reply = await pages.get(self, url, method, headers={"Accept-Language": "en"}, accept={"text/html"}, follow=False)
        if reply.status != 200:
            reason = "rate_limited" if reply.status == 429 else f"http_{reply.status}"
            wait = retry_after(reply.headers, reply.answered_at)
            raise NoAnswer(reason, method, reply.sent_at, reply.answered_at, status=reply.status, wait=wait)
        text = reply.body.decode("utf-8", "replace")
        return Answer(method, reply.status, text, reply.sent_at, reply.answered_at, digest=digest(reply.body))

    async def _post(self, ref: ContentRef) -> Sighting:
        address = f"{ref.canonical_url}?embed=1&mode=tme"
        page = await self._page("embed", address)
        shown = _posts(page.data)
        if shown and ref.external_id not in shown:
            # Messages sent together are shown as one, under the id of one of them.
            page = await self._page("embed", f"{address}&single")
            shown = _posts(page.data)
        if ref.external_id in shown:
            return page.says(ref, Outcome.AVAILABLE, "shown")
        if shown:
            return page.unhealthy("another_post").says(ref)
        notice = _notice(page.data)
        if notice is None:
            return page.unhealthy("unexpected_page").says(ref)
        # The notice may quote the name, which can hold any of the words that mean something.
        notice = " ".join(notice.replace(f"@{ref.external_id.split('/', 1)[0]}", "@").split())
        if _NAMELESS.fullmatch(notice):
            notice = _NO_NAME
        outcome, reason = self._meaning(page, notice)
        if outcome is Outcome.GONE_UNATTRIBUTED:
            return await self._unless_hidden(ref, page, reason)
        return page.says(ref, outcome, reason)

    def _meaning(self, page: Answer, notice: str) -> tuple[Outcome, str]:
        """What a notice says: a whole sentence of the configured ones, or one built like those that give a reason. Raises `NoAnswer`."""
        sentence = notice.rstrip(".! ")
        if outcome := self.config["notices"].get(sentence):
            reason = "name_not_found" if sentence == _NO_NAME else "notice_" + re.sub(r"\W+", "_", sentence)[:50]
            return Outcome(outcome) if outcome in Outcome.values else Outcome.INDETERMINATE, reason
        for reason, outcome, built in _SENTENCES:
            if built.fullmatch(sentence):
                return outcome, reason
        raise page.unknown("unknown_notice", f"{len(notice)} characters")

    async def _unless_hidden(self, ref: ContentRef, page: Answer, reason: str) -> Sighting:
        """A missing post counts if its channel is there and shows posts outside the apps; without that it may only be hidden from us."""
        name = ref.external_id.split("/", 1)[0]
        channel = ContentRef("telegram", "channel", name, f"https://t.me/{name}")
        card = self._card(channel, await self._page("card", channel.canonical_url))
        if card.outcome is not Outcome.AVAILABLE:
            return page.says(ref, card.outcome, card.reason)
        if not card.evidence["preview"]:
            return page.unhealthy("no_preview").says(ref)
        return page.says(ref, Outcome.GONE_UNATTRIBUTED, reason)

    def _card(self, ref: ContentRef, page: Answer) -> Sighting:
        """The page of a channel, a public group, a user, a bot or an invitation."""
        classes = {name for tag in _tags(page.data) for name in tag.get("class", "").split()}
        if "tl_main_head" in classes:
            return page.unhealthy("home_page").says(ref)
        if not _is_about(ref, page.data):
            return page.unhealthy("unexpected_page").says(ref)
        has = {"tgme_page_title", "tgme_page_extra"} & classes
        if len(has) == 2:
            return page.says(ref, Outcome.AVAILABLE, "listed", preview="tgme_page_context_link_wrap" in classes)
        if not has and ref.kind == "channel" and _is_of_nobody(ref, page.data):
            outcome, reason = self._meaning(page, _NO_NAME)
            return page.says(ref, outcome, reason)
        return page.unhealthy("unexpected_page").says(ref)


def _tags(page: str) -> Iterator[Mapping[str, str]]:
    """Class and post id of every tag of Telegram's own. No pattern here looks at a character more than a few times."""
    for match in _TAG.finditer(page):
        if "tgme_" in match[0] or "tl_" in match[0]:
            yield {name.lower(): value for name, value in _ATTRIBUTE.findall(match[0])}


def _posts(page: str) -> set[str]:
    """The messages a page shows, as `name/number`."""
    return {tag["data-post"].lower() for tag in _tags(page) if "data-post" in tag and "tgme_widget_message" in tag.get("class", "").split()}


def _notice(page: str) -> str | None:
    """What a page says instead of showing a message, in plain lower case; None if it says nothing."""
    for match in _TAG.finditer(page):
        if any("tgme_widget_message_error" in value.split() for _, value in _ATTRIBUTE.findall(match[0])):
            inner = page[match.end() : match.end() + _LONGEST_NOTICE].split("</div", 1)[0]
            text = html.unescape(_ANY_TAG.sub("", inner)).replace("\u2019", "'")
            return " ".join(text.lower().split())
    return None


def _is_about(ref: ContentRef, page: str) -> bool:
    """Whether a page names what was asked for: `@name`, or the address that opens it in an app."""
    if ref.kind == "group":
        return f"join?invite={ref.external_id.removeprefix('+')}" in page
    return bool(re.search(rf"(?:@|domain=){re.escape(ref.external_id)}(?![A-Za-z0-9_])", page, re.IGNORECASE))


def _is_of_nobody(ref: ContentRef, page: str) -> bool:
    title = _TITLE.search(page)
    own = f"telegram: contact @{ref.external_id}"
    return title is not None and title[1].strip().lower() == own and 'content="noindex, nofollow"' in page
