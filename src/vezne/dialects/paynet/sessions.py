"""Sessions of PaynetJ: what auth agreed on, the token that came of it, and the payment.

A session takes one payment. Until the bank took one, a payer may ask for another token, which
replaces the one before.
"""

from typing import Final, TypeVar

import msgspec

from vezne.core.merchant import Merchant
from vezne.core.payment import Payment, PaymentState
from vezne.core.ports import Ports
from vezne.core.refusal import Reason, Refusal
from vezne.core.session import Session
from vezne.dialects.paynet import errors
from vezne.dialects.paynet.endpoint import DOOR, Call, Desk
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.outward_ids import (
    SESSION,
    TOKEN,
    NotAName,
    opened_name,
    sealed_name,
)
from vezne.dialects.paynet.remarks import remarks_of, texts_of
from vezne.flows import session as flow
from vezne.flows.held_card import drop_held_card
from vezne.flows.inquire import find_payment

SESSION_LIFE_MS: Final = 30 * 60 * 1000
# No longer than the vault holds a card.
TOKEN_LIFE_MS: Final = 15 * 60 * 1000

_NUMBER_BYTES: Final = 8
# A payment is made within seconds of the call that asks for it.
_CLAIM_MS: Final = 60_000
_PAGE: Final = 100
# The payment has taken no money so far. Any other may have.
_UNTAKEN: Final = frozenset(
    {PaymentState.AUTHENTICATING, PaymentState.UNAUTHENTICATED, PaymentState.DECLINED}
)


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What auth agreed on.

    `card_owner_id` is as it was sent, and somebody's. `claimed_ms` says when a call set out to take
    the money.
    """

    amount_e8: int
    add_commission: bool = False
    tds_required: bool = False
    save_card: bool = False
    agent_id: str = ""
    pos_type: str = ""
    reference_no: str = ""
    ratio_code: str = ""
    user_unique_id: str = ""
    card_owner_id: str = ""
    card_desc: str = ""
    user_gsm_no: str = ""
    return_url: str = ""
    claimed_ms: int = 0


class Token(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename=lambda name: f"token_{name}",
):
    """A token: a card, held or stored, and how it is to pay.

    `number` names it, and is the number under which the vault holds its card, if it does. Of a
    stored card `owner_key` and `card_token` are known, in hex.
    """

    number: int
    expires_ms: int
    is_held: bool
    is_tds: bool
    count: int
    total_e8: int
    ratio_e8: int
    tax_e8: int
    holder: str = ""
    phone: str = ""
    email: str = ""
    ip: str = ""
    client_id: str = ""
    description: str = ""
    owner_key: str = ""
    card_token: str = ""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A session with what stands in it."""

    session: Session
    terms: Terms
    token: Token | None


async def find_opened(
    desk: Desk, merchant: Merchant, text: str | None, *, is_late_allowed: bool = False
) -> Opened:
    """The session that a `session_id` names.

    Raises Failure(NO_SESSION); Refusal: SESSION_NOT_FOUND, and SESSION_EXPIRED unless that is
    allowed.
    """
    try:
        key = opened_name(desk.names, merchant.id, SESSION, text or "")
    except NotAName:
        raise Failure(errors.NO_SESSION) from None
    session = await desk.ports.books.find_session(merchant.id, key)
    if session is None or session.door != DOOR:
        raise Refusal(Reason.SESSION_NOT_FOUND)
    if not is_late_allowed and session.is_over(desk.ports.clock.now_ms()):
        raise Refusal(Reason.SESSION_EXPIRED)
    return _opened(session)


async def open_terms(desk: Desk, merchant: Merchant, terms: Terms) -> Opened:
    """A new session."""
    session = await flow.open_session(merchant, DOOR, texts_of(terms), SESSION_LIFE_MS, desk.ports)
    return _opened(session)


async def change(opened: Opened, ports: Ports) -> Opened:
    """Write what was changed in a session. Raises Refusal(OPERATION_IN_FLIGHT)."""
    terms = texts_of(opened.terms) | (texts_of(opened.token) if opened.token else {})
    session = msgspec.structs.replace(opened.session, terms=terms)
    return _opened(await flow.change_session(session, ports))


async def claim(opened: Opened, ports: Ports) -> Opened:
    """Keep a session for one call that is about to take money.

    Whoever read it before can no longer change it. Raises Failure(IN_FLIGHT) while another call has
    it, Refusal(OPERATION_IN_FLIGHT) when it was changed meanwhile.
    """
    now_ms = ports.clock.now_ms()
    if _is_claimed(opened.terms, now_ms):
        raise Failure(errors.IN_FLIGHT)
    return await change(_with_claim(opened, now_ms), ports)


async def release(claimed: Opened, ports: Ports) -> None:
    """Give back a session whose call took no money. Raises Refusal(OPERATION_IN_FLIGHT)."""
    await change(_with_claim(claimed, 0), ports)


