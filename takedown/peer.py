"""From where somebody asks."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The address of whoever asks; None where it cannot be told.

    Behind `PROXY_COUNT` proxies it is what the outermost of them wrote into `X-Forwarded-For`, counted from the right: whatever stands
    further left may have been invented by whoever asks.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.PROXY_COUNT:
        written = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        text = written[-settings.PROXY_COUNT] if len(written) >= settings.PROXY_COUNT else ""
    try:
        address = ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def address_text(request: HttpRequest) -> str:
    """The same in words, as the limits of signing in count it; empty where it cannot be told."""
    address = address_of(request)
    return str(address) if address else ""
