"""SIGHUP to a server of one process: it reads its certificates anew, and serves on."""

import os
import signal
import ssl
from urllib.parse import urlsplit

from fakes.server import wait_until
from fakes.split_server import SplitServer


def _certificate(server):
    where = urlsplit(server.https)
    return ssl.get_server_certificate((where.hostname, where.port), timeout=60)


def said(server, words):
    """How often a server has said something of its certificates."""
    return sum(f"certificates {words}" in line for line in server.output)


def test_certificates_are_read_anew(start):
    """A new one is made when one is due, and one that cannot be made changes nothing."""
    server = start()
    first = _certificate(server)
    os.kill(server.pid, signal.SIGHUP)
    wait_until(lambda: said(server, "are read anew") == 1)
    assert _certificate(server) == first
    (server.data / "server.pem").unlink()
    os.kill(server.pid, signal.SIGHUP)
    wait_until(lambda: said(server, "are read anew") == 2)
    assert _certificate(server) != first
    second = _certificate(server)
    (server.data / "server.pem").unlink()
    authority = server.data / "ca.pem"
    kept = authority.read_bytes()
    authority.write_text("no certificate")
    os.kill(server.pid, signal.SIGHUP)
    os.kill(server.pid, signal.SIGHUP)
    wait_until(lambda: said(server, "stay as they were"))
    assert _certificate(server) == second
    authority.write_bytes(kept)
    assert server.stop() == 0


def test_vault_and_gateway_of_their_own_stay(tmp_path):
    """The vault has the certificates; the gateway has nothing to read."""
    server = SplitServer(tmp_path / "data").start()
    try:
        first = _certificate(server)
        (server.data / "server.pem").unlink()
        for pid in (server.pid, server.gateway.pid):
            os.kill(pid, signal.SIGHUP)
        wait_until(lambda: _certificate(server) != first)
        assert server.stop() == 0
    finally:
        server.kill()
