"""Where a browser goes after the bank: the merchant's callbackUrl, and what it brings there."""

import re
from typing import Final

from vezne.core.authentication import Authentication, AuthenticationState
from vezne.core.card import holds_card_number
from vezne.core.payment import Payment
from vezne.core.ports import Merchants
from vezne.core.refusal import Reason, Refusal
from vezne.core.web_address import is_web_address
from vezne.dialects.iyzico import errors
from vezne.dialects.iyzico.auth import response_signature
from vezne.dialects.iyzico.endpoint import DOOR
from vezne.dialects.iyzico.errors import Failure
from vezne.edge.messages import BrowserForm

CALLBACK_URL_LENGTH_MAX: Final = 2048

# Both while the payment waits for the second call, and once that has come.
_SUCCESSES: Final = frozenset({AuthenticationState.PASSED, AuthenticationState.SPENT})
_SYSTEM_ERROR: Final = 7
_LINE_END: Final = re.compile(r"\r\n?|\n")
_SIGNED: Final = ("conversationData", "conversationId", "mdStatus", "paymentId", "status")


def checked_callback_url(text: str | None) -> str:
    """The mandatory `callbackUrl` of a request. Raises Failure."""
    if not text:
        raise Failure(errors.CALLBACK_URL_MISSING)
    if len(text) > CALLBACK_URL_LENGTH_MAX:
        raise Failure(errors.TOO_LONG, "callbackUrl", CALLBACK_URL_LENGTH_MAX)
    if not is_web_address(text):
        raise Failure(errors.CALLBACK_URL_INVALID)
    if holds_card_number(text):
        raise Failure(errors.CARD_NUMBER_IN_TEXT, "callbackUrl")
    return text


async def callback_form(payment: Payment, merchants: Merchants) -> BrowserForm:
    """What the browser brings to the merchant, fields and signature in the documented order.

    A value that is missing is empty; so is the signature when the key that started the payment
    works no more. Raises Refusal(AUTHENTICATION_UNSUITABLE) for a payment without 3-D Secure.
    """
    authentication = payment.authentication
    if authentication is None:
        raise Refusal(Reason.AUTHENTICATION_UNSUITABLE)
    is_success = authentication.state in _SUCCESSES
    fields = {
        "status": "success" if is_success else "failure",
        "paymentId": str(payment.number),
        "conversationData": "",
        # Browsers send line ends in this form; what is signed is what arrives.
        "conversationId": _LINE_END.sub("\r\n", payment.conversation_id or ""),
        "mdStatus": str(_md_status(authentication, is_success=is_success)),
    }
    credential = await merchants.find_credential(DOOR, authentication.caller_key)
    fields["signature"] = (
        response_signature(credential.secret, [fields[name] for name in _SIGNED])
        if credential
        else ""
    )
    return BrowserForm(
        action=authentication.success_url if is_success else authentication.failure_url,
        fields=tuple(fields.items()),
        language=authentication.language,
    )


def _md_status(authentication: Authentication, *, is_success: bool) -> int:
    """The bank's word; where it vouched and that did not count any more, a system error."""
    result = authentication.result
    if result is None or (result.is_authenticated and not is_success):
        return _SYSTEM_ERROR
    return result.md_status
