"""Take a payment whose cardholder the issuer authenticates first: 3-D Secure.

`begin` sends the browser to the bank, `receive` takes the bank's word when it comes back, and
`complete` authorizes the payment. Every step is one compare-and-set write of the payment.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.core.authentication import (
    LIFE_MS,
    Authentication,
    AuthenticationEvent,
    AuthenticationState,
    Registration,
    move,
)
from vezne.core.authentication import receive as receive_result
from vezne.core.changes import Change, ChangePayment, Conflict, OpenAttempt
from vezne.core.merchant import BlockageRelease, Merchant
from vezne.core.payment import Payment, PaymentKind, PaymentState, follow_authentication
from vezne.core.ports import (
    BeginAsk,
    CardGone,
    Challenge,
    HoldingFull,
    Ports,
    Returned,
)
from vezne.core.pricing import blockage_resolved_at
from vezne.core.refusal import Reason, Refusal
from vezne.flows.authorize import (
    CARD_GONE,
    Presented,
    authorization_of,
    authorize,
    forget_unused,
)
from vezne.flows.blocklist import is_card_blocked
from vezne.flows.card_to_charge import card_to_charge
from vezne.flows.follow_up import DECISIONS_MAX
from vezne.flows.inquire import claim_for, find_payment
from vezne.flows.pay import (
    CardOnFile,
    NewCard,
    Pay,
    check_card,
    keep_if_registering,
    new_payment,
    present,
    price_basket,
    promise,
)
from vezne.flows.store_card import check_not_expired

# Why a payment whose authentication stands so cannot be completed. PASSED is the one that can.
REFUSALS: Final[Mapping[AuthenticationState, Reason]] = {
    AuthenticationState.OPEN: Reason.AUTHENTICATION_UNSUITABLE,
    AuthenticationState.SPENT: Reason.AUTHENTICATION_UNSUITABLE,
    AuthenticationState.FAILED: Reason.AUTHENTICATION_UNSUITABLE,
    AuthenticationState.EXPIRED: Reason.AUTHENTICATION_EXPIRED,
    AuthenticationState.LAPSED: Reason.HELD_CARD_LOST,
}

_WAITING: Final = frozenset({AuthenticationState.OPEN, AuthenticationState.PASSED})
# The bank was not asked.
_HOLDING_FULL: Final = Declined(reason=DeclineReason.LOCAL_ERROR, code="holding_full")


class Authenticate(msgspec.Struct, frozen=True, kw_only=True):
    """A payment to take once its cardholder is authenticated.

    The browser goes to `success_url` or `failure_url` in the end, and to `return_url` from the
    bank; `caller_key` is the merchant's key that asked, `language` is `tr` or `en`. With
    `keeps_challenge` the authentication says where the bank is, for a page that is opened later.
    """

    pay: Pay
    success_url: str
    failure_url: str
    caller_key: str
    language: str
    return_url: str
    keeps_challenge: bool = False


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that waits for its cardholder, and where the browser goes for that.

    No challenge: the bank refused or was silent, and the payment's `decline_reason` says why.
    """

    payment: Payment
    challenge: Challenge | None


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the merchant takes the payment to be."""

    paid_e8: int
    basket_id: str | None
    currency: str


class Complete(msgspec.Struct, frozen=True, kw_only=True):
    """A payment to authorize now that its cardholder is authenticated.

    `kind` and `conversation_id` replace those of `begin`, for a door whose callers say them late;
    with `claims_reference` no other payment may have the latter.
    """

    merchant: Merchant
    number: int
    blockage_release: BlockageRelease
    expected: Expected | None = None
    kind: PaymentKind | None = None
    conversation_id: str | None = None
    claims_reference: bool = False


async def begin(command: Authenticate, ports: Ports) -> Begun:
    """Promise a payment and ask the bank to authenticate its cardholder. No money moves.

    The vault holds a new card, or the code that came for a stored one, until `complete`.
    Raises the refusals of `pay`; AUTHENTICATION_UNSUITABLE when the payment ended meanwhile.
    """
    pay = command.pay
    pricing = price_basket(pay)
    presented = await present(pay.merchant, pay.card, ports)
    await check_card(pay, presented.card, ports)
    planned = await new_payment(pay, pricing, presented.card, ports)
    opened = _open(command, planned)
    payment = msgspec.structs.replace(
        planned, state=PaymentState.AUTHENTICATING, authentication=opened
    )
    await promise(payment, [], pay, ports)
    answer = await _ask_challenge(command, payment, presented, ports)
    if isinstance(answer, Challenge):
        begun = msgspec.structs.replace(opened, transaction_id=answer.transaction_id)
        if command.keeps_challenge:
            begun = msgspec.structs.replace(
                begun, challenge_url=answer.url, challenge_fields=answer.fields
            )
        payment = await _change(follow_authentication(payment, begun), ports)
        return Begun(payment=payment, challenge=answer)
    await ports.vault.drop_held(payment.merchant_id, payment.number)
    failed = follow_authentication(payment, move(opened, AuthenticationEvent.NOT_BEGUN))
    reason = answer.reason if isinstance(answer, Declined) else DeclineReason.COMMUNICATION_ERROR
    payment = await _change(msgspec.structs.replace(failed, decline_reason=reason), ports)
    return Begun(payment=payment, challenge=None)


async def receive(returned: Returned, ports: Ports) -> Payment:
    """Record the bank's word on a cardholder and return the payment. No money moves.

    The same word again changes nothing. A word that is too late, or whose card is lost, ends the
    payment without an error: the browser goes back to the merchant all the same.
    Raises Refusal: PAYMENT_NOT_FOUND, AUTHENTICATION_UNSUITABLE for a second, different word.
    """
    decisions_left = DECISIONS_MAX
    while True:
        decisions_left -= 1
        try:
            return await _receive_once(returned, ports)
        except Conflict:
            # Perhaps the same word, brought twice at once: look again.
            if not decisions_left:
                raise Refusal(Reason.AUTHENTICATION_UNSUITABLE) from None


async def standing(payment: Payment, ports: Ports) -> AuthenticationState | None:
    """Where a payment's authentication stands now; None when it has none. Nothing is written.

    One whose time ran out, or whose card is lost, has ended although nobody recorded it.
    """
    authentication = payment.authentication
    if authentication is None:
        return None
    event = await _ending(payment, authentication, ports)
    return authentication.state if event is None else move(authentication, event).state


async def give_up(merchant: Merchant, number: int, ports: Ports) -> Payment:
    """End an authentication that will not be used; a payment that has moved on stays as it is.

    Raises Refusal(PAYMENT_NOT_FOUND).
    """
    payment = await find_payment(merchant, number, ports)
    authentication = payment.authentication
    if authentication is None or authentication.state not in _WAITING:
        return payment
    ended = follow_authentication(payment, move(authentication, AuthenticationEvent.GIVEN_UP))
    try:
        await ports.books.apply([ChangePayment(ended)])
    except Conflict:
        return await find_payment(merchant, number, ports)
    await ports.vault.drop_held(merchant.id, number)
    return ended


async def complete(command: Complete, ports: Ports) -> Payment:
    """Authorize a payment whose cardholder is authenticated; returns it as `pay` does.

    An authentication is good for one authorization. Raises Refusal: PAYMENT_NOT_FOUND;
    PAYMENT_DIFFERS from what is expected; AUTHENTICATION_UNSUITABLE when there is none, it is not
    passed, or it is spent; AUTHENTICATION_EXPIRED and HELD_CARD_LOST, both of which end the
    payment; CARD_NOT_FOUND, OWNER_NOT_FOUND, CARD_EXPIRED, CARD_BLOCKED.
    """
    payment = await find_payment(command.merchant, command.number, ports)
    _check_expected(payment, command.expected)
    authentication = await _up_to_date(payment, ports)
    if authentication.state is not AuthenticationState.PASSED:
        raise Refusal(REFUSALS[authentication.state])
    card = await card_to_charge(payment, authentication, ports)
    transit_id = card.card.transit_id if isinstance(card, NewCard) else card.transit_id
    try:
        return await _spend(command, payment, authentication, card, ports)
    finally:
        if transit_id is not None:
            ports.vault.release(transit_id)


def _open(command: Authenticate, payment: Payment) -> Authentication:
    """The authentication of a payment that is about to begin."""
    card = command.pay.card
    registration = None
    if isinstance(card, NewCard) and card.register:
        registration = Registration(
            owner_key=card.owner_key,
            email=card.email,
            alias=card.alias,
            external_id=card.external_id,
        )
    return Authentication(
        state=AuthenticationState.OPEN,
        opened_ms=payment.created_ms,
        expires_ms=payment.created_ms + LIFE_MS,
        success_url=command.success_url,
        failure_url=command.failure_url,
        caller_key=command.caller_key,
        is_card_held=isinstance(card, NewCard) or card.transit_id is not None,
        language=command.language,
        registration=registration,
    )


async def _ask_challenge(
    command: Authenticate, payment: Payment, presented: Presented, ports: Ports
) -> Challenge | Declined | Unknown:
    """Have the vault hold the card and ask the bank, with no transaction open."""
    pay = command.pay
    ask = BeginAsk(
        merchant_id=payment.merchant_id,
        merchant_name=pay.merchant.name,
        payment_number=payment.number,
        card=presented.card,
        amount_e8=payment.paid_e8,
        currency=payment.currency,
        installments=payment.installments,
        language=command.language,
        return_url=command.return_url,
    )
    holder = pay.card.holder if isinstance(pay.card, NewCard) else ""
    try:
        if presented.card.transit_id is not None:
            await ports.vault.hold(payment.merchant_id, payment.number, presented.card, holder)
        return await ports.acquirer.begin(ask)
    except CardGone:
        return CARD_GONE
    except HoldingFull:
        return _HOLDING_FULL


async def _change(payment: Payment, ports: Ports) -> Payment:
    """Write a payment's next version.

    Raises Refusal(AUTHENTICATION_UNSUITABLE) when somebody else changed it meanwhile: it was
    completed or has ended, and what is held for it serves nobody any more.
    """
    try:
        await ports.books.apply([ChangePayment(payment)])
    except Conflict:
        await ports.vault.drop_held(payment.merchant_id, payment.number)
        raise Refusal(Reason.AUTHENTICATION_UNSUITABLE) from None
    return payment


async def _receive_once(returned: Returned, ports: Ports) -> Payment:
    """Decide on the payment as it stands. Raises Conflict, and what `receive` raises."""
    payment = await ports.books.find_payment(returned.merchant_id, returned.payment_number)
    if payment is None:
        raise Refusal(Reason.PAYMENT_NOT_FOUND)
    before = _authentication_of(payment)
    after = receive_result(
        before,
        returned.result,
        now_ms=ports.clock.now_ms(),
        is_card_lost=await _is_card_lost(payment, before, ports),
    )
    if after is before:
        return payment
    moved = follow_authentication(payment, after)
    await ports.books.apply([ChangePayment(moved)])
    if after.state is not AuthenticationState.PASSED:
        await ports.vault.drop_held(payment.merchant_id, payment.number)
    return moved


def _authentication_of(payment: Payment) -> Authentication:
    """A payment's authentication. Raises Refusal(AUTHENTICATION_UNSUITABLE) when it has none."""
    if payment.authentication is None:
        raise Refusal(Reason.AUTHENTICATION_UNSUITABLE)
    return payment.authentication


