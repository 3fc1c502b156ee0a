"""Look things up: payments, BINs, instalment tables."""

from typing import Final

import msgspec

from vezne.core.audit import name_payment
from vezne.core.card import BinRecord
from vezne.core.changes import ClaimReference
from vezne.core.installment import InstallmentPrice, installment_prices, table_for
from vezne.core.merchant import InstallmentTable, Merchant
from vezne.core.payment import Payment, PaymentState
from vezne.core.ports import Bins, Ports
from vezne.core.refusal import Reason, Refusal

# Payments that came to nothing: their references may be used again.
_FRUITLESS: Final = frozenset({PaymentState.DECLINED, PaymentState.UNAUTHENTICATED})


async def find_payment(merchant: Merchant, number: int, ports: Ports) -> Payment:
    """A payment of the merchant by number. Raises Refusal(PAYMENT_NOT_FOUND)."""
    payment = await ports.books.find_payment(merchant.id, number)
    if payment is None:
        raise Refusal(Reason.PAYMENT_NOT_FOUND)
    name_payment(payment.number)
    return payment


async def find_payment_by_reference(
    merchant: Merchant, conversation_id: str, ports: Ports
) -> Payment:
    """The merchant's newest payment under its own reference. Raises Refusal(PAYMENT_NOT_FOUND)."""
    payment = await ports.books.find_payment_by_reference(merchant.id, conversation_id)
    if payment is None:
        raise Refusal(Reason.PAYMENT_NOT_FOUND)
    name_payment(payment.number)
    return payment


async def find_claimed_payment(merchant: Merchant, reference: str, ports: Ports) -> Payment:
    """The payment that claimed a reference of the merchant's, else the newest that has it.

    For the doors whose callers name every payment anew. Raises Refusal(PAYMENT_NOT_FOUND).
    """
    number = await ports.books.find_claim(merchant.id, reference)
    if number is None:
        return await find_payment_by_reference(merchant, reference, ports)
    return await find_payment(merchant, number, ports)


async def check_reference_free(merchant: Merchant, reference: str, ports: Ports) -> None:
    """Raise Refusal(REFERENCE_TAKEN) when a payment has the reference, unless it came to nothing.

    An early answer; two at once may both pass here, but not both claim it.
    """
    await _claimant(merchant, reference, ports)


async def claim_for(payment: Payment, merchant: Merchant, ports: Ports) -> ClaimReference | None:
    """What gives a new payment its reference; None for a payment without one.

    Raises Refusal(REFERENCE_TAKEN). To be written with the payment: a Conflict means the same.
    """
    if payment.conversation_id is None:
        return None
    return ClaimReference(
        merchant_id=merchant.id,
        reference=payment.conversation_id,
        payment_number=payment.number,
        instead_of=await _claimant(merchant, payment.conversation_id, ports),
    )


async def _claimant(merchant: Merchant, reference: str, ports: Ports) -> int | None:
    """The payment that claimed a reference and came to nothing; None when nobody claimed it.

    Payments of doors that claim nothing count as well, the newest of them. Raises
    Refusal(REFERENCE_TAKEN).
    """
    books, now_ms = ports.books, ports.clock.now_ms()
    newest = await books.find_payment_by_reference(merchant.id, reference)
    number = await books.find_claim(merchant.id, reference)
    claimed = None if number is None else await books.find_payment(merchant.id, number)
    for payment in (newest, claimed):
        if payment is not None and not _is_fruitless(payment, now_ms):
            raise Refusal(Reason.REFERENCE_TAKEN)
    return number


def _is_fruitless(payment: Payment, now_ms: int) -> bool:
    """Whether a payment came to nothing: also once the time of its cardholder is over."""
    if payment.state is PaymentState.AUTHENTICATING and payment.authentication is not None:
        return now_ms >= payment.authentication.expires_ms
    return payment.state in _FRUITLESS


async def find_payment_of_line(merchant: Merchant, line_number: int, ports: Ports) -> Payment:
    """The merchant's payment that has this line. Raises Refusal(LINE_NOT_FOUND)."""
    payment = await ports.books.find_payment_of_line(merchant.id, line_number)
    if payment is None:
        raise Refusal(Reason.LINE_NOT_FOUND)
    name_payment(payment.number)
    return payment


def check_currency(payment: Payment, currency: str | None) -> None:
    """Raise Refusal(CURRENCY_MISMATCH) when a currency is named and is not the payment's."""
    if currency is not None and currency != payment.currency:
        raise Refusal(Reason.CURRENCY_MISMATCH)


def find_bin(bin: str, bins: Bins) -> BinRecord:
    """What a BIN says. Raises Refusal(BIN_NOT_FOUND) for foreign and unknown ones."""
    record = bins.find(bin)
    if record is None:
        raise Refusal(Reason.BIN_NOT_FOUND)
    return record


class InstallmentOption(msgspec.Struct, frozen=True, kw_only=True):
    """One card, or one programme, with the ways to pay.

    `record` is the card's, where a BIN was asked for; `table` the programme's, where there is one.
    """

    record: BinRecord | None
    table: InstallmentTable | None
    prices: list[InstallmentPrice]


def installment_options(
    merchant: Merchant,
    *,
    price_e8: int,
    bin: str | None,
    currency: str,
    counts: tuple[int, ...],
    bins: Bins,
) -> list[InstallmentOption]:
    """How a price can be paid: with the card of a BIN, or without one with every programme.

    Raises Refusal(LOCAL_CARD_NEEDS_LOCAL_CURRENCY).
    """
    tables = merchant.settings.installments
    if bin is None:
        return [
            InstallmentOption(
                record=None, table=table, prices=installment_prices(price_e8, table, counts)
            )
            for table in tables
        ]
    record = bins.find(bin)
    if record is not None and currency != merchant.settings.settlement_currency:
        raise Refusal(Reason.LOCAL_CARD_NEEDS_LOCAL_CURRENCY)
    table = table_for(tables, record)
    prices = installment_prices(price_e8, table, counts)
    return [InstallmentOption(record=record, table=table, prices=prices)]
