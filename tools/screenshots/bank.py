"""Pictures of the bank's page.

The page comes straight from the bank's application, at a fixed time, so that the same source makes
the same pictures.
"""

from collections.abc import AsyncIterator
from html import escape
from typing import Final
from urllib.parse import urlsplit

from playwright.async_api import Browser, Route

from simbank.acs.pages import acs_app
from simbank.acs.scenarios import Scenario
from simbank.acs.transactions import ENTRY_PATH, LIFE_MS, Language, Transaction, seal
from vezne.edge.asgi import site_from
from vezne.edge.sites import Incoming

_ORIGIN: Final = "http://bank.localhost"
_KEY: Final = bytes(32)
_SEED: Final = "1"
# 6 June 2018, 13:52 in Istanbul: the time of the iyzico documentation's sample payment.
_NOW_MS: Final = 1_528_282_342_393
BYTES_MAX: Final = 60_000

# Name, width, height and language of each picture.
_PICTURES: Final[tuple[tuple[str, int, int, Language], ...]] = (
    ("challenge-phone.jpg", 390, 844, "tr"),
    ("challenge-desktop.jpg", 1280, 800, "en"),
)


async def pictures(browser: Browser) -> AsyncIterator[tuple[str, bytes]]:
    """The name and the bytes of each."""
    for name, width, height, language in _PICTURES:
        yield name, await _take(browser, width, height, language)


async def _take(browser: Browser, width: int, height: int, language: Language) -> bytes:
    """The challenge page as it first shows, in a window of that size."""
    page = await browser.new_page(viewport={"width": width, "height": height})
    await page.route("**/*", _Bank(language).answer)
    await page.goto(f"{_ORIGIN}/")
    await page.locator("#code").wait_for()
    picture = await page.screenshot(animations="disabled", caret="hide", type="jpeg", quality=80)
    await page.close()
    return picture


class _Bank:
    """Answers the browser from the bank's application. `/` is the merchant's page before it."""

    def __init__(self, language: Language) -> None:
        app = acs_app(return_key=_KEY, seed=_SEED, now_ms=lambda: _NOW_MS)
        self._site = site_from(app)
        token = seal(_KEY, _transaction(language))
        self._start = (
            f'<form method="post" action="{ENTRY_PATH}">'
            f'<input name="token" value="{escape(token)}"></form>'
            "<script>document.forms[0].submit()</script>"
        )

    async def answer(self, route: Route) -> None:
        request = route.request
        where = urlsplit(request.url)
        if where.path == "/":
            await route.fulfill(content_type="text/html", body=self._start)
            return
        body = request.post_data_buffer or b""
        headers = {"host": where.netloc} | request.headers
        response = await self._site(
            Incoming(request.method, where.scheme, where.path, headers, body)
        )
        await route.fulfill(
            status=response.status,
            headers={name.decode(): value.decode() for name, value in response.headers},
            body=response.body,
        )


def _transaction(language: Language) -> Transaction:
    return Transaction(
        merchant_id=1,
        payment_number=10_851_936,
        transaction_id="00000000-0000-0000-0000-000000000000",
        scenario=Scenario.CHALLENGE,
        mask="552879******0008",
        merchant_name="Kitapçı",
        amount_e8=120_000_000,
        currency="TRY",
        installments=1,
        language=language,
        return_url=f"{_ORIGIN}/3ds/return/simulator",
        begun_ms=_NOW_MS,
        expires_ms=_NOW_MS + LIFE_MS,
    )
