"""Take a payment: a sale or a hold, with a new card or a stored one."""

from collections.abc import Sequence

import msgspec

from vezne.core.answer import Answer, Approved, Declined, DeclineReason, Risk
from vezne.core.attempt import Attempt, Operation
from vezne.core.card import BinRecord, Owner, Product, SealedCard, StoredCard
from vezne.core.changes import (
    AddCard,
    AddOwner,
    AddPayment,
    Change,
    ChangePayment,
    CloseAttempt,
    OpenAttempt,
)
from vezne.core.installment import can_pay_in_installments
from vezne.core.merchant import BlockageRelease, Merchant
from vezne.core.money import UNIT
from vezne.core.payment import (
    BasketLine,
    Event,
    Payment,
    PaymentKind,
    PaymentState,
    approve,
    decline,
    leave_uncertain,
    open_follow_up,
    void,
)
from vezne.core.ports import AuthorizeAsk, CardGone, Ports
from vezne.core.pricing import LineSplit, Pricing, blockage_resolved_at, price_payment
from vezne.core.refusal import Reason, Refusal
from vezne.flows.blocklist import is_card_blocked
from vezne.flows.follow_up import ask_and_record, attempt_for, close_attempt
from vezne.flows.store_card import (
    CardOfOwner,
    check_not_expired,
    find_or_make_owner,
    find_stored_card,
    sealed_from_stored,
    stored_card,
)


class NewCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card that came with the request.

    With `register` an approved payment also stores it: for the owner of `owner_key`, else for a
    new owner with that `email`.
    """

    card: SealedCard
    holder: str
    register: bool = False
    owner_key: bytes | None = None
    email: str = ""
    alias: str = ""


class CardOnFile(msgspec.Struct, frozen=True, kw_only=True):
    """A stored card. `transit_id` names the CVV, when one came with the request."""

    owner_key: bytes
    token: bytes
    transit_id: int | None = None


class Pay(msgspec.Struct, frozen=True, kw_only=True):
    """A payment to take. `lines` is empty for a payment without a basket."""

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


class _Presented(msgspec.Struct, frozen=True, kw_only=True):
    """The card to charge, whose it is, and what is to be stored once the bank approves."""

    card: SealedCard
    owner_key: bytes | None = None
    token: bytes | None = None
    new_owner: Owner | None = None
    new_card: StoredCard | None = None


async def pay(command: Pay, ports: Ports) -> Payment:
    """Take a payment and return it: captured or authorized, declined, uncertain, or voided.

    An uncertain payment is one whose bank did not answer; it may have been charged. A payment that
    the fraud filter rejects is voided at once. Raises Refusal: LINES_DO_NOT_SUM,
    CURRENCY_NOT_ENABLED, LOCAL_CARD_NEEDS_LOCAL_CURRENCY, INSTALLMENTS_NOT_FOR_DEBIT,
    INSTALLMENTS_NOT_FOR_CARD, OWNER_NOT_FOUND, CARD_NOT_FOUND, CARD_EXPIRED, CARD_BLOCKED.
    """
    if command.lines and sum(line.price_e8 for line in command.lines) != command.price_e8:
        raise Refusal(Reason.LINES_DO_NOT_SUM)
    pricing = price_for(
        command.merchant,
        line_prices_e8=[line.price_e8 for line in command.lines] or [command.price_e8],
        paid_e8=command.paid_e8,
        currency=command.currency,
        line_split=command.line_split,
    )
    presented = await _present(command, ports)
    await _check_card(command, presented.card, ports)
    presented = await _keep_if_registering(command, presented, ports)
    payment, attempt = await _promise(command, pricing, presented, ports)
    answer = await _ask(command, payment, attempt, presented.card, ports)
    return await _record(payment, attempt, answer, presented, ports)


def price_for(
    merchant: Merchant,
    *,
    line_prices_e8: Sequence[int],
    paid_e8: int,
    currency: str,
    line_split: LineSplit,
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
        exchange_rate_e8=rate_e8,
    )


async def _present(command: Pay, ports: Ports) -> _Presented:
    """Find the card to charge and its owner."""
    merchant = command.merchant
    if isinstance(command.card, CardOnFile):
        on_file = command.card
        found = await find_stored_card(
            CardOfOwner(merchant=merchant, owner_key=on_file.owner_key, token=on_file.token), ports
        )
        card = msgspec.structs.replace(
            sealed_from_stored(found),
            transit_id=on_file.transit_id,
            has_cvv=on_file.transit_id is not None,
        )
        return _Presented(card=card, owner_key=on_file.owner_key, token=on_file.token)
    new = command.card
    if not new.register:
        return _Presented(card=new.card)
    owner = await find_or_make_owner(merchant.id, new.owner_key, new.email, None, ports)
    return _Presented(
        card=new.card,
        owner_key=owner.key,
        new_owner=owner,
    )


async def _check_card(command: Pay, card: SealedCard, ports: Ports) -> None:
    """Refuse what the card may not do here, before anything is written."""
    check_not_expired(card, ports)
    record = ports.bins.find(card.bin)
    home = command.merchant.settings.settlement_currency
    if record is not None and command.currency != home:
        raise Refusal(Reason.LOCAL_CARD_NEEDS_LOCAL_CURRENCY)
    if command.installments > 1:
        _check_installments(record)
    if await is_card_blocked(command.merchant, card, ports):
        raise Refusal(Reason.CARD_BLOCKED)


def _check_installments(record: BinRecord | None) -> None:
    """Only credit cards of an instalment programme may pay in parts."""
    if record is not None and record.product is not Product.CREDIT:
        raise Refusal(Reason.INSTALLMENTS_NOT_FOR_DEBIT)
    if not can_pay_in_installments(record):
        raise Refusal(Reason.INSTALLMENTS_NOT_FOR_CARD)


async def _keep_if_registering(command: Pay, presented: _Presented, ports: Ports) -> _Presented:
    """Seal the card before the bank is asked: a vault that fails must fail before money moves."""
    new, owner = command.card, presented.new_owner
    if not isinstance(new, NewCard) or owner is None:
        return presented
    token = await ports.vault.keep(command.merchant.id, new.card, new.holder)
    return msgspec.structs.replace(
        presented,
        token=token,
        new_owner=owner if new.owner_key is None else None,
        new_card=stored_card(owner, token, new.card, alias=new.alias, ports=ports),
    )


async def _promise(
    command: Pay, pricing: Pricing, presented: _Presented, ports: Ports
) -> tuple[Payment, Attempt]:
    """Commit payment and attempt before a byte is sent."""
    now_ms = ports.clock.now_ms()
    merchant = command.merchant
    # The lines are numbered right after their payment, the attempt right after the lines.
    number = await ports.numbers.take(len(pricing.lines) + 2)
    payment = Payment(
        merchant_id=merchant.id,
        number=number,
        version=1,
        state=PaymentState.PENDING,
        kind=command.kind,
        door=command.door,
        price_e8=command.price_e8,
        paid_e8=command.paid_e8,
        currency=command.currency,
        installments=command.installments,
        bin=presented.card.bin,
        last4=presented.card.last4,
        pricing=pricing,
        line_split=command.line_split,
        settlement_currency=merchant.settings.settlement_currency,
        created_ms=now_ms,
        blockage_resolved_ms=blockage_resolved_at(
            now_ms, merchant.settings.plan.blockage_days, command.blockage_release
        ),
        lines=command.lines,
        conversation_id=command.conversation_id,
        basket_id=command.basket_id,
        channel=command.channel,
        group=command.group,
        parties=command.parties,
        owner_key=None if presented.new_card else presented.owner_key,
        card_token=None if presented.new_card else presented.token,
        acquirer=ports.acquirer.name,
    )
    attempt = attempt_for(
        payment,
        Operation.AUTHORIZE,
        amount_e8=command.paid_e8,
        number=number + len(pricing.lines) + 1,
        now_ms=now_ms,
    )
    await ports.books.apply([AddPayment(payment), OpenAttempt(attempt)])
    return payment, attempt


async def _ask(
    command: Pay, payment: Payment, attempt: Attempt, card: SealedCard, ports: Ports
) -> Answer:
    """Ask the bank, with no transaction open."""
    ask = AuthorizeAsk(
        merchant_id=payment.merchant_id,
        trace=attempt.number,
        card=card,
        amount_e8=payment.paid_e8,
        currency=payment.currency,
        installments=payment.installments,
        is_capture=command.kind is PaymentKind.SALE,
    )
    try:
        return await ports.acquirer.authorize(ask)
    except CardGone:
        # The card was deleted since it was looked up; the bank was not asked.
        return Declined(reason=DeclineReason.INVALID_CARD_NUMBER, code="card_gone")


async def _record(
    payment: Payment, attempt: Attempt, answer: Answer, presented: _Presented, ports: Ports
) -> Payment:
    """Write down what the bank said, with the card to be stored when it approved."""
    now_ms = ports.clock.now_ms()
    if isinstance(answer, Approved):
        if answer.risk is Risk.REJECTED:
            return await _record_rejected(payment, attempt, answer, presented, ports)
        approved = msgspec.structs.replace(
            approve(payment, answer), owner_key=presented.owner_key, card_token=presented.token
        )
        changes: list[Change] = [
            ChangePayment(approved),
            CloseAttempt(close_attempt(attempt, answer, now_ms)),
        ]
        if presented.new_owner is not None:
            changes.append(AddOwner(presented.new_owner))
        if presented.new_card is not None:
            changes.append(AddCard(presented.new_card))
        await ports.books.apply(changes)
        return approved
    if isinstance(answer, Declined):
        after = decline(payment, answer.reason)
        closed = close_attempt(attempt, answer, now_ms)
        await ports.books.apply([ChangePayment(after), CloseAttempt(closed)])
    else:
        # The attempt stays open until the truth is known.
        after = leave_uncertain(payment)
        await ports.books.apply([ChangePayment(after)])
    await _forget_unused(presented, ports)
    return after


async def _record_rejected(
    payment: Payment, attempt: Attempt, answer: Approved, presented: _Presented, ports: Ports
) -> Payment:
    """The bank approved, the fraud filter did not: record both, and give the money back.

    The void is promised in the same batch that records the approval, so that no crash leaves a
    rejected payment charged with nobody to undo it.
    """
    now_ms = ports.clock.now_ms()
    approved = approve(payment, answer)
    undo = attempt_for(
        approved,
        Operation.VOID,
        amount_e8=approved.paid_e8,
        number=await ports.numbers.take(1),
        now_ms=now_ms,
    )
    rejected = msgspec.structs.replace(
        open_follow_up(approved, Event.VOID_APPROVED, undo.number), version=approved.version
    )
    await ports.books.apply(
        [
            ChangePayment(rejected),
            CloseAttempt(close_attempt(attempt, answer, now_ms)),
            OpenAttempt(undo),
        ]
    )
    await _forget_unused(presented, ports)
    undone = await ask_and_record(
        rejected, undo, lambda before, _undo, _answer: void(before), ports
    )
    return undone.payment


async def _forget_unused(presented: _Presented, ports: Ports) -> None:
    """Delete the number that was sealed for a registration that did not happen."""
    if presented.new_card is not None:
        await ports.vault.forget(presented.new_card.merchant_id, presented.new_card.token)
