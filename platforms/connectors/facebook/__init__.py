"""Facebook through Meta's oEmbed endpoints and, with a token, the Graph interface (developers.facebook.com/docs/graph-api)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from platforms import graph
from platforms.base import UNATTRIBUTED, Connector, ContentRef, Outcome, Sighting
from platforms.http import Answer, NoAnswer


class Facebook(Connector):
    slug = "facebook"
    label = "Facebook"
    kinds = frozenset({"post", "video", "account", "group", "comment"})
    defaults: ClassVar[Mapping[str, Any]] = {
        **graph.DEFAULTS,
        "api_base_url": "https://graph.facebook.com",
        "api_version": "v26.0",
        "rate": "800 per hour; 60 per minute",
        "node_errors": {"803": "gone_unattributed"},
        "control_url": "https://www.facebook.com/20531316728/posts/10154009990506729",
        "control_video_url": "https://www.facebook.com/video.php?v=10153231379946729",
        "control_node": "20531316728",
    }
    secret_fields = frozenset({"access_token"})

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        unseen, refs = self.parts_unseen(refs)
        ways: dict[str, list[ContentRef]] = {}
        for ref in refs:
            ways.setdefault(_way(ref), []).append(ref)
        groups = await asyncio.gather(*(self._look(way, group) for way, group in ways.items()))
        return unseen + [sighting for group in groups for sighting in group]

    async def _look(self, way: str, refs: Sequence[ContentRef]) -> list[Sighting]:
        if way == "node":
            found = await asyncio.gather(*(self._node(ref) for ref in refs))
        else:
            found = await asyncio.gather(*(graph.oembed(self, ref, self._path(way)) for ref in refs))
        sure = self.once_shown(await self.against_control(found, self._control(way)))
        return list(await asyncio.gather(*(self._unless_renamed(sighting) for sighting in sure)))

    def _path(self, name: str) -> str:
        return f"/{self.config['api_version']}/{name}"

    def _control(self, way: str) -> Callable[[], Awaitable[Sighting]] | None:
        if way == "node":
            number = str(self.config["control_node"])
            control = ContentRef("facebook", "account", number, f"https://www.facebook.com/profile.php?id={number}")
            return (lambda: self._node(control)) if number else None
        url = str(self.config["control_url" if way == "oembed_post" else "control_video_url"])
        return graph.control(self, "post", url, self._path(way))

    async def _node(self, ref: ContentRef) -> Sighting:
        """Accounts, groups and events have no oEmbed: only a token that is allowed to may read them."""
        if not self.config["access_token"] and not self.stands_in:
            return NoAnswer("no_credentials", "", self.clock.sent(), self.clock.answered()).says(ref)
        name = ref.external_id.rsplit("/", 1)[-1]

        def read(answer: Answer) -> Sighting:
            number = answer.data.get("id") if isinstance(answer.data, dict) else None
            if not isinstance(number, str) or not number.isdecimal():
                raise answer.unhealthy("unexpected_shape")
            if name.isdecimal() and number != name:
                raise answer.unhealthy("other_item")
            return replace(answer.says(ref, Outcome.AVAILABLE, "readable"), identity=None if name.isdecimal() else _lasting(ref, number))

        sighting = await graph.ask(self, ref, self._path(name), [("fields", "id")], self.config["node_errors"], read)
        sighting = replace(sighting, method="node" if sighting.method else "")
        if sighting.outcome in UNATTRIBUTED and not name.isdecimal():
            # A page or group that was renamed is up under another name.
            return replace(sighting, outcome=Outcome.INDETERMINATE, reason="name_not_found")
        return sighting

    async def _unless_renamed(self, sighting: Sighting) -> Sighting:
        """The address of a post that names its author by a name stops working when that name changes."""
        owner = sighting.ref.external_id.rpartition("/")[0]
        name = owner.removeprefix("groups/")
        if sighting.outcome not in UNATTRIBUTED or sighting.ref.kind != "post" or name.isdecimal() or owner in {"photo", "events"}:
            return sighting
        author = await self._node(ContentRef("facebook", "account", owner, f"https://www.facebook.com/{owner}"))
        if author.outcome is Outcome.AVAILABLE:
            return sighting
        return replace(sighting, outcome=Outcome.INDETERMINATE, reason="owner_may_be_renamed")


def _way(ref: ContentRef) -> str:
    if ref.kind in {"account", "group"} or ref.external_id.startswith("events/"):
        return "node"
    return "oembed_video" if ref.kind == "video" else "oembed_post"


def _lasting(ref: ContentRef, number: str) -> ContentRef:
    if ref.kind == "group":
        return ContentRef("facebook", "group", f"groups/{number}", f"https://www.facebook.com/groups/{number}")
    return ContentRef("facebook", "account", number, f"https://www.facebook.com/profile.php?id={number}")
