"""What a caller meant by an Authorization header that is not in the form of its scheme."""

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Final

import msgspec

from vezne.core.diagnosis import Cause, Finding
from vezne.dialects.diagnosing import hinted, proven
from vezne.dialects.iyzico import iyzws, iyzwsv2

NEWER: Final = "IYZWSv2"
OLDER: Final = "IYZWS"
_HEADER: Final = "authorization"
_SPELLING: Final = re.compile(r"(iyzws(?:[ _-]?v?2)?)[ :]*(.*)", re.IGNORECASE | re.DOTALL)
_PARTS: Final = ("apiKey", "randomKey", "signature")
_SIGN: Final = re.compile(r"[:=]")
_NO_LETTER: Final = re.compile(r"[^a-z]")
_TOKEN_LENGTH_MAX: Final = 4096


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """The scheme and the claim that a caller seems to mean, and what is wrong with its header."""

    scheme: str
    claim: iyzwsv2.Claim | iyzws.Claim | None
    findings: tuple[Finding, ...]


def read_header(headers: Mapping[str, str]) -> Meant:
    """What was meant by the headers of a request. A right header has no findings."""
    text = headers.get(_HEADER, "")
    if not text.strip():
        return _without_header(headers)
    scheme, space, rest = text.partition(" ")
    if scheme == NEWER and space:
        return _newer(rest, ())
    if scheme == OLDER and space:
        return _older(rest)
    found = _SPELLING.match(text)
    if found is None:
        unknown = (proven(Cause.SCHEME_MISSPELT, hinted(scheme) if space else ""),)
        meant = _newer(rest, unknown)
        return meant if meant.claim else msgspec.structs.replace(meant, findings=unknown)
    misspelt = (proven(Cause.SCHEME_MISSPELT, found[1]),)
    if found[1][-1] == "2":
        return _newer(found[2], misspelt)
    older = _older(found[2])
    return msgspec.structs.replace(older, findings=(*misspelt, *older.findings))


def _without_header(headers: Mapping[str, str]) -> Meant:
    for name, value in headers.items():
        if value.lower().startswith(OLDER.lower()):
            found = read_header({_HEADER: value})
            misnamed = proven(Cause.HEADER_MISNAMED, name)
            return msgspec.structs.replace(found, findings=(misnamed, *found.findings))
    missing = proven(Cause.HEADER_MISSING, "Authorization")
    return Meant(scheme=NEWER, claim=None, findings=(missing,))


def _older(rest: str) -> Meant:
    claim = iyzws.read_claim(rest)
    if claim is not None:
        return Meant(scheme=OLDER, claim=claim, findings=())
    newer = _newer(rest, (proven(Cause.SCHEME_MISSPELT, OLDER),))
    if newer.claim is not None:
        return newer
    return Meant(scheme=OLDER, claim=None, findings=(proven(Cause.COLON_MISSING),))


def _newer(token: str, findings: tuple[Finding, ...]) -> Meant:
    """The claim in a token, however it is encoded and its parts are named."""
    claim = iyzwsv2.read_claim(token)
    if claim is None:
        plain, repairs = _decoded(token[:_TOKEN_LENGTH_MAX])
        if plain is not None:
            claim, misnamed = _parts(plain)
            repairs += misnamed
        findings += repairs or (proven(Cause.TOKEN_BROKEN),)
    return Meant(scheme=NEWER, claim=claim, findings=findings)


def _decoded(token: str) -> tuple[str | None, tuple[Finding, ...]]:
    """The text that a token stands for, and how it is encoded wrongly."""
    if "apikey" in token.lower():
        return token.strip(), (proven(Cause.TOKEN_NOT_ENCODED),)
    findings: list[Finding] = []
    bare = "".join(token.split())
    if bare != token:
        findings.append(proven(Cause.TOKEN_SPACED))
    if "-" in bare or "_" in bare:
        findings.append(proven(Cause.TOKEN_URL_SAFE))
        bare = bare.replace("-", "+").replace("_", "/")
    if len(bare) % 4:
        findings.append(proven(Cause.TOKEN_UNPADDED))
        bare += "=" * (-len(bare) % 4)
    try:
        return b64decode(bare, validate=True).decode(), tuple(findings)
    except ValueError:
        return None, ()


def _parts(plain: str) -> tuple[iyzwsv2.Claim | None, tuple[Finding, ...]]:
    """The claim in a token's text, and which of its parts are missing or misspelt."""
    pieces = [_SIGN.split(piece, maxsplit=1) for piece in plain.split("&")]
    spelt = {_NO_LETTER.sub("", name.lower()): (name, rest) for name, *rest in pieces}
    found = [spelt.get(part.lower(), ("", [])) for part in _PARTS]
    wrong = [part for part, (name, _) in zip(_PARTS, found, strict=True) if name != part]
    findings = (proven(Cause.PART_MISSING, ", ".join(wrong)),) if wrong else ()
    key, random_key, signature = ("".join(rest) for _, rest in found)
    if not (key and random_key and signature):
        return None, findings
    return iyzwsv2.Claim(key, random_key.encode(), signature.encode()), findings
