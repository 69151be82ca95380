"""The connections that replies come on."""

from typing import Any

import aiohttp


class Connections(aiohttp.TCPConnector):
    """Uses a connection again only if its server has kept silent since: whatever it said unasked would be taken for the next reply."""

    async def _get(self, key: Any, traces: Any) -> Any:
        kept = self._conns.get(key)
        while kept and kept[0][0].should_close:
            protocol, _ = kept.popleft()
            protocol.close()
        return await super()._get(key, traces)
