"""Where a request comes from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def caller_address(request: HttpRequest) -> str:
    """The network address of whoever asks; empty where it is not known.

    Each of the `PROXY_COUNT` proxies in front of us appends whom it was asked by: of `X-Forwarded-For` only that many entries from the
    right are theirs, everything before is what the client wrote.
    """
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    proxies: int = settings.PROXY_COUNT
    said = forwarded[-proxies] if 0 < proxies <= len(forwarded) else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(said.partition("%")[0]))
    except ValueError:
        return ""