def _with_claim(opened: Opened, now_ms: int) -> Opened:
    terms = msgspec.structs.replace(opened.terms, claimed_ms=now_ms)
    return msgspec.structs.replace(opened, terms=terms)


def _is_claimed(terms: Terms, now_ms: int) -> bool:
    """Whether a call is at it. One that was cut off has the session for a minute, no longer."""
    return bool(terms.claimed_ms) and now_ms < terms.claimed_ms + _CLAIM_MS


async def put_token(
    opened: Opened, terms: Terms, token: Token, merchant: Merchant, ports: Ports
) -> Opened:
    """Give a session its token, in place of the one before and of the payment that it led to.

    Raises Refusal(OPERATION_IN_FLIGHT), in which case what the vault holds for it is dropped.
    """
    before = opened.session.held_number
    session = msgspec.structs.replace(
        opened.session,
        held_number=token.number if token.is_held else None,
        payment_number=None,
    )
    fresh = msgspec.structs.replace(terms, claimed_ms=0)
    try:
        changed = await change(Opened(session=session, terms=fresh, token=token), ports)
    except Refusal:
        await drop_held_card(merchant, token.number, ports)
        raise
    if before is not None:
        await drop_held_card(merchant, before, ports)
    return changed


async def drop_token(opened: Opened, terms: Terms, merchant: Merchant, ports: Ports) -> Opened:
    """Give a session other terms, under which its token is worth nothing.

    Raises Refusal(OPERATION_IN_FLIGHT).
    """
    held = opened.session.held_number
    session = msgspec.structs.replace(opened.session, held_number=None, payment_number=None)
    fresh = msgspec.structs.replace(terms, claimed_ms=0)
    changed = await change(Opened(session=session, terms=fresh, token=None), ports)
    if held is not None:
        await drop_held_card(merchant, held, ports)
    return changed


async def check_unused(opened: Opened, merchant: Merchant, ports: Ports) -> None:
    """Whether a session may still be changed.

    Raises Failure: USED_SESSION when its payment took the money, or may have; IN_FLIGHT when a call
    is about to take it.
    """
    payment = await payment_of(opened, merchant, ports)
    if payment is not None and payment.state not in _UNTAKEN:
        raise Failure(errors.USED_SESSION)
    is_waiting = payment is None or payment.state is PaymentState.AUTHENTICATING
    if is_waiting and _is_claimed(opened.terms, ports.clock.now_ms()):
        raise Failure(errors.IN_FLIGHT)


async def payment_of(opened: Opened, merchant: Merchant, ports: Ports) -> Payment | None:
    """The payment of a session's token, if one was begun.

    A call that was cut off before it wrote the payment's number down is known by `claimed_ms`; its
    payment is then looked for among those of the minute after.
    """
    if opened.session.payment_number is not None:
        return await find_payment(merchant, opened.session.payment_number, ports)
    since_ms, token = opened.terms.claimed_ms, opened.token
    if not since_ms or token is None:
        return None
    before = None
    while True:
        page = await ports.books.list_payments(
            merchant.id,
            since_ms=since_ms,
            until_ms=since_ms + _CLAIM_MS,
            before=before,
            limit=_PAGE,
        )
        for payment in page:
            remarks = remarks_of(payment)
            # A page at the gate may have begun a payment of the token before, which is nobody's.
            if (remarks.session, remarks.token_number) == (opened.session.key.hex(), token.number):
                return payment
        if len(page) < _PAGE:
            return None
        before = page[-1].number


Body = TypeVar("Body", bound=msgspec.Struct)


def session_id(call: Call[Body], opened: Opened) -> str:
    """The `session_id` of a session."""
    return session_text(call.desk, call.merchant.id, opened.session.key)


def session_text(desk: Desk, merchant_id: int, key: bytes) -> str:
    """The `session_id` of a session's key."""
    return sealed_name(desk.names, merchant_id, SESSION, key)


def token_text(desk: Desk, merchant_id: int, session_key: bytes, number: int) -> str:
    """The `token_id` of a token of a session."""
    name = session_key + number.to_bytes(_NUMBER_BYTES, "big")
    return sealed_name(desk.names, merchant_id, TOKEN, name)


def check_token(desk: Desk, opened: Opened, text: str | None) -> Token:
    """The session's token, when that is what a `token_id` names. Raises Failure(UNMATCHED)."""
    session, token = opened.session, opened.token
    if token is None or not text:
        raise Failure(errors.UNMATCHED)
    try:
        name = opened_name(desk.names, session.merchant_id, TOKEN, text)
    except NotAName:
        raise Failure(errors.UNMATCHED) from None
    if name != session.key + token.number.to_bytes(_NUMBER_BYTES, "big"):
        raise Failure(errors.UNMATCHED)
    return token


def _opened(session: Session) -> Opened:
    return Opened(
        session=session,
        terms=msgspec.convert(session.terms, Terms, strict=False),
        token=msgspec.convert(session.terms, Token, strict=False)
        if "token_number" in session.terms
        else None,
    )
