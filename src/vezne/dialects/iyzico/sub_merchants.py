"""Endpoints about the sub-merchants of a marketplace."""

from typing import Final

import msgspec
from msgspec import UNSET, Raw

from vezne.core.sub_merchant import Details, Flaw, FlawedDetails, SubMerchantKind
from vezne.dialects.iyzico import answers, checks, errors, marketplace_shapes
from vezne.dialects.iyzico.checks import PROSE_LENGTH_MAX, SHORT_LENGTH_MAX, TextRule, TextRules
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.errors import Error, Failure
from vezne.flows import sub_merchants
from vezne.flows.sub_merchants import ChangeDetails, CreateSubMerchant

CURRENCIES: Final = frozenset({"TRY", "USD", "EUR", "GBP", "RUB", "CHF", "NOK"})
KINDS: Final = {kind.name: kind for kind in SubMerchantKind}

_EXTERNAL_ID: Final = TextRule(
    "sub_merchant_external_id",
    "subMerchantExternalId",
    missing=errors.SUB_MERCHANT_EXTERNAL_ID_MISSING,
)
_RULES: Final = TextRules(
    TextRule("name", "name", is_prose=True),
    TextRule("gsm_number", "gsmNumber", SHORT_LENGTH_MAX, is_prose=True),
    TextRule("address", "address", PROSE_LENGTH_MAX, is_prose=True),
    TextRule("iban", "iban", SHORT_LENGTH_MAX),
    TextRule("tax_office", "taxOffice", is_prose=True),
    TextRule("tax_number", "taxNumber", SHORT_LENGTH_MAX, is_prose=True),
    TextRule("contact_name", "contactName", is_prose=True),
    TextRule("contact_surname", "contactSurname", is_prose=True),
    TextRule("legal_company_title", "legalCompanyTitle", is_prose=True),
    TextRule("swift_code", "swiftCode", SHORT_LENGTH_MAX, is_prose=True),
    TextRule("settlement_description_template", "settlementDescriptionTemplate", is_prose=True),
    TextRule(
        "identity_number",
        "identityNumber",
        checks.IDENTITY_LENGTH_MAX,
        is_prose=True,
        too_long=errors.IDENTITY_TOO_LONG,
    ),
)
# The fields of a sub-merchant: as the house calls them, as the wire does.
_NAMES: Final = {
    "email": "email",
    "address": "address",
    "name": "name",
    "gsm_number": "gsm_number",
    "contact_name": "contact_name",
    "contact_surname": "contact_surname",
    "legal_title": "legal_company_title",
    "tax_office": "tax_office",
    "tax_number": "tax_number",
    "identity_number": "identity_number",
    "iban": "iban",
    "swift_code": "swift_code",
    "currency": "currency",
    "settlement_description": "settlement_description_template",
}
_MISSING: Final[dict[str, Error]] = {
    "email": errors.EMAIL_MISSING,
    "address": errors.SUB_MERCHANT_ADDRESS_MISSING,
    "contact_name": errors.CONTACT_NAME_MISSING,
    "contact_surname": errors.CONTACT_SURNAME_MISSING,
    "legal_title": errors.LEGAL_TITLE_MISSING,
    "tax_office": errors.TAX_OFFICE_MISSING,
    "tax_number": errors.TAX_NUMBER_MISSING,
}


async def create(call: Call[marketplace_shapes.CreateSubMerchant]) -> answers.CreatedSubMerchant:
    """POST /onboarding/submerchant."""
    sub_merchants.check_marketplace(call.merchant)
    body = call.body
    if not body.sub_merchant_type:
        raise Failure(errors.SUB_MERCHANT_TYPE_MISSING)
    checks.check_member(body.sub_merchant_type, KINDS, "subMerchantType")
    checks.check_text(body.sub_merchant_external_id, _EXTERNAL_ID)
    checks.check_email(body.email)
    command = CreateSubMerchant(
        merchant=call.merchant,
        kind=KINDS[body.sub_merchant_type],
        external_id=body.sub_merchant_external_id or "",
        details=msgspec.structs.replace(Details(), **_changes(body)),
    )
    try:
        created = await sub_merchants.create_sub_merchant(command, call.desk.ports)
    except FlawedDetails as flawed:
        raise _failure(flawed) from None
    return answers.CreatedSubMerchant(sub_merchant_key=created.key)


