"""Look things up: payments, BINs, instalment tables."""

import msgspec

from vezne.core.card import BinRecord
from vezne.core.installment import InstallmentPrice, installment_prices, table_for
from vezne.core.merchant import InstallmentTable, Merchant
from vezne.core.payment import Payment
from vezne.core.ports import Bins, Ports
from vezne.core.refusal import Reason, Refusal


async def find_payment(merchant: Merchant, number: int, ports: Ports) -> Payment:
    """A payment of the merchant by number. Raises Refusal(PAYMENT_NOT_FOUND)."""
    payment = await ports.books.find_payment(merchant.id, number)
    if payment is None:
        raise Refusal(Reason.PAYMENT_NOT_FOUND)
    return payment


async def find_payment_by_reference(
    merchant: Merchant, conversation_id: str, ports: Ports
) -> Payment:
    """The merchant's newest payment under its own reference. Raises Refusal(PAYMENT_NOT_FOUND)."""
    payment = await ports.books.find_payment_by_reference(merchant.id, conversation_id)
    if payment is None:
        raise Refusal(Reason.PAYMENT_NOT_FOUND)
    return payment


async def find_payment_of_line(merchant: Merchant, line_number: int, ports: Ports) -> Payment:
    """The merchant's payment that has this line. Raises Refusal(LINE_NOT_FOUND)."""
    payment = await ports.books.find_payment_of_line(merchant.id, line_number)
    if payment is None:
        raise Refusal(Reason.LINE_NOT_FOUND)
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
