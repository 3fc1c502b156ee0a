"""A payment of the house as the transaction services show it, whichever door took it."""

from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from vezne.core.card import BinRecord
from vezne.core.merchant import Merchant
from vezne.core.money import UNIT, share
from vezne.core.payment import Payment, PaymentKind, PaymentState
from vezne.dialects.paynet import errors
from vezne.dialects.paynet.amounts import fraction, lira, lira_text
from vezne.dialects.paynet.answers import Charged
from vezne.dialects.paynet.endpoint import Desk
from vezne.dialects.paynet.enums import (
    COMPANY_POS,
    CURRENCY,
    PAYNET_POS,
    PRE_AUTHORIZATION,
    SALE,
    TYPES,
    bank_of,
    brand_name,
    card_type,
    timestamp,
    transaction_mask,
)
from vezne.dialects.paynet.errors import Error
from vezne.dialects.paynet.instalments import Figures, figures_of
from vezne.dialects.paynet.outcome import Outcome, is_approved
from vezne.dialects.paynet.outward_ids import transaction_name
from vezne.dialects.paynet.remarks import Remarks, remarks_of
from vezne.dialects.paynet.transaction_answers import (
    CheckItem,
    DetailItem,
)

# transaction_type of a captured hold, and of one whose capture was undone.
CAPTURE: Final = "4"
CAPTURE_REVERSAL: Final = "6"
OBJECT_NAME: Final = "transaction"
_POS_TEXTS: Final = {PAYNET_POS: "Paynet POS", COMPANY_POS: "Süpürmeli POS"}
_GUID_BYTES: Final = 16
_GUID_PURPOSE: Final = "paynet tracking"

_PROBLEMS: Final = {
    PaymentState.AUTHENTICATING: errors.THREEDS_FAILED,
    PaymentState.UNAUTHENTICATED: errors.THREEDS_FAILED,
    PaymentState.PENDING: errors.IN_FLIGHT,
    PaymentState.UNCERTAIN: errors.TIMED_OUT,
}


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who paid, as far as the door that took the payment was told."""

    name: str
    email: str
    phone: str


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A payment and what is known around it. `language` is that of the texts."""

    payment: Payment
    merchant: Merchant
    remarks: Remarks
    figures: Figures
    record: BinRecord | None
    xact_id: str
    guid: str
    currency: str
    language: str


def view(desk: Desk, merchant: Merchant, payment: Payment, language: str = "tr") -> View:
    """All that this door can say of a payment."""
    switches = desk.switches
    name = transaction_name(desk.names, merchant.id, payment.number)
    remarks = remarks_of(payment)
    return View(
        payment=payment,
        merchant=merchant,
        remarks=remarks,
        figures=figures_of(payment, merchant, switches),
        record=desk.ports.bins.find(payment.bin),
        xact_id=name,
        guid=_guid(desk, merchant, payment),
        currency=switches.currency if payment.currency == CURRENCY else payment.currency,
        language=language,
    )


def is_reversed(payment: Payment) -> bool:
    """Whether a payment was cancelled, or any of its money given back."""
    return payment.state is PaymentState.VOIDED or bool(payment.refunds)


def result_of(payment: Payment) -> Error:
    """What became of a payment, as an answer code and its text."""
    if is_approved(payment):
        return errors.SUCCESSFUL
    return _PROBLEMS.get(payment.state, errors.UNSUCCESSFUL)


def transaction_type(payment: Payment) -> str:
    """The number of what was done: a sale, a hold, or the capture of one."""
    is_captured = payment.kind is PaymentKind.HOLD and payment.captured_ms is not None
    return CAPTURE if is_captured else TYPES[payment.kind]


def is_tds(payment: Payment) -> bool:
    """Whether the cardholder was sent to the issuer."""
    return payment.authentication is not None


def instalment(payment: Payment) -> int:
    """The number of instalments, 0 for a single payment."""
    return 0 if payment.installments == 1 else payment.installments


def order_number(payment: Payment) -> str:
    """The number under which the bank was asked for the payment."""
    return str(payment.number)


