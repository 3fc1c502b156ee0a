"""The text of a request's fields that an `IYZWS` signature covers, its "PKI string".

An object is `[name=value,name=value]` with its fields in a fixed order, which depends on the
endpoint; a list is `[value, value]`; nothing is quoted or escaped. Amounts are spelled with at
least one decimal and no further trailing zeros. Fields that are absent or null are left out.

Texts come as segments, because only the vault can fill in the card's number and code.
"""

import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from vezne.core.card import CardSlot
from vezne.core.diagnosis import Cause

Segments = list[str | CardSlot]

_CENT: Final = Decimal("0.01")
_FINER_THAN_CENTS: Final = re.compile(r"[0-9]{1,12}\.[0-9]{3,}")


def _order(names: str) -> tuple[str, ...]:
    return tuple(names.split())


def _request(names: str) -> tuple[str, ...]:
    return ("locale", "conversationId", *_order(names))


_PAYMENT: Final = _request(
    "price paidPrice installment paymentChannel basketId paymentGroup paymentCard buyer"
    " shippingAddress billingAddress basketItems paymentSource currency posOrderId connectorName"
    " callbackUrl gsmNumber"
)
_BASIC_PAYMENT: Final = _request(
    "price paidPrice installment buyerEmail buyerId buyerIp posOrderId paymentCard currency"
    " connectorName callbackUrl"
)
_POST_AUTH: Final = _request("paymentId ip paidPrice currency")
_THREEDS_AUTH: Final = _request("paymentId conversationData")
_LINE: Final = _request("paymentTransactionId")
_CROSS_BOOKING: Final = _request("subMerchantKey price reason currency")
_SUB_MERCHANT: Final = _request(
    "name email gsmNumber address iban taxOffice contactName contactSurname legalCompanyTitle"
    " swiftCode currency settlementDescriptionTemplate"
)

# The fields of each request in the order of the clients' request classes. Fields in nested objects
# have their orders below, and amounts are known by name.
_ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "POST /payment/auth": _PAYMENT,
    "POST /payment/preauth": _PAYMENT,
    "POST /payment/postauth": _POST_AUTH,
    "POST /payment/auth/basic": _BASIC_PAYMENT,
    "POST /payment/preauth/basic": _BASIC_PAYMENT,
    "POST /payment/postauth/basic": _POST_AUTH,
    "POST /payment/3dsecure/initialize": _PAYMENT,
    "POST /payment/3dsecure/initialize/preauth": _PAYMENT,
    "POST /payment/3dsecure/initialize/basic": _BASIC_PAYMENT,
    "POST /payment/3dsecure/initialize/preauth/basic": _BASIC_PAYMENT,
    "POST /payment/iyziconnect/initialize3ds/preauth": _BASIC_PAYMENT,
    "POST /payment/3dsecure/auth": _THREEDS_AUTH,
    "POST /payment/3dsecure/auth/basic": _THREEDS_AUTH,
    "POST /payment/v2/3dsecure/auth": (*_THREEDS_AUTH, *_order("basketId paidPrice currency")),
    "POST /payment/cancel": _request("paymentId ip reason description"),
    "POST /payment/refund": _request("paymentTransactionId price ip currency reason description"),
    "POST /v2/payment/refund": _request("paymentId price ip"),
    "POST /payment/detail": _request("paymentId paymentConversationId"),
    "POST /reporting/settlement/payoutcompleted": _request("date"),
    "POST /reporting/settlement/bounced": _request("date"),
    "POST /payment/bin/check": _request("binNumber"),
    "POST /payment/iyzipos/installment": _request("binNumber price currency"),
    "POST /cardstorage/card": _request("externalId email cardUserKey card"),
    "DELETE /cardstorage/card": _request("cardUserKey cardToken"),
    "POST /cardstorage/cards": _request("cardUserKey"),
    "POST /cardstorage/blacklist/card": _request("cardToken cardUserKey"),
    "POST /cardstorage/blacklist/card/inactive": _request("cardToken cardUserKey"),
    "POST /cardstorage/blacklist/card/retrieve": _request("cardNumber"),
    "POST /onboarding/submerchant": (
        *_SUB_MERCHANT,
        *_order("subMerchantExternalId identityNumber taxNumber subMerchantType blockageAmount"),
    ),
    "PUT /onboarding/submerchant": (
        *_SUB_MERCHANT,
        *_order("subMerchantKey identityNumber taxNumber blockageAmount"),
    ),
    "POST /onboarding/submerchant/detail": _request("subMerchantExternalId"),
    "POST /blockage": _request("subMerchantKey"),
    "POST /payment/iyzipos/item/approve": _LINE,
    "POST /payment/iyzipos/item/disapprove": _LINE,
    "POST /crossbooking/send": _CROSS_BOOKING,
    "POST /crossbooking/receive": _CROSS_BOOKING,
}

_ADDRESS: Final = _order("address zipCode contactName city country")
_NESTED_ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "paymentCard": _order(
        "cardHolderName cardNumber expireYear expireMonth cvc registerCard cardAlias cardToken"
        " cardUserKey metadata consumerToken registerConsumerCard ucsToken"
    ),
    "card": _order("cardAlias cardNumber expireYear expireMonth cardHolderName metadata"),
    "buyer": _order(
        "id name surname identityNumber email gsmNumber registrationDate lastLoginDate"
        " registrationAddress city country zipCode ip"
    ),
    "shippingAddress": _ADDRESS,
    "billingAddress": _ADDRESS,
    "basketItems": _order(
        "id price name category1 category2 itemType subMerchantKey externalSubMerchantId"
        " subMerchantPrice"
    ),
}

