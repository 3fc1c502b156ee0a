"""Rows as the first version of the books had them."""

import msgspec

from vezne.core.ids import reference_slice
from vezne.core.payment import Payment
from vezne.engines.engine import Write

_ADD = """INSERT INTO payments
(merchant_id, number, slice, version, state, created_ms, due_ms, conversation_id, document)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def first_payment_row(payment: Payment) -> Write:
    """A new payment, before anybody searched."""
    reference = payment.conversation_id
    row = (
        payment.merchant_id,
        payment.number,
        reference_slice(payment.number),
        payment.version,
        payment.state.value,
        payment.created_ms,
        payment.due_ms,
        None if reference is None else reference.encode(),
        msgspec.json.encode(payment),
    )
    return Write(_ADD, row)
