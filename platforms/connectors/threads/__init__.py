"""Threads through its oEmbed endpoint (developers.facebook.com/docs/threads/tools-and-resources/embed-a-threads-post)."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

from platforms import graph
from platforms.base import Connector, ContentRef, Outcome, Sighting


class Threads(Connector):
    slug = "threads"
    label = "Threads"
    kinds = frozenset({"post", "account"})
    defaults: ClassVar[Mapping[str, Any]] = {
        **graph.DEFAULTS,
        "api_base_url": "https://graph.threads.net",
        "api_version": "v1.0",
        "rate": "800 per hour; 60 per minute",
        "control_url": "https://www.threads.com/t/DDzbnVKx57R",
    }
    secret_fields = frozenset({"access_token"})

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        path = f"/{self.config['api_version']}/oembed"
        control = graph.control(self, "post", str(self.config["control_url"]), path)
        posts = await asyncio.gather(*(graph.oembed(self, ref, path, ref.external_id) for ref in refs if ref.kind == "post"))
        accounts = (graph.page(self, ref, partial(_account, ref)) for ref in refs if ref.kind == "account")
        return [*self.once_shown(await self.against_control(posts, control)), *await asyncio.gather(*accounts)]


def _account(ref: ContentRef, head: graph.Head) -> tuple[Outcome, str]:
    """No interface answers about accounts: a profile that says who it is counts, and nothing else does."""
    if head.kind == "profile" and urlsplit(head.url).path.strip("/").lower() == f"@{ref.external_id}":
        return Outcome.AVAILABLE, "profile_served"
    return Outcome.INDETERMINATE, "unclear_page"
