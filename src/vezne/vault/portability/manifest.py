"""What lies beside the parts of an export: what they hold, who asked, who agreed, and a signature.

The signature is Ed25519 over the bytes of the manifest (RFC 8032), by a key of the vault's own.
"""

import hashlib
import re
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vezne.vault.files import PRIVATE, replace_file
from vezne.vault.portability.errors import InvalidManifest

FORMAT: Final = "vezne cards 1"
MANIFEST_FILE: Final = "manifest.json"
SIGNATURE_FILE: Final = "manifest.json.sig"
_PART_FILE: Final = re.compile(r"part-\d{5,}\.jsonl\.age", re.ASCII)
# A manifest has a line for each part; what is larger is none.
_MANIFEST_BYTES_MAX: Final = 64_000_000
_APPROVAL: Final = b"vezne export approval\0"


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. It is known by its digest, so an approval is of exactly this."""

    merchant_id: int
    merchant: str
    recipient: str
    folder: str
    part_cards: int
    requester: str
    requested_ms: int
    expires_ms: int

    @property
    def digest(self) -> bytes:
        """SHA-256 of the request as compact JSON: what is approved."""
        return hashlib.sha256(msgspec.json.encode(self)).digest()


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """An approver's word for a request: a signature over its digest. Keys are hexadecimal."""

    approver: str
    public_key: str
    signature: str
    approved_ms: int

    def is_for(self, digest: bytes) -> bool:
        """Whether the word is for this request."""
        return is_signed(self.public_key, self.signature, _APPROVAL + digest)


class LeftOut(msgspec.Struct, frozen=True):
    """A card of the books that is not in the export, by its token in hexadecimal."""

    token: str
    why: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the export: age over JSON lines, a card each."""

    file: str
    cards: int
    size_bytes: int
    sha256: str

    def is_of(self, content: bytes) -> bool:
        """Whether this is what the file held when it was written."""
        return hashlib.sha256(content).hexdigest() == self.sha256


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """An export as a whole. `digest` is the request's, `signer` the public key of the signature.

    Cards that were stored after `started_ms` are not in it.
    """

    format: str
    digest: str
    request: ExportRequest
    approvals: list[Approval]
    started_ms: int
    written_ms: int
    cards: int
    left_out: list[LeftOut]
    parts: list[Part]
    signer: str


_decoder: Final = msgspec.json.Decoder(Manifest)


def part_file(number: int) -> str:
    """The name of a part, which are counted from 1."""
    return f"part-{number:05}.jsonl.age"


def sign_approval(key: Ed25519PrivateKey, digest: bytes) -> str:
    """An approver's signature for a request, in hexadecimal."""
    return key.sign(_APPROVAL + digest).hex()


def public_text(key: Ed25519PrivateKey) -> str:
    """The public key of a private one, in hexadecimal."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def is_signed(public_key: str, signature: str, message: bytes) -> bool:
    """Whether a signature is a key's over a message; both in hexadecimal."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def write_manifest(folder: Path, manifest: Manifest, key: Ed25519PrivateKey) -> None:
    """Write manifest and signature. The manifest comes last: where it is, the export is whole."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    replace_file(folder / SIGNATURE_FILE, key.sign(content), PRIVATE)
    replace_file(folder / MANIFEST_FILE, content, PRIVATE)


class ReadManifest(msgspec.Struct, frozen=True):
    """A manifest whose signature holds, and the digest by which it is known."""

    manifest: Manifest
    digest: bytes


def read_manifest(folder: Path, signer: str | None) -> ReadManifest:
    """The manifest of an export, verified.

    `signer` is the public key that must have signed it, in hexadecimal; None: whichever it names.
    Raises InvalidManifest.
    """
    try:
        content = _read(folder / MANIFEST_FILE)
        signature = _read(folder / SIGNATURE_FILE)
    except OSError as error:
        raise InvalidManifest(f"{error.filename}: {error.strerror}") from None
    try:
        manifest = _decoder.decode(content)
    except (ValueError, RecursionError) as error:
        raise InvalidManifest(f"{folder / MANIFEST_FILE} is no manifest: {error}") from None
    if manifest.format != FORMAT:
        raise InvalidManifest(f"the export is of the format {manifest.format!r}, not {FORMAT!r}")
    if signer is not None and signer.lower() != manifest.signer:
        raise InvalidManifest(f"the export was signed by {manifest.signer}, not by {signer}")
    if not is_signed(manifest.signer, signature.hex(), content):
        raise InvalidManifest("the signature does not hold: the manifest was altered")
    digest = manifest.request.digest
    if digest.hex() != manifest.digest or not all(
        approval.is_for(digest) for approval in manifest.approvals
    ):
        raise InvalidManifest("an approval is not for this export")
    if not all(_PART_FILE.fullmatch(part.file) for part in manifest.parts):
        raise InvalidManifest("a part has a name that no part has")
    return ReadManifest(manifest, hashlib.sha256(content).digest())


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MANIFEST_BYTES_MAX)
