"""The second call of a payment with 3-D Secure: its cardholder is authenticated, now authorize."""

from collections.abc import Mapping
from typing import Final

import msgspec

from vezne.core.audit import name_payer
from vezne.core.authentication import (
    Authentication,
    AuthenticationEvent,
    AuthenticationState,
    move,
)
from vezne.core.changes import Conflict
from vezne.core.merchant import BlockageRelease, Merchant
from vezne.core.payment import (
    Payment,
    PaymentKind,
    follow_authentication,
    open_authorization,
)
from vezne.core.ports import (
    Ports,
)
from vezne.core.pricing import blockage_resolved_at
from vezne.core.refusal import Reason, Refusal
from vezne.flows.authenticate import up_to_date
from vezne.flows.authorize import (
    authorization,
    authorize,
    forget_unused,
)
from vezne.flows.blocklist import is_card_blocked
from vezne.flows.card_to_charge import card_to_charge
from vezne.flows.inquire import claim_for, find_payment
from vezne.flows.pay import (
    CardOnFile,
    NewCard,
    keep_if_registering,
    payer_address,
    present,
)
from vezne.flows.record import changes_of
from vezne.flows.store_card import check_not_expired

# Why a payment whose authentication stands so cannot be completed. PASSED is the one that can.
REFUSALS: Final[Mapping[AuthenticationState, Reason]] = {
    AuthenticationState.OPEN: Reason.AUTHENTICATION_UNSUITABLE,
    AuthenticationState.SPENT: Reason.AUTHENTICATION_UNSUITABLE,
    AuthenticationState.FAILED: Reason.AUTHENTICATION_UNSUITABLE,
    AuthenticationState.EXPIRED: Reason.AUTHENTICATION_EXPIRED,
    AuthenticationState.LAPSED: Reason.HELD_CARD_LOST,
}


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


async def complete(command: Complete, ports: Ports) -> Payment:
    """Authorize a payment whose cardholder is authenticated; returns it as `pay` does.

    An authentication is good for one authorization. Raises Refusal: PAYMENT_NOT_FOUND;
    PAYMENT_DIFFERS from what is expected; AUTHENTICATION_UNSUITABLE when there is none, it is not
    passed, or it is spent; AUTHENTICATION_EXPIRED and HELD_CARD_LOST, both of which end the
    payment; CARD_NOT_FOUND, OWNER_NOT_FOUND, CARD_EXPIRED, CARD_BLOCKED.
    """
    payment = await find_payment(command.merchant, command.number, ports)
    _check_expected(payment, command.expected)
    authentication = await up_to_date(payment, ports)
    if authentication.state is not AuthenticationState.PASSED:
        raise Refusal(REFUSALS[authentication.state])
    card = await card_to_charge(payment, authentication, ports)
    transit_id = card.card.transit_id if isinstance(card, NewCard) else card.transit_id
    try:
        return await _spend(command, payment, authentication, card, ports)
    finally:
        if transit_id is not None:
            ports.vault.release(transit_id)


def _check_expected(payment: Payment, expected: Expected | None) -> None:
    """Raise Refusal(PAYMENT_DIFFERS) when the payment is another than the merchant takes it for."""
    if expected is None:
        return
    actual = Expected(
        paid_e8=payment.paid_e8, basket_id=payment.basket_id, currency=payment.currency
    )
    if expected != actual:
        raise Refusal(Reason.PAYMENT_DIFFERS)


async def _spend(
    command: Complete,
    payment: Payment,
    authentication: Authentication,
    card: NewCard | CardOnFile,
    ports: Ports,
) -> Payment:
    """Check what may have changed since, promise the authorization, and carry it out."""
    name_payer(payer_address(payment.parties))
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
    asked = authorization(promised.line_numbers.stop, promised.paid_e8, now_ms)
    promised = open_authorization(promised, asked)
    changes = changes_of(payment, promised, now_ms, is_renamed=is_renamed)
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
    return await authorize(promised, presented, authentication.result, ports)
