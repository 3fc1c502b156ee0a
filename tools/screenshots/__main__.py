"""Take the pictures for the documentation: `python -m tools.screenshots`.

Needs Debian's Chromium.
"""

import argparse
import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from playwright.async_api import async_playwright
from tools.screenshots import bank, panel

_DOCS: Final = Path(__file__).parents[2] / "docs"


def main() -> None:
    """Take the pictures, or say why not."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("--docs", type=Path, default=_DOCS, help="the folder whose parts they are")
    parser.add_argument("--only", choices=("bank", "panel"), help="the pictures of one part")
    chosen = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed: apt-get install chromium")
    asyncio.run(_take_all(chromium, chosen.docs, chosen.only))


async def _take_all(chromium: str, docs: Path, only: str | None) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        if only != "panel":
            await _keep(docs / "images", bank.pictures(browser), bank.BYTES_MAX)
        if only != "bank":
            await _keep(docs / "panel", panel.pictures(browser), panel.BYTES_MAX)
        await browser.close()


async def _keep(folder: Path, taken: AsyncIterator[tuple[str, bytes]], bytes_max: int) -> None:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async for name, picture in taken:
        if len(picture) > bytes_max:
            sys.exit(f"{name} has {len(picture)} bytes; more than {bytes_max} is too much")
        await asyncio.to_thread((folder / name).write_bytes, picture)
        print(f"{folder / name}: {len(picture)} bytes")


if __name__ == "__main__":
    main()
