"""Sockets of several processes on one address."""

import socket

import pytest

from vezne.edge.address import Address
from vezne.edge.server import CannotListen
from vezne.edge.shared_sockets import shared_sockets

FREE = Address("127.0.0.1", 0)


def test_all_share_one_port():
    """Also when it is any free one; the kernel lets each of them in."""
    with shared_sockets(3) as sockets:
        real = sockets.bind(FREE)
        bound = [sockets.of(number)[real] for number in range(3)]
        assert {each.getsockname() for each in bound} == {("127.0.0.1", real.port)}
        for each in bound:
            each.listen()
        with socket.create_connection(real):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(real)


def test_two_addresses_are_two_ports():
    """Each process has a socket of each."""
    with shared_sockets(2) as sockets:
        first, second = sockets.bind(FREE), sockets.bind(FREE)
        assert first.port != second.port
        assert set(sockets.of(0)) == set(sockets.of(1)) == {first, second}


def test_one_address_is_not_taken_twice():
    """By ourselves, which the kernel would allow."""
    with shared_sockets(2) as sockets:
        real = sockets.bind(FREE)
        with pytest.raises(CannotListen, match=f"127.0.0.1:{real.port} is wanted for two"):
            sockets.bind(real)


def test_an_address_of_somebody_else_is_not_shared():
    """Another server's, which the kernel would allow as well if it shares its own."""
    with shared_sockets(2) as theirs, shared_sockets(2) as ours:
        real = theirs.bind(FREE)
        theirs.of(0)[real].listen()
        with pytest.raises(CannotListen, match=f"127.0.0.1:{real.port}: Address already in use"):
            ours.bind(real)


def test_an_unknown_host_is_named():
    """As for a single process."""
    with shared_sockets(2) as sockets, pytest.raises(CannotListen, match=r"192\.0\.2\.1:0"):
        sockets.bind(Address("192.0.2.1", 0))


def test_an_address_of_ipv6():
    """For itself alone, whatever the machine would do by default."""
    with shared_sockets(2) as sockets:
        try:
            real = sockets.bind(Address("::1", 0))
        except CannotListen:
            pytest.skip("this machine has no IPv6 loopback")
        assert sockets.of(1)[real].getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1


def test_the_others_sockets_can_be_closed():
    """In a process that is one of those they are for."""
    with shared_sockets(2) as sockets:
        real = sockets.bind(FREE)
        sockets.close(keep=1)
        assert sockets.of(0)[real].fileno() == -1
        assert sockets.of(1)[real].fileno() >= 0
