"""The list of payments, its filters, and the box that finds one by whatever somebody has of it."""

import re
from typing import Final

from starlette.responses import Response

from vezne.core.search import BIN_LENGTHS, LAST4_LENGTH
from vezne.core.standing import Standing
from vezne.panel.card_numbers import is_card_number
from vezne.panel.paths import PANEL_PATH
from vezne.panel.payment_filter import (
    CARD_ERROR,
    DOORS,
    NAME_LENGTH_MAX,
    TICK_PREFIX,
    Filter,
    filter_from_address,
    filter_from_form,
    place_from_text,
    text_of_place,
)
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.visit import Visit

PAYMENTS_PATH: Final = f"{PANEL_PATH}/payments"
PAGE_ROWS: Final = 50

_OK: Final = 200
_UNPROCESSABLE: Final = 422
# A card as lists print it: first digits, stars or dots, last four.
_MASKED_CARD: Final = re.compile(r"([0-9]{6,8})[\s*•xX.·…_-]+([0-9]{4})", re.ASCII)
_NUMBER_DIGITS_MAX: Final = 18


async def show_payments(visit: Visit) -> Response:
    """The payments that the address asks for, newest first."""
    asked = filter_from_address(visit.query)
    before = place_from_text(visit.query.get("before", ""))
    if CARD_ERROR in asked.errors.values():
        # Away from an address that somebody made by hand.
        return visit.turn_back(asked.address(PAYMENTS_PATH), CARD_ERROR)
    if asked.errors:
        return _refused(visit, asked)
    found = await visit.desk.search.find_page(visit.merchant.id, asked.query, before, PAGE_ROWS)
    return visit.page(
        "payments.html",
        status=_OK,
        **_form_of(visit, asked),
        page=found,
        unknown_ms=await visit.desk.search.find_unknown_ms(visit.merchant.id),
        is_first=before is None,
        here_again=asked.address(PAYMENTS_PATH, before=text_of_place(before)),
        newest=asked.address(PAYMENTS_PATH),
        older=asked.address(PAYMENTS_PATH, before=text_of_place(found.next)),
        export=asked.address(f"{PAYMENTS_PATH}/export"),
    )


async def narrow_down(visit: Visit) -> Response:
    """Go to the address of what the form asks for."""
    asked = filter_from_form(visit.form, visit.language)
    if asked.errors:
        return _refused(visit, asked)
    return visit.go(asked.address(PAYMENTS_PATH))


async def find_by_anything(visit: Visit) -> Response:
    """Go to the payment that a text names, or to the list of those that it fits."""
    text = visit.form.get("q", "").strip()
    if is_card_number(text):
        return _refused(visit, filter_from_address({}), search_error=CARD_ERROR)
    if len(text) > NAME_LENGTH_MAX:
        return _refused(visit, filter_from_address({}), search_error="payments.error.search")
    number = await _find_number(visit, text)
    if number is not None:
        return visit.go(f"{PAYMENTS_PATH}/{number}")
    return visit.go(filter_from_address(await _fields_for(visit, text)).address(PAYMENTS_PATH))


async def _find_number(visit: Visit, text: str) -> int | None:
    """The number of the payment that has a number, or a line with it."""
    if not (text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS_MAX):
        return None
    books, merchant_id = visit.desk.ports.books, visit.merchant.id
    found = await books.find_payment(merchant_id, int(text))
    if found is None:
        found = await books.find_payment_of_line(merchant_id, int(text))
    return None if found is None else found.number


async def _fields_for(visit: Visit, text: str) -> dict[str, str]:
    """Which field of the form a text is for."""
    if not text:
        return {}
    masked = _MASKED_CARD.fullmatch(text)
    if masked is not None:
        return {"bin": masked[1], "last4": masked[2]}
    is_digits = text.isascii() and text.isdigit()
    if is_digits and len(text) == LAST4_LENGTH:
        return {"last4": text}
    if await visit.desk.ports.books.find_payment_by_reference(visit.merchant.id, text):
        return {"conversation": text}
    if is_digits and len(text) in BIN_LENGTHS:
        return {"bin": text}
    return {"basket": text}


def _refused(visit: Visit, asked: Filter, search_error: str = "") -> Response:
    """The form again, with what is wrong with it."""
    form = _form_of(visit, asked)
    form["search_error"] = search_error
    return visit.page("payments.html", status=_UNPROCESSABLE, page=None, **form)


def _form_of(visit: Visit, asked: Filter) -> dict[str, object]:
    return {
        "asked": asked,
        "typed": asked.shown(visit.language),
        "standings": list(Standing),
        "doors": [("", visit.say("payments.any")), *_doors(visit)],
        "tick": TICK_PREFIX,
        "search_error": "",
    }


def _doors(visit: Visit) -> list[tuple[str, str]]:
    return [(door, visit.say(f"door.{door}")) for door in DOORS]


PAGES: Final = (
    Page(
        method="GET",
        path="/payments",
        handle=show_payments,
        permission=Permission.VIEW,
        minds_card_numbers=True,
    ),
    Page(
        method="POST",
        path="/payments",
        handle=narrow_down,
        permission=Permission.VIEW,
        minds_card_numbers=True,
    ),
    Page(
        method="POST",
        path="/payments/search",
        handle=find_by_anything,
        permission=Permission.VIEW,
        minds_card_numbers=True,
    ),
)
