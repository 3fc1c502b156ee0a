"""3-D Secure between the built-in bank and its acquirer: what is asked, and the signed return.

The acquirer asks over the line; the bank's word comes back by way of the cardholder's browser, so
it is signed with a key that both sides share.
"""

import hmac
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

# Scheme, host and path of plain characters: such a URL is safe in a header and in a page.
_URL: Final = r"\Ahttps?://[A-Za-z0-9.\-\[\]:_]+(/[A-Za-z0-9._~/%-]*)?\Z"

Url = Annotated[str, Meta(pattern=_URL)]


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """What a request to have a cardholder authenticated carries beside amount and card.

    The order is the merchant and the trace of the request. The browser brings the bank's word to
    `return_url`.
    """

    merchant_name: str
    language: Literal["tr", "en"]
    return_url: Url


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What the bank answers: the browser posts `token` to `url`."""

    url: Url
    token: Annotated[str, Meta(min_length=1)]
    transaction_id: Annotated[str, Meta(min_length=1)]


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What an authorization carries of an authentication that came before it."""

    transaction_id: str
    eci: str
    cavv: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The bank's word on an authentication. Only a strong enough one has `eci` and `cavv`."""

    merchant_id: int
    payment_number: int
    transaction_id: str
    md_status: int
    eci: str = ""
    cavv: str = ""


class ForgedForm(Exception):
    """The form does not carry the signature of whoever holds the key."""


_SIGNATURE: Final = "signature"
_FIELDS: Final = ("merchantId", "orderId", "transactionId", "mdStatus", "eci", "cavv")
_PURPOSE: Final = "simbank 3-D Secure return"


def bind(*texts: str) -> bytes:
    """Texts as one message in which none can run into the next: each behind its length."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return b"".join(b"%d:%b" % (len(text), text) for text in encoded)


def sign_return(key: bytes, outcome: Outcome) -> dict[str, str]:
    """The fields of the form that takes an outcome back, its signature among them."""
    values = (
        str(outcome.merchant_id),
        str(outcome.payment_number),
        outcome.transaction_id,
        str(outcome.md_status),
        outcome.eci,
        outcome.cavv,
    )
    return dict(zip(_FIELDS, values, strict=True)) | {_SIGNATURE: _signature(key, values)}


def open_return(key: bytes, fields: Mapping[str, str]) -> Outcome:
    """The outcome in a form. Raises ForgedForm when any field is missing, added or altered."""
    if fields.keys() != {*_FIELDS, _SIGNATURE}:
        raise ForgedForm
    values = tuple(fields[name] for name in _FIELDS)
    # Compared as bytes: a text that is not ASCII would raise instead of differing.
    if not hmac.compare_digest(bind(_signature(key, values)), bind(fields[_SIGNATURE])):
        raise ForgedForm
    merchant_id, payment_number, transaction_id, md_status, eci, cavv = values
    return Outcome(
        merchant_id=int(merchant_id),
        payment_number=int(payment_number),
        transaction_id=transaction_id,
        md_status=int(md_status),
        eci=eci,
        cavv=cavv,
    )


def _signature(key: bytes, values: tuple[str, ...]) -> str:
    return hmac.digest(key, bind(_PURPOSE, *values), "sha256").hex()
