"""What a merchant is told of its payments: the confirmation of the documentation, PayLink page.

It is the only message that the documentation's servers send by themselves, and it is sent for a
payment that succeeded. Here every payment of the door is confirmed so; one whose outcome the bank
told late is also told when it came to nothing, because whoever asked has not heard of it.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

import msgspec

from vezne.core.notice import Notice, NoticeKind
from vezne.core.webhook import Telling, WebhookDoor, WebhookMessage
from vezne.dialects.paynet.amounts import lira
from vezne.dialects.paynet.endpoint import Desk
from vezne.dialects.paynet.enums import bank_of, card_type, timestamp, transaction_mask
from vezne.dialects.paynet.transaction_render import instalment, order_number, person, view

_APPROVED: Final = frozenset({NoticeKind.SALE_APPROVED, NoticeKind.HOLD_APPROVED})

_encoder: Final = msgspec.json.Encoder(decimal_format="number")


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """The body, in the order of the documentation.

    The documentation spells the merchant's reference `referance_no`, its clients `reference_no`.
    """

    referance_no: str
    reference_no: str
    xact_date: str
    agent_id: str
    bank_id: str
    instalment: int
    card_type: str
    card_holder: str
    card_number: str
    amount: Decimal
    net_amount: Decimal = msgspec.field(name="netAmount")
    comission: Decimal
    comission_tax: Decimal
    currency: str
    authorization_code: str
    order_id: str
    is_succeed: bool


def webhook_door(desk: Desk) -> WebhookDoor:
    """The door's webhooks. The protocol does not sign them."""
    return WebhookDoor(render=renderer(desk))


def renderer(desk: Desk) -> Callable[[Telling], WebhookMessage | None]:
    """What puts a notice into this protocol's words."""

    def render(telling: Telling) -> WebhookMessage | None:
        if not _is_told(telling.notice):
            return None
        body = _confirmation(desk, telling)
        return WebhookMessage(url=telling.url, body=_encoder.encode(body))

    return render


def _is_told(notice: Notice) -> bool:
    is_declined = notice.kind is NoticeKind.AUTHORIZATION_DECLINED
    return notice.kind in _APPROVED or (is_declined and notice.is_late)


def _confirmation(desk: Desk, telling: Telling) -> Confirmation:
    payment = telling.payment
    seen = view(desk, telling.merchant, payment)
    reference = payment.conversation_id or ""
    return Confirmation(
        referance_no=reference,
        reference_no=reference,
        xact_date=timestamp(payment.created_ms),
        agent_id=seen.remarks.agent_id,
        bank_id=bank_of(seen.record).id,
        instalment=instalment(payment),
        card_type=card_type(seen.record),
        card_holder=person(seen).name,
        card_number=transaction_mask(payment.bin, payment.last4),
        amount=lira(seen.figures.total_e8),
        net_amount=lira(seen.figures.net_e8),
        comission=lira(seen.figures.commission_e8),
        comission_tax=lira(seen.figures.tax_e8),
        currency=seen.currency,
        authorization_code=payment.auth_code,
        order_id=order_number(payment),
        is_succeed=telling.notice.kind in _APPROVED,
    )
