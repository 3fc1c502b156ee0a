"""Take a payment: a sale or a hold, with a new card or a stored one."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final

import msgspec

from vezne.core.audit import name_payer
from vezne.core.card import BinRecord, Product, SealedCard
from vezne.core.changes import Change, Conflict
from vezne.core.installment import can_pay_in_installments
from vezne.core.merchant import BlockageRelease, Merchant
from vezne.core.money import UNIT
from vezne.core.payment import (
    BasketLine,
    Payment,
    PaymentKind,
    PaymentState,
)
from vezne.core.ports import Ports
from vezne.core.pricing import LineSplit, Pricing, blockage_resolved_at, price_payment
from vezne.core.refusal import Reason, Refusal
from vezne.flows.authorize import Presented, authorization, authorize, forget_unused
from vezne.flows.blocklist import is_card_blocked
from vezne.flows.inquire import claim_for
from vezne.flows.record import changes_of
from vezne.flows.store_card import (
    CardOfOwner,
    check_not_past,
    find_or_make_owner,
    find_stored_card,
    sealed_from_stored,
    stored_card,
)
from vezne.flows.sub_merchants import find_sub_merchant

_PENDING: Final = PaymentState.PENDING
_price_of: Final = attrgetter("price_e8")
_sub_merchant_of: Final = attrgetter("sub_merchant")


class NewCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card that came with the request.

    With `register` an approved payment also stores it: for the owner of `owner_key`, else for the
    oldest owner of that `external_id`, else for a new owner with that `email`.
    """

    card: SealedCard
    holder: str
    register: bool = False
    owner_key: bytes | None = None
    email: str = ""
    alias: str = ""
    external_id: str | None = None


class CardOnFile(msgspec.Struct, frozen=True, kw_only=True):
    """A stored card. `transit_id` names the CVV, when one came with the request."""

    owner_key: bytes
    token: bytes
    transit_id: int | None = None


class Pay(msgspec.Struct, frozen=True):
    """A payment to take. `lines` is empty for a payment without a basket.

    With `claims_reference` no other payment may have its `conversation_id`, unless it came to
    nothing. `sub_merchant_prices_e8` is what of each line is its sub-merchant's; empty when no line
    has one.
    """

    merchant: Merchant
    door: str
    kind: PaymentKind
    card: NewCard | CardOnFile
    price_e8: int
    paid_e8: int
    currency: str
    installments: int
    lines: tuple[BasketLine, ...]
    line_split: LineSplit
    blockage_release: BlockageRelease
    conversation_id: str | None = None
    basket_id: str | None = None
    channel: str | None = None
    group: str | None = None
    parties: dict[str, dict[str, str]] = {}
    claims_reference: bool = False
    sub_merchant_prices_e8: tuple[int, ...] = ()


def payer_address(parties: Mapping[str, Mapping[str, str]]) -> str:
    """Where the merchant says that its customer is; empty where it says nothing."""
    return parties.get("buyer", {}).get("ip", "")


async def pay(command: Pay, ports: Ports) -> Payment:
    """Take a payment and return it: captured or authorized, declined, uncertain, or voided.

    An uncertain payment is one whose bank did not answer; it may have been charged. A payment that
    the fraud filter rejects is voided at once. Raises Refusal: LINES_DO_NOT_SUM,
    CURRENCY_NOT_ENABLED, LOCAL_CARD_NEEDS_LOCAL_CURRENCY, INSTALLMENTS_NOT_FOR_DEBIT,
    INSTALLMENTS_NOT_FOR_CARD, OWNER_NOT_FOUND, CARD_NOT_FOUND, CARD_EXPIRED, CARD_BLOCKED,
    REFERENCE_TAKEN, SUB_MERCHANT_NOT_FOUND, SUB_MERCHANT_PRICE_TOO_HIGH; and what the gate raises.
    """
    pricing, presented = await examine(command, ports)
    if presented.registers_for is not None:
        presented = await keep_if_registering(command.merchant, command.card, presented, ports)
    payment = await new_payment(command, pricing, presented.card, ports)
    try:
        # Committed before a byte is sent.
        await promise(payment, command, ports)
    except Refusal:
        await forget_unused(presented, ports)
        raise
    return await authorize(payment, presented, None, ports)


async def examine(command: Pay, ports: Ports) -> tuple[Pricing, Presented]:
    """What a payment costs, and the card to charge. Nothing is written yet.

    Raises the refusals of `pay` but for REFERENCE_TAKEN, and what the gate raises.
    """
    name_payer(payer_address(command.parties))
    pricing = price_basket(command)
    if command.sub_merchant_prices_e8:
        for key in filter(None, set(map(_sub_merchant_of, command.lines))):
            await find_sub_merchant(command.merchant, key, ports)
    presented = await present(command.merchant, command.card, ports)
    _check_card(command, presented.card, ports)
    if await is_card_blocked(command.merchant, presented.card, ports):
        raise Refusal(Reason.CARD_BLOCKED)
    return pricing, presented


async def promise(payment: Payment, command: Pay, ports: Ports) -> None:
    """Write a new payment, and its claim to the merchant's reference where that is wished.

    Raises Refusal(REFERENCE_TAKEN).
    """
    changes: list[Change] = changes_of(None, payment, payment.created_ms)
    if command.claims_reference:
        claim = await claim_for(payment, command.merchant, ports)
        changes += [claim] if claim is not None else []
    try:
        await ports.books.apply(changes)
    except Conflict:
        # The payment's own numbers are nobody else's.
        raise Refusal(Reason.REFERENCE_TAKEN) from None


