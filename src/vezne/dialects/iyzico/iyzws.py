"""The `IYZWS` scheme of older clients: SHA-1 over keys, secret and the request's fields.

    signature = base64(SHA-1(key + random key + secret + text of the fields))
    Authorization: IYZWS key:signature
    x-iyzi-rnd: random key

Python clients up to 1.0.42 and Java clients before 2.0.141 sign like this. What the text of the
fields is stands in `pki`. The scheme is weak: fields outside the text are not signed, values that
contain its brackets and commas blur it, and because the Python client rounds amounts before it
signs them, what lies beyond their second decimal is not signed either.
"""

import msgspec

from vezne.dialects.iyzico import pki
from vezne.edge.messages import Rename, Request

_RANDOM_KEY_HEADER = "x-iyzi-rnd"


class Claim(msgspec.Struct, frozen=True):
    """What the header says: the caller's key and a signature in base64."""

    key: str
    signature: str

    async def holds_for(self, request: Request, secret: bytes) -> bool:
        """Whether the signature is that of the request under the secret, which is UTF-8 text."""
        random_key = request.headers.get(_RANDOM_KEY_HEADER)
        if random_key is None or not self.signature.isascii():
            return False
        signature = self.signature.encode()
        front = [self.key, random_key, secret.decode()]
        for text in pki.candidate_texts(request.method, request.path, request.body.payload):
            if await request.body.is_sha1(signature, front + text):
                return True
        return False

    def drawn(self, request: Request) -> bytes:
        """The random key, which has a header of its own."""
        return request.headers.get(_RANDOM_KEY_HEADER, "").encode()


def read_claim(text: str) -> Claim | None:
    """The claim in the header's value after the scheme; None when it has no colon."""
    key, colon, signature = text.rpartition(":")
    return Claim(key, signature) if colon else None


def with_alias(text: str, rename: Rename) -> str:
    """The claim with another text for its signature; empty when there is none."""
    claim = read_claim(text)
    if claim is None:
        return ""
    return f"{claim.key}:{rename(claim.signature.encode()).decode()}"
