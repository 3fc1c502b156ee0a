"""Charge: take the money of a token, once."""

from typing import Final

import msgspec

from vezne.core.merchant import Merchant
from vezne.core.payment import Payment, PaymentKind, PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.paynet import enums, errors, shapes
from vezne.dialects.paynet.amounts import kurus_amount, lira_amount
from vezne.dialects.paynet.cards import check_length
from vezne.dialects.paynet.charge_render import charged, unbegun
from vezne.dialects.paynet.endpoint import Call, Desk
from vezne.dialects.paynet.envelope import Answer
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.outcome import is_approved, outcome_of
from vezne.dialects.paynet.purchase import (
    BLOCKAGE_RELEASE,
    pay_command,
    presented_card,
)
from vezne.dialects.paynet.sessions import (
    Opened,
    Terms,
    Token,
    change,
    check_token,
    claim,
    find_opened,
    payment_of,
    release,
)
from vezne.flows.complete import Complete, complete
from vezne.flows.held_card import drop_held_card
from vezne.flows.inquire import find_payment
from vezne.flows.pay import pay

REFERENCE_LENGTH_MAX: Final = 50


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller wants charged. What is None is not compared."""

    session_id: str | None
    token_id: str | None
    kind: PaymentKind
    reference_no: str = ""
    amount: str | None = None
    add_commission: bool | None = None
    ratio_code: str | None = None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A charge that came to an end: the payment, unless the browser never went to the bank.

    `is_repeat` says that the payment was approved before this call.
    """

    opened: Opened
    payment: Payment | None
    is_repeat: bool = False


async def charge(call: Call[shapes.Charge]) -> Answer:
    """POST /v1/transaction/charge."""
    body = call.body
    wish = Wish(
        session_id=body.session_id,
        token_id=body.token_id,
        kind=kind_of(body.transaction_type),
        reference_no=body.reference_no or "",
        amount=body.amount,
        add_commission=body.add_commission,
        ratio_code=body.ratio_code,
    )
    taken = await take(call.desk, call.merchant, wish)
    outcome = outcome_of(taken.payment, call.language, is_repeat=taken.is_repeat)
    if taken.payment is None:
        return Answer(fields=unbegun(call, taken.opened, outcome), result=outcome.result)
    fields = await charged(call, taken.opened, taken.payment, outcome)
    return Answer(fields=fields, result=outcome.result)


def kind_of(text: str | None) -> PaymentKind:
    """A `transaction_type` of a request: a sale unless it says otherwise. Raises Failure."""
    kind = enums.KINDS.get(text or "")
    if kind is None:
        raise Failure(errors.WRONG_TYPE)
    return kind


async def take(desk: Desk, merchant: Merchant, wish: Wish) -> Taken:
    """Take the money of a session's token, or find what became of it.

    A session pays once: a call that comes again gets the payment that there is. Raises Failure:
    NO_SESSION, UNMATCHED, EXPIRED, IN_FLIGHT; Refusal: SESSION_NOT_FOUND, SESSION_EXPIRED,
    OPERATION_IN_FLIGHT, AUTHENTICATION_EXPIRED, HELD_CARD_LOST, REFERENCE_TAKEN, and those of
    `pay`.
    """
    check_length(wish.reference_no, "reference_no", REFERENCE_LENGTH_MAX)
    opened = await find_opened(desk, merchant, wish.session_id, is_late_allowed=True)
    payment = await payment_of(opened, merchant, desk.ports)
    if payment is not None and is_approved(payment):
        return Taken(opened=opened, payment=payment, is_repeat=True)
    token = check_token(desk, opened, wish.token_id)
    check_matches(opened.terms, wish)
    if payment is not None:
        return await _go_on(desk, merchant, opened, payment, wish)
    now_ms = desk.ports.clock.now_ms()
    if opened.session.is_over(now_ms):
        raise Refusal(Reason.SESSION_EXPIRED)
    if now_ms >= token.expires_ms:
        raise Failure(errors.EXPIRED)
    if token.is_tds:
        return Taken(opened=opened, payment=None)
    return Taken(opened=opened, payment=await _pay(desk, merchant, opened, token, wish))


def check_matches(terms: Terms, wish: Wish) -> None:
    """Raise Failure(UNMATCHED) where what a caller says differs from what the session agreed on.

    The amount may be in kuruş or in lira: forms of both kinds hand on what they were given.
    """
    if wish.amount and terms.amount_e8 not in _amounts_of(wish.amount):
        raise Failure(errors.UNMATCHED)
    if wish.add_commission is not None and wish.add_commission is not terms.add_commission:
        raise Failure(errors.UNMATCHED)
    if wish.ratio_code and wish.ratio_code != terms.ratio_code:
        raise Failure(errors.UNMATCHED)


def _amounts_of(text: str) -> set[int]:
    amounts: set[int] = set()
    for reader in (kurus_amount, lira_amount):
        try:
            amounts.add(reader(text))
        except ValueError:
            continue
    return amounts


def _reference_of(opened: Opened, wish: Wish) -> str:
    """What the payment is called: what the charge says counts, else what auth said."""
    return wish.reference_no or opened.terms.reference_no


async def _go_on(
    desk: Desk, merchant: Merchant, opened: Opened, payment: Payment, wish: Wish
) -> Taken:
    """A payment that was begun: complete it once its holder is authenticated.

    The session is claimed first: another token or other terms must not come in between. Raises
    Failure(IN_FLIGHT), and what `complete` raises.
    """
    if payment.state is not PaymentState.AUTHENTICATING:
        return Taken(opened=opened, payment=payment)
    claimed = await claim(opened, desk.ports)
    try:
        payment = await complete(
            Complete(
                merchant=merchant,
                number=payment.number,
                blockage_release=BLOCKAGE_RELEASE,
                kind=wish.kind,
                conversation_id=_reference_of(opened, wish) or None,
                claims_reference=True,
            ),
            desk.ports,
        )
    except Refusal as refusal:
        await release(claimed, desk.ports)
        if refusal.reason is not Reason.AUTHENTICATION_UNSUITABLE:
            raise
        # Not authenticated, or another call completed it meanwhile: see how it stands.
        payment = await find_payment(merchant, payment.number, desk.ports)
        return Taken(opened=opened, payment=payment, is_repeat=is_approved(payment))
    return Taken(opened=opened, payment=payment)


async def _pay(desk: Desk, merchant: Merchant, opened: Opened, token: Token, wish: Wish) -> Payment:
    """Pay with a token without 3-D Secure.

    The session is claimed first, so that of two calls one pays; a call that is refused gives it
    back. Raises what `pay` raises, Failure(IN_FLIGHT), and Refusal: HELD_CARD_LOST,
    OPERATION_IN_FLIGHT.
    """
    ports = desk.ports
    claimed = await claim(opened, ports)
    try:
        async with presented_card(merchant, opened.terms, token, ports) as card:
            payment = await pay(
                pay_command(
                    merchant,
                    opened,
                    token,
                    card,
                    kind=wish.kind,
                    reference_no=_reference_of(opened, wish),
                ),
                ports,
            )
    except Refusal:
        await release(claimed, ports)
        raise
    session = msgspec.structs.replace(
        claimed.session, payment_number=payment.number, held_number=None
    )
    await change(msgspec.structs.replace(claimed, session=session), ports)
    await drop_held_card(merchant, token.number, ports)
    return payment
