"""The panel's pages over many payments: how long the server takes for each of them."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import msgspec
from tools.bench.books import DAYS, fill_books, plain_payment

from vezne.bootstrap.demo import ensure_demo_merchant
from vezne.bootstrap.engines import open_engine
from vezne.bootstrap.house import House, open_house
from vezne.bootstrap.master import open_serving_master_key
from vezne.bootstrap.panel import panel_desk
from vezne.core.member import Member, Role, SignedIn
from vezne.core.merchant import Merchant
from vezne.core.search import PaymentQuery
from vezne.edge.asgi import site_from
from vezne.edge.sites import Incoming, Site
from vezne.panel.app import CSRF_FIELD, panel_app
from vezne.panel.cookies import SESSION_COOKIE
from vezne.panel.pages.payments_export import EXPORT_PATH
from vezne.panel.paths import PANEL_PATH
from vezne.settings import load_settings

_TIMES: Final = 100
_CSRF: Final = "bench"
_HEADERS: Final = {"host": "127.0.0.1:8080", "cookie": f"{SESSION_COOKIE}=bench"}


class Line(msgspec.Struct):
    """How long a page takes, in milliseconds, the first time and again, and how large it is."""

    page: str
    first_ms: float
    p50_ms: float
    p99_ms: float
    bytes: int


class _OneMember:
    """Everybody is the merchant's owner."""

    def __init__(self, merchant: Merchant) -> None:
        self._merchant = merchant

    async def find(self, _token: str, *, is_at_work: bool) -> SignedIn:
        del is_at_work
        return SignedIn(
            member=Member(id=1, email="bench@example.com", has_second_factor=True),
            merchant=self._merchant,
            role=Role.OWNER,
            session_id="bench",
            csrf=_CSRF,
        )


class PanelBench:
    """A panel over books of so many payments, within this process and without sockets."""

    def __init__(self, site: Site, addresses: Mapping[str, str]) -> None:
        self._site = site
        self._addresses = addresses

    async def run(self) -> list[Line]:
        """Ask for every page again and again. Raises RuntimeError for a page that is none."""
        addresses = {**self._addresses, "export, a thousand rows": await self._begin_export()}
        return [await self._measure(name, path) for name, path in addresses.items()]

    async def _measure(self, name: str, path: str) -> Line:
        spent_ms = []
        size = 0
        for _ in range(1 + _TIMES):
            began = time.perf_counter()
            size = await self._ask(path)
            spent_ms.append((time.perf_counter() - began) * 1000)
        first_ms, *again_ms = spent_ms
        again_ms.sort()
        p50_ms, p99_ms = again_ms[_TIMES // 2], again_ms[_TIMES * 99 // 100]
        return Line(page=name, first_ms=first_ms, p50_ms=p50_ms, p99_ms=p99_ms, bytes=size)

    async def _ask(self, path: str) -> int:
        incoming = Incoming("GET", "http", PANEL_PATH + path, _HEADERS, b"", "127.0.0.1")
        response = await self._site(incoming)
        if response.status != HTTPStatus.OK:
            raise RuntimeError(f"{path} answered {response.status}")
        return len(response.body)

    async def _begin_export(self) -> str:
        """The address of an export's first part, below the panel's own."""
        headers = {**_HEADERS, "content-type": "application/x-www-form-urlencoded"}
        form = urlencode({CSRF_FIELD: _CSRF}).encode()
        incoming = Incoming("POST", "http", EXPORT_PATH, headers, form, "127.0.0.1")
        location = dict((await self._site(incoming)).headers)[b"location"].decode()
        return location.removeprefix(PANEL_PATH).replace("/parts?", "/part?")


async def measure_panel(data: Path, payments: int) -> list[Line]:
    """The figures of a panel over new books in `data`."""
    async with _open(data, payments) as (house, merchant):
        desk = msgspec.structs.replace(panel_desk(house), sessions=_OneMember(merchant))
        addresses = await _addresses(house, merchant)
        return await PanelBench(site_from(panel_app(desk)), addresses).run()


@contextlib.asynccontextmanager
async def _open(data: Path, payments: int) -> AsyncIterator[tuple[House, Merchant]]:
    settings = load_settings(None, {"mode": "sandbox", "data": data}, {})
    async with open_house(settings, await open_serving_master_key(settings)) as house:
        await ensure_demo_merchant(house)
        (merchant,) = await house.merchants.list_merchants()
        print(f"writing {payments:,} payments", file=sys.stderr, flush=True)
        books = await open_engine(settings, "books")
        try:
            await fill_books(books, plain_payment(merchant), payments, house.ports.clock.now_ms())
        finally:
            await books.close()
        yield house, merchant


async def _addresses(house: House, merchant: Merchant) -> dict[str, str]:
    """What is asked for, by what it is called."""
    search = house.payment_search
    newest = await search.find_page(merchant.id, PaymentQuery(), None, 1)
    now_ms = house.ports.clock.now_ms()
    middle_ms = now_ms - DAYS * 86_400_000 // 2
    (row,) = newest.rows
    deep = f"before={middle_ms}.0"
    return {
        "home": "",
        "payments, newest": "/payments",
        "payments, half a year back": f"/payments?{deep}",
        "payments, one state in a hundred": "/payments?standing=voided",
        "payments, card that is rare": "/payments?last4=0008",
        "payments, nothing fits": "/payments?basket=none",
        "payments, by conversationId": "/payments?conversation=order-5",
        "payment": f"/payments/{row.number}",
    }


def to_text(lines: list[Line]) -> str:
    """The figures as a table."""
    rows = [
        f"| {line.page} | {line.first_ms:.1f} | {line.p50_ms:.1f} | {line.p99_ms:.1f}"
        f" | {line.bytes:,} |"
        for line in lines
    ]
    head = ["| page | first ms | p50 ms | p99 ms | bytes |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def run_panel(data: Path, payments: int) -> list[Line]:
    """Measure, in an event loop of its own."""
    return asyncio.run(measure_panel(data, payments))
