"""Take a payment whose cardholder the issuer authenticates first: 3-D Secure.

`begin` sends the browser to the bank, and `receive` takes the bank's word when it comes back;
`flows/complete.py` authorizes the payment then. Every step is one compare-and-set write of the
payment.
"""

from typing import Final

import msgspec

from vezne.core.acquirer import BeginAsk, Challenge, Returned
from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.core.audit import hear_bank
from vezne.core.authentication import (
    LIFE_MS,
    Authentication,
    AuthenticationEvent,
    AuthenticationState,
    Registration,
    move,
)
from vezne.core.authentication import receive as receive_result
from vezne.core.changes import Conflict
from vezne.core.merchant import Merchant
from vezne.core.payment import (
    Payment,
    PaymentState,
    follow_authentication,
)
from vezne.core.ports import CardGone, HoldingFull, Ports
from vezne.core.refusal import Reason, Refusal
from vezne.flows.authorize import (
    CARD_GONE,
    Presented,
)
from vezne.flows.follow_up import DECISIONS_MAX
from vezne.flows.inquire import find_payment
from vezne.flows.pay import (
    NewCard,
    Pay,
    examine,
    new_payment,
    promise,
)
from vezne.flows.record import changes_of

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


async def begin(command: Authenticate, ports: Ports) -> Begun:
    """Promise a payment and ask the bank to authenticate its cardholder. No money moves.

    The vault holds a new card, or the code that came for a stored one, until `complete`.
    Raises the refusals of `pay` and what the gate raises; AUTHENTICATION_UNSUITABLE when the
    payment ended meanwhile.
    """
    pay = command.pay
    pricing, presented = await examine(pay, ports)
    planned = await new_payment(pay, pricing, presented.card, ports)
    opened = _open(command, planned)
    payment = msgspec.structs.replace(
        planned, state=PaymentState.AUTHENTICATING, authentication=opened, attempts=()
    )
    await promise(payment, pay, ports)
    answer = await _ask_challenge(command, payment, presented, ports)
    if isinstance(answer, Challenge):
        begun = msgspec.structs.replace(opened, transaction_id=answer.transaction_id)
        if command.keeps_challenge:
            begun = msgspec.structs.replace(
                begun, challenge_url=answer.url, challenge_fields=answer.fields
            )
        moved = await _change(payment, follow_authentication(payment, begun), ports)
        return Begun(payment=moved, challenge=answer)
    await ports.vault.drop_held(payment.merchant_id, payment.number)
    failed = follow_authentication(payment, move(opened, AuthenticationEvent.NOT_BEGUN))
    reason = answer.reason if isinstance(answer, Declined) else DeclineReason.COMMUNICATION_ERROR
    failed = msgspec.structs.replace(failed, decline_reason=reason)
    return Begun(payment=await _change(payment, failed, ports), challenge=None)


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
        await ports.books.apply(changes_of(payment, ended, ports.clock.now_ms()))
    except Conflict:
        return await find_payment(merchant, number, ports)
    await ports.vault.drop_held(merchant.id, number)
    return ended


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
        answer = await ports.acquirer.begin(ask)
    except CardGone:
        return CARD_GONE
    except HoldingFull:
        return _HOLDING_FULL
    if isinstance(answer, Declined):
        hear_bank(presented.token, is_approved=False)
    return answer


async def _change(before: Payment, after: Payment, ports: Ports) -> Payment:
    """Write a payment's next version, and return it.

    Raises Refusal(AUTHENTICATION_UNSUITABLE) when somebody else changed it meanwhile: it was
    completed or has ended, and what is held for it serves nobody any more.
    """
    try:
        await ports.books.apply(changes_of(before, after, ports.clock.now_ms()))
    except Conflict:
        await ports.vault.drop_held(before.merchant_id, before.number)
        raise Refusal(Reason.AUTHENTICATION_UNSUITABLE) from None
    return after


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
    await ports.books.apply(changes_of(payment, moved, ports.clock.now_ms()))
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


async def up_to_date(payment: Payment, ports: Ports) -> Authentication:
    """A payment's authentication, ended first when its time ran out or its card is lost.

    Raises Refusal(AUTHENTICATION_UNSUITABLE) when it has none, or changed meanwhile.
    """
    authentication = _authentication_of(payment)
    event = await _ending(payment, authentication, ports)
    if event is None:
        return authentication
    ended = move(authentication, event)
    await _change(payment, follow_authentication(payment, ended), ports)
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
