"""The merchant's blocklist, by a card that came with a request or is stored."""

from vezne.core.card import SealedCard
from vezne.core.merchant import Merchant
from vezne.core.ports import CardGone, Ports
from vezne.core.refusal import Reason, Refusal


async def block_number(merchant: Merchant, card: SealedCard, ports: Ports) -> int | None:
    """Refuse a card's number from now on; returns since when, in epoch milliseconds.

    None when it was refused already. Raises Refusal(CARD_NOT_FOUND).
    """
    vault = ports.vault
    try:
        if await vault.blocked_since(merchant.id, card) is not None:
            return None
        await vault.block(merchant.id, card)
        return await vault.blocked_since(merchant.id, card)
    except CardGone:
        raise Refusal(Reason.CARD_NOT_FOUND) from None


async def unblock_number(merchant: Merchant, card: SealedCard, ports: Ports) -> bool:
    """Accept a card's number again; returns whether it was refused.

    Raises Refusal(CARD_NOT_FOUND).
    """
    try:
        if await ports.vault.blocked_since(merchant.id, card) is None:
            return False
        await ports.vault.unblock(merchant.id, card)
    except CardGone:
        raise Refusal(Reason.CARD_NOT_FOUND) from None
    return True


async def blocked_since(merchant: Merchant, card: SealedCard, ports: Ports) -> int | None:
    """Since when a card's number is refused, in epoch milliseconds; None when it is not.

    Raises Refusal(CARD_NOT_FOUND).
    """
    try:
        return await ports.vault.blocked_since(merchant.id, card)
    except CardGone:
        raise Refusal(Reason.CARD_NOT_FOUND) from None
