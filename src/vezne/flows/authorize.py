"""What every authorization shares, with or without 3-D Secure: promise it, ask, record."""

import msgspec

from vezne.core.answer import Answer, Approved, Declined, DeclineReason, Risk
from vezne.core.attempt import Attempt, Operation
from vezne.core.authentication import AuthenticationResult
from vezne.core.card import Owner, SealedCard, StoredCard
from vezne.core.changes import AddCard, AddOwner, Change, ChangePayment, CloseAttempt, OpenAttempt
from vezne.core.payment import (
    Event,
    Payment,
    PaymentKind,
    approve,
    decline,
    leave_uncertain,
    open_follow_up,
    void,
)
from vezne.core.ports import AuthorizeAsk, CardGone, Ports
from vezne.flows.follow_up import ask_and_record, attempt_for, close_attempt

# The vault could not open the card, so the bank was not asked.
CARD_GONE = Declined(reason=DeclineReason.INVALID_CARD_NUMBER, code="card_gone")


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """The card to charge, whose it is, and what is to be stored once the bank approves.

    `registers_for` is the owner who then gets the card, `new_owner` the same one when it is new.
    """

    card: SealedCard
    owner_key: bytes | None = None
    token: bytes | None = None
    registers_for: Owner | None = None
    new_owner: Owner | None = None
    new_card: StoredCard | None = None


def authorization_of(payment: Payment, now_ms: int) -> Attempt:
    """The attempt that authorizes a payment.

    Its number is the one right after the payment's lines, so that there can be no second one.
    """
    return attempt_for(
        payment,
        Operation.AUTHORIZE,
        amount_e8=payment.paid_e8,
        number=payment.line_numbers.stop,
        now_ms=now_ms,
    )


async def authorize(
    payment: Payment,
    attempt: Attempt,
    presented: Presented,
    authentication: AuthenticationResult | None,
    ports: Ports,
) -> Payment:
    """Ask the bank for a promised authorization, with no transaction open, and record the answer.

    Returns the payment captured or authorized, declined, uncertain, or voided when the fraud
    filter rejects it.
    """
    ask = AuthorizeAsk(
        merchant_id=payment.merchant_id,
        trace=attempt.number,
        card=presented.card,
        amount_e8=payment.paid_e8,
        currency=payment.currency,
        installments=payment.installments,
        is_capture=payment.kind is PaymentKind.SALE,
        authentication=authentication,
    )
    answer: Answer
    try:
        answer = await ports.acquirer.authorize(ask)
    except CardGone:
        # The card was deleted since it was looked up.
        answer = CARD_GONE
    return await _record(payment, attempt, answer, presented, ports)


async def forget_unused(presented: Presented, ports: Ports) -> None:
    """Delete the number that was sealed for a registration that did not happen."""
    if presented.new_card is not None:
        await ports.vault.forget(presented.new_card.merchant_id, presented.new_card.token)


async def _record(
    payment: Payment, attempt: Attempt, answer: Answer, presented: Presented, ports: Ports
) -> Payment:
    """Write down what the bank said, with the card to be stored when it approved."""
    now_ms = ports.clock.now_ms()
    if isinstance(answer, Approved):
        if answer.risk is Risk.REJECTED:
            return await _record_rejected(payment, attempt, answer, presented, ports)
        approved = msgspec.structs.replace(
            approve(payment, answer, now_ms),
            owner_key=presented.owner_key,
            card_token=presented.token,
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
    await forget_unused(presented, ports)
    return after


async def _record_rejected(
    payment: Payment, attempt: Attempt, answer: Approved, presented: Presented, ports: Ports
) -> Payment:
    """The bank approved, the fraud filter did not: record both, and give the money back.

    The void is promised in the same batch that records the approval, so that no crash leaves a
    rejected payment charged with nobody to undo it.
    """
    now_ms = ports.clock.now_ms()
    approved = approve(payment, answer, now_ms)
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
    await forget_unused(presented, ports)

    def settle(before: Payment, _undo: Attempt, _answer: Approved) -> Payment:
        return void(before, ports.clock.now_ms())

    undone = await ask_and_record(rejected, undo, settle, ports)
    return undone.payment
