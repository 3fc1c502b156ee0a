"""With what a signature over a body would have been right."""

import hashlib
import hmac
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from vezne.core.body import BodyKind, Explained, SealedBody
from vezne.core.diagnosis import Cause
from vezne.core.masked_body import rebuilt
from vezne.vault.bodies import read_body
from vezne.vault.reencodings import Reencoding, reencodings

# Enough for any request to be explained at once, and little enough to be asked for often.
BODY_BYTES_MAX: Final = 64 * 1024
KEYS_MAX: Final = 16
PREFIXES_MAX: Final = 14
# Four digests of the body as it came are taken besides: all in all some seventy.
_REENCODINGS_MAX: Final = 25

_UPPER, _SHA1, _SHA512 = Cause.SIGNATURE_UPPER_CASE, Cause.SIGNATURE_SHA1, Cause.SIGNATURE_SHA512


def explain(
    body: SealedBody,
    raw: bytes,
    signature: bytes,
    keys: Sequence[bytes],
    prefixes: Sequence[bytes],
) -> Explained | None:
    """With which key, prefix, digits or body a signature is right; None: with none that is tried.

    The first key with the first prefix is what should have been signed with. `raw` is the body as
    it came; one that is too long is not explained.
    """
    if len(raw) > BODY_BYTES_MAX:
        return None
    key, prefix = keys[0], prefixes[0]
    for number, other in enumerate(keys[:KEYS_MAX]):
        if _is_hmac(signature, other, prefix + raw):
            return Explained(key=number)
    for number, other in enumerate(prefixes[:PREFIXES_MAX]):
        if number and _is_hmac(signature, key, other + raw):
            return Explained(prefix=number)
    for cause, text in _digits(key, prefix + raw):
        if hmac.compare_digest(text, signature):
            return Explained(causes=(cause,))
    values = read_body(raw, BodyKind.JSON)
    for variant in islice(reencodings(raw, values), _REENCODINGS_MAX):
        if _is_hmac(signature, key, prefix + variant.raw):
            return _shown(body, variant)
    return None


def _shown(body: SealedBody, variant: Reencoding) -> Explained:
    """Another text of a body, that one and the one that came with the card masked."""
    if variant.mask is None:
        return Explained(causes=variant.causes)
    masked = read_body(rebuilt(body.payload, body.card).text, BodyKind.JSON)
    own = body.masked()
    sent = own.text.decode("utf-8-sig") if own.is_as_sent else None
    return Explained(causes=variant.causes, body=variant.mask(masked), sent=sent)


def _is_hmac(signature: bytes, key: bytes, text: bytes) -> bool:
    digits = hmac.digest(key, text, "sha256").hex().encode()
    return hmac.compare_digest(digits, signature)


def _digits(key: bytes, text: bytes) -> Iterator[tuple[Cause, bytes]]:
    """Other ways in which clients write a signature, and other signatures that they make."""
    digest = hmac.digest(key, text, "sha256")
    digits = digest.hex().encode()
    yield _UPPER, digits.upper()
    yield Cause.SIGNATURE_WRAPPED, digits + b"\n"
    yield Cause.SIGNATURE_WRAPPED, b"sha256=" + digits
    yield Cause.SIGNATURE_IN_BASE64, b64encode(digest)
    yield Cause.SIGNATURE_IN_BASE64, b64encode(digest).rstrip(b"=")
    yield Cause.SIGNATURE_IN_BASE64, b64encode(digits)
    yield Cause.SIGNATURE_URL_SAFE, urlsafe_b64encode(digest)
    yield Cause.SIGNATURE_URL_SAFE, urlsafe_b64encode(digest).rstrip(b"=")
    for cause, name in ((_SHA1, "sha1"), (_SHA512, "sha512")):
        other = hmac.digest(key, text, name)
        yield cause, other.hex().encode()
        yield cause, b64encode(other)
    keyless = hashlib.sha256(text).digest()
    yield Cause.SIGNATURE_KEYLESS, keyless.hex().encode()
    yield Cause.SIGNATURE_KEYLESS, b64encode(keyless)
