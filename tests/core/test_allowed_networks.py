"""From where a merchant's keys work: everywhere until networks are named, then from these alone."""

import pytest

from builders import merchant
from vezne.core.allowed_networks import is_allowed, may_call, network_text
from vezne.core.audit import Origin, begin_origin
from vezne.core.merchant import MerchantSettings


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" 192.0.2.7 ", "192.0.2.7/32"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_a_network_is_kept_in_one_form(typed: str, kept: str) -> None:
    """Whatever people write."""
    assert network_text(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("", "shop.example", "1", "\0"),
        *("192.0.2.7/24", "10.0.0.1/33", "::ffff:192.0.2.7", "fe80::1%eth0"),
    ],
)
def test_what_is_no_network_is_refused(typed: str) -> None:
    """A network with bits beyond its length is a slip, and IPv4 is not written as IPv6."""
    with pytest.raises(ValueError, match=r".*"):
        network_text(typed)


def test_an_address_is_in_a_network_or_not() -> None:
    """A caller over IPv6 that has an IPv4 address is who it is over IPv4."""
    networks = ("192.0.2.0/24", "2001:db8::/32")
    assert is_allowed(networks, "192.0.2.255")
    assert is_allowed(networks, "::ffff:192.0.2.1")
    assert is_allowed(networks, "2001:db8::1")
    assert not is_allowed(networks, "192.0.3.1")
    assert not is_allowed(networks, "2001:db9::1")
    assert not is_allowed(networks, "")


async def test_who_asks_is_let_in_by_the_address() -> None:
    """Everybody where nothing is named, the house itself nowhere else."""
    open_to_all = merchant()
    closed = merchant(settings=MerchantSettings(allowed_networks=("192.0.2.0/24",)))
    assert may_call(open_to_all)
    assert not may_call(closed)
    begin_origin(Origin(address="192.0.2.9"))
    assert may_call(closed)
    begin_origin(Origin(address="198.51.100.1"))
    assert not may_call(closed)
    assert may_call(open_to_all)
