"""The Body of a payment query, in groups whose fields stand side by side on the wire."""

from decimal import Decimal

import msgspec


class Names(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """How a payment is known, and who carried it to the bank."""

    payment_id: int
    unique_code: str
    merchant_unique_code: str
    tracking_code: str
    activity_id: int
    payment_gateway_id: int
    payment_gateway_name: str
    payment_gateway_provider_name: str


class Flags(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """What kind of payment it is, and what has happened to it."""

    is_three_d_secure: bool = msgspec.field(name="IsThreeDSecure")
    is_non_three_d_secure: bool = msgspec.field(name="IsNonThreeDSecure")
    is_insurance_secure: bool
    is_provision: bool
    is_otp: bool
    any_success_payment: bool
    any_success_refund: bool
    any_success_partial_refund: bool
    any_success_cancel: bool
    used_saved_card: bool
    used_temp_card: bool
    is_fully_refunded: bool


class QueryError(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """What went wrong with a payment, if anything did."""

    any_error: bool = False
    error_type: int = 0
    error_message: str = ""


class State(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """Where a payment stands."""

    error: QueryError
    status: bool
    status_name: str
    status_id: int
    type_name: str
    type_id: int


class Terms(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """How it was paid."""

    installment: int
    currency_id: int
    currency_name: str
    payment_method_id: int
    payment_method_name: str
    payment_channel_id: int
    payment_channel_name: str
    payment_tag_id: int
    payment_tag_name: str


class CardFacts(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """What paid. The holder is masked: a payment keeps no name in clear."""

    card_number: str
    card_owner_name: str
    card_bank_id: int
    card_bank_name: str | None
    card_brand_id: int
    card_brand_name: str | None
    card_type_id: int
    card_type_name: str | None
    card_family_id: int
    card_family_name: str | None


class Amounts(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """How much, and what it costs."""

    last_activity_date_time: str
    payment_amount: Decimal
    activity_amount: Decimal
    applied_interest: bool
    interest_rate: Decimal
    commission_rate: Decimal
    original_amount: Decimal
    interest_amount: Decimal
    commission_amount: Decimal
    remaining_refund_amount: Decimal


class Activity(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """One operation on a payment, in the shape that subscriptions have; payments publish none."""

    payment_activity_id: int
    payment_status_id: int
    payment_status: str
    payment_activity_type_id: int
    payment_activity_type: str


class Circumstances(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """From where it was paid, and the bank's names for it. Empty where nothing is known."""

    ip: str = msgspec.field(default="", name="IP")
    client_ip: str | None = msgspec.field(name="ClientIP")
    activities: list[Activity]
    payment_external_auth_code: str
    payment_external_order_id: str = ""
    payment_external_trans_id: str
    payment_external_host_reference: str
    payment_external_merchant_id: str = ""


class Found(msgspec.Struct, frozen=True, rename="pascal"):
    """The Body of every query: all groups of fields side by side."""

    paywall: dict[str, object]
