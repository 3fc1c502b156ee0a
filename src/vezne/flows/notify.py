"""Tell merchants by webhook what happened to their payments: at least once, and in order."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import msgspec

from vezne.core.changes import ChangeNotice, Conflict
from vezne.core.fault import Facts, FaultBoard, FaultKind, Place
from vezne.core.merchant import Merchant
from vezne.core.notice import Notice, deliver, pass_over, postpone, replay
from vezne.core.ports import Ports
from vezne.core.refusal import Reason, Refusal
from vezne.core.webhook import (
    Courier,
    Outbox,
    SigningKeys,
    Telling,
    Undelivered,
    WebhookDoor,
    WebhookMessage,
)
from vezne.flows.merchant_time import ports_at

# Bounds how many notices are in memory at a time.
NOTICES_MAX: Final = 100
# How many messages are under way to one merchant: a server of theirs that hangs holds up no more.
AT_ONCE_MAX: Final = 4

_NO_URL: Final = "the merchant has no webhook URL for this door any more"
_FAULT: Final = "a fault of the gateway, which its log describes"
_NO_KEY: Final = "the merchant has no key for this door that works"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """What the telling works with. `doors` are by name; `faults` has those that were asked for."""

    outbox: Outbox
    courier: Courier
    keys: SigningKeys
    doors: Mapping[str, WebhookDoor]
    faults: FaultBoard | None = None


class ReplayNotices(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment's merchant is to be told again: the notice of one version, or all."""

    merchant: Merchant
    payment_number: int
    version: int | None = None


async def is_due(merchant: Merchant, outbox: Outbox, ports: Ports) -> bool:
    """Whether there is anything to tell a merchant by now, by the merchant's time."""
    now_ms = ports_at(merchant, ports).clock.now_ms()
    return bool(await outbox.list_due_notices(merchant.id, until_ms=now_ms, limit=1))


async def tell_due(merchant: Merchant, mail: Mail, ports: Ports) -> int:
    """Try to tell a merchant what is due, by the merchant's time; returns how many notices it was.

    At most `NOTICES_MAX`, each of another payment. None is due again at once: what fails is put
    off, and the next notice of a payment becomes due when the one before it has ended.
    """
    there = ports_at(merchant, ports)
    now_ms = there.clock.now_ms()
    due = await mail.outbox.list_due_notices(merchant.id, until_ms=now_ms, limit=NOTICES_MAX)
    places = asyncio.Semaphore(AT_ONCE_MAX)

    async def tell_in_turn(notice: Notice) -> None:
        async with places:
            await _tell(merchant, notice, mail, there)

    # One notice that breaks something of ours keeps no other from being told.
    results = await asyncio.gather(*map(tell_in_turn, due), return_exceptions=True)
    for result in results:
        if result is not None:
            raise result
    return len(due)


async def replay_notices(command: ReplayNotices, mail: Outbox, ports: Ports) -> list[Notice]:
    """Make notices due again, whatever became of them; returns them, in order.

    Raises Refusal(PAYMENT_NOT_FOUND) when the payment has no such notice; Conflict when one of
    them is being told just now.
    """
    now_ms = ports_at(command.merchant, ports).clock.now_ms()
    found = await mail.find_notices(command.merchant.id, command.payment_number)
    chosen = [item for item in found if command.version in (None, item.version)]
    if not chosen:
        raise Refusal(Reason.PAYMENT_NOT_FOUND)
    again = [replay(item, now_ms) for item in chosen]
    await ports.books.apply([ChangeNotice(item) for item in again])
    return again


async def _tell(merchant: Merchant, notice: Notice, mail: Mail, ports: Ports) -> None:
    """Try to tell one notice, with no transaction open, and record how it went."""
    try:
        message = await _message(merchant, notice, mail, ports)
        if message is None:
            after = pass_over(notice)
        else:
            await _send(merchant, message, mail)
            after = deliver(notice)
    except Undelivered as problem:
        after = postpone(notice, str(problem), ports.clock.now_ms())
    except Exception:
        # Whatever it is, it is still there a moment later.
        await _record(postpone(notice, _FAULT, ports.clock.now_ms()), ports)
        raise
    await _record(after, ports)


async def _record(after: Notice, ports: Ports) -> None:
    """Write down how a try went, unless somebody wants the notice replayed: then it stays due."""
    with suppress(Conflict):
        await ports.books.apply([ChangeNotice(after)])


async def _message(
    merchant: Merchant, notice: Notice, mail: Mail, ports: Ports
) -> WebhookMessage | None:
    """A notice in the words of its payment's door. Raises Undelivered when it cannot be sent."""
    payment = await ports.books.find_payment(merchant.id, notice.payment_number)
    if payment is None:
        raise Undelivered("there is no such payment")
    url = merchant.settings.webhook_urls.get(payment.door)
    if url is None:
        raise Undelivered(_NO_URL)
    door = mail.doors[payment.door]
    secret = b""
    if door.signs_with is not None:
        credential = await mail.keys.find_newest_credential(merchant.id, door.signs_with)
        if credential is None:
            raise Undelivered(_NO_KEY)
        secret = credential.secret
    return door.render(
        Telling(merchant=merchant, payment=payment, notice=notice, secret=secret, url=url)
    )


async def _send(merchant: Merchant, message: WebhookMessage, mail: Mail) -> None:
    """Send a message, as often as a fault on the board says. Raises Undelivered."""
    fault = mail.faults and mail.faults.take(merchant.id, Place.WEBHOOK, Facts())
    kind = fault.kind if fault else None
    if kind is FaultKind.WEBHOOK_LOST:
        return
    await mail.courier.deliver(message)
    if kind is FaultKind.WEBHOOK_DOUBLED:
        await mail.courier.deliver(message)
