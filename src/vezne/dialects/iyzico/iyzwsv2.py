"""The `IYZWSv2` scheme: HMAC-SHA256 over a random key, the path and the raw body.

    signature = hex(HMAC-SHA256(secret, random key + path + body))
    Authorization: IYZWSv2 base64("apiKey:" key "&randomKey:" random key "&signature:" signature)

The hex digits are lower case. Which path a client signs differs: see `_unusual_paths`.
"""

import hmac
import re
from base64 import b64decode, b64encode
from binascii import a2b_base64
from collections.abc import Iterator
from typing import Final

import msgspec

from vezne.edge.messages import Rename, Request

# A token as every client known to us writes it; others may have another order, or more parts.
_USUAL: Final = re.compile(rb"apiKey:([^&]*)&randomKey:([^&]*)&signature:([^&]*)")


class Claim(msgspec.Struct, frozen=True):
    """What a token says: the caller's key, a random key, and a signature that both go into."""

    key: str
    random_key: bytes
    signature: bytes

    async def holds_for(self, request: Request, secret: bytes) -> bool:
        """Whether the signature is that of the request under the secret."""
        body, target = request.body, request.target
        path = target.partition("?")[0] if "?" in target else target
        prefix = self.random_key + _bytes_of(path)
        if await body.is_hmac_sha256(self.signature, secret, prefix):
            return True
        if body.is_empty and self._covers_nothing(prefix, secret):
            return True
        # The random keys of these clients have no slash. In one that has, a signed path may be
        # hiding, and its signature would pass on any path that is shortened to nothing.
        if b"/" in self.random_key:
            return False
        for unusual in dict.fromkeys(_unusual_paths(request)):
            prefix = self.random_key + _bytes_of(unusual)
            if await body.is_hmac_sha256(self.signature, secret, prefix):
                return True
            if body.is_empty and self._covers_nothing(prefix, secret):
                return True
        return False

    def drawn(self, _request: Request) -> bytes:
        """The random key."""
        return self.random_key

    def _covers_nothing(self, prefix: bytes, secret: bytes) -> bool:
        """Whether no body was signed: a client without parameters may send `[]` and sign nothing.

        For a body that says something this must never be tried: it would leave the body unsigned.
        """
        bare = hmac.digest(secret, prefix, "sha256").hex().encode()
        return hmac.compare_digest(bare, self.signature)


def read_claim(token: str) -> Claim | None:
    """The claim in a token; None when it is no base64, or lacks or repeats a part."""
    try:
        plain = a2b_base64(token, strict_mode=True)
        usual = _USUAL.fullmatch(plain)
        if usual is not None:
            key, random_key, signature = usual.groups()
            return Claim(key.decode(), random_key, signature)
        parts = [part.partition(b":") for part in plain.split(b"&")]
        values = {name: value for name, _, value in parts}
        if len(values) < len(parts):
            return None
        return Claim(values[b"apiKey"].decode(), values[b"randomKey"], values[b"signature"])
    except (ValueError, KeyError):
        return None


def with_alias(token: str, rename: Rename) -> str:
    """The token with another text for its signature; empty when it holds no claim."""
    if read_claim(token) is None:
        return ""
    parts = [part.partition(b":") for part in b64decode(token).split(b"&")]
    written = [
        name + colon + (rename(value) if name == b"signature" else value)
        for name, colon, value in parts
    ]
    return b64encode(b"&".join(written)).decode()


def _bytes_of(path: str) -> bytes:
    """Servers hand us the bytes of a target as Latin-1."""
    return path.encode("latin-1", "replace")


def _unusual_paths(request: Request) -> Iterator[str]:
    """What official clients sign instead of the plain path, when they do.

    The Java client's generator signs a query that it is given. The PHP client signs the whole URL
    for paths below /v2, or that path shortened from the right by as much as the scheme and host are
    long. The .NET client signs what follows the first ".com" of the URL, and without one what
    follows its third character.
    """
    path, mark, _ = request.target.partition("?")
    yield request.target
    for scheme in ("https", "http"):
        origin = f"{scheme}://{request.host}"
        for tail in (path, request.target):
            yield origin + tail
            yield (origin + tail)[3:]
        if path.startswith("/v2/") and not mark:
            yield path[: max(len(path) - len(origin), 0)]
    _, dot_com, rest = f"{request.host}{path}".partition(".com")
    if dot_com:
        yield rest
