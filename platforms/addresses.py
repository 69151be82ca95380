"""Which addresses the product may connect to, and a resolver that answers with no other.

An allow-list: an address is refused unless it lies in space that is handed out for the public internet (IANA special-purpose address
registries, RFC 6890 and successors). Wrapped forms of IPv4 (mapped, NAT64, 6to4, Teredo, ISATAP) are refused whole: nothing public
needs them.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Sequence

from aiohttp.abc import AbstractResolver, ResolveResult

_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED = [
    ipaddress.ip_network(block)
    for block in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers: neither private nor global for `ipaddress`
        "127.0.0.0/8",
        "168.63.129.16/32",  # metadata and health service of a large cloud, in public space
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast and reserved
    )
]
_NAME = re.compile(r"(?!.{254})(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?", re.ASCII)
"""What the name system can be asked for: it has no answer for other names, not even that they do not exist."""


def is_public(address: str) -> bool:
    """Whether `address` (an IPv4 or IPv6 literal) is on the public internet. Anything that is no plain literal is not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if parsed.version == 6 and (parsed not in _PUBLIC_V6 or parsed.scope_id is not None or _is_isatap(parsed)):
        return False
    return parsed.is_global and not any(parsed in block for block in _REFUSED if block.version == parsed.version)


def _is_isatap(address: ipaddress.IPv6Address) -> bool:
    """Whether the lower half wraps an IPv4 address (RFC 5214, section 6.1)."""
    return int(address) >> 32 & 0xFDFFFFFF == 0x00005EFE


def is_literal(host: str) -> bool:
    """Whether `host` is an address rather than a name: such hosts never reach the resolver."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class RefusedAddressError(OSError):
    """A name answered with an address that may not be connected to."""


class NoSuchNameError(OSError):
    """The name system says that the name does not exist."""


class SystemResolver(AbstractResolver):
    """`getaddrinfo` in a thread. Names are case data: no other resolver is asked."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        if not _NAME.fullmatch(host):
            raise OSError("not a name that can be asked for")
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG)
        except socket.gaierror as error:
            if error.errno == socket.EAI_NONAME:
                raise NoSuchNameError(host) from error
            raise
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=family_,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for family_, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is held open."""


class GuardedResolver(AbstractResolver):
    """Passes on what `inner` answers only if there are answers and *every* one may be connected to.

    aiohttp connects to exactly the addresses returned here, so the address checked is the address used: a name that changes its answer
    in between gains nothing.
    """

    def __init__(self, inner: AbstractResolver, allow: frozenset[str]) -> None:
        self._inner, self._allow = inner, allow

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        answers = await self._inner.resolve(host, port, family)
        if not answers:
            raise OSError("a name without addresses")
        if f"{host}:{port}" not in self._allow:
            refuse_private([answer["host"] for answer in answers])
        return answers

    async def close(self) -> None:
        await self._inner.close()


def refuse_private(addresses: Sequence[str]) -> None:
    """Raises `RefusedAddressError` if any address is not public."""
    for address in addresses:
        if not is_public(address):
            raise RefusedAddressError(f"{address} is not on the public internet")
