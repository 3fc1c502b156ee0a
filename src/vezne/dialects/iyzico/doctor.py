"""Why a caller of the iyzico door was not believed.

What official clients do wrong when they are used wrongly is tried out: another secret, another
path, the body written by another library. The first that has the signature is the cause.
"""

from typing import Final

import msgspec

from vezne.core.diagnosis import Cause, Diagnosis, Part, Segment, first_difference
from vezne.core.masked_body import BODY_BYTES_MAX
from vezne.core.merchant import Credential
from vezne.core.ports import KeyRegister
from vezne.dialects.diagnosing import Suspect, held_key, likely, possible, proven, suspect_of
from vezne.dialects.iyzico import doctor_iyzws, doctor_iyzwsv2, iyzws, iyzwsv2
from vezne.dialects.iyzico.token_repair import read_header
from vezne.dialects.secret_slips import Candidate, secret_candidates
from vezne.edge.messages import Diagnose, Request

DOOR: Final = "iyzico"
# When nothing that is tried has the signature.
_UNPROVEN: Final = (likely(Cause.SECRET_WRONG), possible(Cause.SIGNED_OTHERWISE))

Claim = iyzwsv2.Claim | iyzws.Claim


class Practice(msgspec.Struct, frozen=True, kw_only=True):
    """What the doctor works with: every key, the paths of the door, whether repeats are refused."""

    register: KeyRegister
    paths: tuple[str, ...]
    refuses_repeats: bool


def doctor(practice: Practice) -> Diagnose:
    """Whoever looks at refused requests of the door again."""

    async def diagnose(request: Request) -> Diagnosis | None:
        meant = read_header(request.headers)
        claim, register = meant.claim, practice.register
        if claim is None:
            return Diagnosis(scheme=meant.scheme, merchant_id=0, findings=meant.findings)
        found = Diagnosis(
            scheme=meant.scheme,
            merchant_id=0,
            findings=meant.findings,
            signed=_signed_text(request, claim),
            is_exact=request.body.masked().is_as_sent or isinstance(claim, iyzws.Claim),
        )
        held = await held_key(register, DOOR, claim.key)
        if held is None:
            return _of_suspect(found, await suspect_of(register, DOOR, claim.key))
        merchant_id = held.credential.merchant.id
        if held.is_revoked:
            revoked = proven(Cause.KEY_REVOKED, claim.key)
            return _of_suspect(found, Suspect(merchant_id, revoked))
        found = msgspec.structs.replace(found, merchant_id=merchant_id)
        return await _compare(practice, request, claim, found, held.credential)

    return diagnose


def _signed_text(request: Request, claim: Claim) -> tuple[Segment, ...]:
    if isinstance(claim, iyzws.Claim):
        return doctor_iyzws.signed_text(request, claim)
    return doctor_iyzwsv2.signed_text(request, claim)


def _of_suspect(found: Diagnosis, suspect: Suspect) -> Diagnosis:
    """A key that the door does not believe, whatever is wrong with the rest."""
    return msgspec.structs.replace(
        found, merchant_id=suspect.merchant_id, findings=(suspect.finding, *found.findings)
    )


async def _compare(
    practice: Practice, request: Request, claim: Claim, found: Diagnosis, credential: Credential
) -> Diagnosis | None:
    """Why the signature is not that of the request under the right secret; None: it is."""
    earlier = found.findings
    # What is not asked here anew is found among the first that is tried below.
    is_asked = bool(earlier) or practice.refuses_repeats or isinstance(claim, iyzws.Claim)
    if is_asked and await claim.holds_for(request, credential.secret):
        if earlier:
            return found
        repeated = (proven(Cause.RANDOM_KEY_REPEATED),)
        return (
            msgspec.structs.replace(found, findings=repeated) if practice.refuses_repeats else None
        )
    if request.body.masked().left_out_bytes:
        too_long = proven(Cause.TOO_LONG, str(BODY_BYTES_MAX))
        return msgspec.structs.replace(found, findings=(*earlier, too_long))
    right = Candidate(proven(Cause.SECRET_WRONG), credential.secret)
    secrets = [right, *await secret_candidates(practice.register, credential)]
    if isinstance(claim, iyzws.Claim):
        explained = await doctor_iyzws.explain(request, claim, secrets)
        hints = tuple(doctor_iyzws.hints(claim))
    else:
        explained = await doctor_iyzwsv2.explain(request, claim, secrets, practice.paths)
        hints = tuple(doctor_iyzwsv2.hints(claim))
    if explained is None:
        return msgspec.structs.replace(found, findings=(*earlier, *hints, *_UNPROVEN))
    if not explained.findings:
        return None
    if explained.sent is not None:
        found = _with_body(found, explained.sent)
    theirs = explained.theirs
    return msgspec.structs.replace(
        found,
        findings=(*explained.findings, *earlier),
        difference=None if theirs is None else first_difference(found.signed, theirs),
    )


def _with_body(found: Diagnosis, sent: str) -> Diagnosis:
    """With the body as it came, which only the vault knows."""
    body = Segment(Part.BODY, sent)
    return msgspec.structs.replace(found, signed=(*found.signed[:-1], body), is_exact=True)
