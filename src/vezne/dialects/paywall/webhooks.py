"""What a merchant is told of its payments: the documentation's general communication.

Its types are successful and failed payments, refunds, partial refunds and cancellations. A
pre-authorization is successful once it is captured, as its status says; one whose approval came
late is told at once, because whoever asked for it has not heard of it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from vezne.core.notice import Notice, NoticeKind
from vezne.core.payment import Payment
from vezne.core.webhook import Telling, WebhookDoor, WebhookMessage
from vezne.dialects.paywall import auth
from vezne.dialects.paywall.callback import HASH_FORMAT, callback_hash
from vezne.dialects.paywall.payment_enums import CURRENCY_IDS
from vezne.dialects.paywall.payment_render import amount, local_text
from vezne.dialects.paywall.query import METHODS

_SUCCESSFUL: Final = 1
_FAILED: Final = 2
_REFUND: Final = 3
_PARTIAL_REFUND: Final = 4
_CANCEL: Final = 5
_TYPES: Final[Mapping[NoticeKind, int]] = {
    NoticeKind.AUTHENTICATION_FAILED: _FAILED,
    NoticeKind.SALE_APPROVED: _SUCCESSFUL,
    NoticeKind.AUTHORIZATION_DECLINED: _FAILED,
    NoticeKind.CAPTURE_APPROVED: _SUCCESSFUL,
    NoticeKind.VOID_APPROVED: _CANCEL,
}
# The number of the system webhook's key type in the documentation.
HASH_KEY_TYPE: Final = 4

_encoder: Final = msgspec.json.Encoder(decimal_format="number")


class GeneralMessage(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The body, in the order of the documentation."""

    type: int
    payment_id: int
    amount: Decimal
    operation_amount: Decimal
    ip: str = msgspec.field(name="IP")
    unique_code: str
    currency_id: int
    payment_method_id: int
    installment: int
    channel_id: int
    tag_id: int
    date_time: str
    hash: str
    hash_format: str
    hash_key_type: int


def webhook_door() -> WebhookDoor:
    """The door's webhooks, hashed with the key that 3-D callbacks are hashed with."""
    return WebhookDoor(render=render, signs_with=auth.PUBLIC.door)


def render(telling: Telling) -> WebhookMessage | None:
    """A notice in this protocol's words; None for what has no type."""
    payment, notice = telling.payment, telling.notice
    type_number = _type_of(payment, notice)
    if type_number is None:
        return None
    code = payment.conversation_id or ""
    total = amount(payment.price_e8)
    signed = (str(payment.number), code, f"{total:f}", str(payment.installments))
    body = GeneralMessage(
        type=type_number,
        payment_id=payment.number,
        amount=total,
        operation_amount=amount(notice.amount_e8),
        ip=payment.parties.get("buyer", {}).get("ip", ""),
        unique_code=code,
        currency_id=CURRENCY_IDS[payment.currency],
        payment_method_id=METHODS[payment.authentication is not None, payment.kind].id,
        installment=payment.installments,
        channel_id=int(payment.channel or 0),
        tag_id=int(payment.group or 0),
        date_time=local_text(notice.at_ms),
        hash=callback_hash(telling.secret, signed),
        hash_format=HASH_FORMAT,
        hash_key_type=HASH_KEY_TYPE,
    )
    return WebhookMessage(url=telling.url, body=_encoder.encode(body))


def _type_of(payment: Payment, notice: Notice) -> int | None:
    if notice.kind is NoticeKind.REFUND_APPROVED:
        return _REFUND if notice.amount_e8 == payment.paid_e8 else _PARTIAL_REFUND
    if notice.kind is NoticeKind.HOLD_APPROVED and notice.is_late:
        return _SUCCESSFUL
    return _TYPES.get(notice.kind)
