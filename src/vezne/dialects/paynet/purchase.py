"""From a session and its token to the payment of the house."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vezne.core.merchant import BlockageRelease, Merchant
from vezne.core.payment import PaymentKind
from vezne.core.ports import Ports
from vezne.core.pricing import LineSplit
from vezne.dialects.paynet import enums
from vezne.dialects.paynet.cards import owner_key_from_text
from vezne.dialects.paynet.endpoint import DOOR
from vezne.dialects.paynet.remarks import Remarks, parties_of
from vezne.dialects.paynet.sessions import Opened, Terms, Token
from vezne.flows.held_card import open_held_card
from vezne.flows.pay import CardOnFile, NewCard, Pay

# Who acts in this flow, as reports call it.
USER_ID = "PaynetJ"
BLOCKAGE_RELEASE = BlockageRelease.SAME_TIME


@asynccontextmanager
async def presented_card(
    merchant: Merchant, terms: Terms, token: Token, ports: Ports
) -> AsyncIterator[NewCard | CardOnFile]:
    """The card of a token, in transit while the block runs where the vault holds it.

    Raises Refusal(HELD_CARD_LOST).
    """
    if not token.is_held:
        yield _on_file(token)
        return
    held = await open_held_card(merchant, token.number, ports)
    transit_id = held.card.transit_id
    try:
        if token.card_token:
            yield _on_file(token, transit_id)
        else:
            yield NewCard(
                card=held.card,
                holder=held.holder,
                register=terms.save_card,
                owner_key=owner_key_from_text(terms.card_owner_id)
                if terms.save_card and terms.card_owner_id
                else None,
                email=token.email,
                alias=terms.card_desc,
                external_id=terms.user_unique_id or None,
            )
    finally:
        if transit_id is not None:
            ports.vault.release(transit_id)


def pay_command(
    merchant: Merchant,
    opened: Opened,
    token: Token,
    card: NewCard | CardOnFile,
    *,
    kind: PaymentKind,
    reference_no: str,
) -> Pay:
    """The payment that a token is for. The merchant's price is the amount without commission.

    Where there is a `reference_no`, no other payment may have it.
    """
    terms = opened.terms
    remarks = Remarks(
        session=opened.session.key.hex(),
        token_number=token.number,
        user_id=USER_ID,
        agent_id=terms.agent_id,
        pos_type=terms.pos_type,
        ratio_code=terms.ratio_code,
        ratio_e8=token.ratio_e8,
        tax_e8=token.tax_e8,
        add_commission=terms.add_commission,
        holder=token.holder,
        phone=token.phone,
        email=token.email,
        ip=token.ip,
        client_id=token.client_id,
        description=token.description,
        card_desc=terms.card_desc,
        save_card=terms.save_card and not token.card_token,
    )
    return Pay(
        merchant=merchant,
        door=DOOR,
        kind=kind,
        card=card,
        price_e8=terms.amount_e8,
        paid_e8=token.total_e8,
        currency=enums.CURRENCY,
        installments=max(token.count, 1),
        lines=(),
        line_split=LineSplit.EXACT,
        blockage_release=BLOCKAGE_RELEASE,
        conversation_id=reference_no or None,
        claims_reference=bool(reference_no),
        parties=parties_of(remarks),
    )


def _on_file(token: Token, transit_id: int | None = None) -> CardOnFile:
    return CardOnFile(
        owner_key=bytes.fromhex(token.owner_key),
        token=bytes.fromhex(token.card_token),
        transit_id=transit_id,
    )
