"""Tell merchants by webhook what happened to their payments: at least once, and in order."""

import asyncio
from collections.abc import Collection
from typing import Final

import msgspec

from vezne.core.changes import AddDelivery, ChangeNotice, Conflict, HastenNotices
from vezne.core.delivery import Delivery
from vezne.core.fault import Facts, FaultBoard, FaultKind, Place
from vezne.core.ids import ENTROPY_BYTES, time_ordered_token
from vezne.core.merchant import Merchant
from vezne.core.notice import Notice, deliver, pass_over, postpone, replay
from vezne.core.ports import Merchants, Ports
from vezne.core.refusal import Reason, Refusal
from vezne.core.webhook import (
    Courier,
    Outbox,
    Reply,
    SigningKeys,
    Telling,
    Undelivered,
    WebhookDoor,
    WebhookMessage,
)
from vezne.flows.merchant_time import ports_at

# How many messages are under way to a door's URL: a server that hangs holds up no more.
AT_ONCE_MAX: Final = 4
# How often somebody looks for new ones while some are under way and places are free.
LOOK_AGAIN_S: Final = 0.5
# For those that are under way when the telling is broken off: most receivers answer sooner.
FINISH_S: Final = 3.0

_NO_URL: Final = "the merchant has no webhook URL for this door any more"
_FAULT: Final = "a fault of the gateway, which its log describes"
_NO_KEY: Final = "the merchant has no key for this door that works"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """What the telling of one door's payments works with.

    `words` are the door's; `faults` has those that were asked for. Of every try it is kept where
    it went and how it ended; with `keeps_contents` also what was sent and answered. When the
    telling is broken off, messages under way have `finish_s` more seconds.
    """

    door: str
    words: WebhookDoor
    outbox: Outbox
    courier: Courier
    keys: SigningKeys
    merchants: Merchants
    faults: FaultBoard | None = None
    keeps_contents: bool = False
    finish_s: float = FINISH_S