def person(seen: View) -> Person:
    """The cardholder; for a payment of another door, the buyer as far as it names one."""
    remarks = seen.remarks
    buyer = seen.payment.parties.get("buyer", {})
    name = " ".join(filter(None, (buyer.get("name"), buyer.get("surname"))))
    return Person(
        name=remarks.holder or name,
        email=remarks.email or buyer.get("email", ""),
        phone=remarks.phone or buyer.get("gsmNumber", ""),
    )


def followed_up(seen: View, outcome: Outcome, type_number: str) -> Charged:
    """A payment as captures and their reversals answer it: like a charge, as what they are."""
    payment, remarks, figures = seen.payment, seen.remarks, seen.figures
    payer, bank = person(seen), bank_of(seen.record)
    return Charged(
        id=payment.number,
        xact_id=seen.xact_id,
        xact_date=timestamp(payment.created_ms),
        transaction_type=type_number,
        pos_type=remarks.pos_type or PAYNET_POS,
        is_tds=is_tds(payment),
        agent_id=remarks.agent_id,
        user_id=remarks.user_id,
        email=payer.email,
        phone=payer.phone,
        bank_id=bank.id,
        instalment=instalment(payment),
        ratio=fraction(figures.ratio_e8),
        ratio_code=remarks.ratio_code,
        card_no_masked=transaction_mask(payment.bin, payment.last4),
        card_holder=payer.name,
        amount=lira(figures.total_e8),
        net_amount=lira(figures.net_e8),
        comission=lira(figures.commission_e8),
        comission_tax=lira(figures.tax_e8),
        end_user_comission=lira(figures.end_user_e8),
        currency=seen.currency,
        authorization_code=payment.auth_code,
        reference_code=payment.reference,
        order_id=order_number(payment),
        reference_no=payment.conversation_id or "",
        agent_reference_no=payment.conversation_id or "",
        **said_of(outcome),
        card_type=card_type(seen.record),
        card_bank_id=bank.id,
        card_brand_name=brand_name(seen.record, payment.bin),
    )


def said_of(outcome: Outcome) -> dict[str, Any]:
    """The fields of an answer that say whether a payment succeeded, and if not, why."""
    return {
        name: value for name, value in msgspec.structs.asdict(outcome).items() if name != "result"
    }


def check_item(seen: View) -> CheckItem:
    """A payment as check shows it."""
    payment, remarks, figures = seen.payment, seen.remarks, seen.figures
    payer = person(seen)
    result = result_of(payment)
    reference = payment.conversation_id or ""
    return CheckItem(
        id=payment.number,
        xact_id=seen.xact_id,
        xact_date=timestamp(payment.created_ms),
        transaction_type=transaction_type(payment),
        pos_type=remarks.pos_type or PAYNET_POS,
        is_tds=is_tds(payment),
        agent_id=remarks.agent_id,
        note=remarks.description,
        ratio=fraction(figures.ratio_e8),
        ratio_code=remarks.ratio_code,
        agent_reference=reference,
        reference_no=reference,
        bank_id=bank_of(seen.record).id,
        instalment=instalment(payment),
        card_type=card_type(seen.record),
        card_no=transaction_mask(payment.bin, payment.last4),
        card_holder=payer.name,
        amount=lira(figures.total_e8),
        net_amount_camel=lira(figures.net_e8),
        net_amount=lira(figures.net_e8),
        comission=lira(figures.commission_e8),
        comission_tax=lira(figures.tax_e8),
        end_user_comission=lira(figures.end_user_e8),
        currency=seen.currency,
        authorization_code=payment.auth_code,
        reference_code=payment.reference,
        order_id=order_number(payment),
        is_succeed=is_approved(payment),
        xact_transaction_id=seen.guid,
        email=payer.email,
        phone=payer.phone,
        object_name=OBJECT_NAME,
        code=result.code,
        message=errors.message(result, seen.language),
    )


