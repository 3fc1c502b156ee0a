"""What a merchant is told of its payments: the direct format of the documentation, Webhook page.

The documentation knows messages about payments and the steps of 3-D Secure, and about refunds that
ended after their request. It has none for cancel and postauth, whose callers have their answer;
where the bank gave that answer late, the general event type tells it.
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from vezne.core.notice import Notice, NoticeKind
from vezne.core.payment import Payment
from vezne.core.webhook import Telling, WebhookDoor, WebhookMessage
from vezne.dialects.iyzico.endpoint import DOOR
from vezne.dialects.iyzico.switches import Switches

_SUCCESS: Final = "SUCCESS"
_FAILURE: Final = "FAILURE"
_CALLBACK: Final = "CALLBACK_THREEDS"

_API: Final = "API_AUTH"
_THREEDS: Final = "THREE_DS_AUTH"
_THREEDS_CALLBACK: Final = "THREE_DS_CALLBACK"
_GENERAL: Final = "PAYMENT_API"
_REFUND_SUCCEEDED: Final = "REFUND_RETRY_SUCCESS"
_REFUND_FAILED: Final = "REFUND_RETRY_FAILURE"

_AUTHENTICATIONS: Final[Mapping[NoticeKind, str]] = {
    NoticeKind.AUTHENTICATION_PASSED: _CALLBACK,
    NoticeKind.AUTHENTICATION_FAILED: _FAILURE,
}
_AUTHORIZATIONS: Final[Mapping[NoticeKind, str]] = {
    NoticeKind.SALE_APPROVED: _SUCCESS,
    NoticeKind.HOLD_APPROVED: _SUCCESS,
    NoticeKind.AUTHORIZATION_DECLINED: _FAILURE,
}
# Event type and status, when the bank said so late.
_FOLLOW_UPS: Final[Mapping[NoticeKind, tuple[str, str]]] = {
    NoticeKind.CAPTURE_APPROVED: (_GENERAL, _SUCCESS),
    NoticeKind.CAPTURE_FAILED: (_GENERAL, _FAILURE),
    NoticeKind.VOID_APPROVED: (_GENERAL, _SUCCESS),
    NoticeKind.VOID_FAILED: (_GENERAL, _FAILURE),
    NoticeKind.REFUND_APPROVED: (_REFUND_SUCCEEDED, _SUCCESS),
    NoticeKind.REFUND_FAILED: (_REFUND_FAILED, _FAILURE),
}

# The space of the reference codes, made once for this purpose.
_REFERENCES: Final = uuid.UUID("0b8f5a0e-6c57-4f0c-9d0c-5b1c6f0f7a52")

_encoder: Final = msgspec.json.Encoder()


class DirectMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body, in the order of the wire."""

    payment_conversation_id: str
    merchant_id: int
    payment_id: int
    status: str
    iyzi_reference_code: str
    iyzi_event_type: str
    iyzi_event_time: int
    iyzi_payment_id: int


def webhook_door(switches: Switches) -> WebhookDoor:
    """The door's webhooks, signed with the secret of its key pairs."""
    return WebhookDoor(render=renderer(switches), signs_with=DOOR)


def renderer(switches: Switches) -> Callable[[Telling], WebhookMessage | None]:
    """What puts a notice into this protocol's words and signs it."""

    def render(telling: Telling) -> WebhookMessage | None:
        payment, notice = telling.payment, telling.notice
        event = _event_of(payment, notice)
        if event is None:
            return None
        event_type, status = event
        body = DirectMessage(
            payment_conversation_id=payment.conversation_id or "",
            merchant_id=payment.merchant_id,
            payment_id=payment.number,
            status=status,
            iyzi_reference_code=reference_code(notice),
            iyzi_event_type=event_type,
            iyzi_event_time=notice.at_ms,
            iyzi_payment_id=payment.number,
        )
        headers = [("X-IYZ-SIGNATURE-V3", signature_v3(telling.secret, body))]
        if switches.webhook_signature_v1:
            headers.append(("X-IYZ-SIGNATURE", signature_v1(telling.secret, body)))
        return WebhookMessage(url=telling.url, body=_encoder.encode(body), headers=tuple(headers))

    return render


def reference_code(notice: Notice) -> str:
    """The name of a message: the same whenever it is sent, and no other message's."""
    name = f"{notice.merchant_id}/{notice.payment_number}/{notice.version}"
    return str(uuid.uuid5(_REFERENCES, name))


def signature_v3(secret: bytes, body: DirectMessage) -> str:
    """HMAC-SHA256 in lower-case hex, under the secret and over it and four values."""
    values = (
        body.iyzi_event_type,
        str(body.payment_id),
        body.payment_conversation_id,
        body.status,
    )
    return hmac.digest(secret, secret + "".join(values).encode(), "sha256").hex()


def signature_v1(secret: bytes, body: DirectMessage) -> str:
    """SHA-1 in base64 over the secret, the event type and what names the payment.

    That is the token for a hosted form (official shop plugins); a direct payment has its number.
    """
    text = secret + f"{body.iyzi_event_type}{body.payment_id}".encode()
    return base64.b64encode(hashlib.sha1(text).digest()).decode()  # noqa: S324


def _event_of(payment: Payment, notice: Notice) -> tuple[str, str] | None:
    """The event type and the status of a notice; None for what has no message."""
    if notice.kind in _AUTHENTICATIONS:
        return _THREEDS_CALLBACK, _AUTHENTICATIONS[notice.kind]
    if notice.kind in _AUTHORIZATIONS:
        is_threeds = payment.authentication is not None
        return _THREEDS if is_threeds else _API, _AUTHORIZATIONS[notice.kind]
    return _FOLLOW_UPS[notice.kind] if notice.is_late else None