async def update(call: Call[marketplace_shapes.UpdateSubMerchant]) -> None:
    """PUT /onboarding/submerchant. What is left out stays as it is."""
    sub_merchants.check_marketplace(call.merchant)
    body = call.body
    key = key_of(body)
    if not body.iban:
        raise Failure(errors.IBAN_MISSING)
    if body.email:
        checks.check_email(body.email)
    command = ChangeDetails(merchant=call.merchant, key=key, changes=_changes(body))
    try:
        await sub_merchants.change_sub_merchant(command, call.desk.ports)
    except FlawedDetails as flawed:
        raise _failure(flawed) from None


async def detail(call: Call[marketplace_shapes.SubMerchantName]) -> answers.SubMerchantDetail:
    """POST /onboarding/submerchant/detail."""
    sub_merchants.check_marketplace(call.merchant)
    checks.check_text(call.body.sub_merchant_external_id, _EXTERNAL_ID)
    found = await sub_merchants.find_sub_merchant_named(
        call.merchant, call.body.sub_merchant_external_id or "", call.desk.ports
    )
    details = found.details
    return answers.SubMerchantDetail(
        name=details.name or UNSET,
        email=details.email,
        gsm_number=details.gsm_number or UNSET,
        address=details.address,
        iban=details.iban or UNSET,
        swift_code=details.swift_code or UNSET,
        currency=details.currency,
        tax_office=details.tax_office or UNSET,
        contact_name=details.contact_name or UNSET,
        contact_surname=details.contact_surname or UNSET,
        legal_company_title=details.legal_title or UNSET,
        sub_merchant_external_id=found.external_id,
        identity_number=details.identity_number or UNSET,
        tax_number=details.tax_number or UNSET,
        sub_merchant_type=found.kind.name,
        sub_merchant_key=found.key,
        settlement_description_template=details.settlement_description or UNSET,
    )


async def blockage(call: Call[marketplace_shapes.SubMerchantKey]) -> answers.Blockage:
    """POST /blockage."""
    sub_merchants.check_marketplace(call.merchant)
    found = await sub_merchants.blockage_of(call.merchant, key_of(call.body), call.desk.ports)
    amount = call.desk.notation.amount
    return answers.Blockage(
        usable_blockage=Raw(amount(found.usable_e8)),
        total_blockage=Raw(amount(found.total_e8)),
        total_balance=Raw(amount(found.balance_e8)),
    )


def key_of(
    body: marketplace_shapes.SubMerchantKey
    | marketplace_shapes.UpdateSubMerchant
    | marketplace_shapes.PaymentItem
    | marketplace_shapes.CrossBooking,
) -> str:
    """The mandatory `subMerchantKey`. Raises Failure."""
    if not body.sub_merchant_key:
        raise Failure(errors.SUB_MERCHANT_KEY_MISSING)
    return body.sub_merchant_key


def _changes(body: marketplace_shapes.SubMerchantDetails) -> dict[str, str | int]:
    """What a request says of a sub-merchant, by the names of `Details`. Raises Failure."""
    _RULES.check(body)
    checks.check_member(body.currency, CURRENCIES, "currency")
    changes: dict[str, str | int] = {
        ours: value for ours, theirs in _NAMES.items() if (value := getattr(body, theirs))
    }
    if body.blockage_amount is not None:
        if body.blockage_amount.e8 < 0:
            raise Failure(errors.VALUE_UNKNOWN, "blockageAmount")
        changes["blockage_e8"] = body.blockage_amount.e8
    return changes


def _failure(flawed: FlawedDetails) -> Failure:
    """What this door says of a sub-merchant that cannot be."""
    if flawed.flaw is Flaw.INVALID:
        return Failure(errors.IBAN_INVALID)
    return Failure(_MISSING[flawed.field])
