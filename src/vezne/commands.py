"""The commands of the house that serve nobody: merchants, their keys and terms, reviews."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from vezne.api_keys import fill_keys
from vezne.bootstrap import CannotStart, House, add_merchant, open_house, revoke_key, run
from vezne.core.answer import Approved
from vezne.core.calendar import local_time
from vezne.core.merchant import Merchant
from vezne.core.refusal import Refusal
from vezne.dialects.iyzico import switches as iyzico_switches
from vezne.dialects.paynet import switches as paynet_switches
from vezne.dialects.paynet.auth import SECRET_DOOR
from vezne.dialects.paywall import switches as paywall_switches
from vezne.dialects.switching import Reading, Switch, chosen_readings
from vezne.flows.review import ReviewPayment, accept_payment, reject_payment
from vezne.merchant_terms import Terms, apply_terms
from vezne.settings import Settings

_SWITCHES: Final[Mapping[str, Sequence[Switch]]] = {
    "iyzico": iyzico_switches.SWITCHES,
    "paywall": paywall_switches.SWITCHES,
    "paynet": paynet_switches.SWITCHES,
}


class SwitchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A switch as people read it: each reading with its source, and the one in force."""

    door: str
    name: str
    about: str
    readings: list[Reading]
    classic: str
    current: str
    in_force: str


def switch_rows(settings: Settings, door: str | None) -> list[SwitchRow]:
    """The switches of a door, or of all. Raises CannotStart for a door that there is not."""
    if door is not None and door not in _SWITCHES:
        raise CannotStart(f"there is no door {door!r}; there are: {', '.join(_SWITCHES)}")
    rows = []
    for name in [door] if door else _SWITCHES:
        chosen = getattr(settings, name)
        try:
            readings = chosen_readings(name, _SWITCHES[name], chosen.profile, chosen.switches)
        except ValueError as error:
            raise CannotStart(f"{name}.switches: {error}") from error
        rows += [
            SwitchRow(
                door=name,
                name=switch.name,
                about=switch.about,
                readings=list(switch.readings),
                classic=switch.classic.name,
                current=switch.current.name,
                in_force=readings[switch.name].name,
            )
            for switch in _SWITCHES[name]
        ]
    return rows


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


def run_review(settings: Settings, number: int, *, accept: bool) -> str:
    """Decide on a payment under review; returns what became of it."""
    return run(_review(settings, number, accept=accept))


async def _add_merchant(
    settings: Settings, name: str, given: Mapping[str, Mapping[str, str | None]]
) -> str:
    keys = fill_keys(given)
    async with open_house(settings) as house:
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
        merchant = await _find_merchant(house, named)
        records = await house.merchants.list_credentials(merchant.id)
    # The name of Paynet's secret key is of no use to anybody.
    keys = [record for record in records if record.door != SECRET_DOOR]
    return msgspec.json.encode({"merchant": merchant, "keys": keys}).decode()


async def _set_merchant(settings: Settings, named: str, terms: Terms) -> str:
    async with open_house(settings) as house:
        merchant = await _find_merchant(house, named)
        changed = apply_terms(merchant.settings, terms)
        await house.merchants.change_settings(merchant.id, changed)
    return msgspec.json.encode(changed).decode()


async def _revoke_key(settings: Settings, door: str, key: str) -> None:
    async with open_house(settings) as house:
        if not await revoke_key(house, door, key):
            raise CannotStart(f"{door} has no key {key!r} that works")


async def _find_merchant(house: House, named: str) -> Merchant:
    """By id or name. Raises CannotStart."""
    for merchant in await house.merchants.list_merchants():
        if named in (str(merchant.id), merchant.name):
            return merchant
    raise CannotStart(f"there is no merchant {named!r}; `vezne merchants list` shows them")


async def _review(settings: Settings, number: int, *, accept: bool) -> str:
    async with open_house(settings) as house:
        for merchant in await house.merchants.list_merchants():
            if await house.ports.books.find_payment(merchant.id, number) is None:
                continue
            command = ReviewPayment(merchant=merchant, number=number)
            try:
                if accept:
                    await accept_payment(command, house.ports)
                    return f"payment {number}: accepted"
                done = await reject_payment(command, house.ports)
            except Refusal as refusal:
                raise CannotStart(f"payment {number}: {refusal.reason}") from refusal
            if not isinstance(done.answer, Approved):
                raise CannotStart(f"payment {number}: the bank did not give the money back")
            return f"payment {number}: rejected, {done.payment.state}"
        raise CannotStart(f"there is no payment {number}")
