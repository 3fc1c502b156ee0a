"""What servers of one vault know each other by."""

import contextlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from fakes.world import FixedClock
from vezne.machine import SystemClock
from vezne.vault.peer_certificates import PeerCertificates
from vezne.vault.peer_keys import derive_peer_keys

KEY = bytes(range(32))


def handshake(server, client):
    """Both sides' view of a connection in memory. Raises ssl.SSLError."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    accepting = server.wrap_bio(to_server, to_client, server_side=True)
    connecting = client.wrap_bio(to_client, to_server, server_hostname="x")
    for _ in range(4):
        for side in (connecting, accepting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return accepting, connecting


def shown(side):
    return x509.load_der_x509_certificate(side.getpeercert(binary_form=True))


def test_two_servers_of_a_vault_trust_each_other():
    """Each has made its own certificate, by nothing but the key that both have."""
    one, other = PeerCertificates(KEY, SystemClock()), PeerCertificates(KEY, SystemClock())
    accepting, connecting = handshake(one.listening, other.dialling)
    assert (accepting.version(), connecting.version()) == ("TLSv1.3", "TLSv1.3")
    assert shown(accepting).public_key() != shown(connecting).public_key()


def test_a_new_certificate_works_at_once():
    """Contexts that are in use show the new one; a server's certificate lasts for days only."""
    one, other = PeerCertificates(KEY, SystemClock()), PeerCertificates(KEY, SystemClock())
    before = shown(handshake(one.listening, other.dialling)[1])
    one.renew()
    after = shown(handshake(one.listening, other.dialling)[1])
    assert before.serial_number != after.serial_number
    assert (after.not_valid_after_utc - after.not_valid_before_utc).days == 8


@pytest.mark.parametrize("is_server", [True, False])
def test_another_vault_is_no_neighbour(is_server):
    """Neither as a server nor as a client."""
    ours, theirs = PeerCertificates(KEY, SystemClock()), PeerCertificates(bytes(32), SystemClock())
    pair = (ours.listening, theirs.dialling) if is_server else (theirs.listening, ours.dialling)
    with pytest.raises(ssl.SSLError):
        handshake(*pair)


def test_an_old_certificate_is_worth_nothing():
    """A server that has been away for a month, or an hour's memory of it in the wrong hands."""
    month_ago = FixedClock(SystemClock().now_ms() - 30 * 24 * 3600 * 1000)
    ours, old = PeerCertificates(KEY, SystemClock()), PeerCertificates(KEY, month_ago)
    with pytest.raises(ssl.SSLError):
        handshake(old.listening, ours.dialling)


def test_no_key_is_left_in_a_file():
    """What the contexts were loaded from is gone: no descriptor is open that was not before."""

    def open_files():
        """By number and by what each leads to; what other tests left behind may close meanwhile."""
        found = set()
        for path in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found.add((path.name, str(path.readlink())))
        return found

    before = open_files()
    PeerCertificates(KEY, SystemClock()).renew()
    opened = {leads_to for _, leads_to in open_files() - before}
    assert [each for each in opened if not each.startswith("/proc/")] == []


def test_the_derived_keys_are_three_and_always_the_same():
    """One vault's servers have the same, each for one thing; another vault has others."""
    keys = derive_peer_keys(KEY)
    assert keys == derive_peer_keys(KEY)
    assert len({*keys, KEY}) == 4
    assert {len(key) for key in keys} == {32}
    assert not set(keys) & set(derive_peer_keys(bytes(32)))
