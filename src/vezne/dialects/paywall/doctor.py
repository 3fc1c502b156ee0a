"""Why a caller of the PayWall door was not believed. Nothing is signed there: keys are compared."""

import hmac
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Final

from vezne.core.diagnosis import Cause, Diagnosis, Finding
from vezne.core.merchant import Credential
from vezne.core.ports import KeyRegister
from vezne.dialects.diagnosing import (
    Suspect,
    held_key,
    likely,
    proven,
    suspect_of,
)
from vezne.dialects.paywall.auth import PRIVATE, PUBLIC, Pair
from vezne.dialects.paywall.temp import TOKEN_HEADER
from vezne.dialects.secret_slips import secret_candidates
from vezne.edge.messages import Diagnose, Request

SCHEME: Final = "PayWall"
_BROWSERS_PATH: Final = "/api/paywall/tempcard"
_NO_LETTER: Final = re.compile(r"[^a-z]")
# A key of which more is missing is another one: nobody is to guess at its rest, part by part.
_CUT_MAX: Final = 4


def doctor(register: KeyRegister) -> Diagnose:
    """Whoever looks at refused requests of the door again."""

    async def diagnose(request: Request) -> Diagnosis | None:
        headers = request.headers
        if request.path == _BROWSERS_PATH:
            return Diagnosis(scheme=SCHEME, merchant_id=0, findings=(_of_browser(headers),))
        pair = pair_of(request.path)
        missing = tuple(_missing(headers, pair))
        if missing:
            return Diagnosis(scheme=SCHEME, merchant_id=0, findings=missing)
        client, key = headers[pair.client_header].strip(), headers[pair.key_header].strip()
        held = await held_key(register, pair.door, client)
        if held is None:
            suspect = await _stranger(register, pair, client, key)
        elif held.is_revoked:
            suspect = Suspect(held.credential.merchant.id, proven(Cause.KEY_REVOKED, client))
        elif hmac.compare_digest(held.credential.secret, key.encode()):
            return None
        else:
            finding = await _compare(register, held.credential, key)
            suspect = Suspect(held.credential.merchant.id, finding)
        return Diagnosis(
            scheme=SCHEME, merchant_id=suspect.merchant_id, findings=(suspect.finding,)
        )

    return diagnose


def pair_of(path: str) -> Pair:
    """The pair that the services at a path want."""
    return PRIVATE if path.startswith("/paywall/") or "/private/" in path else PUBLIC


def _of_browser(headers: Mapping[str, str]) -> Finding:
    """A browser shows the temporary token that the merchant fetched for it."""
    if headers.get(TOKEN_HEADER, "").strip():
        return likely(Cause.TOKEN_UNKNOWN)
    return proven(Cause.HEADER_MISSING, TOKEN_HEADER)


def _missing(headers: Mapping[str, str], pair: Pair) -> Iterator[Finding]:
    """Which headers of a pair are missing, and what came in their place."""
    other = PUBLIC if pair is PRIVATE else PRIVATE
    for wanted, unwanted in (
        (pair.client_header, other.client_header),
        (pair.key_header, other.key_header),
    ):
        if headers.get(wanted, "").strip():
            continue
        alike = _alike(headers, wanted)
        if alike:
            yield proven(Cause.HEADER_MISNAMED, f"{alike} → {wanted}")
        elif headers.get(unwanted, "").strip():
            yield proven(Cause.OTHER_PAIR, f"{unwanted} → {wanted}")
        else:
            yield proven(Cause.HEADER_MISSING, wanted)


def _alike(headers: Mapping[str, str], wanted: str) -> str:
    """A header that has a wanted one's name but for its signs; empty when there is none."""
    for name in headers:
        if name != wanted and _NO_LETTER.sub("", name.lower()).removeprefix("x") == wanted:
            return name
    return ""


async def _stranger(register: KeyRegister, pair: Pair, client: str, key: str) -> Suspect:
    """A client that does not exist may be the key, or of the other pair."""
    swapped = await held_key(register, pair.door, key)
    if swapped is not None:
        return Suspect(swapped.credential.merchant.id, proven(Cause.KEYS_SWAPPED))
    return await suspect_of(register, pair.door, client)


async def _compare(register: KeyRegister, credential: Credential, key: str) -> Finding:
    """What is wrong with the key of a client that exists."""
    text, secret = key.encode(), credential.secret
    for candidate in await secret_candidates(register, credential):
        if candidate.text and hmac.compare_digest(candidate.text, text):
            return candidate.finding
    if hmac.compare_digest(text.strip(b"\"' "), secret):
        return proven(Cause.SECRET_WITH_SPACE)
    if hmac.compare_digest(text, b64encode(secret)):
        return proven(Cause.SECRET_ENCODED)
    is_most = len(secret) - _CUT_MAX <= len(text) < len(secret)
    if is_most and (secret.startswith(text) or secret.endswith(text)):
        return proven(Cause.SECRET_CUT)
    return proven(Cause.SECRET_WRONG)
