"""Which addresses webhooks may go to in live mode."""

import pytest

from vezne.edge.public_address import is_public


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.216.34",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700:4700::1111",
        "2a00:1450:4001:81b::200e",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
        "2002:101:101::1",
    ],
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    """Also when an IPv6 address holds one of IPv4."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",  # noqa: S104 - nobody binds to it
        "0.1.2.3",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
    ],
)
def test_addresses_of_a_network_of_one_s_own_are_not(address: str) -> None:
    """Loopback, private, shared, link-local, documentation, multicast and reserved ones.

    Nor is any IPv6 address that holds one of them.
    """
    assert not is_public(address)
    assert not is_public(f"::ffff:{address}")
    assert not is_public(f"64:ff9b::{address}")
    assert not is_public(f"::{address}")
    first, second, third, fourth = map(int, address.split("."))
    assert not is_public(f"2002:{first:02x}{second:02x}:{third:02x}{fourth:02x}::1")


@pytest.mark.parametrize(
    "address",
    [
        "::",
        "::1",
        "100::1",
        "2001:db8::1",
        "2001:0:7f00:1::1",
        "3fff::1",
        "5f00::1",
        "64:ff9b:1::a00:1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%2",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_set_aside_ipv6_addresses_are_not(address: str) -> None:
    """Loopback, unique and site local, link-local with a zone or without, multicast."""
    assert not is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "2130706433", "0x7f.1", "1.1.1.1 "])
def test_what_is_no_address_is_not_public(text: str) -> None:
    """Resolvers understand some of these; their answer is what is judged then."""
    assert not is_public(text)
