"""The merchant's blocklist of card numbers."""

from vezne.core.card import SealedCard
from vezne.core.merchant import Merchant
from vezne.core.ports import CardGone, Ports
from vezne.core.refusal import Reason, Refusal
from vezne.flows.store_card import CardOfOwner, find_stored_card, sealed_from_stored


async def block_card(command: CardOfOwner, ports: Ports) -> None:
    """Refuse the number of a stored card from now on, however it is presented.

    Raises Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND.
    """
    card = await find_stored_card(command, ports)
    try:
        await ports.vault.block(command.merchant.id, sealed_from_stored(card))
    except CardGone:
        raise Refusal(Reason.CARD_NOT_FOUND) from None


async def unblock_card(command: CardOfOwner, ports: Ports) -> None:
    """Accept the number of a stored card again.

    Raises Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND.
    """
    card = await find_stored_card(command, ports)
    try:
        await ports.vault.unblock(command.merchant.id, sealed_from_stored(card))
    except CardGone:
        raise Refusal(Reason.CARD_NOT_FOUND) from None


async def is_card_blocked(merchant: Merchant, card: SealedCard, ports: Ports) -> bool:
    """Whether a number is refused. Raises Refusal(CARD_NOT_FOUND) when it was just deleted."""
    try:
        return await ports.vault.is_blocked(merchant.id, card)
    except CardGone:
        raise Refusal(Reason.CARD_NOT_FOUND) from None
