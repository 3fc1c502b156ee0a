"""What the bank gives for an authentication, and knows again in an authorization.

Names and proofs come from a keyed hash, so that the bank can check them without having remembered
them. A proof is bound to the transaction, the merchant, the amount, and the card as far as its mask
shows it. The transaction is named after the order: merchant and payment number.
"""

import base64
import hmac
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final
from uuid import UUID

from simbank.acs.scenarios import ATTEMPT, AUTHENTICATED
from simbank.acs.transactions import Transaction
from vezne.wire.simacs import Outcome, Proof, bind
from vezne.wire.simhost import Request

# A CAVV is twenty bytes, a transaction id of the directory server sixteen (EMV 3-D Secure).
_CAVV_BYTES: Final = 20
_ID_BYTES: Final = 16

# How strong an authentication is, in the networks' codes: Mastercard counts its own way.
_ECI: Final[Mapping[int, str]] = {AUTHENTICATED: "05", ATTEMPT: "06"}
_ECI_MASTERCARD: Final[Mapping[int, str]] = {AUTHENTICATED: "02", ATTEMPT: "01"}
_MASTERCARD: Final = ("2", "5")


def mask_of(pan: str) -> str:
    """The printable form of a PAN: six digits, stars, four digits."""
    return f"{pan[:6]}{'*' * (len(pan) - 10)}{pan[-4:]}"


def transaction_id(key: bytes, merchant_id: int, payment_number: int) -> str:
    """The bank's name for the authentication of an order; a UUID."""
    message = bind("transaction", str(merchant_id), str(payment_number))
    return str(UUID(bytes=blake2b(message, key=key, digest_size=_ID_BYTES).digest(), version=4))


def conclude(key: bytes, transaction: Transaction, md_status: int) -> Outcome:
    """The bank's word on a transaction. An attempt has a proof as well, a failure has none."""
    codes = _ECI_MASTERCARD if transaction.mask.startswith(_MASTERCARD) else _ECI
    eci = codes.get(md_status, "")
    bound = (
        transaction.transaction_id,
        str(transaction.merchant_id),
        str(transaction.amount_e8),
        transaction.currency,
        transaction.mask,
        eci,
    )
    return Outcome(
        merchant_id=transaction.merchant_id,
        payment_number=transaction.payment_number,
        transaction_id=transaction.transaction_id,
        md_status=md_status,
        eci=eci,
        cavv=_cavv(key, bound) if eci else "",
    )


def is_proven(key: bytes, request: Request, proof: Proof) -> bool:
    """Whether the bank gave the proof that a request has for this amount and card."""
    bound = (
        proof.transaction_id,
        str(request.merchant_id),
        str(request.amount_e8),
        request.currency,
        mask_of(request.pan),
        proof.eci,
    )
    return hmac.compare_digest(_cavv(key, bound).encode(), proof.cavv.encode())


def _cavv(key: bytes, bound: tuple[str, ...]) -> str:
    digest = blake2b(bind("cavv", *bound), key=key, digest_size=_CAVV_BYTES).digest()
    return base64.b64encode(digest).decode()
