"""Where a browser goes after the bank: the merchant's back URLs, and what it brings there."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from vezne.core.authentication import Authentication, AuthenticationState
from vezne.core.card import holds_card_number
from vezne.core.merchant import Credential, Merchant, MerchantSettings
from vezne.core.payment import Payment, PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.core.web_address import is_web_address
from vezne.dialects.paywall import auth
from vezne.dialects.paywall.endpoint import Desk, desk_of
from vezne.dialects.paywall.errors import Error, Failure
from vezne.dialects.paywall.guids import payment_guid
from vezne.dialects.paywall.payment_command import BLOCKAGE_RELEASE
from vezne.dialects.paywall.payment_render import (
    GATEWAY_ID,
    amount,
    bank_words,
    base64_text,
    local_text,
    saved_card,
    was_approved,
    why_failed,
)
from vezne.edge.messages import Answer, BrowserForm
from vezne.flows.authenticate import give_up
from vezne.flows.complete import Complete, complete

BACK_URL_LENGTH_MAX: Final = 250

# The names of the payment format and of the 3-D callback's key type in the documentation.
HASH_FORMAT: Final = "Payment"
HASH_KEY_TYPE: Final = 1
_SIGNED: Final = ("paymentId", "uniqueCode", "amount", "installment")
_SEPARATOR: Final = "###"

# Of these, one whose time is over is ended by the attempt to complete it.
_UNFINISHED: Final = frozenset({AuthenticationState.OPEN, AuthenticationState.PASSED})

_LINE_END: Final = re.compile(r"\r\n?|\n")


def checked_back_url(text: str, error: Error) -> str:
    """A mandatory absolute http or https URL. Raises Failure(error)."""
    url = text.strip()
    if len(url) > BACK_URL_LENGTH_MAX or not is_web_address(url) or holds_card_number(url):
        raise Failure(error)
    return url


def conclude(desk: Desk) -> Callable[[Payment], Awaitable[Answer]]:
    """What the edge calls once the bank's word on a cardholder was recorded."""

    async def to_merchant(payment: Payment) -> Answer:
        return await concluded(await desk_of(payment.merchant_id, desk), payment)

    return to_merchant


async def concluded(desk: Desk, payment: Payment) -> BrowserForm:
    """Complete a payment whose cardholder is authenticated, and say what the browser brings home.

    A payment that was completed before only gets its form again; one that cannot be completed is
    given up, so that nothing is charged after the merchant was told of a failure. Raises Refusal:
    OPERATION_IN_FLIGHT while another request completes it, AUTHENTICATION_UNSUITABLE for a payment
    without 3-D Secure.
    """
    authentication = payment.authentication
    if authentication is None:
        raise Refusal(Reason.AUTHENTICATION_UNSUITABLE)
    credential = await desk.merchants.find_credential(auth.PUBLIC.door, authentication.caller_key)
    if authentication.state in _UNFINISHED:
        payment = (
            await give_up(_merchant_of(payment), payment.number, desk.ports)
            if credential is None
            else await completed(desk, payment, credential.merchant)
        )
    return await callback_form(desk, payment, authentication, credential)


async def completed(desk: Desk, payment: Payment, merchant: Merchant) -> Payment:
    """A payment after its authorization, which is made here.

    Unless something keeps it from that: it comes to nothing then, for good.
    """
    command = Complete(merchant=merchant, number=payment.number, blockage_release=BLOCKAGE_RELEASE)
    try:
        return await complete(command, desk.ports)
    except Refusal:
        # Time has run out, the card is lost or blocked; or somebody else was faster, whose outcome
        # this leaves as it is.
        return await give_up(merchant, payment.number, desk.ports)


def _merchant_of(payment: Payment) -> Merchant:
    """Whose a payment is, by number: nobody says more once the key that began it is gone."""
    return Merchant(
        id=payment.merchant_id, name="", settings=MerchantSettings(), created_ms=payment.created_ms
    )


async def callback_form(
    desk: Desk, payment: Payment, authentication: Authentication, credential: Credential | None
) -> BrowserForm:
    """What the browser brings to the merchant, in the documented order.

    Without a hash when the key that started the payment works no more. Raises
    Refusal(OPERATION_IN_FLIGHT) while the bank is asked: the outcome is not known yet.
    """
    if payment.state is PaymentState.PENDING:
        raise Refusal(Reason.OPERATION_IN_FLIGHT)
    is_success = was_approved(payment)
    locale = authentication.language
    error = None if is_success else why_failed(payment)
    words = bank_words(payment, locale)
    saved = await saved_card(desk, payment)
    fields = {
        "date": local_text(payment.created_ms),
        "status": "Success" if is_success else "Unsuccessful",
        "errorCode": str(error.code) if error else "0",
        "errorMessage": base64_text(error.text(locale)) if error else "",
        "paymentCode": payment_guid(payment, desk.names),
        # Browsers send line ends in this form; what is signed is what arrives.
        "uniqueCode": _LINE_END.sub("\r\n", payment.conversation_id or ""),
        "amount": f"{amount(payment.price_e8):f}",
        "installment": str(payment.installments),
        "paymentId": str(payment.number),
        "providerErrorCode": words.code,
        "providerErrorMessage": words.message,
        "providerBankErrorCode": words.bank_code,
        "providerBankErrorMessage": words.message,
        "cardSaved": "true" if saved.saved else "false",
        "cardSavedUniqueCode": saved.unique_code,
        "trackingCode": payment.basket_id or "",
        "paymentGatewayId": str(GATEWAY_ID),
        "paymentGatewayName": payment.acquirer,
        "paymentGatewayProviderName": payment.acquirer,
    }
    if credential is not None:
        signed = [fields[name] for name in _SIGNED]
        fields |= {
            "hash": callback_hash(credential.secret, signed),
            "hashFormat": HASH_FORMAT,
            "hashKeyType": str(HASH_KEY_TYPE),
        }
    return BrowserForm(
        action=authentication.success_url if is_success else authentication.failure_url,
        fields=tuple(fields.items()),
        language=locale,
    )


def callback_hash(key: bytes, values: Sequence[str]) -> str:
    """The proof that a callback is ours: SHA-256 over the key and the values, in hexadecimal."""
    text = "".join(f"{_SEPARATOR}{value}" for value in values)
    return hashlib.sha256(key + text.encode()).hexdigest()
