"""Where a request comes from: its peer, or what a proxy that is trusted says of it.

Whoever else sends such a header says nothing by it. A header has one address for every proxy on the
way, and each proxy adds the one that it was called from at the end; so the client is the last one
that is no trusted proxy, and whatever stands before it may be invented.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

FORWARDED: Final = "forwarded"
_FOR: Final = "for="
# A provider gives a whole one of these to a customer (RFC 6177, 2).
_CUSTOMER_BITS: Final = 64
_PARSED_MAX: Final = 4096


class ClientAddresses:
    """Finds the clients of trusted proxies. `header` is the one that they keep."""

    def __init__(self, trusted: Sequence[Network], header: str) -> None:
        self._trusted = tuple(trusted)
        self._header = header
        self._is_trusted = lru_cache(_PARSED_MAX)(self._find_trusted)

    def client_of(self, peer: str, headers: Mapping[str, str]) -> str:
        """The address of the client whose request came from a peer.

        The nearest one known where a trusted proxy says something that is no address.
        """
        if not self._trusted or not self._is_trusted(peer):
            return peer
        said = headers.get(self._header, "")
        nearest = peer
        for element in reversed(said.split(",")):
            hop = _named_by(element) if self._header == FORWARDED else element.strip()
            found = parse_address(_without_port(hop))
            if found is None:
                break
            nearest = str(found)
            if not self._is_trusted(nearest):
                break
        return nearest

    def _find_trusted(self, text: str) -> bool:
        address = parse_address(text)
        return address is not None and any(address in network for network in self._trusted)


def parse_address(text: str) -> _Address | None:
    """An address, the IPv4 one where it is written as IPv6 (RFC 4291, 2.5.5.2); None for none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@lru_cache(_PARSED_MAX)
def neighbourhood(address: str) -> str:
    """What counts as one client: an IPv4 address, or the IPv6 network that a customer has."""
    found = parse_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _CUSTOMER_BITS), strict=False))
    return address if found is None else str(found)


def parse_network(text: str) -> Network:
    """An address, or a network such as 10.0.0.0/8. Raises ValueError."""
    return ipaddress.ip_network(text.strip())


def _named_by(element: str) -> str:
    """What an element of a Forwarded header has for `for` (RFC 7239, 4); empty if not just one.

    A quoted value may hold a comma or a semicolon, and a client may say what it is. What that cuts
    off has a quotation mark on one side, and then it is no address.
    """
    parts = [part.strip() for part in element.split(";")]
    named = [part[len(_FOR) :] for part in parts if part.lower().startswith(_FOR)]
    if len(named) != 1:
        return ""
    name = named[0]
    is_quoted = len(name) > 1 and name[0] == name[-1] == '"'
    return name[1:-1] if is_quoted else name


def _without_port(hop: str) -> str:
    """An address as proxies write it: perhaps in brackets, perhaps with a port."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
