"""Which addresses are anybody's, and which lead into a network of our own.

A webhook goes to an address that a merchant chose. It must not reach what stands beside the server:
databases, metadata services, administration pages.
"""

import ipaddress
from typing import Final

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Set aside by IANA, and not known as such to every release of the standard library.
_SET_ASIDE: Final = (
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv6Network("3fff::/20"),
)
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
# RFC 6052: the last four bytes are an IPv4 address.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether an IP address is reachable from anywhere, and so no address of our own network.

    Not public are loopback, private and shared (RFC 6598) networks, link-local and unique local
    ones, multicast, and whatever else IANA has set aside; an IPv6 address that holds an IPv4
    address is what that one is. False for a text that is no address.
    """
    try:
        address: _Address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return all(map(_is_global, _held_in(address) or (address,)))


def _is_global(address: _Address) -> bool:
    if any(address in network for network in _SET_ASIDE):
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _held_in(address: _Address) -> tuple[_Address, ...]:
    """The IPv4 addresses that an IPv6 address stands for or is tunnelled to."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    held = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        held.append(ipaddress.IPv4Address(address.packed[-4:]))
    return tuple(item for item in held if item is not None)
