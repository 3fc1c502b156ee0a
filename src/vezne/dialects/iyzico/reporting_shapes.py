"""The requests of the reporting endpoints as records, and how those without a body are read."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_plus

import msgspec

from vezne.dialects.iyzico.shapes import Basic, Shape

# Some clients write `?` between parameters, or `&` in front of the first.
_SEPARATOR: Final = re.compile("[?&]")


class SettlementDay(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /reporting/settlement/payoutcompleted and /reporting/settlement/bounced."""

    date: str | None = None


class ReportedPayment(Basic, frozen=True, rename="camel", kw_only=True):
    """GET /v2/reporting/payment/details."""

    payment_id: str | None = None
    payment_conversation_id: str | None = None


class ReportedDay(Basic, frozen=True, rename="camel", kw_only=True):
    """GET /v2/reporting/payment/transactions."""

    transaction_date: str | None = None
    page: str | None = None


class ScrolledDay(Basic, frozen=True, rename="camel", kw_only=True):
    """GET /v2/reporting/payment/scroll-transactions."""

    transaction_date: str | None = None
    document_scroll_vo_sorting_order: str | None = None
    last_id: str | None = None


def query_parameters(target: str) -> dict[str, str]:
    """The parameters of a request target, those without a value left out; the last one counts."""
    _, *pairs = _SEPARATOR.split(target)
    parameters: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        if value:
            parameters[unquote_plus(name)] = unquote_plus(value)
    return parameters


def read_query(shape: type[Shape], parameters: Mapping[str, str]) -> Shape:
    """The parameters of a query as a record of texts. Those that it does not know are ignored."""
    return msgspec.convert(parameters, shape)
