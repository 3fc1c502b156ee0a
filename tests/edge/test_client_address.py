"""Where a request comes from: only a trusted proxy may say, and only of whom it has seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.edge.client_address import (
    FORWARDED,
    ClientAddresses,
    neighbourhood,
    parse_address,
    parse_network,
)

PROXY = "10.0.0.1"
FOR = "x-forwarded-for"


def addresses(header=FOR):
    return ClientAddresses([parse_network("10.0.0.0/8"), parse_network("::1")], header)


@pytest.mark.parametrize(
    ("peer", "said", "client"),
    [
        (PROXY, "198.51.100.7", "198.51.100.7"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        # What stands before the last stranger is the stranger's own word.
        (PROXY, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (PROXY, "203.0.113.9, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        (PROXY, "10.9.9.9, 198.51.100.7 ,10.1.2.3", "198.51.100.7"),
        # All of them proxies: the farthest one known.
        (PROXY, "10.3.3.3, 10.2.2.2", "10.3.3.3"),
        (PROXY, "198.51.100.7:4711", "198.51.100.7"),
        (PROXY, "[2001:db8::7]:4711", "2001:db8::7"),
        (PROXY, "::ffff:198.51.100.7", "198.51.100.7"),
        # What is no address ends the search.
        (PROXY, "", PROXY),
        (PROXY, "unknown", PROXY),
        (PROXY, "198.51.100.7, nonsense", PROXY),
        (PROXY, "198.51.100.7, nonsense, 10.2.2.2", "10.2.2.2"),
        # Nobody asked this peer.
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("", "203.0.113.9", ""),
    ],
)
def test_the_client_is_the_last_one_that_is_no_proxy(peer, said, client):
    """Whatever a client writes itself stands on the left, where nobody looks."""
    assert addresses().client_of(peer, {FOR: said}) == client


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("for=198.51.100.7", "198.51.100.7"),
        ("For=198.51.100.7;proto=https;by=10.0.0.1", "198.51.100.7"),
        ("for=203.0.113.9, for=198.51.100.7", "198.51.100.7"),
        ("for=203.0.113.9, for=198.51.100.7, for=10.2.2.2", "198.51.100.7"),
        ('for="[2001:db8::7]:4711"', "2001:db8::7"),
        ('for="198.51.100.7:4711"', "198.51.100.7"),
        ("for=unknown", PROXY),
        ("for=_hidden", PROXY),
        ("proto=https", PROXY),
        # What a client hides in a Host header, or in a quotation that it leaves open.
        ('for=198.51.100.7;host="x;for=203.0.113.9"', PROXY),
        ('for=198.51.100.7;host="x,for=203.0.113.9"', PROXY),
        ('for=203.0.113.9;x=", for="198.51.100.7"', "198.51.100.7"),
    ],
)
def test_the_standard_header_is_read_as_well(said, client):
    """RFC 7239; and nothing that stands in a quotation is taken for an element."""
    assert addresses(FORWARDED).client_of(PROXY, {FORWARDED: said, FOR: "192.0.2.1"}) == client


def test_only_the_header_that_the_proxy_keeps_is_read():
    """The other one is passed on as the client sent it."""
    assert addresses().client_of(PROXY, {FORWARDED: "for=203.0.113.9"}) == PROXY


@given(st.text(alphabet='for=";, 1.:[]ax', max_size=60))
def test_whatever_is_said_an_address_comes_out(said):
    """Of a kind that can be counted by, and no other text of an attacker's."""
    for header in (FOR, FORWARDED):
        client = addresses(header).client_of(PROXY, {header: said})
        assert parse_address(client) is not None


@given(st.ip_addresses(v=4), st.text(max_size=40))
def test_a_client_cannot_choose_its_address(real, lie):
    """The proxy puts the true one at the end, whatever was there."""
    found = addresses().client_of(PROXY, {FOR: f"{lie}, {real}"})
    if real not in parse_network("10.0.0.0/8"):
        assert found == str(real)


def test_without_trusted_proxies_the_peer_is_the_client():
    """Which is what a server is that stands alone."""
    assert ClientAddresses((), FOR).client_of("198.51.100.7", {FOR: "x"}) == "198.51.100.7"


def test_a_customer_of_a_provider_is_one_client():
    """A whole IPv6 network is one, so that nobody gets as many tries as it has addresses."""
    assert neighbourhood("2001:db8:1:2:3:4:5:6") == neighbourhood("2001:db8:1:2::1")
    assert neighbourhood("2001:db8:1:2::1") != neighbourhood("2001:db8:1:3::1")
    assert neighbourhood("198.51.100.7") == neighbourhood("::ffff:198.51.100.7")
    assert neighbourhood("198.51.100.7") != neighbourhood("198.51.100.8")
    assert neighbourhood("") == ""
