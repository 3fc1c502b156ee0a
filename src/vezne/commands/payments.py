"""Payments that a person looks at: under review, without an answer, charged back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.house import House, open_house
from vezne.bootstrap.start import run
from vezne.commands.operator import administering
from vezne.core.attempt import Attempt
from vezne.core.calendar import local_text
from vezne.core.card import holds_card_number
from vezne.core.merchant import Merchant
from vezne.core.money import e8_from_decimal, plain_text
from vezne.core.payment import Payment
from vezne.core.ports import Ports
from vezne.core.refusal import Refusal
from vezne.flows.charge_back import ChargeBack, charge_back_payment
from vezne.flows.merchant_time import ports_at
from vezne.flows.review import ReviewPayment, accept_payment, reject_payment
from vezne.flows.uncertain import list_uncertain
from vezne.settings import Settings

_REFERENCE_MAX: Final = 255


def run_review(settings: Settings, number: int, *, accept: bool) -> str:
    """Decide on a payment under review; returns what became of it."""
    return run(_review(settings, number, accept=accept))


class UncertainRow(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of which a bank's answer is missing, as people read it. Times are Istanbul's."""

    merchant: str
    payment: int
    door: str
    reference: str | None
    operation: str
    amount: str
    asked: str
    inquiries: int
    next_inquiry: str


def run_list_uncertain(settings: Settings) -> list[UncertainRow]:
    """Every merchant's payments of which a bank's answer is missing."""
    return run(_list_uncertain(settings))


async def _list_uncertain(settings: Settings) -> list[UncertainRow]:
    async with open_house(settings) as house:
        return [
            _uncertain_row(merchant, payment, attempt)
            for merchant in await house.merchants.list_merchants()
            async for payment in list_uncertain(merchant, house.ports)
            if (attempt := payment.open_attempt) is not None
        ]


def _uncertain_row(merchant: Merchant, payment: Payment, attempt: Attempt) -> UncertainRow:
    return UncertainRow(
        merchant=merchant.name,
        payment=payment.number,
        door=payment.door,
        reference=payment.conversation_id,
        operation=attempt.operation,
        amount=f"{plain_text(attempt.amount_e8)} {payment.currency}",
        asked=local_text(attempt.created_ms),
        inquiries=attempt.inquiries,
        next_inquiry=local_text(attempt.inquire_ms),
    )


def run_charge_back(settings: Settings, number: int, amount: str | None, reference: str) -> str:
    """Record a chargeback; returns what became of it. Raises CannotStart."""
    return run(_charge_back(settings, number, amount, reference))


async def _review(settings: Settings, number: int, *, accept: bool) -> str:
    async with open_house(settings) as house:
        for merchant in await house.merchants.list_merchants():
            if await house.ports.books.find_payment(merchant.id, number) is None:
                continue
            command = ReviewPayment(merchant=merchant, number=number)
            ports = ports_at(merchant, house.ports)
            what = "accepted" if accept else "rejected"
            async with _deciding(house, merchant, number, what):
                return await _decide(command, ports, accept=accept)
        raise CannotStart(f"there is no payment {number}")


async def _decide(command: ReviewPayment, ports: Ports, *, accept: bool) -> str:
    number = command.number
    if accept:
        await accept_payment(command, ports)
        return f"payment {number}: accepted"
    done = await reject_payment(command, ports)
    if not done.is_undone:
        raise CannotStart(f"payment {number}: the bank did not give the money back")
    return f"payment {number}: rejected, {done.payment.state}"


@asynccontextmanager
async def _deciding(
    house: House, merchant: Merchant, number: int, what: str
) -> AsyncIterator[None]:
    """An operator decides on a payment. A refusal becomes CannotStart."""
    subject = f"payment {number}"
    try:
        async with administering(house.audit, subject, merchant_id=merchant.id, reason=what):
            yield
    except Refusal as refusal:
        raise CannotStart(f"{subject}: {refusal.reason}") from refusal


async def _charge_back(settings: Settings, number: int, amount: str | None, reference: str) -> str:
    amount_e8 = None if amount is None else _amount(amount)
    if len(reference) > _REFERENCE_MAX or holds_card_number(reference):
        raise CannotStart(
            f"a reference has at most {_REFERENCE_MAX} characters and no card number in it"
        )
    async with open_house(settings) as house:
        for merchant in await house.merchants.list_merchants():
            if await house.ports.books.find_payment(merchant.id, number) is None:
                continue
            command = ChargeBack(
                merchant=merchant, number=number, amount_e8=amount_e8, reference=reference
            )
            async with _deciding(house, merchant, number, "charged back"):
                after = await charge_back_payment(command, ports_at(merchant, house.ports))
            at_ms = after.chargebacks[-1].charged_back_ms
            taken_e8 = sum(x.amount_e8 for x in after.chargebacks if x.charged_back_ms == at_ms)
            all_e8 = sum(x.amount_e8 for x in after.chargebacks)
            return (
                f"payment {number}: {plain_text(taken_e8)} {after.currency} charged back, "
                f"{plain_text(all_e8)} in all"
            )
    raise CannotStart(f"there is no payment {number}")


def _amount(text: str) -> int:
    try:
        amount_e8 = e8_from_decimal(Decimal(text))
    except (InvalidOperation, ValueError):
        raise CannotStart(f"{text!r} is no amount") from None
    if amount_e8 <= 0:
        raise CannotStart("the amount must be greater than 0")
    return amount_e8
