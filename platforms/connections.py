"""The connections that replies come on."""

from typing import Any

import aiohttp


class Connections(aiohttp.TCPConnector):
    """Uses a connection again only if its server has kept silent since: whatever it said unasked would be taken for the next reply."""

    async def _get(self, key: Any, traces: Any) -> Any:
        kept = self._conns.get(key, ())
        for protocol, _ in [one for one in kept if one[0].should_close]:
            # A connection that is closed is passed over.
            protocol.close()
        return await super()._get(key, traces)
