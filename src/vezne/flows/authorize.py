"""What every authorization shares, with or without 3-D Secure: promise it, ask, record."""

from typing import Final

import msgspec

from vezne.core.acquirer import AuthorizeAsk
from vezne.core.answer import Answer, Approved, Declined, DeclineReason, Risk
from vezne.core.attempt import Attempt, Operation
from vezne.core.audit import hear_bank
from vezne.core.authentication import AuthenticationResult
from vezne.core.card import Owner, SealedCard, StoredCard
from vezne.core.changes import AddCard, AddOwner, Change, Conflict
from vezne.core.follow_ups import open_follow_up
from vezne.core.payment import Payment, PaymentKind, approve, decline, leave_unanswered
from vezne.core.ports import CardGone, Ports
from vezne.flows.follow_up import ask_and_record
from vezne.flows.record import ANSWER_MAX_MS, INQUIRY_DELAYS_MS, changes_of

# What every payment asks for; see `core/payment.py` on names for members.
_AUTHORIZE: Final = Operation.AUTHORIZE
_SALE: Final = PaymentKind.SALE
_REJECTED: Final = Risk.REJECTED

# The vault could not open the card, so the bank was not asked.
CARD_GONE = Declined(reason=DeclineReason.INVALID_CARD_NUMBER, code="card_gone")


class Presented(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The card to charge, whose it is, and what is to be stored once the bank approves.

    `registers_for` is the owner who then gets the card, `new_owner` the same one when it is new.
    """

    card: SealedCard
    owner_key: bytes | None = None
    token: bytes | None = None
    registers_for: Owner | None = None
    new_owner: Owner | None = None
    new_card: StoredCard | None = None


def authorization(number: int, paid_e8: int, now_ms: int) -> Attempt:
    """The attempt that authorizes a payment.

    Its number is the one right after the payment's lines, so that there can be no second one.
    """
    return Attempt(
        number=number,
        operation=_AUTHORIZE,
        amount_e8=paid_e8,
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
        is_capture=payment.kind is _SALE,
        authentication=authentication,
    )
    answer: Answer
    try:
        answer = await ports.acquirer.authorize(ask)
    except CardGone:
        # The card was deleted since it was looked up.
        answer = CARD_GONE
    try:
        if isinstance(answer, Approved) and answer.risk is _REJECTED:
            await forget_unused(presented, ports)
            return await undo_rejected(payment, answer, ports)
        after, changes = _recorded(payment, answer, presented, ports.clock.now_ms())
        await ports.books.apply(changes)
    except Conflict:
        # The answer took so long that somebody else has asked what became of it.
        await forget_unused(presented, ports)
        return await _as_stored(payment, ports)
    finally:
        # Not before: nothing may stand between an answer and its record.
        _tell_gate(presented, answer)
    if not isinstance(answer, Approved):
        await forget_unused(presented, ports)
    return after


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
        hear_bank(presented.token, is_approved=answer.risk is not _REJECTED)
    elif isinstance(answer, Declined) and answer is not CARD_GONE:
        hear_bank(presented.token, is_approved=False)


def _recorded(
    payment: Payment, answer: Answer, presented: Presented, now_ms: int
) -> tuple[Payment, list[Change]]:
    """The payment once the bank has answered, and what to write.

    With an approved one the card is stored that was to be.
    """
    if isinstance(answer, Approved):
        after = approve(payment, answer, now_ms)
        if presented.new_card is None:
            return after, changes_of(payment, after, now_ms)
        after = msgspec.structs.replace(
            after, owner_key=presented.owner_key, card_token=presented.token
        )
        changes = changes_of(payment, after, now_ms)
        if presented.new_owner is not None:
            changes.append(AddOwner(presented.new_owner))
        changes.append(AddCard(presented.new_card))
        return after, changes
    if isinstance(answer, Declined):
        after = decline(payment, answer, now_ms)
    else:
        # The attempt stays open until the truth is known.
        after = leave_unanswered(payment, inquire_ms=now_ms + INQUIRY_DELAYS_MS[0])
    return after, changes_of(payment, after, now_ms)


async def _as_stored(payment: Payment, ports: Ports) -> Payment:
    """A payment as somebody else has written it."""
    stored = await ports.books.find_payment(payment.merchant_id, payment.number)
    # Payments are never deleted.
    return stored or payment
