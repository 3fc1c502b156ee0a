"""The requests of marketplaces as records: sub-merchants, approvals, and whose a line is."""

from vezne.dialects.iyzico.shapes import Amount, Basic


class SubMerchantDetails(Basic, frozen=True, rename="camel", kw_only=True):
    """What may be said of a sub-merchant whenever."""

    name: str | None = None
    email: str | None = None
    gsm_number: str | None = None
    address: str | None = None
    iban: str | None = None
    tax_office: str | None = None
    tax_number: str | None = None
    contact_name: str | None = None
    contact_surname: str | None = None
    legal_company_title: str | None = None
    swift_code: str | None = None
    currency: str | None = None
    settlement_description_template: str | None = None
    identity_number: str | None = None
    blockage_amount: Amount | None = None


class CreateSubMerchant(SubMerchantDetails, frozen=True, rename="camel", kw_only=True):
    """POST /onboarding/submerchant."""

    sub_merchant_external_id: str | None = None
    sub_merchant_type: str | None = None


class UpdateSubMerchant(SubMerchantDetails, frozen=True, rename="camel", kw_only=True):
    """PUT /onboarding/submerchant."""

    sub_merchant_key: str | None = None


class SubMerchantName(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /onboarding/submerchant/detail."""

    sub_merchant_external_id: str | None = None


class SubMerchantKey(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /blockage."""

    sub_merchant_key: str | None = None


class Line(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /payment/iyzipos/item/approve and /payment/iyzipos/item/disapprove."""

    payment_transaction_id: str | None = None


class PaymentItem(Line, frozen=True, rename="camel", kw_only=True):
    """PUT /payment/item."""

    sub_merchant_key: str | None = None
    sub_merchant_price: Amount | None = None


class CrossBooking(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /crossbooking/send and /crossbooking/receive."""

    sub_merchant_key: str | None = None
    price: Amount | None = None
    currency: str | None = None
    reason: str | None = None
