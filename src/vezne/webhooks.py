"""Merchants are told of their payments while the server runs: what it takes, and the worker."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NoReturn

import msgspec

from vezne.core.fault import FaultBoard
from vezne.core.merchant import Merchant
from vezne.core.ports import NameBox, Ports
from vezne.core.webhook import Courier, WebhookDoor
from vezne.dialects.iyzico import webhooks as iyzico
from vezne.dialects.iyzico.endpoint import DOOR as IYZICO
from vezne.dialects.iyzico.switches import switches_for as iyzico_switches
from vezne.dialects.paynet import webhooks as paynet
from vezne.dialects.paynet.endpoint import DOOR as PAYNET
from vezne.dialects.paynet.endpoint import Desk as PaynetDesk
from vezne.dialects.paynet.switches import switches_for as paynet_switches
from vezne.dialects.paywall import webhooks as paywall
from vezne.dialects.paywall.endpoint import DOOR as PAYWALL
from vezne.edge.late_courier import LateCourier
from vezne.flows.notify import Mail, tell_due
from vezne.settings import Settings
from vezne.storage.merchants import SqlMerchants
from vezne.storage.outbox import SqlOutbox
from vezne.workers import outlive, repeat

# How often notices are looked for, when that is quickly done. Whoever tests a webhook by hand
# waits for it.
TELL_EVERY_S: Final = 0.5


def _by_itself(courier: Courier, _door: str) -> Courier:
    return courier


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """What the telling is done with. `names` are the vault's; `faults` are those of a sandbox.

    `send_by` puts somebody who counts around the courier of a door.
    """

    settings: Settings
    ports: Ports
    merchants: SqlMerchants
    outbox: SqlOutbox
    names: NameBox
    faults: FaultBoard | None
    send_by: Callable[[Courier, str], Courier] = _by_itself


async def tell_merchants(office: Office) -> NoReturn:
    """Tell every merchant what is due, again and again.

    The telling of each merchant's door is a task of its own, so that nobody waits for another
    one's server.
    """
    courier = LateCourier(is_live=office.settings.mode == "live")
    mails = [
        Mail(
            door=door,
            words=words,
            outbox=office.outbox,
            courier=office.send_by(courier, door),
            keys=office.merchants,
            merchants=office.merchants,
            faults=office.faults,
            # In live mode what is said of payments stays between us and the merchant's server.
            keeps_contents=office.settings.mode == "sandbox",
        )
        for door, words in _doors(office).items()
    ]
    busy: set[tuple[int, str]] = set()
    try:
        async with asyncio.TaskGroup() as tasks:
            await repeat(partial(_start, office, mails, busy, tasks), TELL_EVERY_S)
    finally:
        await courier.close()


async def _start(
    office: Office, mails: list[Mail], busy: set[tuple[int, str]], tasks: asyncio.TaskGroup
) -> None:
    """Start telling each merchant that is to be told something, where it is not done already."""
    for merchant_id in await office.outbox.find_to_tell(office.ports.clock.now_ms()):
        idle = [mail for mail in mails if (merchant_id, mail.door) not in busy]
        merchant = await office.merchants.find_merchant(merchant_id) if idle else None
        if merchant is None:
            continue
        # Requests first: it may be very many merchants.
        await asyncio.sleep(0)
        for mail in idle:
            busy.add((merchant.id, mail.door))
            tasks.create_task(_tell(merchant, office, mail, busy))


async def _tell(merchant: Merchant, office: Office, mail: Mail, busy: set[tuple[int, str]]) -> None:
    """Tell a merchant until nothing is due at a door."""
    try:
        await outlive(tell_due(merchant, mail, office.ports))
    finally:
        busy.discard((merchant.id, mail.door))


def _doors(office: Office) -> Mapping[str, WebhookDoor]:
    """Every protocol's webhooks, by the name of its door."""
    settings = office.settings
    desk = PaynetDesk(
        ports=office.ports,
        merchants=office.merchants,
        names=office.names,
        switches=paynet_switches(settings.paynet.profile, settings.paynet.switches),
    )
    switches = iyzico_switches(settings.iyzico.profile, settings.iyzico.switches)
    return {
        IYZICO: iyzico.webhook_door(switches),
        PAYWALL: paywall.webhook_door(),
        PAYNET: paynet.webhook_door(desk),
    }