class _Telling(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that is being told, the merchant as it was at the beginning, and what was tried."""

    merchant: Merchant
    notice: Notice
    mail: Mail
    everywhere: Ports
    tried: list[Delivery] = []

    @property
    def now_ms(self) -> int:
        """The merchant's time."""
        return ports_at(self.merchant, self.everywhere).clock.now_ms()


class ReplayNotices(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment's merchant is to be told again: the notice of one version, or all."""

    merchant: Merchant
    payment_number: int
    version: int | None = None


async def tell_due(merchant: Merchant, mail: Mail, ports: Ports) -> int:
    """Tell a merchant what is due at a door, by the merchant's time, until nothing is.

    Returns how many tries that took. As soon as one of the `AT_ONCE_MAX` places is free, the next
    notice has it; the merchant is looked up anew for it, so that a changed URL or clock counts.
    """
    count = 0
    under_way: dict[int, asyncio.Task[None]] = {}
    try:
        while True:
            merchant = await _present(merchant, mail)
            for notice in await _find_next(merchant, under_way, mail, ports):
                telling = _tell(
                    _Telling(merchant=merchant, notice=notice, mail=mail, everywhere=ports)
                )
                under_way[notice.payment_number] = asyncio.create_task(telling)
                count += 1
            if not under_way:
                return count
            await _wait_for_one(under_way)
    except asyncio.CancelledError:
        # They are out already: what is not written down is sent again.
        if under_way:
            await asyncio.wait(under_way.values(), timeout=mail.finish_s)
        raise
    except Exception:
        # One notice that breaks something of ours keeps no other from being told.
        await asyncio.gather(*under_way.values(), return_exceptions=True)
        raise
    finally:
        for task in under_way.values():
            task.cancel()
        await asyncio.gather(*under_way.values(), return_exceptions=True)


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


async def _present(merchant: Merchant, mail: Mail) -> Merchant:
    """A merchant as it stands now."""
    return await mail.merchants.find_merchant(merchant.id) or merchant


async def _find_next(
    merchant: Merchant, under_way: Collection[int], mail: Mail, ports: Ports
) -> list[Notice]:
    """Notices for the free places, of payments of which none is under way."""
    due = await mail.outbox.list_due_notices(
        merchant.id,
        mail.door,
        until_ms=ports_at(merchant, ports).clock.now_ms(),
        limit=AT_ONCE_MAX,
    )
    waiting = [notice for notice in due if notice.payment_number not in under_way]
    return waiting[: AT_ONCE_MAX - len(under_way)]


async def _wait_for_one(under_way: dict[int, asyncio.Task[None]]) -> None:
    """Wait until a place is free or somebody should look again. Raises what a try has raised."""
    await asyncio.wait(
        under_way.values(), timeout=LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED
    )
    for number in [number for number, task in under_way.items() if task.done()]:
        under_way.pop(number).result()


async def _tell(telling: _Telling) -> None:
    """Try to tell one notice, with no transaction open, and record how it went."""
    notice = telling.notice
    try:
        message = await _message(telling)
        if message is None:
            after = pass_over(notice)
        else:
            await _send(telling, message)
            after = deliver(notice)
    except Undelivered as problem:
        after = postpone(notice, str(problem), telling.now_ms)
    except Exception:
        # Whatever it is, it is still there a moment later.
        after = postpone(notice, _FAULT, telling.now_ms)
        await _record(after, telling)
        raise
    await _record(after, telling)


async def _record(after: Notice, telling: _Telling) -> None:
    """Write down how a try went.

    When somebody wants the notice replayed meanwhile, it stays due, and only what was tried is
    written. The merchant is as it was when the try began: when its clock went back meanwhile, the
    next try was planned for a time that is far away now, and comes at once.
    """
    if after.problem and not telling.tried:
        _note(telling, _Sent(), None, after.problem)
    merchant, books = telling.merchant, telling.everywhere.books
    tried = [AddDelivery(item) for item in telling.tried]
    try:
        await books.apply([ChangeNotice(after), *tried])
    except Conflict:
        await books.apply(tried)
    if after.next_try_ms is None:
        return
    present = await _present(merchant, telling.mail)
    if present.clock_offset_ms < merchant.clock_offset_ms:
        now_ms = ports_at(present, telling.everywhere).clock.now_ms()
        await books.apply([HastenNotices(merchant.id, now_ms)])


async def _message(telling: _Telling) -> WebhookMessage | None:
    """A notice in the words of its payment's door. Raises Undelivered when it cannot be sent."""
    merchant, notice, mail = telling.merchant, telling.notice, telling.mail
    payment = await telling.everywhere.books.find_payment(merchant.id, notice.payment_number)
    if payment is None:
        raise Undelivered("there is no such payment")
    url = merchant.settings.webhook_urls.get(mail.door)
    if url is None:
        raise Undelivered(_NO_URL)
    secret, signs_with = b"", mail.words.signs_with
    if signs_with is not None:
        credential = await mail.keys.find_newest_credential(merchant.id, signs_with)
        if credential is None:
            raise Undelivered(_NO_KEY)
        secret = credential.secret
    return mail.words.render(
        Telling(merchant=merchant, payment=payment, notice=notice, secret=secret, url=url)
    )


async def _send(telling: _Telling, message: WebhookMessage) -> None:
    """Send a message, as often as a fault on the board says. Raises Undelivered."""
    board = telling.mail.faults
    fault = board and board.take(telling.merchant.id, Place.WEBHOOK, Facts())
    kind = fault.kind if fault else None
    if kind is FaultKind.WEBHOOK_LOST:
        _note(telling, _Sent(message=message, is_lost=True), None, "")
        return
    await _send_once(telling, message)
    if kind is FaultKind.WEBHOOK_DOUBLED:
        await _send_once(telling, message)


async def _send_once(telling: _Telling, message: WebhookMessage) -> None:
    clock = telling.everywhere.clock
    sent = _Sent(message=message, begun_ms=clock.now_ms())
    try:
        reply = await telling.mail.courier.deliver(message)
    except Undelivered as problem:
        _note(telling, sent, problem.reply, str(problem))
        raise
    _note(telling, sent, reply, "")


class _Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent, and since when it was under way, by everybody's time."""

    message: WebhookMessage | None = None
    begun_ms: int | None = None
    is_lost: bool = False


def _note(telling: _Telling, sent: _Sent, reply: Reply | None, problem: str) -> None:
    """Remember a try, to be written with what becomes of the notice."""
    ports, notice, message = telling.everywhere, telling.notice, sent.message
    now_ms = ports.clock.now_ms()
    delivery = Delivery(
        merchant_id=notice.merchant_id,
        payment_number=notice.payment_number,
        version=notice.version,
        id=time_ordered_token(now_ms, ports.entropy.take(ENTROPY_BYTES)),
        at_ms=telling.now_ms,
        duration_ms=0 if sent.begun_ms is None else now_ms - sent.begun_ms,
        url="" if message is None else message.url.partition("?")[0],
        status=None if reply is None else reply.status,
        problem=problem,
        is_lost=sent.is_lost,
    )
    if telling.mail.keeps_contents and message is not None:
        delivery = msgspec.structs.replace(
            delivery,
            url=message.url,
            headers=message.headers,
            body=message.body,
            answer="" if reply is None else reply.text,
        )
    telling.tried.append(delivery)
