"""Tokens: a card and a way to pay, for one charge within minutes."""

from typing import Final, TypeVar

import msgspec

from vezne.core.body import FieldState
from vezne.core.card import SealedCard, StoredCard
from vezne.dialects.paynet import errors, shapes
from vezne.dialects.paynet.answers import TokenCreated
from vezne.dialects.paynet.cards import (
    DESCRIPTION_LENGTH_MAX,
    check_length,
    checked_holder,
    find_customer_of_session,
    new_card,
)
from vezne.dialects.paynet.endpoint import Call, origin
from vezne.dialects.paynet.envelope import Answer
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.gate import PATH
from vezne.dialects.paynet.instalments import Row, find_row, offer_from_key
from vezne.dialects.paynet.outward_ids import NotAName
from vezne.dialects.paynet.paynetj import check_savable, offered_rows
from vezne.dialects.paynet.sessions import (
    TOKEN_LIFE_MS,
    Opened,
    Terms,
    Token,
    check_unused,
    find_opened,
    put_token,
    token_text,
)
from vezne.flows.held_card import hold_card
from vezne.flows.store_card import check_not_expired, sealed_from_stored

_MAIL_LENGTH_MAX: Final = 60
_PHONE_LENGTH_MAX: Final = 20
_CLIENT_LENGTH_MAX: Final = 256

Body = TypeVar("Body", bound=shapes.TokenTerms)


async def create_token(call: Call[shapes.CreateToken]) -> Answer:
    """POST /v1/paynetj/create_token: send a card, which the vault holds until the charge."""
    body, ports = call.body, call.desk.ports
    opened = await find_opened(call.desk, call.merchant, body.session_id)
    await check_unused(opened, call.merchant, ports)
    holder = checked_holder(body.card_holder)
    card = new_card(call.card, body.month, body.year)
    if not card.has_cvv:
        raise Failure(errors.CVC_MISSING)
    check_not_expired(card, ports)
    terms = _terms_of_card(opened.terms, body)
    row = _chosen_row(call, opened, card)
    _check_lengths(body)
    number = await hold_card(call.merchant, card, holder, ports)
    token = _token(call, opened, row, number)
    token = msgspec.structs.replace(token, is_held=True, holder=holder)
    return _answer(call, await put_token(opened, terms, token, call.merchant, ports), token)


async def create_card_token(call: Call[shapes.CreateCardToken]) -> Answer:
    """POST /v1/paynetj/create_card_token: name a saved card; a security code is held, if any."""
    body, ports = call.body, call.desk.ports
    opened = await find_opened(call.desk, call.merchant, body.session_id)
    await check_unused(opened, call.merchant, ports)
    customer = await find_customer_of_session(
        call, opened.terms, body.card_owner_id, body.user_unique_id
    )
    stored = customer.find_card(body.card_hash)
    card = _with_code(call, stored)
    check_not_expired(card, ports)
    row = _chosen_row(call, opened, card)
    _check_lengths(body)
    if card.has_cvv:
        number = await hold_card(call.merchant, card, "", ports)
    else:
        number = await ports.numbers.take(1)
    token = msgspec.structs.replace(
        _token(call, opened, row, number),
        is_held=card.has_cvv,
        holder=await ports.vault.holder_of(call.merchant.id, stored.token),
        owner_key=stored.owner_key.hex(),
        card_token=stored.token.hex(),
    )
    opened = await put_token(opened, opened.terms, token, call.merchant, ports)
    return _answer(call, opened, token)


def _terms_of_card(terms: Terms, body: shapes.CreateToken) -> Terms:
    """The session's terms, with what a request says of saving the card put in their place."""
    if not (body.save_card or body.card_desc or body.user_gsm_no):
        return terms
    check_length(body.card_desc, "card_desc", DESCRIPTION_LENGTH_MAX)
    changed = msgspec.structs.replace(
        terms,
        save_card=terms.save_card or bool(body.save_card),
        card_desc=body.card_desc or terms.card_desc,
        user_gsm_no=body.user_gsm_no or terms.user_gsm_no,
    )
    check_savable(changed)
    return changed


def _with_code(call: Call[shapes.CreateCardToken], stored: StoredCard) -> SealedCard:
    """A stored card with the code that came along.

    A number beside it would leave open which card pays.
    """
    if call.card.number is not FieldState.ABSENT:
        raise Failure(errors.MALFORMED, "pan")
    if call.card.cvv is FieldState.INVALID:
        raise Failure(errors.CVC_WRONG)
    has_cvv = call.card.cvv is FieldState.VALID
    return msgspec.structs.replace(
        sealed_from_stored(stored),
        transit_id=call.card.transit_id if has_cvv else None,
        has_cvv=has_cvv,
    )


def _chosen_row(call: Call[Body], opened: Opened, card: SealedCard) -> Row:
    """The way to pay that an instalment key names. Raises Failure.

    A key is good for its session, its BIN and the amount that it was made for.
    """
    if not call.body.instalment_key:
        raise Failure(errors.INSTALMENT_MISSING)
    try:
        offer = offer_from_key(call.desk.names, call.merchant.id, call.body.instalment_key)
    except NotAName:
        raise Failure(errors.WRONG_RATIO) from None
    digits = min(len(offer.bin), len(card.bin))
    is_of_session = (offer.session_key, offer.amount_e8, offer.add_commission) == (
        opened.session.key,
        opened.terms.amount_e8,
        opened.terms.add_commission,
    )
    if not is_of_session or offer.bin[:digits] != card.bin[:digits]:
        raise Failure(errors.WRONG_RATIO)
    row = find_row(offered_rows(call, opened.terms, card.bin), offer.count)
    if row is None:
        raise Failure(errors.WRONG_RATIO)
    return row


def _check_lengths(body: shapes.TokenTerms) -> None:
    check_length(body.description, "description", DESCRIPTION_LENGTH_MAX)
    check_length(body.card_holder_phone, "card_holder_phone", _PHONE_LENGTH_MAX)
    check_length(body.card_holder_mail, "card_holder_mail", _MAIL_LENGTH_MAX)
    check_length(body.ip, "ip", _CLIENT_LENGTH_MAX)
    check_length(body.client_id, "client_id", _CLIENT_LENGTH_MAX)


def _token(call: Call[Body], opened: Opened, row: Row, number: int) -> Token:
    body = call.body
    return Token(
        number=number,
        expires_ms=call.desk.ports.clock.now_ms() + TOKEN_LIFE_MS,
        is_held=False,
        # A session that wants 3-D Secure gets it, whatever the caller wishes.
        is_tds=opened.terms.tds_required or bool(body.do_3ds),
        count=row.count,
        total_e8=row.figures.total_e8,
        ratio_e8=row.figures.ratio_e8,
        tax_e8=call.desk.switches.commission_tax,
        phone=body.card_holder_phone or "",
        email=body.card_holder_mail or "",
        ip=body.ip or "",
        client_id=body.client_id or "",
        description=body.description or "",
    )


def _answer(call: Call[Body], opened: Opened, token: Token) -> Answer:
    return Answer(
        fields=TokenCreated(
            token_id=token_text(call.desk, call.merchant.id, opened.session.key, token.number),
            post_url=origin(call.desk, call.scheme, call.host) + PATH,
            is_tds=token.is_tds,
        )
    )
