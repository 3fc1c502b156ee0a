"""Which payment a merchant's reference names. One row a reference, so that no two can claim it."""

from vezne.core.changes import ClaimReference
from vezne.engines.engine import Engine, Write

_CLAIM = "INSERT INTO reference_claims (merchant_id, reference, payment_number) VALUES (?, ?, ?)"

_CLAIM_INSTEAD = """UPDATE reference_claims SET payment_number = ?
WHERE merchant_id = ? AND reference = ? AND payment_number = ?"""

_FIND = "SELECT payment_number FROM reference_claims WHERE merchant_id = ? AND reference = ?"


def claim_reference(claim: ClaimReference) -> Write:
    """The write that gives a reference to a payment; it touches no row when it is another's."""
    reference = claim.reference.encode()
    if claim.instead_of is None:
        return Write(_CLAIM, (claim.merchant_id, reference, claim.payment_number))
    return Write(
        _CLAIM_INSTEAD,
        (claim.payment_number, claim.merchant_id, reference, claim.instead_of),
    )


async def find_claim(engine: Engine, merchant_id: int, reference: str) -> int | None:
    """The number of the payment that claimed a reference."""
    rows = await engine.fetch(_FIND, (merchant_id, reference.encode()))
    return int(str(rows[0][0])) if rows else None
