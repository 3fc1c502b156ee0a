"""Where a browser goes after the bank: the merchant's callbackUrl, and what it brings there."""

import re
from typing import Final
from urllib.parse import urlsplit

from vezne.core.authentication import Authentication, AuthenticationState
from vezne.core.card import is_luhn_valid
from vezne.core.payment import Payment
from vezne.core.ports import Merchants
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.iyzico import errors
from vezne.dialects.iyzico.auth import response_signature
from vezne.dialects.iyzico.endpoint import DOOR
from vezne.dialects.iyzico.errors import Failure
from vezne.edge.messages import BrowserForm

CALLBACK_URL_LENGTH_MAX: Final = 2048

# No user info: it would let an address show another host than the one that it leads to. No blank,
# control or backslash: browsers drop or change them, so they would post to another address.
_URL: Final = re.compile(
    r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:[/?#][^\x00-\x20\x7f-\xa0\\]*)?",
    re.IGNORECASE | re.ASCII,
)

# Both while the payment waits for the second call, and once that has come.
_SUCCESSES: Final = frozenset({AuthenticationState.PASSED, AuthenticationState.SPENT})
_SYSTEM_ERROR: Final = 7
# Stricter than for prose: addresses are full of long numbers, of which times begin with 1.
_CARD_LIKE: Final = re.compile(r"(?<!\d)(?:[2-6]\d{15}|9792\d{12}|3[47]\d{13})(?!\d)", re.ASCII)
_LINE_END: Final = re.compile(r"\r\n?|\n")
_SIGNED: Final = ("conversationData", "conversationId", "mdStatus", "paymentId", "status")


def checked_callback_url(text: str | None) -> str:
    """The mandatory `callbackUrl` of a request. Raises Failure."""
    if not text:
        raise Failure(errors.CALLBACK_URL_MISSING)
    if len(text) > CALLBACK_URL_LENGTH_MAX:
        raise Failure(errors.TOO_LONG, "callbackUrl", CALLBACK_URL_LENGTH_MAX)
    if not _is_web_address(text):
        raise Failure(errors.CALLBACK_URL_INVALID)
    if any(is_luhn_valid(run) for run in _CARD_LIKE.findall(text)):
        raise Failure(errors.CARD_NUMBER_IN_TEXT, "callbackUrl")
    return text


def is_origin(text: str) -> bool:
    """Whether a text is the scheme and host of a web address and nothing more."""
    return _is_web_address(text) and text.count("/") == len("//") and not set("?#") & set(text)


def _is_web_address(text: str) -> bool:
    """Whether a text is an absolute http or https URL with a host that can be looked up."""
    if not _URL.fullmatch(text):
        return False
    try:
        # Reading the port raises where it is no port at all.
        return urlsplit(text).port != 0
    except ValueError:
        return False


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
