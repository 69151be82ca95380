"""Who is asking, by address, and what only some addresses are told."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def networks(names: Sequence[str]) -> tuple[Network, ...]:
    """Networks by their names, `10.0.0.0/8` or `::1`. Raises `ValueError` for anything else."""
    return tuple(ip_network(name.strip()) for name in names)


def client_address(request: HttpRequest) -> Address | None:
    """The caller's address; None where it cannot be told.

    Each of `PROXY_COUNT` proxies adds the address it was called from, so the caller's own is that many places from the right. Who calls
    past the proxies has added none. A proxy that nobody has declared would pass every stranger off as a neighbour: then it cannot be told.
    """
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if forwarded and not 0 < settings.PROXY_COUNT <= len(forwarded):
        return None
    try:
        address = ip_address(forwarded[-settings.PROXY_COUNT] if forwarded else request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_insider(request: HttpRequest) -> bool:
    """Whether the caller may read measurements: an address of `METRICS_NETWORKS`."""
    address = client_address(request)
    return address is not None and any(address in network for network in settings.METRICS_NETWORKS)
