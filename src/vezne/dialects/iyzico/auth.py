"""Who is calling, proven by a request signature; and the signatures of our answers.

A caller names its key and signs with its secret, in one of two schemes: `IYZWSv2` (HMAC-SHA256 over
the raw body) or its predecessor `IYZWS` (SHA-1 over the fields in a fixed order).
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Final

from vezne.core.audit import claim_caller
from vezne.core.keyed_hash import hash_under
from vezne.core.merchant import Credential
from vezne.core.ports import Merchants
from vezne.dialects.iyzico import iyzws, iyzwsv2
from vezne.dialects.iyzico.replay import RandomKeys
from vezne.edge.messages import Rename, Request

_DOOR: Final = "iyzico"
_HEADER: Final = "authorization"


class AuthProblem(enum.Enum):
    """Why a caller is not believed."""

    MISSING_HEADER = "missing_header"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"


class Unauthenticated(Exception):
    """The caller did not prove who it is."""

    def __init__(self, problem: AuthProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


async def authenticate(
    request: Request, merchants: Merchants, spent: RandomKeys | None = None
) -> Credential:
    """The credential that signed a request, whatever the request asks for.

    Raises Unauthenticated: MISSING_HEADER when `Authorization` is absent, of another scheme, or
    does not name a key and a signature in the form of its scheme; UNKNOWN_KEY when nobody has that
    key; BAD_SIGNATURE when the signature is not this request's, or its random key is among those
    that were spent. No scheme promises freshness, so without these a request that is sent again is
    believed again. Raises what the gate raises.
    """
    claim = _read_claim(request.headers.get(_HEADER, ""))
    if claim is None:
        raise Unauthenticated(AuthProblem.MISSING_HEADER)
    claim_caller(claim.key)
    # No database has to store what cannot be printed; NUL, for one, is an error in PostgreSQL.
    is_askable = claim.key.isprintable()
    credential = await merchants.find_credential(_DOOR, claim.key) if is_askable else None
    if credential is None:
        raise Unauthenticated(AuthProblem.UNKNOWN_KEY)
    if not await claim.holds_for(request, credential.secret):
        raise Unauthenticated(AuthProblem.BAD_SIGNATURE)
    if spent is not None and spent.is_repeated(claim.key, claim.drawn(request)):
        raise Unauthenticated(AuthProblem.BAD_SIGNATURE)
    return credential


def _read_claim(authorization: str) -> iyzwsv2.Claim | iyzws.Claim | None:
    """Scheme names are taken in the one spelling that clients send, with one space after them."""
    scheme, _, rest = authorization.partition(" ")
    if scheme == "IYZWSv2":
        return iyzwsv2.read_claim(rest)
    if scheme == "IYZWS":
        return iyzws.read_claim(rest)
    return None


def claimed_key(headers: Mapping[str, str]) -> str:
    """The key that a caller names, which is not proven; empty where it names none."""
    claim = _read_claim(headers.get(_HEADER, ""))
    return "" if claim is None else claim.key


def conceal_proof(headers: Mapping[str, str], rename: Rename) -> Mapping[str, str]:
    """The headers with another text for the signature, of which nothing is left where none fits."""
    scheme, _, rest = headers.get(_HEADER, "").partition(" ")
    aliased = ""
    if scheme == "IYZWSv2":
        aliased = iyzwsv2.with_alias(rest, rename)
    elif scheme == "IYZWS":
        aliased = iyzws.with_alias(rest, rename)
    return {**headers, _HEADER: f"{scheme} {aliased}"}


def response_signature(secret: bytes, values: Sequence[str]) -> str:
    """The `signature` field of an answer: HMAC-SHA256 in lower-case hex over values and colons.

    A value that the answer lacks is an empty text; amounts are given by `signature_text`.
    """
    return hash_under(secret).of(":".join(values).encode()).hex()


def signature_text(written: str) -> str:
    """An amount of an answer as signatures spell it: without trailing zeros after the point.

    The amount is not zero, which one notation writes with an exponent.
    """
    return written.rstrip("0").rstrip(".") if "." in written else written
