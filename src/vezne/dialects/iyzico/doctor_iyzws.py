"""What a signature of the scheme `IYZWS` was made of that is not the request's."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Final

from vezne.core.card import CardSlot
from vezne.core.diagnosis import Cause, Finding, Part, Segment
from vezne.core.masked_body import MASKED_CODE, masked_number, without_codes
from vezne.dialects.diagnosing import Opinion, likely, proven
from vezne.dialects.iyzico import pki
from vezne.dialects.iyzico.iyzws import Claim
from vezne.dialects.secret_slips import Candidate
from vezne.edge.messages import Request

RANDOM_KEY_HEADER: Final = "x-iyzi-rnd"
_SECRET_SHOWN: Final = "***"  # noqa: S105 - what stands in the place of one
_SECRETS_MAX: Final = 16
_URL_SAFE: Final = str.maketrans("-_", "+/")
_DIGEST_BYTES: Final = 20
_ENCODED_LENGTH: Final = 28


def signed_text(request: Request, claim: Claim) -> tuple[Segment, ...]:
    """The text that a right signature covers, as most clients write it, the card masked."""
    payload = without_codes(request.body.payload)
    texts = pki.candidate_texts(request.method, request.path, payload)
    return (
        Segment(Part.KEY, claim.key),
        Segment(Part.RANDOM_KEY, request.headers.get(RANDOM_KEY_HEADER, "")),
        Segment(Part.SECRET, _SECRET_SHOWN),
        Segment(Part.FIELDS, _shown(request, next(texts, []))),
    )


async def explain(request: Request, claim: Claim, secrets: Sequence[Candidate]) -> Opinion | None:
    """What was found; None: nothing was.

    The first secret is the right one.
    """
    if RANDOM_KEY_HEADER not in request.headers:
        return Opinion(findings=(proven(Cause.RANDOM_KEY_MISSING, RANDOM_KEY_HEADER),))
    random_key = request.headers[RANDOM_KEY_HEADER]
    texts = list(pki.candidate_texts(request.method, request.path, request.body.payload))
    secret = secrets[0].text.decode()
    for cause, signature in _rewritten(claim.signature):
        for text in texts:
            if await request.body.is_sha1(signature, [claim.key, random_key, secret, *text]):
                return Opinion(findings=(proven(cause),))
    for other in secrets[1:_SECRETS_MAX]:
        front = [claim.key, random_key, other.text.decode("utf-8", "replace")]
        if texts and await _is_signed(request, claim, front, texts[0]):
            return Opinion(findings=(other.finding,))
    front = [claim.key, random_key, secret]
    payload = request.body.payload
    mistaken = pki.mistaken_texts(request.method, request.path, payload)
    shown = pki.mistaken_texts(request.method, request.path, without_codes(payload))
    for (cause, text), (_, masked) in zip(mistaken, shown, strict=False):
        if await _is_signed(request, claim, front, text):
            theirs = f"{claim.key}{random_key}{_SECRET_SHOWN}{_shown(request, masked)}"
            return Opinion(findings=(proven(cause),), theirs=theirs)
    return None


def hints(claim: Claim) -> Iterator[Finding]:
    """What the look of a signature says of it, where it could not be found out."""
    if len(claim.signature) != _ENCODED_LENGTH:
        yield likely(Cause.SIGNATURE_BROKEN, str(len(claim.signature)))


async def _is_signed(
    request: Request, claim: Claim, front: Sequence[str], text: pki.Segments
) -> bool:
    signature = claim.signature.encode("ascii", "replace")
    return await request.body.is_sha1(signature, [*front, *text])


def _rewritten(signature: str) -> Iterator[tuple[Cause, bytes]]:
    """A signature in base64, of which it may be another form."""
    standard = signature.translate(_URL_SAFE)
    padded = standard + "=" * (-len(standard) % 4)
    yield Cause.SIGNATURE_URL_SAFE, padded.encode("ascii", "replace")
    try:
        digest = bytes.fromhex(signature)
    except ValueError:
        return
    if len(digest) == _DIGEST_BYTES:
        yield Cause.SIGNATURE_IN_HEX, b64encode(digest)


def _shown(request: Request, text: pki.Segments) -> str:
    """A text with its card masked."""
    masked = {CardSlot.PAN: masked_number(request.body.card), CardSlot.CVV: MASKED_CODE}
    return "".join(part if isinstance(part, str) else masked[part] for part in text)
