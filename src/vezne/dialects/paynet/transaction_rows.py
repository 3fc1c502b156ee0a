"""Payments as rows of the transaction list."""

from decimal import Decimal
from typing import Final

from vezne.core.calendar import local_date, local_time
from vezne.dialects.paynet.amounts import fraction, lira
from vezne.dialects.paynet.enums import PAYNET_POS, bank_of, card_type, transaction_mask
from vezne.dialects.paynet.outcome import is_approved
from vezne.dialects.paynet.transaction_answers import ListItem
from vezne.dialects.paynet.transaction_render import (
    View,
    client_ip,
    company_code,
    company_pay_ratio,
    instalment,
    is_reversed,
    is_tds,
    kind_of,
    order_number,
    person,
    pos_text,
)

DAY_FORMAT: Final = "%d.%m.%Y"
_CARD_TYPE_NAMES: Final = {"cc": "Bireysel Kredi Kartı", "bc": "Ticari Kart", "dc": "Banka Kartı"}


def list_item(seen: View) -> ListItem:
    """A payment as a row of the list."""
    payment, remarks = seen.payment, seen.remarks
    kind, bank = kind_of(payment), bank_of(seen.record)
    moment = local_time(payment.created_ms)
    type_of_card = card_type(seen.record)
    waits = local_date(payment.blockage_resolved_ms) - local_date(payment.created_ms)
    return ListItem(
        company_code=company_code(seen.merchant),
        company_name=seen.merchant.name,
        agent_id=remarks.agent_id,
        agent_reference=payment.conversation_id or "",
        agent_name="",
        xact_id=seen.xact_id,
        xact_date=f"{moment:{DAY_FORMAT}}",
        xact_time=f"{moment:{DAY_FORMAT} %H:%M:%S}",
        is_tds=is_tds(payment),
        bank_id=bank.id,
        bank_name=bank.name,
        card_no=transaction_mask(payment.bin, payment.last4),
        card_holder=person(seen).name,
        card_type=type_of_card,
        card_type_name=_CARD_TYPE_NAMES[type_of_card],
        authorization_code=payment.auth_code,
        reference_code=payment.reference,
        order_id=order_number(payment),
        pos_type=remarks.pos_type or PAYNET_POS,
        pos_text=pos_text(remarks),
        xact_type=kind.letters,
        xact_text=kind.text,
        fiscal_period_id=f"{moment:%Y%m}",
        sector_id="",
        sector_text="",
        merchant_id="",
        terminal_id="",
        channel_id=payment.door,
        channel_name=payment.door,
        ipaddress=client_ip(seen),
        client_id=remarks.client_id,
        xact_transaction_id=seen.guid,
        is_succeed=is_approved(payment),
        reversed=is_reversed(payment),
        is_reconcile=False,
        is_payup=False,
        is_onchargeback=False,
        is_transferred=False,
        reversed_xact_id="",
        instalment=instalment(payment),
        **_figures(seen),
        currency=seen.currency,
        user_id=remarks.user_id,
        note=remarks.description,
        reference=payment.conversation_id or "",
        company_value_date=day_text(payment.blockage_resolved_ms),
        company_value_days=waits.days,
        agent_value_date="",
        agent_value_days=0,
    )


def day_text(at_ms: int) -> str:
    """The day of a moment in Istanbul as lists write it: 06.06.2018."""
    return f"{local_time(at_ms):{DAY_FORMAT}}"


def _figures(seen: View) -> dict[str, Decimal]:
    """The amounts and ratios of a row: the company's are all there is, the dealer's nothing."""
    figures, nothing = seen.figures, lira(0)
    amount, ratio = lira(figures.total_e8), fraction(figures.ratio_e8)
    taxed = lira(figures.commission_e8 + figures.tax_e8)
    return {
        "amount": amount,
        "net_amount": lira(figures.net_e8),
        "comission": lira(figures.commission_e8),
        "comission_tax": lira(figures.tax_e8),
        "ratio": ratio,
        "end_user_comission": lira(figures.end_user_e8),
        "company_pay_ratio": company_pay_ratio(seen),
        "company_cost_ratio": ratio,
        "company_gross": amount,
        "company_commission": lira(figures.commission_e8),
        "company_commission_taxed": taxed,
        "company_net": lira(figures.net_e8),
        "agent_gross": nothing,
        "agent_commission": nothing,
        "agent_commission_taxed": nothing,
        "agent_net": nothing,
    }
