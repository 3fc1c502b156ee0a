"""Why a caller of the Paynet door was not believed. Nothing is signed there: a key is shown."""

from base64 import b64decode
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from vezne.core.diagnosis import Cause, Diagnosis, Finding
from vezne.core.merchant import HeldKey
from vezne.core.ports import KeyRegister, NameBox
from vezne.dialects.diagnosing import held_key, hinted, proven, suspect_of
from vezne.dialects.paynet.auth import PUBLISHABLE_DOOR, SECRET_DOOR, secret_name
from vezne.dialects.paynet.shapes import text_field
from vezne.edge.messages import Diagnose, Request

SCHEME: Final = "Paynet"
_HEADER: Final = "authorization"
_WANTED: Final = "basic"
_SENT: Final = "Basic"
# Where pages may call with a publishable key.
_OPEN_PATHS: Final = "/v1/paynetj/"
_KEY_LENGTH_MAX: Final = 512
_URL_SAFE: Final = str.maketrans("-_", "+/")
_MARKS: Final = ("pbk_", "sck_")


class _Reading(NamedTuple):
    """A key that the header may mean, and what is wrong with the header if it does."""

    key: str
    findings: tuple[Finding, ...] = ()


class _Found(NamedTuple):
    """A key that was found, whether it is a secret one, and the name of the merchant's other."""

    held: HeldKey
    is_secret: bool

    @property
    def publishable(self) -> str:
        """The publishable key, which may be shown."""
        credential = self.held.credential
        return credential.secret.decode() if self.is_secret else credential.key


class Practice(msgspec.Struct, frozen=True):
    """What the doctor works with: every key, and how names of secret keys are sealed."""

    register: KeyRegister
    names: NameBox

    async def find(self, key: str) -> _Found | None:
        """The pair that a key belongs to, whichever of both it is."""
        held = await held_key(self.register, PUBLISHABLE_DOOR, key)
        if held is not None:
            return _Found(held, is_secret=False)
        if len(key) > _KEY_LENGTH_MAX or not key.isascii():
            return None
        held = await held_key(self.register, SECRET_DOOR, secret_name(self.names, key))
        return None if held is None else _Found(held, is_secret=True)


def doctor(practice: Practice) -> Diagnose:
    """Whoever looks at refused requests of the door again."""

    async def diagnose(request: Request) -> Diagnosis | None:
        sent = request.headers.get(_HEADER, "").strip()
        token = text_field(request.body.payload, "token") or ""
        if not sent:
            return await _of_token(practice, request, token)
        for reading in _readings(sent):
            found = await practice.find(reading.key)
            if found is not None:
                return await _known(practice, request, found, reading.findings)
        key = next(_readings(sent)).key
        suspect = await suspect_of(practice.register, PUBLISHABLE_DOOR, key)
        return Diagnosis(
            scheme=SCHEME,
            merchant_id=suspect.merchant_id,
            findings=(*_of_scheme(sent), suspect.finding),
        )

    return diagnose


async def _of_token(practice: Practice, request: Request, token: str) -> Diagnosis | None:
    """Without a header, pages of PaynetJ show a publishable key in the body."""
    if token and request.path.startswith(_OPEN_PATHS):
        found = await practice.find(token)
        if found is not None:
            return await _known(practice, request, found, ())
        suspect = await suspect_of(practice.register, PUBLISHABLE_DOOR, token)
        return Diagnosis(
            scheme=SCHEME, merchant_id=suspect.merchant_id, findings=(suspect.finding,)
        )
    finding = proven(Cause.HEADER_MISSING, "Authorization")
    for name, value in request.headers.items():
        if value.strip().rpartition(" ")[2].startswith(_MARKS):
            finding = proven(Cause.HEADER_MISNAMED, name)
    return Diagnosis(scheme=SCHEME, merchant_id=0, findings=(finding,))


async def _known(
    practice: Practice, request: Request, found: _Found, findings: tuple[Finding, ...]
) -> Diagnosis | None:
    """What is wrong although the key is somebody's; None: nothing is."""
    merchant_id = found.held.credential.merchant.id
    is_open = request.path.startswith(_OPEN_PATHS)
    token = text_field(request.body.payload, "token") if is_open else None
    named = await practice.find(token) if token else found
    if found.held.is_revoked:
        findings = (proven(Cause.KEY_REVOKED, found.publishable), *findings)
    elif named is None or named.held.credential.merchant.id != merchant_id:
        findings = (proven(Cause.TOKEN_OF_OTHER), *findings)
    elif not (is_open or found.is_secret):
        findings = (proven(Cause.KEY_TOO_WEAK, found.publishable), *findings)
    if not findings:
        return None
    return Diagnosis(scheme=SCHEME, merchant_id=merchant_id, findings=findings)


def _of_scheme(sent: str) -> tuple[Finding, ...]:
    scheme, space, _ = sent.partition(" ")
    if space and scheme.lower() == _WANTED:
        return ()
    return (proven(Cause.SCHEME_MISSPELT, hinted(scheme) if space else ""),)


def _readings(sent: str) -> Iterator[_Reading]:
    """What a header may mean, the likeliest first."""
    wrong = _of_scheme(sent)
    scheme, space, rest = sent.partition(" ")
    text = rest.strip() if space else scheme
    yield _Reading(text, wrong)
    bare = text.strip("\"'<>{}")
    if bare != text:
        yield _Reading(bare, (*wrong, proven(Cause.KEY_QUOTED)))
    standard = (text + "=" * (-len(text) % 4)).translate(_URL_SAFE)
    user, _, password = _decoded(standard).partition(":")
    if standard == text:
        # As basic credentials are, which the door takes.
        yield _Reading(user, wrong)
    for other in (user.strip(), password.strip()):
        yield _Reading(other, (*wrong, proven(Cause.KEY_ENCODED)))


def _decoded(text: str) -> str:
    """The text behind base64; empty when it is none."""
    try:
        return b64decode(text, validate=True).decode()
    except ValueError:
        return ""
