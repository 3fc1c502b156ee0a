"""A certificate authority of the test's own, for servers and clients of PostgreSQL."""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from vezne.vault.certificate_parts import common_name, draft

_HOUR: Final = timedelta(hours=1)


class Authority:
    """`file` is what those who trust it need."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._name = common_name(folder.name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._draft(self._name, self._key, is_authority=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(self._signed(certificate))

    def issue(self, name: str, addresses: Sequence[str] = ()) -> tuple[Path, Path]:
        """The files of a certificate for a name and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._draft(common_name(name), key, is_authority=False)
        if addresses:
            known = [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
            certificate = certificate.add_extension(
                x509.SubjectAlternativeName(known), critical=False
            )
        files = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        files[0].write_bytes(self._signed(certificate))
        files[1].touch(mode=0o600)
        files[1].write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        )
        return files

    def _draft(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return draft(
            subject,
            self._name,
            key.public_key(),
            now - _HOUR,
            now + 24 * _HOUR,
            is_authority=is_authority,
        )

    def _signed(self, certificate: x509.CertificateBuilder) -> bytes:
        return certificate.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
