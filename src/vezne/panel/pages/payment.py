"""One payment: its figures, its lines, and everything that happened to it."""

from typing import Final

import msgspec
from starlette.responses import Response

from vezne.core.payment import BasketLine, Payment
from vezne.core.pricing import PricedLine
from vezne.core.standing import standing_of
from vezne.panel.acts import OF_LINE, OF_PAYMENT, Act, is_possible, is_possible_for_line
from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.timeline import TimelineEvent, events_of, in_order, md_status_text
from vezne.panel.timeline_sources import (
    call_events,
    ledger_events,
    list_bookings_of,
    notice_events,
    payout_events,
)
from vezne.panel.visit import NotFound, Visit


class LineRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a payment as the page shows it. `item` is None for a payment without a basket."""

    number: int
    item: BasketLine | None
    figures: PricedLine
    refunded_e8: int
    refundable_e8: int
    seller: str
    is_approved: bool
    acts: list[Act]


async def find_own(visit: Visit) -> Payment:
    """The merchant's payment of the address. Raises NotFound."""
    number = visit.path_number("number")
    payment = await visit.desk.ports.books.find_payment(visit.merchant.id, number)
    if payment is None:
        raise NotFound
    return payment


async def show_payment(visit: Visit) -> Response:
    """A payment's page."""
    payment = await find_own(visit)
    result = None if payment.authentication is None else payment.authentication.result
    now_ms = visit.ports.clock.now_ms()
    may_act = visit.may(Permission.MOVE_MONEY)
    return visit.page(
        "payment.html",
        payment=payment,
        standing=standing_of(payment),
        acts=[act for act in OF_PAYMENT if may_act and is_possible(act, payment, now_ms)],
        lines=await _line_rows(visit, payment, may_act=may_act),
        events=await _timeline(visit, payment),
        card_path=await _card_path(visit, payment),
        md_status="" if result is None else md_status_text(result.md_status, visit),
    )


async def _card_path(visit: Visit, payment: Payment) -> str:
    """Where the stored card is shown that was paid with; empty: there is none, or none any more."""
    owner_key, token = payment.owner_key, payment.card_token
    if owner_key is None or token is None:
        return ""
    card = await visit.desk.ports.books.find_card(visit.merchant.id, owner_key, token)
    return "" if card is None else f"{PANEL_PATH}/cards/{owner_key.hex()}/{token.hex()}"


async def _line_rows(visit: Visit, payment: Payment, *, may_act: bool) -> list[LineRow]:
    items: list[BasketLine | None] = list(payment.lines) or [None]
    keys = {item.sub_merchant for item in items if item is not None and item.sub_merchant}
    sellers = {key: await _seller_name(visit, key) for key in keys}
    return [
        LineRow(
            number=number,
            item=item,
            figures=figures,
            refunded_e8=payment.refunded_e8(number),
            refundable_e8=max(payment.refundable_e8(number), 0),
            seller="" if item is None else sellers.get(item.sub_merchant or "", ""),
            is_approved=number in payment.approved_lines,
            acts=[
                act
                for act in OF_LINE
                if may_act and is_possible_for_line(act, payment, number, visit.merchant)
            ],
        )
        for number, item, figures in zip(
            payment.line_numbers, items, payment.pricing.lines, strict=True
        )
    ]


async def _seller_name(visit: Visit, key: str) -> str:
    """What the merchant calls a sub-merchant; its key where nobody knows it any more."""
    seller = await visit.desk.ports.books.find_sub_merchant(visit.merchant.id, key)
    return key if seller is None else seller.external_id


async def _timeline(visit: Visit, payment: Payment) -> list[TimelineEvent]:
    desk, merchant_id, number = visit.desk, visit.merchant.id, payment.number
    bookings = await list_bookings_of(merchant_id, number, desk.ports.books)
    notices = await desk.outbox.find_notices(merchant_id, number)
    calls = [] if desk.calls is None else await desk.calls.list_calls_of(merchant_id, number)
    paid_out = await desk.figures.list_paid_out(merchant_id, number)
    return in_order(
        [
            *events_of(payment, visit),
            *call_events(calls, visit),
            *ledger_events(bookings, visit),
            *notice_events(notices, visit),
            *payout_events(paid_out, visit),
        ]
    )


PAGES: Final = (
    Page(
        method="GET",
        path="/payments/{number}",
        handle=show_payment,
        permission=Permission.VIEW,
    ),
)
