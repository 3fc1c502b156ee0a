"""Temporary cards: a browser exchanges a card for a token, which the merchant then pays with.

The merchant fetches a temporary token for the browser, the browser brings the card under it. The
card is held by the vault, in memory, for as long as a security code may be held at most.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from vezne.core.authentication import LIFE_MS
from vezne.core.changes import AddSession
from vezne.core.merchant import Merchant
from vezne.core.ports import HeldCard, Ports
from vezne.core.refusal import Reason, Refusal
from vezne.core.session import Session
from vezne.dialects.paywall import auth, errors, payment_errors
from vezne.dialects.paywall.endpoint import Call, Desk
from vezne.dialects.paywall.errors import Failure
from vezne.dialects.paywall.guids import merchant_id_of, new_session_key, session_guid, session_key
from vezne.dialects.paywall.payment_card import checked_holder, new_card
from vezne.dialects.paywall.payment_render import local_text
from vezne.dialects.paywall.payment_shapes import TempCard, TempToken
from vezne.edge.messages import Request
from vezne.flows.held_card import drop_held_card, hold_card, open_held_card
from vezne.flows.merchant_time import ports_at
from vezne.flows.session import change_session, find_session

TOKEN_HEADER: Final = "token"  # noqa: S105 - a name
_TOKEN_DOOR: Final = "paywall.temptoken"  # noqa: S105 - a name
_CARD_DOOR: Final = "paywall.tempcard"

_MINUTE_MS: Final = 60_000
_MINUTES_MAX: Final = 30
# The browser library asks for a day.
_SDK_MINUTES_MAX: Final = 1440
_E_COMMERCE: Final = 1
# Enough for many mistyped cards; each one takes room in the vault.
_CARDS_MAX: Final = 20
_CARDS: Final = "cards"
_STATE: Final = "state"
_IN_USE: Final = "in use"


class TempTokenScope(msgspec.Struct, frozen=True, rename="pascal"):
    """What a temporary token is good for."""

    client_card_save: bool
    three_d_session: bool = msgspec.field(name="ThreeDSession")


class TempTokenAnswer(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """The Body of POST temptoken."""

    temp_token_id: int
    token: str
    expiry_date_time: str
    scope: TempTokenScope


class TempCardAnswer(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """The Body of POST tempcard."""

    temp_card_id: int
    card_token: str
    expiry_date_time: str


async def open_token(call: Call[TempToken]) -> TempTokenAnswer:
    """POST temptoken: a token for a browser to bring a card. Raises Failure(LIFE_INVALID)."""
    body, ports = call.body, call.desk.ports
    minutes_max = _SDK_MINUTES_MAX if body.client_sdk else _MINUTES_MAX
    session = await _open(
        call.merchant,
        _TOKEN_DOOR,
        {"client": call.client, "card": "yes" if body.client_card_save else ""},
        _life_ms(body.expiry_min, minutes_max),
        ports,
    )
    return TempTokenAnswer(
        temp_token_id=await ports.numbers.take(1),
        token=session_guid(session.key),
        expiry_date_time=moment_text(session.expires_ms),
        scope=TempTokenScope(body.client_card_save, body.three_d_session),
    )


async def bringer(desk: Desk, request: Request) -> tuple[str, Merchant]:
    """Which browser brings a card, and whose: it is known by its temporary token and has no keys.

    Raises Failure: HEADER_MISSING, TEMP_CARD_TOKEN_INVALID, NO_TEMP_CARDS for a token that is not
    meant for cards.
    """
    token = request.headers.get(TOKEN_HEADER, "")
    if not token.strip():
        raise Failure(errors.HEADER_MISSING, TOKEN_HEADER)
    key = session_key(token)
    invalid = Failure(payment_errors.TEMP_CARD_TOKEN_INVALID)
    if key is None:
        raise invalid
    session = await desk.ports.books.find_session(merchant_id_of(key), key)
    if session is None or session.door != _TOKEN_DOOR:
        raise invalid
    found = await desk.merchants.find_credential(auth.PUBLIC.door, session.terms["client"])
    if found is None:
        raise invalid
    if session.is_over(ports_at(found.merchant, desk.ports).clock.now_ms()):
        raise invalid
    if not session.terms["card"]:
        raise Failure(payment_errors.NO_TEMP_CARDS)
    return token, found.merchant


async def hold(call: Call[TempCard]) -> TempCardAnswer:
    """POST tempcard: the card of a form, held for minutes.

    Raises Failure: TOO_MANY_TEMP_CARDS among them; Refusal: HELD_CARD_LOST, OPERATION_IN_FLIGHT
    while another card is brought with the same token.
    """
    body, ports = call.body, call.desk.ports
    if body.card_type != _E_COMMERCE:
        raise Failure(payment_errors.CARD_TYPE_UNSUPPORTED)
    card = new_card(call.card, body.card_expiry_month, body.card_expiry_year)
    holder = checked_holder(body.card_owner_name)
    life_ms = min(_life_ms(body.expiry_min, _MINUTES_MAX), LIFE_MS)
    await _count_card(call)
    number = await hold_card(call.merchant, card, holder, ports)
    session = await _open(call.merchant, _CARD_DOOR, {}, life_ms, ports, held_number=number)
    return TempCardAnswer(
        temp_card_id=number,
        card_token=session_guid(session.key),
        expiry_date_time=moment_text(session.expires_ms),
    )


async def _count_card(call: Call[TempCard]) -> None:
    """Write down that one more card was brought with a token. Raises Failure, Refusal."""
    session = await find_session(call.merchant, session_key(call.client) or b"", call.desk.ports)
    brought = int(session.terms.get(_CARDS, "0"))
    if brought >= _CARDS_MAX:
        raise Failure(payment_errors.TOO_MANY_TEMP_CARDS, _CARDS_MAX)
    terms = {**session.terms, _CARDS: str(brought + 1)}
    await change_session(msgspec.structs.replace(session, terms=terms), call.desk.ports)


class Borrowed:
    """A temporary card in use. `spend` says that it has served its purpose."""

    def __init__(self, held: HeldCard) -> None:
        self.held = held
        self.is_spent = False

    def spend(self) -> None:
        """The card is not to be used again."""
        self.is_spent = True


@asynccontextmanager
async def borrow(merchant: Merchant, token: str, ports: Ports) -> AsyncIterator[Borrowed]:
    """The card behind a token, for one user at a time; unless it is spent it can be used again.

    Raises Refusal: SESSION_NOT_FOUND, SESSION_EXPIRED, HELD_CARD_LOST, OPERATION_IN_FLIGHT while
    another call uses it.
    """
    session = await _claim(merchant, token, ports)
    number = session.held_number or 0
    try:
        held = await open_held_card(merchant, number, ports)
    except Refusal:
        await _settle(session, {}, ports, held_number=None)
        raise
    borrowed = Borrowed(held)
    try:
        yield borrowed
    except (Failure, Refusal):
        raise
    except BaseException:
        # The bank may have been asked, and nobody knows what it made of it.
        borrowed.spend()
        raise
    finally:
        if held.card.transit_id is not None:
            ports.vault.release(held.card.transit_id)
        if borrowed.is_spent:
            await drop_held_card(merchant, number, ports)
        await _settle(session, {}, ports, held_number=None if borrowed.is_spent else number)


async def _claim(merchant: Merchant, token: str, ports: Ports) -> Session:
    """The session of a card, marked as in use by this call alone."""
    key = session_key(token)
    if key is None:
        raise Refusal(Reason.SESSION_NOT_FOUND)
    session = await find_session(merchant, key, ports)
    if session.door != _CARD_DOOR or session.held_number is None:
        raise Refusal(Reason.SESSION_NOT_FOUND)
    if session.terms.get(_STATE) == _IN_USE:
        raise Refusal(Reason.OPERATION_IN_FLIGHT)
    return await _settle(session, {_STATE: _IN_USE}, ports, held_number=session.held_number)


async def _settle(
    session: Session, terms: dict[str, str], ports: Ports, *, held_number: int | None
) -> Session:
    changed = msgspec.structs.replace(session, terms=terms, held_number=held_number)
    return await change_session(changed, ports)


async def _open(
    merchant: Merchant,
    door: str,
    terms: dict[str, str],
    life_ms: int,
    ports: Ports,
    *,
    held_number: int | None = None,
) -> Session:
    """A new session, written, whose key a GUID can say."""
    now_ms = ports.clock.now_ms()
    session = Session(
        merchant_id=merchant.id,
        key=new_session_key(merchant.id, ports),
        version=1,
        door=door,
        created_ms=now_ms,
        expires_ms=now_ms + life_ms,
        terms=terms,
        held_number=held_number,
    )
    await ports.books.apply([AddSession(session)])
    return session


def _life_ms(minutes: int, minutes_max: int) -> int:
    """How long something temporary is good: 0, which clients send for nothing, is the longest.

    Raises Failure(LIFE_INVALID).
    """
    if not 0 <= minutes <= minutes_max:
        raise Failure(payment_errors.LIFE_INVALID)
    return (minutes or _MINUTES_MAX) * _MINUTE_MS


def moment_text(at_ms: int) -> str:
    """A moment as the service writes it, with seven decimals and Istanbul's offset."""
    return f"{local_text(at_ms)}+03:00"
