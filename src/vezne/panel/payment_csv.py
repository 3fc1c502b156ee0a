"""Payments as CSV (RFC 4180) for spreadsheets: UTF-8, one line for each, nothing to be executed."""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from vezne.core.money import plain_text
from vezne.core.payment import Payment
from vezne.core.standing import standing_of
from vezne.panel.formats import machine_time

# Excel takes a file for UTF-8 only when it begins with this.
BYTE_ORDER_MARK: Final = "\ufeff"
# What a spreadsheet takes for the beginning of a formula, in other widths too (CWE-1236).
_FORMULA_STARTS: Final = tuple("=+-@＝＋－＠﹦﹢﹣﹫−")
# What it takes for the end of a field or a line.
_BREAKS: Final = tuple("\t\r\n")

# In the order of the columns. Amounts are plain decimals of the payment's currency.
_COLUMNS: Final[Mapping[str, Callable[[Payment], str]]] = {
    "payment_number": lambda payment: str(payment.number),
    "created_at": lambda payment: machine_time(payment.created_ms),
    "standing": lambda payment: standing_of(payment).value,
    "door": lambda payment: payment.door,
    "currency": lambda payment: payment.currency,
    "price": lambda payment: plain_text(payment.price_e8),
    "paid": lambda payment: plain_text(payment.paid_e8),
    "refunded": lambda payment: plain_text(sum(item.amount_e8 for item in payment.refunds)),
    "charged_back": lambda payment: plain_text(sum(i.amount_e8 for i in payment.chargebacks)),
    "commission": lambda payment: plain_text(payment.pricing.commission_e8),
    "fee": lambda payment: plain_text(payment.pricing.fee_e8),
    "installments": lambda payment: str(payment.installments),
    "card_bin": lambda payment: payment.bin,
    "card_last4": lambda payment: payment.last4,
    "three_d_secure": lambda payment: "no" if payment.authentication is None else "yes",
    "auth_code": lambda payment: defused(payment.auth_code),
    "bank_reference": lambda payment: defused(payment.reference),
    "conversation_id": lambda payment: defused(payment.conversation_id or ""),
    "basket_id": lambda payment: defused(payment.basket_id or ""),
}

# Separators, controls, and signs that only format.
_UNSEEN: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})

COLUMNS: Final = tuple(_COLUMNS)


def to_csv(payments: Iterable[Payment], *, has_head: bool) -> bytes:
    """The lines of payments, after one that names the columns where a file begins with them."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    if has_head:
        file.write(BYTE_ORDER_MARK)
        writer.writerow(COLUMNS)
    for payment in payments:
        writer.writerow([read(payment) for read in _COLUMNS.values()])
    return file.getvalue().encode()


def defused(text: str) -> str:
    """A text of somebody else's that no spreadsheet takes for a formula: an apostrophe in front."""
    clean = text.replace("\x00", "\ufffd")
    seen = clean.lstrip(" \u00a0")
    is_formula = _without_unseen(clean).startswith(_FORMULA_STARTS)
    return f"'{clean}" if is_formula or seen.startswith(_BREAKS) else clean


def _without_unseen(text: str) -> str:
    """A text from its first sign on that can be seen: programs skip what comes before."""
    for at, sign in enumerate(text):
        if not sign.isspace() and unicodedata.category(sign) not in _UNSEEN:
            return text[at:]
    return ""
