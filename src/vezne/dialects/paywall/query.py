"""Payments as they are looked up: GET private/query and its relatives."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Final

import msgspec

from vezne.core.answer import Risk
from vezne.core.authentication import AuthenticationState
from vezne.core.money import divide_half_up
from vezne.core.payment import Payment, PaymentKind, PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.paywall import payment_enums
from vezne.dialects.paywall.endpoint import Call, Desk
from vezne.dialects.paywall.follow_ups import remainder_e8
from vezne.dialects.paywall.guids import payment_guid, payment_name
from vezne.dialects.paywall.payment_command import checked_merchant_code
from vezne.dialects.paywall.payment_enums import CardSource, Label
from vezne.dialects.paywall.payment_render import (
    GATEWAY_ID,
    activity_id,
    amount,
    bank_words,
    local_text,
    masked_number,
)
from vezne.dialects.paywall.payment_shapes import (
    QueryByMerchantCode,
    QueryByPaymentId,
    QueryByUniqueCode,
)
from vezne.dialects.paywall.query_shapes import (
    Activity,
    Amounts,
    CardFacts,
    Circumstances,
    Flags,
    Found,
    Names,
    QueryError,
    State,
    Terms,
)
from vezne.dialects.paywall.translate import details_of
from vezne.flows.authenticate import standing as authentication_standing
from vezne.flows.inquire import find_claimed_payment, find_payment

# As many digits as a payment number can have in the books.
_NUMBER_MAX: Final = 10**18
_PERCENT_PLACES: Final = Decimal("0.01")

_STATUSES: Final = {
    PaymentState.UNAUTHENTICATED: payment_enums.FAILED,
    PaymentState.PENDING: payment_enums.STARTED,
    PaymentState.AUTHORIZED: payment_enums.HELD,
    PaymentState.CAPTURED: payment_enums.SUCCESSFUL,
    PaymentState.DECLINED: payment_enums.FAILED,
    PaymentState.UNCERTAIN: payment_enums.WAITING,
}
_WAITING: Final[Mapping[AuthenticationState | None, Label]] = {
    AuthenticationState.OPEN: payment_enums.CREATED,
    AuthenticationState.PASSED: payment_enums.BETWEEN,
}
METHODS: Final = {
    (True, PaymentKind.SALE): payment_enums.SECURE,
    (True, PaymentKind.HOLD): payment_enums.SECURE_HOLD,
    (False, PaymentKind.SALE): payment_enums.NON_SECURE,
    (False, PaymentKind.HOLD): payment_enums.NON_SECURE_HOLD,
}
_GOOD: Final = frozenset({payment_enums.HELD, payment_enums.SUCCESSFUL, payment_enums.CANCELLED})
_BAD: Final = frozenset({payment_enums.FAILED, payment_enums.FRAUD, payment_enums.WAITING})


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A payment's last operation: what it was, how it went, when, and for how much."""

    status: Label
    type: Label
    at_ms: int
    amount_e8: int


async def by_merchant_code(call: Call[QueryByMerchantCode]) -> Found:
    """GET private/query. Raises Failure; Refusal(PAYMENT_NOT_FOUND)."""
    code = checked_merchant_code(call.body.merchant_unique_code)
    payment = await find_claimed_payment(call.merchant, code, call.desk.ports)
    return await _found(call.desk, payment, call.locale)


async def by_unique_code(call: Call[QueryByUniqueCode]) -> Found:
    """GET private/query/by/uniquecode. Raises Refusal(PAYMENT_NOT_FOUND)."""
    name = payment_name(call.body.unique_code, call.desk.names)
    if name is None or name.merchant_id != call.merchant.id:
        raise Refusal(Reason.PAYMENT_NOT_FOUND)
    payment = await find_payment(call.merchant, name.number, call.desk.ports)
    return await _found(call.desk, payment, call.locale)


async def by_payment_id(call: Call[QueryByPaymentId]) -> Found:
    """GET private/query/by/paymentid. Raises Refusal(PAYMENT_NOT_FOUND)."""
    number = call.body.payment_id or 0
    if not 0 < number < _NUMBER_MAX:
        raise Refusal(Reason.PAYMENT_NOT_FOUND)
    payment = await find_payment(call.merchant, number, call.desk.ports)
    return await _found(call.desk, payment, call.locale)


