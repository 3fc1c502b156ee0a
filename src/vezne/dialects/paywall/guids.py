"""The GUIDs of this door, of payments and of temporary things.

A browser or a page that shows one has no key of the merchant's with it, so a GUID says itself whose
it is. That of a payment is made from its number, and proven to be ours by the name box; that of a
session is its key, with enough randomness that nobody guesses one.
"""

import hashlib
import hmac
import uuid
from typing import Final

import msgspec

from vezne.core.ids import TOKEN_BYTES
from vezne.core.payment import Payment
from vezne.core.ports import NameBox, Ports

_PURPOSE: Final = "paywall.payment"
_GUID_BYTES: Final = 16
_MERCHANT_BYTES: Final = 3
_NUMBER_BYTES: Final = 5
_PROOF_BYTES: Final = _GUID_BYTES - _MERCHANT_BYTES - _NUMBER_BYTES
_TIME_BYTES: Final = 4
_ENTROPY_BYTES: Final = _GUID_BYTES - _MERCHANT_BYTES - _TIME_BYTES
_PADDING: Final = bytes(TOKEN_BYTES - _GUID_BYTES)


class PaymentName(msgspec.Struct, frozen=True):
    """What the GUID of a payment says."""

    merchant_id: int
    number: int


def payment_guid(payment: Payment, names: NameBox) -> str:
    """The GUID of a payment, always the same."""
    name = PaymentName(payment.merchant_id, payment.number)
    head = name.merchant_id.to_bytes(_MERCHANT_BYTES, "big")
    head += name.number.to_bytes(_NUMBER_BYTES, "big")
    return str(uuid.UUID(bytes=head + _proof(name, names)))


def payment_name(guid: str, names: NameBox) -> PaymentName | None:
    """Its inverse; None for what is no GUID of a payment of ours."""
    raw = _raw(guid)
    if raw is None:
        return None
    number_end = _MERCHANT_BYTES + _NUMBER_BYTES
    name = PaymentName(
        int.from_bytes(raw[:_MERCHANT_BYTES], "big"),
        int.from_bytes(raw[_MERCHANT_BYTES:number_end], "big"),
    )
    return name if hmac.compare_digest(raw[number_end:], _proof(name, names)) else None


def new_session_key(merchant_id: int, ports: Ports) -> bytes:
    """The key of a new session that a GUID can name: whose, when, and randomness."""
    return (
        merchant_id.to_bytes(_MERCHANT_BYTES, "big")
        + (ports.clock.now_ms() // 1000).to_bytes(_TIME_BYTES, "big")
        + ports.entropy.take(_ENTROPY_BYTES)
        + _PADDING
    )


def session_guid(key: bytes) -> str:
    """The GUID of a session."""
    return str(uuid.UUID(bytes=key[:_GUID_BYTES]))


def session_key(guid: str) -> bytes | None:
    """Its inverse; None for what is no GUID."""
    raw = _raw(guid)
    return None if raw is None else raw + _PADDING


def merchant_id_of(key: bytes) -> int:
    """Whose session a key names."""
    return int.from_bytes(key[:_MERCHANT_BYTES], "big")


def _raw(guid: str) -> bytes | None:
    try:
        return uuid.UUID(guid.strip()).bytes
    except ValueError:
        return None


def _proof(name: PaymentName, names: NameBox) -> bytes:
    number = name.number.to_bytes(_NUMBER_BYTES, "big")
    sealed = names.seal(name.merchant_id, _PURPOSE, number)
    return hashlib.sha256(sealed).digest()[:_PROOF_BYTES]
