"""Record that the cardholder's bank has taken money back. No bank is asked: it has happened."""

import msgspec

from vezne.core.chargeback import charge_back
from vezne.core.merchant import Merchant
from vezne.core.payment import Payment
from vezne.core.ports import Ports
from vezne.flows.inquire import find_payment
from vezne.flows.record import changes_of


class ChargeBack(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken back: an amount, None for all that is left, under the bank's name for it."""

    merchant: Merchant
    number: int
    amount_e8: int | None = None
    reference: str = ""


async def charge_back_payment(command: ChargeBack, ports: Ports) -> Payment:
    """Take the amount from whom the payment's money went to, or is to go to.

    Raises Refusal: PAYMENT_NOT_FOUND, REFERENCE_TAKEN, STATE_UNSUITABLE, OPERATION_IN_FLIGHT,
    AMOUNT_EXCEEDS_REMAINDER; Conflict when somebody else changes the payment at this moment.
    """
    now_ms = ports.clock.now_ms()
    payment = await find_payment(command.merchant, command.number, ports)
    after = charge_back(payment, command.amount_e8, command.reference, now_ms)
    await ports.books.apply(changes_of(payment, after, now_ms))
    return after
