"""Endpoints that report: what was paid out, what came back, and what the bank approved."""

import re
from datetime import date, datetime
from typing import Final

from msgspec import UNSET, Raw

from vezne.core.ledger import OWN
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.iyzico import checks, errors
from vezne.dialects.iyzico import reporting_answers as answers
from vezne.dialects.iyzico import reporting_shapes as shapes
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.errors import Error, Failure
from vezne.dialects.iyzico.payments import number_from_text
from vezne.dialects.iyzico.reporting_render import operation_rows, reported_payment
from vezne.flows import inquire, report

_MERCHANT: Final = "MERCHANT_PAYOUT"
_SUB_MERCHANT: Final = "SUBMERCHANT_PAYOUT"
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ORDERS: Final = frozenset({"ASC", "DESC"})
_OLDEST_FIRST: Final = "ASC"
# No day has so many pages.
_PAGE_DIGITS_MAX: Final = 9
_REFERENCE: Final = checks.TextRule("payment_conversation_id", "paymentConversationId")


async def payout_completed(call: Call[shapes.SettlementDay]) -> answers.PaidLines:
    """POST /reporting/settlement/payoutcompleted: the lines that were paid out on a day."""
    lines = await report.list_paid_lines(call.merchant, _settlement_day(call), call.desk.ports)
    return answers.PaidLines(
        payout_completed_transactions=[
            answers.PaidLine(
                payment_transaction_id=str(line.line_number),
                payout_amount=Raw(call.desk.notation.amount(line.amount_e8)),
                payout_type=_MERCHANT if line.party == OWN else _SUB_MERCHANT,
                sub_merchant_key=line.party or UNSET,
                currency=line.currency,
            )
            for line in lines
        ]
    )


async def bounced(call: Call[shapes.SettlementDay]) -> answers.BouncedRows:
    """POST /reporting/settlement/bounced: the payouts of a day that came back."""
    returned = await report.list_returned(call.merchant, _settlement_day(call), call.desk.ports)
    return answers.BouncedRows(bounced_rows=[_bounced_row(item) for item in returned])


def _bounced_row(returned: report.ReturnedPayout) -> answers.BouncedRow:
    iban, seller = returned.payout.iban, returned.sub_merchant
    if seller is None:
        return answers.BouncedRow(sub_merchant_key=returned.payout.party or UNSET, iban=iban)
    return answers.BouncedRow(
        sub_merchant_key=seller.key,
        iban=iban,
        contact_name=seller.details.contact_name or UNSET,
        contact_surname=seller.details.contact_surname or UNSET,
        legal_company_title=seller.details.legal_title or UNSET,
        marketplace_submerchant_type=seller.kind.name,
    )


async def details(call: Call[shapes.ReportedPayment]) -> answers.ReportedPayments:
    """GET /v2/reporting/payment/details, by paymentId or else by the caller's own reference.

    A payment that there is not is no error here.
    """
    body, ports = call.body, call.desk.ports
    if body.payment_id:
        try:
            number = number_from_text(body.payment_id, Reason.PAYMENT_NOT_FOUND)
            payments = [await inquire.find_payment(call.merchant, number, ports)]
        except Refusal:
            payments = []
    elif body.payment_conversation_id:
        checks.check_text(body.payment_conversation_id, _REFERENCE)
        payments = await report.list_payments_named(
            call.merchant, body.payment_conversation_id, ports
        )
    else:
        raise Failure(errors.PAYMENT_ID_MISSING)
    return answers.ReportedPayments(
        payments=[reported_payment(call, payment) for payment in payments]
    )


async def transactions(call: Call[shapes.ReportedDay]) -> answers.ReportedOperations:
    """GET /v2/reporting/payment/transactions: a page of a day's journal, newest first."""
    day = _transaction_day(call.body.transaction_date)
    number = _page(call.body.page)
    page = await report.list_operations(call.merchant, day, number, call.desk.ports)
    return answers.ReportedOperations(
        transactions=[row for item in page.operations for row in operation_rows(call, item)],
        current_page=number,
        total_page_count=page.pages or UNSET,
    )


async def scroll_transactions(call: Call[shapes.ScrolledDay]) -> answers.ReportedOperations:
    """GET /v2/reporting/payment/scroll-transactions: what follows an entry of a day's journal."""
    body = call.body
    day = _transaction_day(body.transaction_date)
    order = (body.document_scroll_vo_sorting_order or "").upper()
    checks.check_member(order, _ORDERS, "documentScrollVoSortingOrder")
    last_number = None
    if body.last_id:
        try:
            last_number = number_from_text(body.last_id, Reason.LINE_NOT_FOUND)
        except Refusal:
            raise Failure(errors.VALUE_UNKNOWN, "lastId") from None
    listed = await report.scroll_operations(
        call.merchant,
        day,
        call.desk.ports,
        last_number=last_number,
        is_newest_first=order != _OLDEST_FIRST,
    )
    return answers.ReportedOperations(
        transactions=[row for item in listed for row in operation_rows(call, item)]
    )


def _settlement_day(call: Call[shapes.SettlementDay]) -> date:
    """The day of a time, `yyyy-MM-dd HH:mm:ss`."""
    text = _present(call.body.date, errors.DATE_MISSING)
    checks.check_date(text, "date")
    return datetime.fromisoformat(text).date()


def _transaction_day(text: str | None) -> date:
    """A day, `yyyy-MM-dd`."""
    text = _present(text, errors.TRANSACTION_DATE_MISSING)
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise Failure(errors.DATE_MALFORMED, "transactionDate")


def _present(text: str | None, missing: Error) -> str:
    if not text:
        raise Failure(missing)
    return text


def _page(text: str | None) -> int:
    """A page, counted from 1, which is also the one that is meant when none is named."""
    if not text:
        return 1
    if len(text) <= _PAGE_DIGITS_MAX and text.isascii() and text.isdigit() and int(text):
        return int(text)
    raise Failure(errors.VALUE_UNKNOWN, "page")
