"""What every authorization shares, with or without 3-D Secure: promise it, ask, record."""

import msgspec

from vezne.core.acquirer import AuthorizeAsk
from vezne.core.answer import Answer, Approved, Declined, DeclineReason, Risk
from vezne.core.attempt import Attempt, Operation
from vezne.core.audit import hear_bank
from vezne.core.authentication import AuthenticationResult
from vezne.core.card import Owner, SealedCard, StoredCard
from vezne.core.changes import AddCard, AddOwner, Conflict
from vezne.core.follow_ups import open_follow_up
from vezne.core.payment import Payment, PaymentKind, approve, decline, leave_unanswered
from vezne.core.ports import CardGone, Ports
from vezne.flows.follow_up import ask_and_record
from vezne.flows.record import ANSWER_MAX_MS, INQUIRY_DELAYS_MS, changes_of

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
    return Attempt(
        number=payment.line_numbers.stop,
        operation=Operation.AUTHORIZE,
        amount_e8=payment.paid_e8,
        created_ms=now_ms,
        inquire_ms=now_ms + ANSWER_MAX_MS,
    )


async def authorize(
    payment: Payment,
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
        trace=payment.attempts[-1].number,
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
    try:
        return await _record(payment, answer, presented, ports)
    except Conflict:
        # The answer took so long that somebody else has asked what became of it.
        await forget_unused(presented, ports)
        return await _as_stored(payment, ports)
    finally:
        # Not before: nothing may stand between an answer and its record.
        _tell_gate(presented, answer)


async def forget_unused(presented: Presented, ports: Ports) -> None:
    """Delete the number that was sealed for a registration that did not happen."""
    if presented.new_card is not None:
        await ports.vault.forget(presented.new_card.merchant_id, presented.new_card.token)


async def undo_rejected(payment: Payment, answer: Approved, ports: Ports) -> Payment:
    """The bank approved, the fraud filter did not: record both, and give the money back.

    The void is promised in the same batch that records the approval, so that no crash leaves a
    rejected payment charged with nobody to undo it. Raises Conflict when the payment changed
    meanwhile.
    """
    now_ms = ports.clock.now_ms()
    approved = approve(payment, answer, now_ms)
    undo = Attempt(
        number=await ports.numbers.take(1),
        operation=Operation.VOID,
        amount_e8=approved.paid_e8,
        created_ms=now_ms,
        inquire_ms=now_ms + ANSWER_MAX_MS,
        verdict=Risk.REJECTED,
    )
    rejected = msgspec.structs.replace(open_follow_up(approved, undo), version=approved.version)
    await ports.books.apply(changes_of(payment, rejected, now_ms))
    undone = await ask_and_record(rejected, ports)
    return undone.payment


def _tell_gate(presented: Presented, answer: Answer) -> None:
    """Say to whoever watches the door what the bank thinks of the card."""
    if isinstance(answer, Approved):
        hear_bank(presented.token, is_approved=answer.risk is not Risk.REJECTED)
    elif isinstance(answer, Declined) and answer is not CARD_GONE:
        hear_bank(presented.token, is_approved=False)


async def _record(payment: Payment, answer: Answer, presented: Presented, ports: Ports) -> Payment:
    """Write down what the bank said, with the card to be stored when it approved.

    Raises Conflict when the payment changed meanwhile.
    """
    if isinstance(answer, Approved):
        if answer.risk is Risk.REJECTED:
            await forget_unused(presented, ports)
            return await undo_rejected(payment, answer, ports)
        return await _record_approval(payment, answer, presented, ports)
    now_ms = ports.clock.now_ms()
    if isinstance(answer, Declined):
        after = decline(payment, answer, now_ms)
    else:
        # The attempt stays open until the truth is known.
        after = leave_unanswered(payment, inquire_ms=now_ms + INQUIRY_DELAYS_MS[0])
    await ports.books.apply(changes_of(payment, after, now_ms))
    await forget_unused(presented, ports)
    return after


async def _record_approval(
    payment: Payment, answer: Approved, presented: Presented, ports: Ports
) -> Payment:
    now_ms = ports.clock.now_ms()
    approved = msgspec.structs.replace(
        approve(payment, answer, now_ms),
        owner_key=presented.owner_key,
        card_token=presented.token,
    )
    changes = changes_of(payment, approved, now_ms)
    if presented.new_owner is not None:
        changes.append(AddOwner(presented.new_owner))
    if presented.new_card is not None:
        changes.append(AddCard(presented.new_card))
    await ports.books.apply(changes)
    return approved


async def _as_stored(payment: Payment, ports: Ports) -> Payment:
    """A payment as somebody else has written it."""
    stored = await ports.books.find_payment(payment.merchant_id, payment.number)
    # Payments are never deleted.
    return stored or payment
