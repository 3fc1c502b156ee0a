"""A payment of the house as this door answers with it."""

import base64
from decimal import Decimal
from typing import Final

import msgspec

from vezne.core.answer import DeclineReason, Risk
from vezne.core.authentication import AuthenticationState
from vezne.core.calendar import local_time
from vezne.core.card import Brand
from vezne.core.money import SCALE
from vezne.core.payment import Payment, PaymentState
from vezne.dialects.paywall import payment_errors
from vezne.dialects.paywall.declines import DECLINES
from vezne.dialects.paywall.endpoint import Desk
from vezne.dialects.paywall.enums import brand_of
from vezne.dialects.paywall.envelope import ENGLISH
from vezne.dialects.paywall.errors import Error, Failure
from vezne.dialects.paywall.guids import payment_guid
from vezne.dialects.paywall.payment_enums import CardSource
from vezne.dialects.paywall.unique_code import unique_code

# There is one way to the bank.
GATEWAY_ID: Final = 1

# Those in which the bank approved, whatever came after.
APPROVED: Final = frozenset({PaymentState.AUTHORIZED, PaymentState.CAPTURED})
_UNANSWERED: Final = frozenset({PaymentState.PENDING, PaymentState.UNCERTAIN})
_LATE: Final = frozenset({AuthenticationState.EXPIRED, AuthenticationState.LAPSED})
_CENT_PLACES: Final = 2
_PLACES_MAX: Final = 6
_HIDDEN: Final = 6
_HIDDEN_OF_AMEX: Final = 5


class CardAnswer(msgspec.Struct, frozen=True, rename="pascal"):
    """Whether the payment stored its card, and under which name."""

    saved: bool = False
    unique_code: str = ""