async def _found(desk: Desk, payment: Payment, locale: str) -> Found:
    """All that is known of a payment, whichever door took it."""
    standing = _standing(payment, await authentication_standing(payment, desk.ports))
    groups = (
        _names(desk, payment),
        _flags(payment),
        _state(payment, standing, locale),
        _terms(payment),
        _card_facts(desk, payment),
        _amounts(payment, standing),
        _circumstances(payment, standing),
    )
    fields: dict[str, object] = {}
    for group in groups:
        fields |= msgspec.to_builtins(group, builtin_types=(Decimal,))
    return Found(fields)


def _standing(payment: Payment, authentication: AuthenticationState | None) -> Standing:
    """Where a payment stands; its authentication may have ended without anybody recording it."""
    if payment.refunds:
        last = payment.refunds[-1]
        amount_e8 = sum(part.amount_e8 for part in payment.refunds if part.attempt == last.attempt)
        is_whole = amount_e8 == payment.paid_e8
        return Standing(
            status=payment_enums.SUCCESSFUL,
            type=payment_enums.REFUND if is_whole else payment_enums.PARTIAL_REFUND,
            at_ms=last.refunded_ms,
            amount_e8=amount_e8,
        )
    is_void = payment.state is PaymentState.VOIDED
    is_rejected = payment.risk is Risk.REJECTED
    return Standing(
        status=_status(payment, authentication),
        type=payment_enums.CANCEL if is_void and not is_rejected else payment_enums.SALE,
        at_ms=payment.voided_ms or payment.captured_ms or payment.created_ms,
        amount_e8=payment.paid_e8,
    )


def _status(payment: Payment, authentication: AuthenticationState | None) -> Label:
    if payment.risk is Risk.REJECTED:
        return payment_enums.FRAUD
    if payment.state is PaymentState.VOIDED:
        is_hold = payment.captured_ms is None
        return payment_enums.CANCELLED if is_hold else payment_enums.SUCCESSFUL
    if payment.state is PaymentState.AUTHENTICATING:
        return _WAITING.get(authentication, payment_enums.FAILED)
    return _STATUSES[payment.state]


def _names(desk: Desk, payment: Payment) -> Names:
    return Names(
        payment_id=payment.number,
        unique_code=payment_guid(payment, desk.names),
        merchant_unique_code=payment.conversation_id or "",
        tracking_code=payment.basket_id or "",
        activity_id=activity_id(payment),
        payment_gateway_id=GATEWAY_ID,
        payment_gateway_name=payment.acquirer,
        payment_gateway_provider_name=payment.acquirer,
    )


def _flags(payment: Payment) -> Flags:
    is_secure = payment.authentication is not None
    source = payment.parties.get("card", {}).get("source")
    given_back = _refunds(payment)
    is_all_given_back = bool(given_back) and sum(given_back.values()) == payment.paid_e8
    return Flags(
        is_three_d_secure=is_secure,
        is_non_three_d_secure=not is_secure,
        is_insurance_secure=False,
        is_provision=payment.kind is PaymentKind.HOLD,
        is_otp=False,
        any_success_payment=payment.captured_ms is not None,
        any_success_refund=is_all_given_back,
        any_success_partial_refund=any(part < payment.paid_e8 for part in given_back.values()),
        any_success_cancel=payment.state is PaymentState.VOIDED,
        used_saved_card=source == CardSource.STORED,
        used_temp_card=source == CardSource.TEMPORARY,
        is_fully_refunded=is_all_given_back,
    )


def _refunds(payment: Payment) -> dict[int, int]:
    """How much each refund gave back, by the number of its attempt."""
    return {
        attempt: sum(part.amount_e8 for part in parts)
        for attempt, parts in groupby(payment.refunds, key=attrgetter("attempt"))
    }


def _state(payment: Payment, standing: Standing, locale: str) -> State:
    error = QueryError()
    if standing.status in _BAD:
        message = bank_words(payment, locale).message or standing.status.name
        error = QueryError(any_error=True, error_type=1, error_message=message)
    return State(
        error=error,
        status=standing.status in _GOOD,
        status_name=standing.status.name,
        status_id=standing.status.id,
        type_name=standing.type.name,
        type_id=standing.type.id,
    )


