"""A master key in a file: 32 bytes as hexadecimal or base64, `sandbox:` before them in a sandbox.

Whoever can read the file has the key, so only its owner may (PCI DSS v4.0.1 3.6.1.3).
"""

import base64
from pathlib import Path
from typing import Final

from vezne.core.ports import Entropy
from vezne.vault.files import ExposedFile, create_private_file, read_private_file
from vezne.vault.master_key import LocalMasterKey, UnusableMasterKey, is_weak
from vezne.vault.seal import KEY_BYTES

_SANDBOX: Final = b"sandbox:"
_HEX_LENGTH: Final = 2 * KEY_BYTES
_URL_SAFE_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")


def load_master_key(path: Path, entropy: Entropy) -> LocalMasterKey:
    """The master key in a file. Raises UnusableMasterKey."""
    text = read_secret(path, "the master key").strip()
    key = _decode(text.removeprefix(_SANDBOX).strip())
    if key is None:
        raise UnusableMasterKey(f"{path} must hold {KEY_BYTES} bytes as hexadecimal or base64")
    if is_weak(key):
        raise UnusableMasterKey(f"the master key in {path} is not random")
    return LocalMasterKey(key, entropy, is_sandbox=text.startswith(_SANDBOX))


def create_master_key(path: Path, entropy: Entropy, *, is_sandbox: bool) -> None:
    """A new random master key file, mode 0600. Raises UnusableMasterKey when there is a file."""
    mark = _SANDBOX if is_sandbox else b""
    try:
        create_private_file(path, mark + entropy.take(KEY_BYTES).hex().encode() + b"\n")
    except FileExistsError:
        raise UnusableMasterKey(f"{path} exists already, and is not overwritten") from None


def read_secret(path: Path, what: str) -> bytes:
    """A file with a secret, which others than its owner cannot touch.

    `what` names it for people. Raises UnusableMasterKey.
    """
    try:
        return read_private_file(path)
    except ExposedFile as error:
        raise UnusableMasterKey(str(error)) from None
    except OSError as error:
        raise UnusableMasterKey(f"{what} {path}: {error.strerror}") from None


def _decode(text: bytes) -> bytes | None:
    try:
        if len(text) == _HEX_LENGTH:
            key = bytes.fromhex(text.decode())
        else:
            key = base64.b64decode(text.translate(_URL_SAFE_TO_STANDARD), validate=True)
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None