class PaymentAnswer(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """The payment of an answer to start3d."""

    payment_id: int
    activity_id: int
    unique_code: str
    merchant_unique_key: str


class DirectPaymentAnswer(PaymentAnswer, frozen=True, rename="pascal", kw_only=True):
    """The payment of an answer to startdirect."""

    payment_gateway_id: int
    payment_gateway_name: str
    payment_gateway_provider_name: str
    card: CardAnswer


class ErrorAnswer(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """What provider and bank said: Base64 of texts, which is how the official client reads them."""

    provider_error_code: str | None = None
    provider_error_message: str | None = None
    bank_error_code: str | None = None
    bank_error_message: str | None = None


class DirectAnswer(msgspec.Struct, frozen=True, rename="pascal"):
    """The Body of POST payment/startdirect."""

    payment: DirectPaymentAnswer
    error: ErrorAnswer


class RedirectAnswer(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """The Body of POST payment/start3d."""

    message: str | None
    redirect_url: str | None
    payment: PaymentAnswer
    error: ErrorAnswer | msgspec.UnsetType = msgspec.UNSET


class BankWords(msgspec.Struct, frozen=True):
    """What provider and bank said of a payment that came to nothing. Empty where they did not."""

    code: str = ""
    message: str = ""
    bank_code: str = ""


def amount(amount_e8: int) -> Decimal:
    """An amount as the wire has it: two decimals, up to six where they count.

    Beyond six a Decimal would be written with an exponent.
    """
    value = Decimal(amount_e8).scaleb(-SCALE).quantize(Decimal(1).scaleb(-_PLACES_MAX))
    cents = value.quantize(Decimal(1).scaleb(-_CENT_PLACES))
    return cents if cents == value else value.normalize()


def local_text(at_ms: int) -> str:
    """A moment as payments have it: Istanbul's clock with seven decimals and no offset."""
    local = local_time(at_ms)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond:06d}0"


def was_approved(payment: Payment) -> bool:
    """Whether the bank approved a payment and the fraud filter let it be, whatever came after."""
    is_void = payment.state is PaymentState.VOIDED and payment.risk is not Risk.REJECTED
    return is_void or payment.state in APPROVED


def base64_text(text: str) -> str:
    """Base64 of a text's UTF-8."""
    return base64.b64encode(text.encode()).decode()


def masked_number(payment: Payment) -> str:
    """The card's number with an asterisk for every hidden digit."""
    hidden = _HIDDEN_OF_AMEX if brand_of(payment.bin) is Brand.AMEX else _HIDDEN
    return f"{payment.bin[:6]}{'*' * hidden}{payment.last4}"


def activity_id(payment: Payment) -> int:
    """The number of the last operation on a payment that is known by number."""
    return payment.refunds[-1].attempt if payment.refunds else payment.line_numbers.stop


def why_failed(payment: Payment) -> Error:
    """What is wrong with a payment that is not approved."""
    if payment.state in _UNANSWERED:
        return payment_errors.PROVIDER_UNREACHABLE
    if payment.risk is Risk.REJECTED:
        return payment_errors.PAYMENT_FAILED
    return payment_errors.UNSUCCESSFUL


def bank_words(payment: Payment, locale: str) -> BankWords:
    """What provider and bank said of a payment, in a language."""
    reason = payment.decline_reason or _reason_without_decline(payment)
    return BankWords() if reason is None else words_for(reason, locale)


def words_for(reason: DeclineReason, locale: str) -> BankWords:
    """What provider and bank say for a reason, in a language."""
    decline = DECLINES[reason]
    text = decline.english if locale == ENGLISH else decline.turkish
    return BankWords(code=reason.value.upper(), message=text, bank_code=decline.bank_code)


def _reason_without_decline(payment: Payment) -> DeclineReason | None:
    if payment.state in _UNANSWERED:
        return DeclineReason.REQUEST_TIMEOUT
    if payment.risk is Risk.REJECTED:
        return DeclineReason.FRAUD_SUSPECT
    authentication = payment.authentication
    if authentication is not None and authentication.state in _LATE:
        return DeclineReason.TIMEOUT
    return None


def error_answer(payment: Payment, locale: str) -> ErrorAnswer:
    """What provider and bank said, for an answer. All null for a payment that is approved."""
    words = bank_words(payment, locale)
    return words_answer(words) if words.code else ErrorAnswer()


def words_answer(words: BankWords) -> ErrorAnswer:
    """What provider and bank said, for an answer."""
    return ErrorAnswer(
        provider_error_code=base64_text(words.code),
        provider_error_message=base64_text(words.message),
        bank_error_code=base64_text(words.bank_code),
        bank_error_message=base64_text(words.message),
    )


async def direct_answer(desk: Desk, payment: Payment, locale: str) -> DirectAnswer:
    """The payment and what the bank said of it."""
    return DirectAnswer(
        payment=DirectPaymentAnswer(
            payment_id=payment.number,
            activity_id=activity_id(payment),
            unique_code=payment_guid(payment, desk.names),
            merchant_unique_key=payment.conversation_id or "",
            payment_gateway_id=GATEWAY_ID,
            payment_gateway_name=payment.acquirer,
            payment_gateway_provider_name=payment.acquirer,
            card=await saved_card(desk, payment),
        ),
        error=error_answer(payment, locale),
    )


def payment_answer(desk: Desk, payment: Payment) -> PaymentAnswer:
    """How a payment is known."""
    return PaymentAnswer(
        payment_id=payment.number,
        activity_id=activity_id(payment),
        unique_code=payment_guid(payment, desk.names),
        merchant_unique_key=payment.conversation_id or "",
    )


async def saved_card(desk: Desk, payment: Payment) -> CardAnswer:
    """The card that the payment itself stored, under its name of today; none if it is gone."""
    is_from_file = payment.parties.get("card", {}).get("source") == CardSource.STORED
    if is_from_file or payment.owner_key is None or payment.card_token is None:
        return CardAnswer()
    card = await desk.ports.books.find_card(
        payment.merchant_id, payment.owner_key, payment.card_token
    )
    if card is None:
        return CardAnswer()
    now_ms = desk.ports.clock.now_ms()
    return CardAnswer(True, unique_code(card, desk.names, desk.rotation, now_ms))


async def raise_unless_approved(desk: Desk, payment: Payment, locale: str) -> None:
    """Raise Failure with the payment in it for one that the bank did not approve."""
    if payment.state not in APPROVED:
        body = await direct_answer(desk, payment, locale)
        raise Failure(why_failed(payment), body=body)
