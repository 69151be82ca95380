"""pCloud's public links through its API (docs.pcloud.com/methods/public_links/showpublink.html)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.http import Answer, NoAnswer, ask_json

_HOSTS = {"u": "api.pcloud.com", "e": "eapi.pcloud.com"}


class PCloud(Connector):
    slug = "pcloud"
    label = "pCloud"
    kinds = frozenset({"file"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "",
        "batch_size": 1,
        "rate": "60 per minute; 2 per second",
        "results": {
            "7001": "gone_unattributed",
            "7002": "removed_by_user",
            "7003": "removed_by_platform",
            "7004": "gone_unattributed",
            "7005": "indeterminate",
            "7006": "indeterminate",
            "7014": "indeterminate",
        },
    }

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        return [await self._look(ref) for ref in refs]

    async def _look(self, ref: ContentRef) -> Sighting:
        region, _, code = ref.external_id.partition("/")
        url = self.through(f"https://{_HOSTS[region]}/showpublink")
        try:
            answer = await ask_json(self.http, self.clock, "showpublink", url, params=[("code", code)])
            return self._conclude(answer, ref, code)
        except NoAnswer as unclear:
            return unclear.says(ref)

    def _conclude(self, answer: Answer, ref: ContentRef, code: str) -> Sighting:
        data = answer.data if isinstance(answer.data, dict) else {}
        result = data.get("result")
        if not isinstance(result, int) or isinstance(result, bool) or answer.redirected:
            raise answer.unhealthy("redirected" if answer.redirected else "unexpected_shape")
        if data.get("code", code) != code:
            raise answer.unhealthy("another_link")
        if result == 0:
            if not isinstance(data.get("metadata"), dict):
                raise answer.unhealthy("unexpected_shape")
            return answer.says(ref, Outcome.AVAILABLE, "link_shown", result=result)
        outcome = self.config["results"].get(str(result))
        if outcome not in Outcome.values:
            raise answer.unknown("unknown_result", result)
        return answer.says(ref, Outcome(outcome), f"result_{result}", result=result)
