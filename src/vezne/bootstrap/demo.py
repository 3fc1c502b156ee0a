"""Merchants with their keys, and the demo merchant of the sandbox."""

import json
from typing import Final

from vezne.api_keys import Keys, fill_keys, random_key
from vezne.bootstrap.house import House
from vezne.bootstrap.sandbox_merchants import all_credentials, sandbox_settings
from vezne.core.merchant import Merchant
from vezne.vault.files import PRIVATE, replace_file

DEMO_MERCHANT: Final = "Demo"


async def add_merchant(house: House, name: str, keys: Keys, *, is_demo: bool = False) -> Merchant:
    """Add a merchant with a pair of keys for every door. Raises DuplicateMerchant, DuplicateKey."""
    credentials = all_credentials(house.vault.names, keys)
    return await house.merchants.add_merchant(
        name, credentials, settings=sandbox_settings(), is_demo=is_demo
    )


async def ensure_demo_merchant(house: House) -> None:
    """In sandbox: the demo merchant, and its keys in `sandbox.json`."""
    path = house.settings.data / "sandbox.json"
    known = await house.merchants.list_merchants()
    if any(merchant.is_demo for merchant in known) and path.exists():
        return
    keys = fill_keys({})
    name = _free_name(DEMO_MERCHANT, {merchant.name for merchant in known})
    await add_merchant(house, name, keys, is_demo=True)
    panel = {
        "url": "http://127.0.0.1:8080/panel",
        "email": "demo@vezne.localhost",
        "password": random_key(16),
    }
    text = json.dumps(keys | {"panel": panel}, indent=2) + "\n"
    replace_file(path, text.encode(), PRIVATE)


def _free_name(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken: an erased `sandbox.json` needs a new merchant."""
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free
