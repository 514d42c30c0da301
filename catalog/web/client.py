"""Where a request comes from: the machine that connects, or whom a proxy of our own names; nobody else is believed."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from litestar.connection import ASGIConnection

FORWARDED = "x-forwarded-for"
BITS_OF_A_HOME = 64
"""Of an IPv6 address: whoever is given one network may use any address of it."""


def client_address(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The address as text; "" where the server does not know it (a socket without an address)."""
    peer = connection.client.host if connection.client else ""
    settings = connection.app.state.settings
    return trace(peer, connection.headers.getall(FORWARDED, []), _networks(settings.trusted_proxies))


@lru_cache(maxsize=8)
def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())


def trace(peer: str, forwarded: Iterable[str], trusted: Iterable[IPv4Network | IPv6Network]) -> str:
    """The rightmost hop that is no proxy of ours: what stands left of it, anybody may have written.

    Each proxy appends the machine it heard from. A hop that cannot be read ends the search at the proxy that sent it.
    """
    networks = tuple(trusted)
    found = _read(peer)
    if found is None:
        return peer
    for hop in _from_the_right(forwarded):
        if not any(found in network for network in networks):
            break
        further = _read(hop)
        if further is None:
            break
        found = further
    return str(found)


def _from_the_right(forwarded: Iterable[str]) -> Iterator[str]:
    return (hop.strip() for hop in reversed(",".join(forwarded).split(",")))


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """An address, perhaps with a port as some proxies write it; an IPv4 address in IPv6's clothes is taken out."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def home_of(address: str) -> str:
    """What one household or school is known by: the address, or the network of an IPv6 one."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, BITS_OF_A_HOME), strict=False))
    return address
