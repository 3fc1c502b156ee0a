"""Merchants, their keys and their terms."""

import json
from collections.abc import Mapping

import msgspec

from vezne.api_keys import fill_keys
from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.demo import add_merchant
from vezne.bootstrap.house import House, open_house
from vezne.bootstrap.merchant_keys import revoke_key
from vezne.bootstrap.start import run
from vezne.commands.operator import administering
from vezne.core.calendar import local_time
from vezne.core.merchant import Merchant
from vezne.dialects.paynet.auth import SECRET_DOOR
from vezne.merchant_terms import Terms, apply_terms
from vezne.settings import Settings


def run_add_merchant(
    settings: Settings, name: str, given: Mapping[str, Mapping[str, str | None]]
) -> str:
    """Add a merchant with the given keys, and new ones where none are given; returns JSON."""
    return run(_add_merchant(settings, name, given))


def run_list_merchants(settings: Settings) -> list[tuple[str, str, str, str]]:
    """Id, name, time of addition and doors of every merchant."""
    return run(_list_merchants(settings))


def run_show_merchant(settings: Settings, merchant: str) -> str:
    """A merchant's settings and public keys, as JSON."""
    return run(_show_merchant(settings, merchant))


def run_set_merchant(settings: Settings, merchant: str, terms: Terms) -> str:
    """Change a merchant's terms; returns the merchant's settings as JSON."""
    return run(_set_merchant(settings, merchant, terms))


def run_revoke_key(settings: Settings, door: str, key: str) -> None:
    """Make a key stop working. Raises CannotStart when the door has none that works."""
    run(_revoke_key(settings, door, key))


async def _add_merchant(
    settings: Settings, name: str, given: Mapping[str, Mapping[str, str | None]]
) -> str:
    keys = fill_keys(given)
    async with open_house(settings) as house, administering(house.audit, f"merchant {name}"):
        merchant = await add_merchant(house, name, keys)
    return json.dumps({"id": merchant.id, "name": merchant.name} | keys)


async def _list_merchants(settings: Settings) -> list[tuple[str, str, str, str]]:
    rows = []
    async with open_house(settings) as house:
        for merchant in await house.merchants.list_merchants():
            records = await house.merchants.list_credentials(merchant.id)
            doors = sorted({record.door.partition(".")[0] for record in records})
            added = local_time(merchant.created_ms).strftime("%Y-%m-%d %H:%M")
            rows.append((str(merchant.id), merchant.name, added, ", ".join(doors)))
    return rows


async def _show_merchant(settings: Settings, named: str) -> str:
    async with open_house(settings) as house:
        merchant = await find_merchant(house, named)
        records = await house.merchants.list_credentials(merchant.id)
    # The name of Paynet's secret key is of no use to anybody.
    keys = [record for record in records if record.door != SECRET_DOOR]
    return msgspec.json.encode({"merchant": merchant, "keys": keys}).decode()


async def _set_merchant(settings: Settings, named: str, terms: Terms) -> str:
    async with open_house(settings) as house:
        merchant = await find_merchant(house, named)
        is_sandbox = any(each.is_demo for each in await house.merchants.list_merchants())
        changed = apply_terms(merchant.settings, terms, is_sandbox=is_sandbox)
        async with administering(house.audit, "terms", merchant_id=merchant.id):
            await house.merchants.change_settings(merchant.id, changed)
    return msgspec.json.encode(changed).decode()


async def _revoke_key(settings: Settings, door: str, key: str) -> None:
    subject = f"key {key} of {door}"
    async with open_house(settings) as house, administering(house.audit, subject):
        if not await revoke_key(house, door, key):
            raise CannotStart(f"{door} has no key {key!r} that works")


async def choose_merchants(house: House, named: str | None) -> list[Merchant]:
    """The merchant of an id or name, or all of them. Raises CannotStart."""
    if named is None:
        return await house.merchants.list_merchants()
    return [await find_merchant(house, named)]


async def find_merchant(house: House, named: str) -> Merchant:
    """By id or name. Raises CannotStart."""
    for merchant in await house.merchants.list_merchants():
        if named in (str(merchant.id), merchant.name):
            return merchant
    raise CannotStart(f"there is no merchant {named!r}; `vezne merchants list` shows them")
