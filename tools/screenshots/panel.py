"""Pictures of the panel, with two weeks of payments in it."""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, Page
from tools.screenshots.days import Merchant

BYTES_MAX: Final = 120_000
_WIDTH: Final = 1280
_QUALITY: Final = 65
_LOOKS: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
_READY: Final = re.compile(r"^ready (http://\S+)")
_OPTIONS: Final = ("--sandbox", "--listen", "127.0.0.1:0", "--tls-listen", "off")


async def pictures(browser: Browser) -> AsyncIterator[tuple[str, bytes]]:
    """The name and the bytes of each, from a sandbox of their own."""
    with tempfile.TemporaryDirectory() as folder, _running(Path(folder)) as url:
        keys = json.loads((Path(folder) / "sandbox.json").read_text())
        merchant = Merchant(url, keys)
        number = await asyncio.to_thread(merchant.live)
        await asyncio.to_thread(merchant.sign_otherwise)
        for look in _LOOKS:
            page = await _open(browser, look)
            await _sign_in(page, url, keys["panel"])
            async for name, picture in _take(page, number):
                yield f"{name}-{look}.jpg", picture
            await page.context.close()


async def _open(browser: Browser, look: Literal["light", "dark"]) -> Page:
    return await browser.new_page(locale="en-GB", color_scheme=look)


async def _sign_in(page: Page, url: str, keys: dict[str, str]) -> None:
    await page.goto(f"{url}/panel")
    await page.fill("#email", keys["email"])
    await page.fill("#password", keys["password"])
    await page.press("#password", "Enter")
    await page.wait_for_url(f"{url}/panel")


async def _take(page: Page, number: int) -> AsyncIterator[tuple[str, bytes]]:
    """Each page as it first shows."""
    url = page.url
    for name, path, height in (
        ("home", "", 860),
        ("payments", "/payments", 860),
        ("payment", f"/payments/{number}", 1500),
        ("shop", "/shop", 860),
        ("request-doctor", "/requests?outcome=unauthenticated", 1080),
    ):
        await page.set_viewport_size({"width": _WIDTH, "height": height})
        await page.goto(url + path)
        if name == "request-doctor":
            await page.locator("tbody th a").first.click()
            await page.locator(".findings").wait_for()
        yield (
            name,
            await page.screenshot(
                animations="disabled", caret="hide", type="jpeg", quality=_QUALITY
            ),
        )


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[str]:
    """A sandbox, from its `ready` line to the end of the block; its address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "vezne", "serve", *_OPTIONS, "--data", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _address_of(server)
    finally:
        server.terminate()
        server.communicate()


def _address_of(server: "subprocess.Popen[str]") -> str:
    for line in server.stdout or ():
        found = _READY.match(line)
        if found:
            return found[1]
    raise RuntimeError("the server did not start")
