"""Discord invitations through the public API (docs.discord.com, resource "Invite")."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.http import LONGEST_WAIT, Answer, NoAnswer, ask_json

_NOT_CHECKABLE = {"post": "message_for_members", "file": "address_expires"}
_GATED_LEVELS = {"1": "explicit", "3": "age_restricted"}
"""`nsfw_level` of a server; the others are not gated."""
_BANNED_SECONDS = 3600.0
"""How long to stay away after a refusal by the wall before the interface: asking on makes it last."""


class Discord(Connector):
    slug = "discord"
    label = "Discord"
    kinds = frozenset({"group", "post", "file"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://discord.com",
        "batch_size": 1,
        "rate": "60 per minute; 2 per second",
        "bot_token": "",
        "errors": {"10006": "gone_unattributed"},
    }
    secret_fields = frozenset({"bot_token"})

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        return list(await asyncio.gather(*(self._look(ref) for ref in refs)))

    async def _look(self, ref: ContentRef) -> Sighting:
        if ref.kind in _NOT_CHECKABLE:
            now, later = self.clock.sent(), self.clock.answered()
            return NoAnswer(_NOT_CHECKABLE[ref.kind], "", now, later).says(ref)
        token = self.config["bot_token"]
        try:
            answer = await ask_json(
                self.http,
                self.clock,
                "invites.get",
                f"{self.config['api_base_url'].rstrip('/')}/api/v10/invites/{ref.external_id}",
                params=[("with_counts", "true")],
                headers={"Authorization": f"Bot {token}"} if token else {},
                codes=(200, 404),
                follow=False,
            )
            return self._refused(answer, ref) if answer.status == 404 else self._invite(answer, ref)
        except NoAnswer as unclear:
            if unclear.status == 429 and unclear.wait is None:
                unclear.wait = _wait(unclear.data)
            return unclear.says(ref)

    def _refused(self, answer: Answer, ref: ContentRef) -> Sighting:
        code = answer.data.get("code") if isinstance(answer.data, dict) else None
        outcome = self.config["errors"].get(str(code))
        if outcome not in Outcome.values:
            raise answer.unknown("unknown_error", code)
        return answer.says(ref, Outcome(outcome), f"error_{code}")

    def _invite(self, answer: Answer, ref: ContentRef) -> Sighting:
        """An invitation that is open. The server it leads to is what was meant: a freed name can be taken by another one."""
        data = answer.data
        if not isinstance(data, dict) or str(data.get("code")).lower() != ref.external_id.lower():
            raise answer.unhealthy("unexpected_shape")
        guild = data.get("guild")
        if not isinstance(guild, dict) or not str(guild.get("id", "")).isdigit():
            raise answer.unhealthy("no_server")
        number = str(guild["id"])
        if self.kept.get(ref, {}).get("guild", number) != number:
            elsewhere = answer.unhealthy("leads_elsewhere")
            elsewhere.evidence = {"guild": number}
            raise elsewhere
        level = _GATED_LEVELS.get(str(guild.get("nsfw_level")))
        outcome = Outcome.AVAILABLE_GATED if level else Outcome.AVAILABLE
        return self.remember(answer.says(ref, outcome, level or "open", guild=number), guild=number)


def _wait(data: Any) -> float:
    """Seconds to stay away by the body of a 429; one that is no JSON comes from the wall before the interface."""
    wait = data.get("retry_after") if isinstance(data, dict) else None
    return float(min(wait, LONGEST_WAIT)) if isinstance(wait, int | float) and wait > 0 else _BANNED_SECONDS
