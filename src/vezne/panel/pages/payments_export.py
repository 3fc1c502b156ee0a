"""Payments as a CSV file, part by part: the browser puts it together, nothing stays on the server.

A part is handed out with the ticket of an export that the audit trail knows of.
"""

import asyncio
import hashlib
import hmac
from typing import Final

from starlette.responses import Response

from vezne.core.calendar import local_date
from vezne.core.search import PaymentPage
from vezne.panel.pages.payments import PAYMENTS_PATH
from vezne.panel.payment_csv import COLUMNS, to_csv
from vezne.panel.payment_filter import (
    Filter,
    filter_from_address,
    place_from_text,
    text_of_place,
)
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.visit import IllFormed, Visit

EXPORT_PATH: Final = f"{PAYMENTS_PATH}/export"
PARTS_PATH: Final = f"{EXPORT_PATH}/parts"
PART_PATH: Final = f"{EXPORT_PATH}/part"
# A part takes some tens of milliseconds.
PART_ROWS: Final = 1000
_CHUNK_ROWS: Final = 100
# A million payments take minutes; whoever loads them by hand has time for a coffee.
TICKET_LIFE_MS: Final = 3_600_000

_CSV: Final = "text/csv; charset=utf-8"


async def show_export(visit: Visit) -> Response:
    """What would be exported, and a button that begins."""
    asked = filter_from_address(visit.query)
    if asked.errors:
        return visit.go(asked.address(PAYMENTS_PATH))
    return visit.page(
        "payments_export.html",
        asked=asked,
        typed=asked.shown(visit.language),
        columns=COLUMNS,
        begin=asked.address(EXPORT_PATH),
        back=asked.address(PAYMENTS_PATH),
    )


async def begin_export(visit: Visit) -> Response:
    """Write to the trail who takes what along, and go to where it is."""
    asked = _asked(visit)
    visit.record("payments", reason="exported")
    await visit.desk.audit.settled()
    began_ms = visit.desk.ports.clock.now_ms()
    ticket = _ticket(visit, asked, began_ms)
    return visit.go(asked.address(PARTS_PATH, began=str(began_ms), ticket=ticket))


async def show_parts(visit: Visit) -> Response:
    """The page whose script puts the parts together; without one they are taken one by one."""
    asked = _asked(visit)
    if not _has_ticket(visit, asked):
        return visit.turn_back(asked.address(EXPORT_PATH), "payments.export.over")
    part = await _find_part(visit, asked)
    proof = {name: visit.query[name] for name in ("began", "ticket")}
    before = visit.query.get("before", "")
    first_ms = visit.merchant.created_ms
    return visit.page(
        "payments_export_parts.html",
        part=part,
        is_first=not before,
        all_parts=asked.address(PART_PATH, **proof),
        this_part=asked.address(PART_PATH, **proof, before=before, alone="1"),
        next_page=asked.address(PARTS_PATH, **proof, before=text_of_place(part.next)),
        back=asked.address(PAYMENTS_PATH),
        floor_ms=max(first_ms, asked.query.since_ms),
        file_name=_file_name(visit),
    )


async def give_part(visit: Visit) -> Response:
    """A part of the file. `X-Next` says which comes after it; there is none after the last."""
    asked = _asked(visit)
    if not _has_ticket(visit, asked):
        raise IllFormed
    part = await _find_part(visit, asked)
    is_beginning = not visit.query.get("before") or visit.query.get("alone") == "1"
    numbers = [row.number for row in part.rows]
    content = to_csv((), has_head=is_beginning)
    for start in range(0, len(numbers), _CHUNK_ROWS):
        some = numbers[start : start + _CHUNK_ROWS]
        payments = await visit.desk.search.list_payments(visit.merchant.id, some)
        content += to_csv(payments, has_head=False)
        # Whoever pays meanwhile is not kept waiting for the whole part.
        await asyncio.sleep(0)
    reached = part.next or (part.rows[-1].place if part.rows else None)
    headers = {
        "Content-Disposition": f'attachment; filename="{_file_name(visit)}"',
        "X-Rows": str(len(numbers)),
        "X-Next": text_of_place(part.next),
        "X-Reached-Ms": "" if reached is None else str(reached.created_ms),
    }
    return Response(content, media_type=_CSV, headers=headers)


async def _find_part(visit: Visit, asked: Filter) -> PaymentPage:
    before = place_from_text(visit.query.get("before", ""))
    return await visit.desk.search.find_page(visit.merchant.id, asked.query, before, PART_ROWS)


def _asked(visit: Visit) -> Filter:
    """What the address asks for. Raises IllFormed where the list would show a mistake."""
    asked = filter_from_address(visit.query)
    if asked.errors:
        raise IllFormed
    return asked


def _ticket(visit: Visit, asked: Filter, began_ms: int) -> str:
    """What proves that this session began this export of this merchant's payments then."""
    text = asked.address(PART_PATH, began=str(began_ms), merchant=str(visit.merchant.id))
    return hmac.new(visit.who.csrf.encode(), text.encode(), hashlib.sha256).hexdigest()


def _has_ticket(visit: Visit, asked: Filter) -> bool:
    began = visit.query.get("began", "")
    if not (began.isascii() and began.isdigit() and len(began) < len(str(2**63))):
        return False
    age_ms = visit.desk.ports.clock.now_ms() - int(began)
    ticket = visit.query.get("ticket", "")
    is_real = hmac.compare_digest(ticket.encode(), _ticket(visit, asked, int(began)).encode())
    return is_real and 0 <= age_ms <= TICKET_LIFE_MS


def _file_name(visit: Visit) -> str:
    return f"payments-{local_date(visit.ports.clock.now_ms()).isoformat()}.csv"


PAGES: Final = (
    Page(method="GET", path="/payments/export", handle=show_export, permission=Permission.EXPORT),
    Page(method="POST", path="/payments/export", handle=begin_export, permission=Permission.EXPORT),
    Page(
        method="GET", path="/payments/export/parts", handle=show_parts, permission=Permission.EXPORT
    ),
    Page(
        method="GET", path="/payments/export/part", handle=give_part, permission=Permission.EXPORT
    ),
)
