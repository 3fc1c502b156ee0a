"""What servers of one vault know each other by: certificates that only they can make.

The authority's key follows from a key of the vault, so every server has it, and no two need to
exchange anything. Each makes a certificate for itself, with a key that is never written to a disk,
and takes no connection from anybody who has none.
"""

import os
import ssl
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from vezne.core.ports import Clock
from vezne.vault.certificate_parts import common_name, draft

# How often a server makes itself a new certificate, and how long one lasts: the key in it is known
# to this process only. A server whose clock is a few hours off is understood all the same.
RENEW_S: Final = 24 * 3600.0
_LIFE: Final = timedelta(days=7)
_CLOCK_SKEW: Final = timedelta(days=1)
_AUTHORITY_LIFE: Final = timedelta(days=3650)


class PeerCertificates:
    """The two contexts of a server: for those who connect to it, and for those it connects to.

    Both speak TLS 1.3 only, show this server's certificate, and want the other's.
    """

    def __init__(self, authority_key: bytes, clock: Clock) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(authority_key)
        self._clock = clock
        self.listening = _context(ssl.PROTOCOL_TLS_SERVER)
        self.dialling = _context(ssl.PROTOCOL_TLS_CLIENT)
        # Of a session that is resumed no certificate is shown.
        self.listening.num_tickets = 0
        authority = _authority(self._key, self._now()).public_bytes(Encoding.DER)
        for context in (self.listening, self.dialling):
            context.load_verify_locations(cadata=authority)
        self.renew()

    def renew(self) -> None:
        """Make a new certificate, which connections show that begin from now on."""
        key = Ed25519PrivateKey.generate()
        certificate = _leaf(self._key, key, self._now()).public_bytes(Encoding.PEM)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        for context in (self.listening, self.dialling):
            _load(context, bytearray(secret + certificate))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() // 1000, tz=UTC)


def _context(protocol: int) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # Servers have no names among each other: the authority vouches for nothing but them.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def _load(context: ssl.SSLContext, text: bytearray) -> None:
    """Have a context show a certificate. It takes key and certificate from a file only.

    This one is in memory, has no name, and is gone with its descriptor.
    """
    descriptor = os.memfd_create("vezne", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, text)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
        os.pwrite(descriptor, bytes(len(text)), 0)
    finally:
        os.close(descriptor)
        text[:] = bytes(len(text))


def _authority(key: Ed25519PrivateKey, now: datetime) -> x509.Certificate:
    """The authority as this server writes it down: others have another date, and the same key."""
    name, public = common_name("Vezne servers"), key.public_key()
    since, until = now - _CLOCK_SKEW, now + _AUTHORITY_LIFE
    return draft(name, name, public, since, until, is_authority=True).sign(key, None)


def _leaf(
    authority_key: Ed25519PrivateKey, key: Ed25519PrivateKey, now: datetime
) -> x509.Certificate:
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    names = common_name("Vezne server"), common_name("Vezne servers")
    since, until = now - _CLOCK_SKEW, now + _LIFE
    return (
        draft(*names, key.public_key(), since, until, is_authority=False)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, None)
    )