def _terms(payment: Payment) -> Terms:
    method = METHODS[payment.authentication is not None, payment.kind]
    channel_id = _number(payment.channel)
    tag_id = _number(payment.group)
    unspecified = payment_enums.UNSPECIFIED.name
    return Terms(
        installment=payment.installments,
        currency_id=payment_enums.CURRENCY_IDS.get(payment.currency, 0),
        currency_name=payment.currency,
        payment_method_id=method.id,
        payment_method_name=method.name,
        payment_channel_id=channel_id,
        payment_channel_name=payment_enums.CHANNELS.get(channel_id, unspecified),
        payment_tag_id=tag_id,
        payment_tag_name=str(tag_id) if tag_id else unspecified,
    )


def _number(text: str | None) -> int:
    """The number of a channel or tag; 0 for none, and for the words of another door."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else 0


def _card_facts(desk: Desk, payment: Payment) -> CardFacts:
    details = details_of(payment.bin, desk.ports.bins)
    return CardFacts(
        card_number=masked_number(payment),
        card_owner_name=payment.parties.get("card", {}).get("owner", ""),
        card_bank_id=details.card_bank_id,
        card_bank_name=details.card_bank,
        card_brand_id=details.card_brand_id,
        card_brand_name=details.card_brand,
        card_type_id=details.card_type_id,
        card_type_name=details.card_type,
        card_family_id=details.card_family_id,
        card_family_name=details.card_family,
    )


def _amounts(payment: Payment, standing: Standing) -> Amounts:
    # Of a hold that was captured in part less is paid than was asked for.
    interest_e8 = max(payment.paid_e8 - payment.price_e8, 0)
    is_taken = payment.state is PaymentState.CAPTURED
    return Amounts(
        last_activity_date_time=local_text(standing.at_ms),
        payment_amount=amount(payment.paid_e8),
        activity_amount=amount(standing.amount_e8),
        applied_interest=interest_e8 > 0,
        interest_rate=_percent(interest_e8, payment.price_e8),
        commission_rate=_percent(payment.pricing.commission_e8, payment.paid_e8),
        original_amount=amount(payment.price_e8),
        interest_amount=amount(interest_e8),
        commission_amount=amount(payment.pricing.commission_e8),
        remaining_refund_amount=amount(remainder_e8(payment) if is_taken else 0),
    )


def _percent(part_e8: int, whole_e8: int) -> Decimal:
    """A part of an amount in per cent, to the second decimal."""
    return Decimal(divide_half_up(part_e8 * 10_000, whole_e8)) * _PERCENT_PLACES


def _circumstances(payment: Payment, standing: Standing) -> Circumstances:
    return Circumstances(
        client_ip=payment.parties.get("buyer", {}).get("ip"),
        activities=_activities(payment, standing),
        payment_external_auth_code=payment.auth_code,
        payment_external_trans_id=payment.reference,
        payment_external_host_reference=payment.reference,
    )


def _activities(payment: Payment, standing: Standing) -> list[Activity]:
    """The payment itself, then what gave it back. The number of a cancellation is not kept."""
    first = payment.line_numbers.stop
    if standing.type is payment_enums.SALE:
        return [_activity(first, standing.status, payment_enums.SALE)]
    done = payment_enums.SUCCESSFUL
    activities = [_activity(first, done, payment_enums.SALE)]
    for attempt, amount_e8 in _refunds(payment).items():
        is_whole = amount_e8 == payment.paid_e8
        kind = payment_enums.REFUND if is_whole else payment_enums.PARTIAL_REFUND
        activities.append(_activity(attempt, done, kind))
    if standing.type is payment_enums.CANCEL:
        activities.append(_activity(0, standing.status, payment_enums.CANCEL))
    return activities


def _activity(number: int, status: Label, kind: Label) -> Activity:
    return Activity(
        payment_activity_id=number,
        payment_status_id=status.id,
        payment_status=status.name,
        payment_activity_type_id=kind.id,
        payment_activity_type=kind.name,
    )