async def _is_card_lost(payment: Payment, authentication: Authentication, ports: Ports) -> bool:
    """Whether the vault should hold something for a payment and does not."""
    if not authentication.is_card_held:
        return False
    return not await ports.vault.is_held(payment.merchant_id, payment.number)


def _check_expected(payment: Payment, expected: Expected | None) -> None:
    """Raise Refusal(PAYMENT_DIFFERS) when the payment is another than the merchant takes it for."""
    if expected is None:
        return
    actual = Expected(
        paid_e8=payment.paid_e8, basket_id=payment.basket_id, currency=payment.currency
    )
    if expected != actual:
        raise Refusal(Reason.PAYMENT_DIFFERS)


async def _up_to_date(payment: Payment, ports: Ports) -> Authentication:
    """A payment's authentication, ended first when its time ran out or its card is lost."""
    authentication = _authentication_of(payment)
    event = await _ending(payment, authentication, ports)
    if event is None:
        return authentication
    ended = move(authentication, event)
    await _change(follow_authentication(payment, ended), ports)
    await ports.vault.drop_held(payment.merchant_id, payment.number)
    return ended


async def _ending(
    payment: Payment, authentication: Authentication, ports: Ports
) -> AuthenticationEvent | None:
    """What ends an authentication that waits for its browser or for its completion."""
    if authentication.state not in _WAITING:
        return None
    if ports.clock.now_ms() >= authentication.expires_ms:
        return AuthenticationEvent.TIME_RAN_OUT
    # Until the bank has begun, the card may be on its way to the vault.
    if authentication.transaction_id and await _is_card_lost(payment, authentication, ports):
        return AuthenticationEvent.CARD_LOST
    return None