_OFTEN_FORGOTTEN: Final = (
    (Cause.FIELDS_LOCALE_MISSING, "locale"),
    (Cause.FIELDS_CONVERSATION_MISSING, "conversationId"),
)
_AMOUNTS: Final = frozenset({"price", "paidPrice", "subMerchantPrice", "blockageAmount"})


class _Style(enum.Enum):
    """How a client writes the fields of a fixed order.

    `FAITHFUL` keeps empty values and every decimal (Java, PHP, .NET). `PYTHON` leaves out zero,
    false and empty texts and lists outside amounts, and rounds amounts to two decimals. `AS_SENT`
    is nobody's: it spells amounts as they came.
    """

    FAITHFUL = "faithful"
    PYTHON = "python"
    AS_SENT = "as_sent"


def candidate_texts(method: str, path: str, payload: object) -> Iterator[Segments]:
    """Every text that a client may have signed for a request, the likeliest first.

    `path` is that of the route, and `payload` the decoded body with slots for the card fields. A
    route without a known order has only the text in the body's own order.
    """
    if payload is None:
        # The Java client's text of a request that has no parameters.
        yield ["null"]
    if not isinstance(payload, dict):
        return
    order = _ORDERS.get(f"{method} {path}")
    if order is not None:
        for style in (_Style.FAITHFUL, _Style.PYTHON):
            yield _object(payload, order, style)
    yield _in_body_order(payload)


def mistaken_texts(method: str, path: str, payload: object) -> Iterator[tuple[Cause, Segments]]:
    """Texts that a client may have signed by mistake, and which mistake that is."""
    if not isinstance(payload, dict):
        return
    faithful = _Style.FAITHFUL
    order = _ORDERS.get(f"{method} {path}", tuple(payload))
    yield Cause.FIELDS_NUMBERS_AS_SENT, _object(payload, order, _Style.AS_SENT)
    yield Cause.FIELDS_IN_BODY_ORDER, _object(payload, tuple(payload), faithful)
    kept = {name: "null" if value is None else value for name, value in payload.items()}
    yield Cause.FIELDS_NULLS_KEPT, _object(kept, order, faithful)
    filled = {name: value for name, value in payload.items() if value != ""}
    yield Cause.FIELDS_EMPTY_DROPPED, _object(filled, order, faithful)
    for cause, name in _OFTEN_FORGOTTEN:
        yield cause, _object(payload, [other for other in order if other != name], faithful)


def _object(fields: Mapping[str, object], order: Sequence[str], style: _Style) -> Segments:
    parts: list[Segments] = []
    for name in order:
        value = fields.get(name)
        if value is not None and not (style is _Style.PYTHON and _is_dropped(name, value)):
            parts.append([f"{name}=", *_value(name, value, style)])
    return _bracketed(parts, ",")


def _is_dropped(name: str, value: object) -> bool:
    return value == "" if name in _AMOUNTS else not value and not isinstance(value, dict)


def _value(name: str, value: object, style: _Style) -> Segments:
    if isinstance(value, list):
        return _bracketed([_value(name, item, style) for item in value], ", ")
    if isinstance(value, dict):
        order = _NESTED_ORDERS.get(name)
        return _map(value) if order is None else _object(value, order, style)
    text = _scalar(value)
    if name in _AMOUNTS and isinstance(text, str) and style is not _Style.AS_SENT:
        return [_amount(text, style)]
    return [text]


def _map(entries: Mapping[str, object]) -> Segments:
    """Java's text of a map, which is what a card's metadata is."""
    return ["{", ", ".join(f"{name}={_scalar(value)}" for name, value in entries.items()), "}"]


def _amount(text: str, style: _Style) -> str:
    """`1` is `1.0`, `1.20` is `1.2`, `22.00` is `22.0`; a text that is no number goes along.

    The Python client rounds a float, so it may take the other side of an exact half cent.
    """
    if style is _Style.PYTHON and _FINER_THAN_CENTS.fullmatch(text):
        text = str(Decimal(text).quantize(_CENT, ROUND_HALF_EVEN))
    if "." not in text:
        return f"{text}.0"
    stripped = text.rstrip("0")
    return f"{stripped}0" if stripped.endswith(".") else stripped


def _in_body_order(value: object) -> Segments:
    """What the Node client's generic builder makes of a body: every field, as it comes.

    The builder cuts its last separator off unseen; of something empty it cuts the opening bracket.
    """
    if isinstance(value, dict):
        fields = [[f"{name}=", *_in_body_order(item)] for name, item in value.items()]
        return _bracketed(fields, ",") if fields else ["]"]
    if isinstance(value, list):
        return _bracketed([_in_body_order(item) for item in value], ", ") if value else ["]"]
    return ["]"] if value is None else [_scalar(value)]


def _scalar(value: object) -> str | CardSlot:
    if isinstance(value, CardSlot):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _bracketed(parts: Sequence[Segments], separator: str) -> Segments:
    segments: Segments = ["["]
    for place, part in enumerate(parts):
        if place:
            segments.append(separator)
        segments += part
    segments.append("]")
    return segments
