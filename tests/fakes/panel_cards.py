"""Cards in the house behind a panel, stored as a door would store them."""

import json

from fakes.panel import PanelCaller
from vezne.bootstrap.house import own_room
from vezne.core.body import CardFields
from vezne.core.card import Expiry, SealedCard
from vezne.core.merchant import Merchant
from vezne.flows.store_card import StoreCard, Stored, store_card

NUMBER = "5528790000000008"
_FIELDS = CardFields(("card",), "cardNumber")


async def put_card(
    panel: PanelCaller, *, merchant: Merchant | None = None, number: str = NUMBER, **changes: object
) -> Stored:
    """A card of a new owner, or of the owner that the changes name."""
    raw = json.dumps({"card": {"cardNumber": number}}).encode()
    lifted = own_room(panel.house).service.intake.lift(raw, _FIELDS).card
    sealed = SealedCard(
        bin=lifted.bin,
        last4=lifted.last4,
        expiry=changes.pop("expiry", Expiry(2030, 12)),
        transit_id=lifted.transit_id,
    )
    command = {
        "merchant": merchant or panel.merchant,
        "card": sealed,
        "holder": "Ayşe Öztürk",
        "alias": "kartım",
        "email": "ayse@example.com",
        "external_id": "customer-7",
    } | changes
    return await store_card(StoreCard(**command), panel.house.ports)
