"""From where a merchant's servers may call: the networks that it has named, or anywhere."""

import ipaddress
from functools import lru_cache
from typing import Final

from vezne.core.audit import current_origin
from vezne.core.merchant import Merchant

# What is in a list is looked through at every call.
NETWORKS_MAX: Final = 100
_CACHED_MAX: Final = 4096

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network_text(text: str) -> str:
    """A network as it is stored: `192.0.2.7/32` for the address `192.0.2.7`.

    IPv4 is not written as IPv6. Raises ValueError for what is no network, and for one with bits
    set beyond its length: that is a slip, and nobody knows which part of it. So it does for an
    address with a zone (RFC 4007, 11): it means nothing elsewhere.
    """
    network = ipaddress.ip_network(text.strip())
    if "%" in text:
        raise ValueError("a zone is known on one machine only")
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped:
        raise ValueError("write it as IPv4")
    return str(network)


def may_call(merchant: Merchant) -> bool:
    """Whether whoever asks just now may use the keys of a merchant, by the address alone.

    For calls of servers. Browsers call from anywhere, with keys that are made for that.
    """
    networks = merchant.settings.allowed_networks
    return not networks or is_allowed(networks, current_origin().address)


@lru_cache(_CACHED_MAX)
def is_allowed(networks: tuple[str, ...], address: str) -> bool:
    """Whether an address is in one of the networks. A text that is no address never is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in _parsed(networks))


@lru_cache(_CACHED_MAX)
def _parsed(networks: tuple[str, ...]) -> tuple[Network, ...]:
    """The networks of a merchant, for every address that is looked for in them."""
    return tuple(map(ipaddress.ip_network, networks))
