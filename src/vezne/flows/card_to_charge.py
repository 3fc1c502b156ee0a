"""The card of a payment whose holder was authenticated: held until now, or stored."""

import msgspec

from vezne.core.authentication import Authentication
from vezne.core.payment import Payment
from vezne.core.ports import CardGone, HeldCard, Ports
from vezne.core.refusal import Reason, Refusal
from vezne.flows.pay import CardOnFile, NewCard


async def card_to_charge(
    payment: Payment, authentication: Authentication, ports: Ports
) -> NewCard | CardOnFile:
    """The card as it came with `begin`; what is held of it is in transit again.

    Whoever asks releases that in the end. Raises Refusal(AUTHENTICATION_UNSUITABLE).
    """
    if payment.owner_key is not None and payment.card_token is not None:
        on_file = CardOnFile(owner_key=payment.owner_key, token=payment.card_token)
        if not authentication.is_card_held:
            return on_file
        held = await _open_held(payment, ports)
        return msgspec.structs.replace(on_file, transit_id=held.card.transit_id)
    held = await _open_held(payment, ports)
    wish = authentication.registration
    if wish is None:
        return NewCard(card=held.card, holder=held.holder)
    return NewCard(
        card=held.card,
        holder=held.holder,
        register=True,
        owner_key=wish.owner_key,
        email=wish.email,
        alias=wish.alias,
        external_id=wish.external_id,
    )


async def _open_held(payment: Payment, ports: Ports) -> HeldCard:
    """What the vault holds for a payment. Raises Refusal(AUTHENTICATION_UNSUITABLE)."""
    try:
        return await ports.vault.open_held(payment.merchant_id, payment.number)
    except CardGone:
        # It was there a moment ago, so another call completed the payment meanwhile.
        raise Refusal(Reason.AUTHENTICATION_UNSUITABLE) from None
