"""Have the vault hold a card between two calls of a merchant, in memory, for minutes."""

from vezne.core.card import SealedCard
from vezne.core.merchant import Merchant
from vezne.core.ports import CardGone, HeldCard, HoldingFull, Ports
from vezne.core.refusal import Reason, Refusal


async def hold_card(merchant: Merchant, card: SealedCard, holder: str, ports: Ports) -> int:
    """Hold what is in transit of a card; returns the number under which it is held.

    It is lost at a restart, and after fifteen minutes. Of a stored card the code is held, if one
    came. Raises Refusal(HELD_CARD_LOST) when the vault has no room for it, or the request took so
    long that its card is gone.
    """
    number = await ports.numbers.take(1)
    try:
        await ports.vault.hold(merchant.id, number, card, holder)
    except (CardGone, HoldingFull):
        raise Refusal(Reason.HELD_CARD_LOST) from None
    return number


async def open_held_card(merchant: Merchant, number: int, ports: Ports) -> HeldCard:
    """A held card, in transit as well, and held on until `drop_held_card`.

    Whoever opens it calls `ports.vault.release` with its transit id in the end. Raises
    Refusal(HELD_CARD_LOST).
    """
    try:
        return await ports.vault.open_held(merchant.id, number)
    except CardGone:
        raise Refusal(Reason.HELD_CARD_LOST) from None


async def drop_held_card(merchant: Merchant, number: int, ports: Ports) -> None:
    """Wipe a held card, if it is still there."""
    await ports.vault.drop_held(merchant.id, number)
