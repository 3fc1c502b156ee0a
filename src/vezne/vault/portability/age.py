"""The age format: only the owner of a recipient's key reads what was encrypted to it.

It is described at https://age-encryption.org/v1 (X25519 and ChaCha20-Poly1305). What is written
here the `age` program reads, and the other way round.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyrage

from vezne.vault.files import ExposedFile, read_private_file
from vezne.vault.portability.errors import InvalidIdentity, InvalidRecipient

_COMMENT: Final = "#"


class Undecipherable(Exception):
    """A file was encrypted to another key, or altered."""


class Identities:
    """Private keys, with which files are read. Neither printed nor copied."""

    def __init__(self, keys: Iterable[pyrage.x25519.Identity]) -> None:
        self._keys = list(keys)

    def decrypt(self, sealed: bytes) -> bytearray:
        """The content of a file, which the caller wipes. Raises Undecipherable."""
        sink = _Sink(len(sealed))
        is_read = False
        try:
            pyrage.decrypt_io(_Source((sealed,)), sink, self._keys)
            is_read = True
        except (pyrage.DecryptError, OSError):
            pass
        if not is_read:
            # Raised out here because what was read so far is not to hang on the error.
            wipe(sink.content)
            raise Undecipherable("it does not open with this identity")
        del sink.content[sink.length :]
        return sink.content


def check_recipient(text: str) -> None:
    """Raise InvalidRecipient unless a text is the public key of somebody."""
    _recipient(text)


def encrypt(pieces: Iterable[bytes | bytearray], recipient: str) -> bytes:
    """The pieces, one after the other, encrypted to a public key. Raises InvalidRecipient."""
    key = _recipient(recipient)
    sink = _Sink(0)
    pyrage.encrypt_io(_Source(pieces), sink, [key])
    return bytes(sink.content)


def read_identities(path: Path) -> Identities:
    """The private keys in a file as `age-keygen` writes it. Raises InvalidIdentity."""
    try:
        lines = read_private_file(path).decode().splitlines()
        texts = [line.strip() for line in lines if not line.startswith(_COMMENT)]
        keys = [pyrage.x25519.Identity.from_str(text) for text in texts if text]
    except ExposedFile as error:
        raise InvalidIdentity(str(error)) from None
    except OSError as error:
        raise InvalidIdentity(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, pyrage.IdentityError):
        keys = []
    if not keys:
        # Raised out here because the errors above may quote the key.
        raise InvalidIdentity(f"{path} holds no private key of age (AGE-SECRET-KEY-1…)")
    return Identities(keys)


def wipe(content: bytearray) -> None:
    """Overwrite what was read."""
    content[:] = bytes(len(content))


def _recipient(text: str) -> pyrage.x25519.Recipient:
    with contextlib.suppress(pyrage.RecipientError):
        return pyrage.x25519.Recipient.from_str(text)
    # Without the text and the error above, which quotes it: it may be the private key.
    raise InvalidRecipient("the recipient is no public key of age (age1…)")


class _Source:
    """Pieces as a file to read."""

    def __init__(self, pieces: Iterable[bytes | bytearray]) -> None:
        self._pieces = iter(pieces)
        self._piece = memoryview(b"")

    def read(self, count: int) -> bytes:
        """The next bytes, at most so many; none at the end."""
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._piece = memoryview(piece)
        read, self._piece = bytes(self._piece[:count]), self._piece[count:]
        return read


class _Sink:
    """A file to write, in one place of memory when its size is known."""

    def __init__(self, size: int) -> None:
        self.content = bytearray(size)
        self.length = 0

    def write(self, piece: bytes) -> int:
        """Take the next bytes."""
        end = self.length + len(piece)
        self.content[self.length : end] = piece
        self.length = end
        return len(piece)

    def flush(self) -> None:
        """Memory has nothing to flush."""