def detail_item(seen: View) -> dict[str, object]:
    """A payment as detail shows it: the fields of check, and more."""
    payment, remarks, figures = seen.payment, seen.remarks, seen.figures
    ratio = fraction(figures.ratio_e8)
    amount, net = lira(figures.total_e8), lira(figures.net_e8)
    nothing = lira(0)
    extra = DetailItem(
        xact_type_desc=kind_of(payment).text,
        channel_id=payment.door,
        pos_type_desc=pos_text(remarks),
        agent_name="",
        company_name=seen.merchant.name,
        company_code=company_code(seen.merchant),
        user_id=remarks.user_id,
        user_name=remarks.user_id,
        ratio_code_method="",
        end_user_ratio=end_user_ratio(seen),
        bank_name=bank_of(seen.record).name,
        reversed=is_reversed(payment),
        reversed_xact_id="",
        company_amount=amount,
        company_commission=lira(figures.commission_e8),
        company_commission_with_tax=lira(figures.commission_e8 + figures.tax_e8),
        company_net_amount=net,
        agent_amount=nothing,
        agent_commission=nothing,
        agent_commission_with_tax=nothing,
        agent_net_amount=nothing,
        company_cost_ratio=ratio,
        company_pay_ratio=company_pay_ratio(seen),
        payment_string=payment_string(seen),
        instalment_text=instalment_text(payment),
        ipaddress=client_ip(seen),
        client_id=remarks.client_id,
    )
    return merged(check_item(seen), extra)


def merged(*records: msgspec.Struct) -> dict[str, object]:
    """The fields of several records as one, by their names on the wire."""
    fields: dict[str, object] = {}
    for record in records:
        fields |= msgspec.to_builtins(record, builtin_types=(Decimal,))
    return fields


class Kind(msgspec.Struct, frozen=True):
    """What was done, as reports say it: a letter or two, and words."""

    letters: str
    text: str


_KINDS: Final = {
    SALE: Kind("S", "Satış"),
    PRE_AUTHORIZATION: Kind("PR", "Ön Provizyon"),
    CAPTURE: Kind("CR", "Finansallaştırma"),
}


def kind_of(payment: Payment) -> Kind:
    """What was done, for reports."""
    return _KINDS[transaction_type(payment)]


def pos_text(remarks: Remarks) -> str:
    """Whose point of sale it was, in words."""
    return _POS_TEXTS.get(remarks.pos_type, _POS_TEXTS[PAYNET_POS])


def company_code(merchant: Merchant) -> str:
    """The number of a merchant."""
    return str(merchant.id)


def end_user_ratio(seen: View) -> Decimal:
    """The payer's part of the commission, as a fraction of the price."""
    price_e8 = seen.figures.total_e8 - seen.figures.end_user_e8
    return fraction(share(UNIT, seen.figures.end_user_e8, price_e8))


def company_pay_ratio(seen: View) -> Decimal:
    """The part of the commission that the merchant bears, as a fraction of what was paid."""
    is_added = seen.figures.end_user_e8 > 0
    return fraction(0 if is_added else seen.figures.ratio_e8)


def instalment_text(payment: Payment) -> str:
    """The number of instalments in words."""
    count = instalment(payment)
    return f"{count} Taksit" if count else "Tek Çekim"


def payment_string(seen: View) -> str:
    """How the payer pays, as a sum: `3 x 3,46 TL`."""
    parts = max(instalment(seen.payment), 1)
    part_e8 = share(seen.figures.total_e8, 1, parts)
    return f"{parts} x {lira_text(part_e8)} TL"


def _guid(desk: Desk, merchant: Merchant, payment: Payment) -> str:
    """The tracking number of a payment: always the same, and not to be guessed."""
    sealed = desk.names.seal(
        merchant.id, _GUID_PURPOSE, payment.number.to_bytes(_GUID_BYTES, "big")
    )
    return str(UUID(bytes=sealed[:_GUID_BYTES]))


def client_ip(seen: View) -> str:
    """The payer's address as the caller gave it."""
    return seen.remarks.ip or seen.payment.parties.get("buyer", {}).get("ip", "")
