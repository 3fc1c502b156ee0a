"""The development certificate authority, for clients that speak nothing but HTTPS.

A client that trusts `ca.pem` must not thereby trust us for the whole internet: the authority is
constrained to this machine's names and those it was made for (RFC 5280, 4.2.1.10).
"""

import ipaddress
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from vezne.core.ports import Clock
from vezne.vault.certificate_parts import common_name, draft
from vezne.vault.files import (
    PRIVATE,
    PUBLIC,
    ExposedFile,
    create_private_file,
    read_private_file,
    replace_file,
)
from vezne.vault.unusable_authority import UnusableAuthority

_AUTHORITY_FILE: Final = "ca.pem"
_AUTHORITY_KEY_FILE: Final = "ca-key.pem"
_SERVER_FILE: Final = "server.pem"

_LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "::1")
_LOOPBACK_V4: Final = ipaddress.IPv4Network("127.0.0.0/8")
_LOOPBACK_V6: Final = ipaddress.IPv6Network("::1/128")
_HOST_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.(?!-)[a-z0-9_-]{1,63})*")

_AUTHORITY_LIFE: Final = timedelta(days=3650)
# Clients refuse server certificates of more than 398 days (CA/Browser Forum BR 6.3.2).
_SERVER_LIFE: Final = timedelta(days=397)
_RENEWAL: Final = timedelta(days=30)
# A client's clock may be a little behind ours.
_CLOCK_SKEW: Final = timedelta(hours=1)


class CertificateFiles(NamedTuple):
    """What a server and its clients need. `server` holds the private key and the certificate."""

    authority: Path
    server: Path


class _Authority(NamedTuple):
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def ensure_certificates(
    folder: Path, clock: Clock, extra_hosts: Sequence[str] = ()
) -> CertificateFiles:
    """A valid authority and server certificate in the folder, made or renewed where needed.

    The server certificate covers localhost, 127.0.0.1, ::1 and the extra host names or addresses.
    The authority's key is made once and never replaced, so trust given to it lasts.
    Raises UnusableAuthority, ExposedFile when others can read the authority's key, and ValueError
    for an extra host that is neither name nor address.
    """
    now = datetime.fromtimestamp(clock.now_ms() // 1000, tz=UTC)
    hosts = tuple(dict.fromkeys((*_LOCAL_HOSTS, *(host.lower() for host in extra_hosts))))
    names = [_general_name(host) for host in hosts]
    files = CertificateFiles(folder / _AUTHORITY_FILE, folder / _SERVER_FILE)
    authority = _ensure_authority(folder, now, hosts)
    if not _is_server_good(files.server, authority.certificate, now, names):
        replace_file(files.server, _issue_server(authority, now, names), PRIVATE)
    return files


def _ensure_authority(folder: Path, now: datetime, hosts: Sequence[str]) -> _Authority:
    path, key_path = folder / _AUTHORITY_FILE, folder / _AUTHORITY_KEY_FILE
    if not path.exists():
        if not key_path.exists():
            create_private_file(key_path, _key_text(ec.generate_private_key(ec.SECP256R1())))
        return _issue_authority(path, _load_key(key_path), now, hosts)
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        raise UnusableAuthority(f"{path} is no certificate: delete it to have a new one") from None
    key = _load_key(key_path)
    if certificate.public_key() != key.public_key():
        raise UnusableAuthority(f"{key_path} is not the key of {path}: delete both to start anew")
    if certificate.not_valid_after_utc - now < _RENEWAL:
        return _issue_authority(path, key, now, hosts)
    constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = constraints.permitted_subtrees or []
    missing = [host for host in hosts if _constraint(host) not in permitted]
    if missing:
        raise UnusableAuthority(
            f"{path} was not made for {', '.join(missing)}: delete it to have a new one, "
            "which clients must be told to trust"
        )
    return _Authority(certificate, key)


def _issue_authority(
    path: Path, key: ec.EllipticCurvePrivateKey, now: datetime, hosts: Sequence[str]
) -> _Authority:
    permitted = list(dict.fromkeys(map(_constraint, hosts)))
    public = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    name = common_name(f"Vezne development authority {identifier.digest[:4].hex()}")
    certificate = (
        draft(name, name, public, now - _CLOCK_SKEW, now + _AUTHORITY_LIFE, is_authority=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    replace_file(path, certificate.public_bytes(Encoding.PEM), PUBLIC)
    return _Authority(certificate, key)


def _issue_server(authority: _Authority, now: datetime, names: Sequence[x509.GeneralName]) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    until = min(now + _SERVER_LIFE - _CLOCK_SKEW, authority.certificate.not_valid_after_utc)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    subject, issuer = common_name("localhost"), authority.certificate.subject
    since, public = now - _CLOCK_SKEW, key.public_key()
    certificate = (
        draft(subject, issuer, public, since, until, is_authority=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(identifier, critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return _key_text(key) + certificate.public_bytes(Encoding.PEM)


def _is_server_good(
    path: Path, authority: x509.Certificate, now: datetime, names: Sequence[x509.GeneralName]
) -> bool:
    try:
        content = read_private_file(path)
        certificate = x509.load_pem_x509_certificate(content)
        certificate.verify_directly_issued_by(authority)
        key = load_pem_private_key(content, None)
        covered = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ExposedFile, ValueError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        certificate.public_key() == key.public_key()
        and set(covered) == set(names)
        and certificate.not_valid_before_utc <= now
        and certificate.not_valid_after_utc - now >= _RENEWAL
    )


def _constraint(host: str) -> x509.GeneralName:
    """What an authority must be permitted to vouch for this host."""
    address = _address(host)
    if address is None:
        return x509.DNSName("localhost" if host.endswith(".localhost") else host)
    loopback = _LOOPBACK_V4 if address.version == _LOOPBACK_V4.version else _LOOPBACK_V6
    return x509.IPAddress(loopback if address in loopback else ipaddress.ip_network(address))


def _general_name(host: str) -> x509.GeneralName:
    address = _address(host)
    return x509.DNSName(host) if address is None else x509.IPAddress(address)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        if not _HOST_NAME.fullmatch(host):
            raise ValueError(f"{host!r} is neither a host name nor an address") from None
        return None


def _key_text(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(read_private_file(path), None)
    except OSError as error:
        raise UnusableAuthority(f"{path}, the authority's key: {error.strerror}") from None
    except ValueError:
        raise UnusableAuthority(f"{path} is no private key") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise UnusableAuthority(f"{path} is no elliptic curve key")
    return key
