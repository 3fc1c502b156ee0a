"""What a signature of the scheme `IYZWSv2` was made of that is not the request's."""

import hmac
from collections.abc import Iterator, Sequence
from functools import partial
from heapq import nlargest
from itertools import takewhile
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode

from vezne.core.body import Explained
from vezne.core.diagnosis import Cause, Finding, Part, Segment
from vezne.dialects.diagnosing import Opinion, likely, proven
from vezne.dialects.iyzico.iyzwsv2 import Claim
from vezne.dialects.secret_slips import Candidate
from vezne.edge.messages import Request

RANDOM_KEY_HEADER: Final = "x-iyzi-rnd"
_NEAR_MAX: Final = 3
_FIELDS_MAX: Final = 64
_HEX: Final = frozenset("0123456789abcdef")
_DIGEST_DIGITS: Final = {40: Cause.SIGNATURE_SHA1, 128: Cause.SIGNATURE_SHA512}
# What programs write for nothing.
_NO_SIGNATURES: Final = frozenset({"null", "None", "undefined", "false"})
_SHA256_DIGITS: Final = 64


def signed_text(request: Request, claim: Claim) -> tuple[Segment, ...]:
    """The text that a right signature covers, the body masked."""
    return (
        Segment(Part.RANDOM_KEY, claim.random_key.decode("utf-8", "replace")),
        Segment(Part.PATH, _path_of(request)),
        Segment(Part.BODY, request.body.masked().text.decode("utf-8", "replace")),
    )


async def explain(
    request: Request, claim: Claim, secrets: Sequence[Candidate], paths: Sequence[str]
) -> Opinion | None:
    """What was found; None: nothing was.

    The first secret is the right one. `paths` are those of the door.
    """
    prefixes = [
        Candidate(proven(Cause.PATH_OTHER), claim.random_key + _bytes_of(_path_of(request))),
        *_prefixes(request, claim, paths),
    ]
    found = await request.body.explain_hmac(
        claim.signature,
        [candidate.text for candidate in secrets],
        [candidate.text for candidate in prefixes],
    )
    if found is None:
        return _without_body(request, claim, secrets[0].text, prefixes[0].text)
    return Opinion(
        findings=_findings(found, secrets, prefixes),
        theirs=_theirs(request, claim, found, prefixes),
        sent=found.sent,
    )


def hints(claim: Claim) -> Iterator[Finding]:
    """What the look of a signature says of it, where it could not be found out."""
    digits = claim.signature.decode("ascii", "replace")
    is_hex = set(digits.lower()) <= _HEX
    if digits in _NO_SIGNATURES:
        yield proven(Cause.SIGNATURE_BROKEN, digits)
    elif is_hex and len(digits) in _DIGEST_DIGITS:
        yield likely(_DIGEST_DIGITS[len(digits)])
    elif not is_hex:
        yield likely(Cause.SIGNATURE_IN_BASE64)
    elif digits != digits.lower():
        yield likely(Cause.SIGNATURE_UPPER_CASE)
    elif len(digits) != _SHA256_DIGITS:
        yield likely(Cause.SIGNATURE_BROKEN, str(len(digits)))


def _path_of(request: Request) -> str:
    return request.target.partition("?")[0]


def _bytes_of(path: str) -> bytes:
    # Servers hand us the bytes of a target as Latin-1.
    return path.encode("latin-1", "replace")


def _prefixes(request: Request, claim: Claim, paths: Sequence[str]) -> Iterator[Candidate]:
    """Another random key, or another path: what callers sign that is not taken."""
    path = _bytes_of(_path_of(request))
    sent = request.headers.get(RANDOM_KEY_HEADER, "").encode()
    if sent and sent != claim.random_key:
        yield Candidate(proven(Cause.RANDOM_KEY_DIFFERS), sent + path)
    seen = {_path_of(request)}
    for cause, other in _other_paths(request, paths):
        if other not in seen:
            seen.add(other)
            yield Candidate(proven(cause, other), claim.random_key + _bytes_of(other))


def _other_paths(request: Request, paths: Sequence[str]) -> Iterator[tuple[Cause, str]]:
    path, mark, query = request.target.partition("?")
    if mark:
        yield Cause.PATH_QUERY_CHANGED, f"{path}?{unquote(query)}"
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_FIELDS_MAX)
        yield Cause.PATH_QUERY_CHANGED, f"{path}?{urlencode(sorted(pairs))}"
    yield Cause.PATH_SLASH, path.removesuffix("/") if path.endswith("/") else f"{path}/"
    yield Cause.PATH_SLASH, path.removeprefix("/")
    yield Cause.PATH_MISSING, ""
    yield Cause.PATH_DECODED, unquote(path)
    yield Cause.PATH_WITH_HOST, f"{request.host}{path}"
    yield Cause.PATH_WITH_HOST, f"{request.scheme}://{request.host}{path}"
    for other in nlargest(_NEAR_MAX, paths, key=partial(_likeness, request.path)):
        yield Cause.PATH_OTHER, other


def _likeness(path: str, other: str) -> int:
    """How many characters two paths share at their beginning and at their end."""
    starts = takewhile(bool, (left == right for left, right in zip(path, other, strict=False)))
    backwards = zip(reversed(path), reversed(other), strict=False)
    ends = takewhile(bool, (left == right for left, right in backwards))
    return sum(starts) + sum(ends)


def _without_body(request: Request, claim: Claim, secret: bytes, prefix: bytes) -> Opinion | None:
    """Whether nothing was signed of the body, or an empty one.

    The vault is not asked: who could ask it about a text of their own could try card numbers. A
    gateway that is kept from signatures over cards finds nothing here.
    """
    for body, cause in ((b"", Cause.BODY_UNSIGNED), (b"{}", Cause.BODY_EMPTY_OBJECT)):
        digits = hmac.digest(secret, prefix + body, "sha256").hex().encode()
        if hmac.compare_digest(digits, claim.signature):
            theirs = _joined(request, claim, body.decode())
            return Opinion(findings=(proven(cause),), theirs=theirs)
    return None


def _findings(
    found: Explained, secrets: Sequence[Candidate], prefixes: Sequence[Candidate]
) -> tuple[Finding, ...]:
    if found.key:
        return (secrets[found.key].finding,)
    if found.prefix:
        return (prefixes[found.prefix].finding,)
    return tuple(proven(cause) for cause in found.causes)


def _theirs(
    request: Request, claim: Claim, found: Explained, prefixes: Sequence[Candidate]
) -> str | None:
    """The text that the caller signed, if it is another."""
    if found.prefix:
        body = request.body.masked().text.decode("utf-8", "replace")
        return prefixes[found.prefix].text.decode("utf-8", "replace") + body
    return None if found.body is None else _joined(request, claim, found.body)


def _joined(request: Request, claim: Claim, body: str) -> str:
    random_key, path, _ = signed_text(request, claim)
    return random_key.text + path.text + body