def price_basket(command: Pay) -> Pricing:
    """The payment's figures.

    Raises Refusal: LINES_DO_NOT_SUM, CURRENCY_NOT_ENABLED, SUB_MERCHANT_PRICE_TOO_HIGH.
    """
    prices_e8 = list(map(_price_of, command.lines)) or [command.price_e8]
    if sum(prices_e8) != command.price_e8:
        raise Refusal(Reason.LINES_DO_NOT_SUM)
    pricing = price_for(
        command.merchant,
        line_prices_e8=prices_e8,
        paid_e8=command.paid_e8,
        currency=command.currency,
        line_split=command.line_split,
        sub_merchant_prices_e8=command.sub_merchant_prices_e8,
    )
    if command.sub_merchant_prices_e8 and any(
        line.sub_merchant_price_e8 > line.paid_e8 for line in pricing.lines
    ):
        raise Refusal(Reason.SUB_MERCHANT_PRICE_TOO_HIGH)
    return pricing


def price_for(
    merchant: Merchant,
    *,
    line_prices_e8: Sequence[int],
    paid_e8: int,
    currency: str,
    line_split: LineSplit,
    sub_merchant_prices_e8: Sequence[int] = (),
) -> Pricing:
    """A payment's figures under a merchant's settings. Raises Refusal(CURRENCY_NOT_ENABLED)."""
    settings = merchant.settings
    rate_e8 = UNIT
    if currency != settings.settlement_currency:
        rate_e8 = settings.exchange_rates_e8.get(currency, 0)
    if currency not in settings.currencies or not rate_e8:
        raise Refusal(Reason.CURRENCY_NOT_ENABLED)
    return price_payment(
        line_prices_e8=line_prices_e8,
        paid_e8=paid_e8,
        plan=settings.plan,
        line_split=line_split,
        sub_merchant_prices_e8=sub_merchant_prices_e8,
        exchange_rate_e8=rate_e8,
    )


async def present(merchant: Merchant, card: NewCard | CardOnFile, ports: Ports) -> Presented:
    """Find the card to charge and its owner. Raises Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND."""
    if isinstance(card, CardOnFile):
        found = await find_stored_card(
            CardOfOwner(merchant=merchant, owner_key=card.owner_key, token=card.token), ports
        )
        sealed = sealed_from_stored(found, card.transit_id)
        return Presented(card=sealed, owner_key=card.owner_key, token=card.token)
    if not card.register:
        return Presented(card=card.card)
    owner, is_new = await find_or_make_owner(
        merchant.id, card.owner_key, card.email, card.external_id, ports, reuses=True
    )
    return Presented(
        card=card.card,
        owner_key=owner.key,
        registers_for=owner,
        new_owner=owner if is_new else None,
    )


def _check_card(command: Pay, card: SealedCard, ports: Ports) -> None:
    """Refuse what the card may not do here.

    Raises Refusal: CARD_EXPIRED, LOCAL_CARD_NEEDS_LOCAL_CURRENCY, INSTALLMENTS_NOT_FOR_DEBIT,
    INSTALLMENTS_NOT_FOR_CARD.
    """
    check_not_past(card.expiry, ports.clock.now_ms())
    is_abroad = command.currency != command.merchant.settings.settlement_currency
    if not is_abroad and command.installments <= 1:
        # Any card may.
        return
    record = ports.bins.find(card.bin)
    if is_abroad and record is not None:
        raise Refusal(Reason.LOCAL_CARD_NEEDS_LOCAL_CURRENCY)
    if command.installments > 1:
        _check_installments(record)


def _check_installments(record: BinRecord | None) -> None:
    """Only credit cards of an instalment programme may pay in parts."""
    if record is not None and record.product is not Product.CREDIT:
        raise Refusal(Reason.INSTALLMENTS_NOT_FOR_DEBIT)
    if not can_pay_in_installments(record):
        raise Refusal(Reason.INSTALLMENTS_NOT_FOR_CARD)


async def keep_if_registering(
    merchant: Merchant, new: NewCard | CardOnFile, presented: Presented, ports: Ports
) -> Presented:
    """Seal the card before the bank is asked: a vault that fails must fail before money moves."""
    owner = presented.registers_for
    if not isinstance(new, NewCard) or owner is None:
        return presented
    token = await ports.vault.keep(merchant.id, new.card, new.holder)
    return msgspec.structs.replace(
        presented,
        token=token,
        new_card=stored_card(owner, token, new.card, alias=new.alias, now_ms=ports.clock.now_ms()),
    )


async def new_payment(command: Pay, pricing: Pricing, card: SealedCard, ports: Ports) -> Payment:
    """A payment on its way to the bank, not written yet.

    Its lines are numbered right after it, and its authorization right after the lines.
    """
    now_ms = ports.clock.now_ms()
    merchant = command.merchant
    settings = merchant.settings
    line_count = len(pricing.lines)
    number = await ports.numbers.take(line_count + 2)
    # In the order of the fields: Python makes a dictionary of more than fifteen names, which costs
    # six times as much as the payment.
    payment = Payment(
        merchant.id,
        number,
        1,
        _PENDING,
        command.kind,
        command.door,
        command.price_e8,
        command.paid_e8,
        command.currency,
        command.installments,
        card.bin,
        card.last4,
        pricing,
        command.line_split,
        settings.settlement_currency,
        now_ms,
        blockage_resolved_at(now_ms, settings.plan.blockage_days, command.blockage_release),
        command.lines,
        command.conversation_id,
        command.basket_id,
        command.channel,
        command.group,
        command.parties,
        acquirer=ports.acquirer.name,
        attempts=(authorization(number + line_count + 1, command.paid_e8, now_ms),),
        notifies=command.door in settings.webhook_urls,
    )
    if isinstance(command.card, CardOnFile):
        owner_key, token = command.card.owner_key, command.card.token
        return msgspec.structs.replace(payment, owner_key=owner_key, card_token=token)
    return payment
