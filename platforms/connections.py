"""The connections that replies come on, and the small print of what is sent and read there."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import aiohttp

_CODINGS = frozenset({"", "identity", "gzip", "deflate"})


class Connections(aiohttp.TCPConnector):
    """Uses a connection again only if its server has kept silent since: whatever it said unasked would be taken for the next reply."""

    async def _get(self, key: Any, traces: Any) -> Any:
        kept = self._conns.get(key)
        while kept and kept[0][0].should_close:
            protocol, _ = kept.popleft()
            protocol.close()
        return await super()._get(key, traces)


def is_readable(response: aiohttp.ClientResponse) -> bool:
    """Whether the body can be read as it is meant: a coding that was not offered would pass for text."""
    coding, transfer = (", ".join(response.headers.getall(name, [])).lower() for name in ("Content-Encoding", "Transfer-Encoding"))
    return response.status >= 200 and coding in _CODINGS and transfer in {"", "chunked"}


def escaped(location: str) -> str:
    """Bytes of a header that are no UTF-8 come as lone surrogates: escaped, as browsers send them."""
    return re.sub("[\udc80-\udcff]", lambda match: f"%{ord(match[0]) - 0xDC00:02X}", location)


def with_params(url: str, params: Sequence[tuple[str, str]]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}" if params else url