async def _spend(
    command: Complete,
    payment: Payment,
    authentication: Authentication,
    card: NewCard | CardOnFile,
    ports: Ports,
) -> Payment:
    """Check what may have changed since, promise the authorization, and carry it out."""
    merchant = command.merchant
    presented = await present(merchant, card, ports)
    check_not_expired(presented.card, ports)
    if await is_card_blocked(merchant, presented.card, ports):
        raise Refusal(Reason.CARD_BLOCKED)
    presented = await keep_if_registering(merchant, card, presented, ports)
    now_ms = ports.clock.now_ms()
    spent = move(authentication, AuthenticationEvent.AUTHORIZATION_SENT)
    promised = msgspec.structs.replace(
        follow_authentication(payment, spent),
        blockage_resolved_ms=blockage_resolved_at(
            now_ms, merchant.settings.plan.blockage_days, command.blockage_release
        ),
        kind=command.kind or payment.kind,
        conversation_id=command.conversation_id or payment.conversation_id,
    )
    is_renamed = promised.conversation_id != payment.conversation_id
    attempt = authorization_of(promised, now_ms)
    changes: list[Change] = [ChangePayment(promised, is_renamed), OpenAttempt(attempt)]
    try:
        claim = await claim_for(promised, merchant, ports) if command.claims_reference else None
        await ports.books.apply([*changes, claim] if claim is not None else changes)
    except Refusal:
        await forget_unused(presented, ports)
        raise
    except Conflict:
        await forget_unused(presented, ports)
        raise Refusal(Reason.AUTHENTICATION_UNSUITABLE) from None
    await ports.vault.drop_held(payment.merchant_id, payment.number)
    return await authorize(promised, attempt, presented, authentication.result, ports)
