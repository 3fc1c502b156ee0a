import asyncio
import ipaddress
import shutil
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from builders import SAMPLE_TIME_MS
from fakes.world import FixedClock
from vezne.vault.certificates import ensure_certificates
from vezne.vault.files import ExposedFile
from vezne.vault.unusable_authority import UnusableAuthority

LOCAL_NAMES = ["localhost", "127.0.0.1", "::1"]
NOW = datetime.now(tz=UTC)


@pytest.fixture
def clock():
    """The real time, because TLS libraries use it too."""
    return FixedClock(int(NOW.timestamp()) * 1000)


def load(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def extension(certificate, kind):
    return certificate.extensions.get_extension_for_class(kind)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def handshake(files, host, server=None):
    """A TLS handshake in memory, by a client as strict as Python 3.13. Raises SSLError."""
    client_context = ssl.create_default_context(cafile=str(files.authority))
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(server or files.server)
    pipes = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client_context.wrap_bio(*pipes, server_hostname=host),
        server_context.wrap_bio(*reversed(pipes), server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends[0].version()


@pytest.mark.parametrize("host", [*LOCAL_NAMES, "shop.localhost", "vezne.test", "10.1.2.3", "::2"])
def test_strict_clients_accept_it(tmp_path, clock, host):
    """Under every local name and every extra one, with RFC 5280 checked to the letter."""
    extra = () if host in LOCAL_NAMES else (host.upper(),)
    files = ensure_certificates(tmp_path, clock, extra)
    assert handshake(files, host) == "TLSv1.3"
    assert ensure_certificates(tmp_path, clock, extra) == files


def test_clients_refuse_other_names(tmp_path, clock):
    """A name that is not in the certificate is refused as usual."""
    files = ensure_certificates(tmp_path, clock)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(files, "vezne.test")


@pytest.mark.parametrize("name", [x509.DNSName("example.com"), x509.IPAddress])
def test_the_authority_cannot_vouch_for_the_internet(tmp_path, clock, name):
    """Even a thief of its key cannot pose as another site to those who trust it."""
    files = ensure_certificates(tmp_path, clock)
    authority = load(files.authority)
    thief = load_pem_private_key((tmp_path / "ca-key.pem").read_bytes(), None)
    if name is x509.IPAddress:
        name = x509.IPAddress(ipaddress.ip_address("192.0.2.1"))
    key = ec.generate_private_key(ec.SECP256R1())
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
            critical=False,
        )
        .sign(thief, hashes.SHA256())
    )
    path = tmp_path / "forged.pem"
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(text + forged.public_bytes(Encoding.PEM))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(files, str(name.value), path)


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
async def test_node_accepts_it(tmp_path, clock):
    """A Node client that trusts the authority connects by name and by address."""
    files = ensure_certificates(tmp_path, clock)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server)

    async def greet(_, writer):
        writer.write(b"hello")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    script = """
        const tls = require('tls'), fs = require('fs');
        const [ca, port] = process.argv.slice(1);
        for (const servername of ['localhost', '127.0.0.1'])
          tls.connect({host: '127.0.0.1', port, ca: fs.readFileSync(ca), servername,
              checkServerIdentity: (_, cert) => tls.checkServerIdentity(servername, cert)})
            .on('data', data => process.stdout.write(data));
    """
    async with server:
        node = await asyncio.create_subprocess_exec(
            "node",
            "--no-deprecation",
            "-e",
            script,
            str(files.authority),
            str(port),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await node.communicate()
    assert output == b"hellohello"


def test_what_the_certificates_say(tmp_path, clock):
    """Roles, usages, names, identifiers and lives."""
    files = ensure_certificates(tmp_path, clock, ["vezne.test"])
    authority, server = load(files.authority), load(files.server)
    assert extension(authority, x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
    assert extension(server, x509.BasicConstraints).value == x509.BasicConstraints(False, None)
    assert extension(authority, x509.NameConstraints).critical
    assert extension(authority, x509.KeyUsage).value.key_cert_sign
    assert not extension(server, x509.KeyUsage).value.key_cert_sign
    names = extension(server, x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "vezne.test"]
    assert [str(value) for value in names.get_values_for_type(x509.IPAddress)] == LOCAL_NAMES[1:]
    life = server.not_valid_after_utc - server.not_valid_before_utc
    assert timedelta(days=365) < life <= timedelta(days=398)
    assert authority.not_valid_after_utc - NOW > timedelta(days=3000)
    assert authority.public_key().curve.name == server.public_key().curve.name == "secp256r1"


def test_files_are_private_but_for_the_authority(tmp_path, clock):
    """Keys are their owner's, the certificate to trust is everybody's."""
    ensure_certificates(tmp_path, clock)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"ca.pem": 0o644, "ca-key.pem": 0o600, "server.pem": 0o600}


def test_nothing_is_replaced_without_need(tmp_path, clock):
    """A day later, and ten months later, every file is what it was."""
    ensure_certificates(tmp_path, clock)
    first = contents(tmp_path)
    for days in (1, 300, 65):
        clock.advance(days=days)
        ensure_certificates(tmp_path, clock)
        assert contents(tmp_path) == first


def test_the_server_certificate_is_renewed(tmp_path, clock):
    """Within thirty days of its end, or after it; the authority stays."""
    files = ensure_certificates(tmp_path, clock)
    for days in (368, 1000):
        before = contents(tmp_path)
        clock.advance(days=days)
        ensure_certificates(tmp_path, clock)
        after = contents(tmp_path)
        assert {name for name in after if after[name] != before[name]} == {"server.pem"}
    assert load(files.server).verify_directly_issued_by(load(files.authority)) is None


def test_the_authority_is_renewed_with_its_key(tmp_path, clock):
    """Near its end it is issued anew under the same name and key, so old trust holds."""
    files = ensure_certificates(tmp_path, clock)
    old, key = load(files.authority), (tmp_path / "ca-key.pem").read_bytes()
    clock.advance(days=3600)
    ensure_certificates(tmp_path, clock)
    assert load(files.authority) == old
    assert load(files.server).not_valid_after_utc == old.not_valid_after_utc
    clock.advance(days=21)
    ensure_certificates(tmp_path, clock)
    new = load(files.authority)
    assert new != old
    assert (new.subject, new.public_key()) == (old.subject, old.public_key())
    assert (tmp_path / "ca-key.pem").read_bytes() == key
    assert load(files.server).verify_directly_issued_by(old) is None


def other_server(folder, clock):
    ensure_certificates(folder / "other", clock)
    return (folder / "other" / "server.pem").read_bytes()


@pytest.mark.parametrize(
    "damage",
    ["missing", "garbage", "only the certificate", "another key", "another authority", "exposed"],
)
def test_a_bad_server_file_is_replaced(tmp_path, clock, damage):
    """Whatever is wrong with it, the next start has a good one."""
    (tmp_path / "other").mkdir()
    files = ensure_certificates(tmp_path, clock)
    good, foreign = files.server.read_bytes(), other_server(tmp_path, clock)
    cut = good.index(b"-----BEGIN CERTIFICATE")
    foreign_cut = foreign.index(b"-----BEGIN CERTIFICATE")
    files.server.write_bytes(
        {
            "garbage": b"garbage",
            "only the certificate": good[cut:],
            "another key": foreign[:foreign_cut] + good[cut:],
            "another authority": foreign,
        }.get(damage, good)
    )
    if damage == "missing":
        files.server.unlink()
    if damage == "exposed":
        files.server.chmod(0o644)
    ensure_certificates(tmp_path, clock)
    assert files.server.read_bytes() != good
    assert files.server.stat().st_mode & 0o777 == 0o600
    assert handshake(files, "localhost")


def test_a_server_certificate_from_the_future_is_replaced(tmp_path, clock):
    """After the clock was set back, clients would refuse it."""
    files = ensure_certificates(tmp_path, clock)
    before = files.server.read_bytes()
    clock.advance(days=-2)
    ensure_certificates(tmp_path, clock)
    assert files.server.read_bytes() != before


def test_names_that_come_and_go(tmp_path, clock):
    """The server certificate follows the names as far as the authority is permitted."""
    files = ensure_certificates(tmp_path, clock, ["vezne.test"])
    authority = files.authority.read_bytes()
    for hosts in ([], ["shop.localhost", "127.5.5.5"], ["VEZNE.test", "vezne.test"]):
        ensure_certificates(tmp_path, clock, hosts)
        names = extension(load(files.server), x509.SubjectAlternativeName).value
        assert len(list(names)) == 3 + len({host.lower() for host in hosts})
    with pytest.raises(UnusableAuthority, match=r"not made for other\.test, 10\.0\.0\.1"):
        ensure_certificates(tmp_path, clock, ["vezne.test", "other.test", "10.0.0.1"])
    assert files.authority.read_bytes() == authority


@pytest.mark.parametrize("host", ["", "a b", "-a", "https://x", "x:80", "ü.test", "*.test", "a..b"])
def test_what_is_no_host(tmp_path, clock, host):
    """A setting that is neither name nor address is told so, and nothing is written."""
    with pytest.raises(ValueError, match="neither a host name nor an address"):
        ensure_certificates(tmp_path, clock, [host])
    assert contents(tmp_path) == {}


def rsa_text():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_an_authority_without_its_key(tmp_path, clock):
    """A foreign, broken, exposed or missing key is refused, and nothing is overwritten."""
    files = ensure_certificates(tmp_path, clock)
    key_path, authority = tmp_path / "ca-key.pem", files.authority.read_bytes()
    (tmp_path / "other").mkdir()
    ensure_certificates(tmp_path / "other", clock)
    foreign = (tmp_path / "other" / "ca-key.pem").read_bytes()
    for content, why in (
        (foreign, "is not the key of"),
        (rsa_text(), "no elliptic curve key"),
        (b"garbage", "no private key"),
    ):
        key_path.write_bytes(content)
        with pytest.raises(UnusableAuthority, match=why):
            ensure_certificates(tmp_path, clock)
    key_path.chmod(0o640)
    with pytest.raises(ExposedFile):
        ensure_certificates(tmp_path, clock)
    key_path.unlink()
    with pytest.raises(UnusableAuthority, match="No such file"):
        ensure_certificates(tmp_path, clock)
    assert files.authority.read_bytes() == authority


def test_a_broken_authority(tmp_path, clock):
    """A damaged certificate is not replaced behind its users' backs."""
    files = ensure_certificates(tmp_path, clock)
    files.authority.write_bytes(b"garbage")
    with pytest.raises(UnusableAuthority, match="is no certificate: delete it"):
        ensure_certificates(tmp_path, clock)


def test_a_crash_between_key_and_certificate(tmp_path, clock):
    """The key that is already there is used, not replaced."""
    files = ensure_certificates(tmp_path, clock)
    key = (tmp_path / "ca-key.pem").read_bytes()
    files.authority.unlink()
    files.server.unlink()
    ensure_certificates(tmp_path, clock)
    assert (tmp_path / "ca-key.pem").read_bytes() == key
    assert handshake(files, "localhost")


def test_the_clock_decides(tmp_path):
    """Certificates are dated by the clock that is passed in, with an hour's grace."""
    files = ensure_certificates(tmp_path, FixedClock(SAMPLE_TIME_MS))
    start = datetime(2018, 6, 6, 9, 52, 22, tzinfo=UTC)
    for path in files:
        assert load(path).not_valid_before_utc == start
