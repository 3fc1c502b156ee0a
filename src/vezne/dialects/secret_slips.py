"""What callers sign with when they do not sign with the secret of their key."""

import hmac
from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from vezne.core.diagnosis import Cause, Finding
from vezne.core.merchant import Credential
from vezne.core.ports import KeyRegister
from vezne.dialects.diagnosing import DOORS, KEYS_MAX, proven

_PREFIXES: Final = ("sandbox-", "live-")
_OTHERS_MAX: Final = 4


class Candidate(msgspec.Struct, frozen=True):
    """What may have been signed with or over, and what was wrong if it was."""

    finding: Finding
    text: bytes

    def __repr__(self) -> str:
        return f"Candidate({self.finding.cause})"


async def secret_candidates(register: KeyRegister, credential: Credential) -> list[Candidate]:
    """The likeliest first: what else the merchant has, and what copying makes of a secret."""
    others = [
        held.credential
        for held in await register.list_keys(credential.merchant.id, KEYS_MAX)
        if held.credential.door in DOORS
        and not hmac.compare_digest(held.credential.secret, credential.secret)
    ]
    # Those of the same door first, each in the order in which they came.
    others.sort(key=lambda other: other.door != credential.door)
    return list(_unlike(credential, others[:_OTHERS_MAX]))


def _unlike(credential: Credential, others: Sequence[Credential]) -> Iterator[Candidate]:
    secret, key = credential.secret, credential.key.encode()
    yield Candidate(proven(Cause.SECRET_IS_KEY), key)
    for other in others:
        about = other.key if other.door == credential.door else DOORS[other.door]
        yield Candidate(proven(Cause.SECRET_OF_OTHER_KEY, about), other.secret)
    for spaced in (
        secret + b"\n",
        secret + b"\r\n",
        secret + b" ",
        b" " + secret,
        b'"%b"' % secret,
    ):
        yield Candidate(proven(Cause.SECRET_WITH_SPACE), spaced)
    for prefix in _PREFIXES:
        if secret.startswith(prefix.encode()):
            bare = secret.removeprefix(prefix.encode())
            yield Candidate(proven(Cause.SECRET_WITHOUT_PREFIX, prefix), bare)
    yield Candidate(proven(Cause.SECRET_EMPTY), b"")
    yield Candidate(proven(Cause.SECRET_ENCODED), b64encode(secret))
    yield Candidate(proven(Cause.SECRET_CUT), secret[:-1])
    yield Candidate(proven(Cause.SECRET_CUT), secret[1:])
