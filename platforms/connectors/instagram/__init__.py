"""Instagram through Meta's oEmbed endpoint (developers.facebook.com/docs/instagram-platform/oembed) and one look at the public page."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

from platforms import graph
from platforms.base import NEVER_SEEN, UNATTRIBUTED, Connector, ContentRef, Outcome, Sighting


class Instagram(Connector):
    slug = "instagram"
    label = "Instagram"
    kinds = frozenset({"post", "account", "comment"})
    defaults: ClassVar[Mapping[str, Any]] = {
        **graph.DEFAULTS,
        "api_base_url": "https://graph.facebook.com",
        "api_version": "v26.0",
        "rate": "800 per hour; 60 per minute",
        "control_url": "https://www.instagram.com/p/fA9uwTtkSN/",
    }
    secret_fields = frozenset({"access_token"})

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        unseen, refs = self.parts_unseen(refs)
        path = f"/{self.config['api_version']}/instagram_oembed"
        control = graph.control(self, "post", str(self.config["control_url"]), path)
        posts = await asyncio.gather(*(graph.oembed(self, ref, path, ref.external_id) for ref in refs if ref.kind == "post"))
        sure = self.once_shown(await self.against_control(posts, control))
        accounts = (graph.page(self, ref, partial(_account, ref)) for ref in refs if ref.kind == "account")
        return [*unseen, *await asyncio.gather(*(self._second_look(post) for post in sure), *accounts)]

    async def _second_look(self, sighting: Sighting) -> Sighting:
        """Private, age-restricted and not embeddable posts look missing to oEmbed: the page may say that one is there."""
        if sighting.outcome not in UNATTRIBUTED and sighting.reason != NEVER_SEEN:
            return sighting
        seen = await graph.page(self, sighting.ref, partial(_post, sighting.ref))
        return sighting if seen.outcome is Outcome.INDETERMINATE else seen


def _post(ref: ContentRef, head: graph.Head) -> tuple[Outcome, str]:
    if head.kind == "profile":
        return Outcome.PRIVATE, "profile_for_post"
    if graph.named(ref.external_id, urlsplit(head.url).path):
        return Outcome.AVAILABLE, "page_served"
    return Outcome.INDETERMINATE, "unclear_page"


def _account(ref: ContentRef, head: graph.Head) -> tuple[Outcome, str]:
    if head.kind == "profile" and urlsplit(head.url).path.strip("/").lower() == ref.external_id:
        return Outcome.AVAILABLE, "profile_served"
    if head.title == "Instagram" and not head.kind:
        # An account that was renamed is up under another name.
        return Outcome.INDETERMINATE, "name_not_found"
    return Outcome.INDETERMINATE, "unclear_page"
