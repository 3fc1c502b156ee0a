"""Merchants are told of their payments: at least once, in order, and never of what was not."""

import asyncio

import msgspec
import pytest

from builders import SAMPLE_TIME_MS, merchant, pay_command
from fakes.acquirer import APPROVED
from fakes.clocks import MemoryClocks
from fakes.courier import FewKeys, Poison, ScriptedCourier, plain_words
from fakes.outbox import MemoryOutbox
from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.core.changes import ChangeNotice, Conflict
from vezne.core.fault import Fault, FaultBoard, FaultKind
from vezne.core.merchant import Credential, MerchantSettings
from vezne.core.notice import GIVE_UP_MS, RETRY_DELAYS_MS, NoticeKind, NoticeState, replay
from vezne.core.refusal import Reason, Refusal
from vezne.core.webhook import Undelivered, WebhookDoor
from vezne.flows.due import look_at_due
from vezne.flows.move_clock import reset_clock
from vezne.flows.notify import (
    AT_ONCE_MAX,
    Mail,
    ReplayNotices,
    replay_notices,
    tell_due,
)
from vezne.flows.pay import NewCard, pay
from vezne.flows.record import INQUIRY_DELAYS_MS
from vezne.flows.void import VoidPayment, void_payment

URL = "https://shop.example/webhooks"
SETTINGS = MerchantSettings(webhook_urls={"iyzico": URL})
SHOP = merchant(settings=SETTINGS)
KEY = Credential(merchant=SHOP, door="iyzico", key="k", secret=b"s3cret")


class Post(msgspec.Struct):
    """The telling over a world of fakes."""

    world: object
    courier: ScriptedCourier
    keys: FewKeys
    merchants: MemoryClocks
    mail: Mail
    board: FaultBoard

    async def tell(self, shop=SHOP) -> int:
        self.merchants.record = shop
        return await tell_due(shop, self.mail, self.world.ports)

    def send_by(self, courier) -> None:
        self.courier = courier
        self.mail = msgspec.structs.replace(self.mail, courier=courier)

    async def pay(self, answer=APPROVED, **changes):
        self.world.acquirer.script(answer)
        card = NewCard(card=self.world.vault.present(), holder="John Doe")
        command = pay_command(card=card, **({"merchant": SHOP} | changes))
        return await pay(command, self.world.ports)

    async def void(self, payment):
        command = VoidPayment(merchant=SHOP, number=payment.number)
        self.world.acquirer.script(APPROVED)
        return (await void_payment(command, self.world.ports)).payment

    @property
    def states(self) -> list[tuple[int, NoticeState]]:
        """Version and state of every notice."""
        return [(key[2], item.state) for key, item in sorted(self.world.books.notices.items())]


@pytest.fixture
def post(world):
    courier, keys, board = ScriptedCourier(), FewKeys(KEY), FaultBoard()
    merchants = MemoryClocks(SHOP)
    mail = Mail(
        door="iyzico",
        words=WebhookDoor(render=plain_words, signs_with="iyzico"),
        outbox=MemoryOutbox(world.books),
        courier=courier,
        keys=keys,
        merchants=merchants,
        faults=board,
    )
    return Post(world, courier, keys, merchants, mail, board)


async def test_a_payment_is_told_once(post) -> None:
    """To the merchant's URL, signed with its secret; afterwards nothing is due."""
    paid = await post.pay()
    assert paid.notifies
    assert await post.tell() == 1
    assert await post.tell() == 0
    (message,) = post.courier.messages
    assert message.url == URL
    assert post.courier.said == [f"{paid.number}/2 sale_approved s3cret"]
    assert post.states == [(2, NoticeState.DELIVERED)]


async def test_a_merchant_without_url_has_no_notices(post) -> None:
    """Nor one whose URL is another door's."""
    other = merchant(settings=MerchantSettings(webhook_urls={"paynet": URL}))
    for shop in (merchant(), other):
        paid = await post.pay(merchant=shop)
        assert not paid.notifies
    assert post.world.books.notices == {}


async def test_a_decline_is_told(post) -> None:
    """The bank's no is an outcome like another."""
    no = Declined(reason=DeclineReason.DO_NOT_HONOUR, code="05")
    declined = await post.pay(no)
    await post.tell()
    assert post.courier.said == [f"{declined.number}/2 authorization_declined s3cret"]


async def test_a_silent_bank_s_word_is_told_once_it_is_known(post) -> None:
    """Not that nobody knows, but what became of it, as something that comes late."""
    payment = await post.pay(Unknown(why="silence"))
    assert await post.tell() == 0
    post.world.acquirer.script_inquiry(payment.open_attempt.number, APPROVED)
    post.world.clock.advance(ms=INQUIRY_DELAYS_MS[0])
    await look_at_due(SHOP, post.world.ports)
    await post.tell()
    assert post.courier.said == [f"{payment.number}/3 sale_approved s3cret"]
    (item,) = post.world.books.notices.values()
    assert item.is_late


async def test_a_failed_try_is_made_again_by_the_merchant_s_clock(post) -> None:
    """The next try comes after its delay, also when only the merchant's time moves."""
    await post.pay()
    post.courier.problems = ["answered 500"]
    assert await post.tell() == 1
    (item,) = post.world.books.notices.values()
    assert (item.state, item.tries, item.problem) == (NoticeState.DUE, 1, "answered 500")
    assert item.next_try_ms == SAMPLE_TIME_MS + RETRY_DELAYS_MS[0]
    assert await post.tell() == 0
    ahead = msgspec.structs.replace(SHOP, clock_offset_ms=RETRY_DELAYS_MS[0])
    assert await post.tell(ahead) == 1
    assert post.courier.said[0] == post.courier.said[1]
    assert post.states == [(2, NoticeState.DELIVERED)]


async def test_a_clock_that_goes_back_keeps_nobody_waiting(post) -> None:
    """What was put off by the moved clock is tried at once when the merchant has the real time."""
    ahead = msgspec.structs.replace(SHOP, clock_offset_ms=GIVE_UP_MS // 2)
    await post.pay()
    post.courier.problems = ["answered 500"]
    await post.tell(ahead)
    assert await post.tell() == 0
    await reset_clock(SHOP.id, MemoryClocks(ahead), post.world.ports)
    assert await post.tell() == 1
    assert post.states == [(2, NoticeState.DELIVERED)]


async def test_a_clock_that_goes_back_during_a_try_keeps_nobody_waiting(post) -> None:
    """The try was begun sixteen days ahead; the next one comes at once, by the real time."""
    ahead = msgspec.structs.replace(SHOP, clock_offset_ms=16 * 86_400_000)
    await post.pay()

    class Reset(ScriptedCourier):
        async def deliver(self, message):
            await reset_clock(SHOP.id, post.merchants, post.world.ports)
            return await super().deliver(message)

    post.send_by(Reset())
    post.courier.problems = ["answered 500"]
    assert await post.tell(ahead) == 2
    assert post.states == [(2, NoticeState.DELIVERED)]


async def test_what_nobody_takes_is_given_up(post) -> None:
    """After three days of the merchant's time; it stays to be seen and replayed."""
    await post.pay()
    post.courier.problems = ["answered 500", "no connection"]
    await post.tell()
    post.world.clock.advance(ms=GIVE_UP_MS)
    await post.tell()
    (item,) = post.world.books.notices.values()
    assert (item.state, item.problem) == (NoticeState.GIVEN_UP, "no connection")
    assert await post.tell() == 0


async def test_the_order_of_a_payment_is_kept(post) -> None:
    """What follows a message that failed waits for it, whatever else is told meanwhile."""
    post.mail = msgspec.structs.replace(post.mail, words=WebhookDoor(render=plain_words))
    first = await post.pay()
    post.courier.problems = ["answered 500"]
    await post.tell()
    second = await post.pay(conversation_id="other")
    await post.tell()
    post.world.clock.advance(ms=RETRY_DELAYS_MS[0])
    assert await post.tell() == 1
    assert post.courier.said == [
        f"{first.number}/2 sale_approved",
        f"{second.number}/2 sale_approved",
        f"{first.number}/2 sale_approved",
    ]


async def test_a_later_notice_waits_for_an_earlier_one(post) -> None:
    """A payment's void is not told, nor passed over, before its sale was."""
    paid = await post.pay()
    post.courier.problems = ["answered 500"]
    await post.tell()
    await post.void(paid)
    assert await post.tell() == 0
    post.world.clock.advance(ms=RETRY_DELAYS_MS[0])
    assert await post.tell() == 2
    assert post.states == [(2, NoticeState.DELIVERED), (4, NoticeState.UNTOLD)]
    assert len(post.courier.messages) == 2


async def test_without_a_url_nothing_is_sent(post) -> None:
    """A merchant that took its URL back has notices left over; they are given up in time."""
    await post.pay()
    assert await post.tell(merchant()) == 1
    (item,) = post.world.books.notices.values()
    assert item.state is NoticeState.DUE
    assert "no webhook URL" in item.problem
    assert post.courier.messages == []


@pytest.mark.parametrize(("urls", "count"), [({"iyzico": URL + "/new"}, 5), ({}, 4)])
async def test_a_url_that_changes_meanwhile_counts(post, urls, count) -> None:
    """What is under way has the old one; what is begun later has the new one, or none."""
    for place in range(AT_ONCE_MAX + 1):
        await post.pay(conversation_id=f"order-{place}")

    class Changed(ScriptedCourier):
        async def deliver(self, message):
            settings = MerchantSettings(webhook_urls=urls)
            post.merchants.record = merchant(settings=settings)
            return await super().deliver(message)

    post.send_by(Changed())
    assert await post.tell() == AT_ONCE_MAX + 1
    sent_to = [message.url for message in post.courier.messages]
    assert sent_to == ([URL] * AT_ONCE_MAX + list(urls.values()))[:count]


class Hanging(ScriptedCourier):
    """Some messages, by their payments' numbers, get no answer until `end` is set."""

    def __init__(self, *numbers: int) -> None:
        super().__init__()
        self.numbers = numbers
        self.end = asyncio.Event()
        self.hanging = 0

    async def deliver(self, message):
        if message.body.startswith(tuple(f"{number}/".encode() for number in self.numbers)):
            self.hanging += 1
            await self.end.wait()
            raise Undelivered("no answer")
        return await super().deliver(message)


async def until(done, within_s: float = 10) -> None:
    async with asyncio.timeout(within_s):
        while not done():  # noqa: ASYNC110 - what is waited for is a list of the courier
            await asyncio.sleep(0.01)


async def test_a_place_is_taken_again_as_soon_as_it_is_free(post) -> None:
    """Three hang; everything else goes through the fourth place, also what is new meanwhile."""
    paid = [await post.pay(conversation_id=f"order-{place}") for place in range(12)]
    post.send_by(Hanging(*(payment.number for payment in paid[: AT_ONCE_MAX - 1])))
    telling = asyncio.create_task(post.tell())
    await until(lambda: len(post.courier.messages) == 13 - AT_ONCE_MAX)
    await post.pay(conversation_id="new")
    await until(lambda: len(post.courier.messages) == 14 - AT_ONCE_MAX)
    assert not telling.done()
    post.courier.end.set()
    assert await telling == 13


async def test_what_was_never_tried_goes_first(post) -> None:
    """Messages that failed before do not keep places from payments that are new."""
    old = [await post.pay(conversation_id=f"order-{place}") for place in range(AT_ONCE_MAX)]
    post.courier.problems = ["answered 500"] * AT_ONCE_MAX
    await post.tell()
    post.world.clock.advance(ms=RETRY_DELAYS_MS[0])
    new = await post.pay(conversation_id="new")
    post.send_by(Hanging(*(payment.number for payment in old)))
    post.mail = msgspec.structs.replace(post.mail, finish_s=0.01)
    telling = asyncio.create_task(post.tell())
    await until(lambda: post.courier.said == [f"{new.number}/2 sale_approved s3cret"])
    telling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await telling
    assert len(await post.mail.outbox.list_notices(SHOP.id, NoticeState.DUE, limit=9)) == 4


async def test_what_is_under_way_is_finished_when_the_telling_is_broken_off(post) -> None:
    """And nothing else is begun, so that who tells next sends nothing twice."""
    first = await post.pay()
    post.send_by(Hanging(first.number))
    telling = asyncio.create_task(post.tell())
    await until(lambda: post.courier.hanging)
    await post.pay(conversation_id="later")
    telling.cancel()
    await asyncio.sleep(0)
    post.courier.end.set()
    with pytest.raises(asyncio.CancelledError):
        await telling
    (tried, untried) = await post.mail.outbox.list_notices(SHOP.id, NoticeState.DUE, limit=9)
    assert sorted([tried.tries, untried.tries]) == [0, 1]


async def test_a_telling_that_does_nothing_can_be_broken_off(post) -> None:
    """While it looks for what is due."""
    looking = asyncio.Event()

    class Slow:
        async def find_merchant(self, _merchant_id):
            looking.set()
            await asyncio.sleep(60)

    post.mail = msgspec.structs.replace(post.mail, merchants=Slow())
    telling = asyncio.create_task(post.tell())
    await looking.wait()
    telling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await telling


async def test_a_door_tells_its_own_payments_only(post) -> None:
    """One door's server that hangs takes no place of another door."""
    await post.pay()
    post.mail = msgspec.structs.replace(post.mail, door="paynet")
    assert await post.tell() == 0
    assert post.courier.messages == []


async def test_without_a_key_nothing_is_sent(post) -> None:
    """A message that nobody could check is none; one of a door that signs nothing needs no key."""
    await post.pay()
    post.keys.credentials.clear()
    await post.tell()
    (item,) = post.world.books.notices.values()
    assert "no key" in item.problem
    assert post.courier.messages == []


async def test_a_notice_of_no_payment_is_put_off(post) -> None:
    """The books are in disorder; a person sees it in the list."""
    await post.pay()
    post.world.books.payments.clear()
    await post.tell()
    (item,) = post.world.books.notices.values()
    assert item.problem == "there is no such payment"


async def test_one_broken_notice_keeps_no_other(post) -> None:
    """The others are told before the fault is reported, and it is put off like any other."""
    first, second = await post.pay(), await post.pay(conversation_id="other")
    words = WebhookDoor(render=Poison(number=first.number))
    post.mail = msgspec.structs.replace(post.mail, words=words)
    with pytest.raises(ValueError, match="broken"):
        await post.tell()
    assert post.courier.said == [f"{second.number}/2 sale_approved"]
    (item,) = await post.mail.outbox.find_notices(SHOP.id, first.number)
    assert (item.tries, "fault of the gateway" in item.problem) == (1, True)


async def test_a_lost_webhook_counts_as_sent(post) -> None:
    """The fault is used up by it."""
    post.board.add(SHOP.id, Fault(kind=FaultKind.WEBHOOK_LOST))
    await post.pay()
    await post.tell()
    assert post.courier.messages == []
    assert post.states == [(2, NoticeState.DELIVERED)]
    assert not post.board.has_faults(SHOP.id)


async def test_a_doubled_webhook_is_sent_twice(post) -> None:
    """The same message, one after the other."""
    post.board.add(SHOP.id, Fault(kind=FaultKind.WEBHOOK_DOUBLED))
    await post.pay()
    await post.tell()
    assert len(post.courier.said) == 2
    assert len(set(post.courier.said)) == 1
    assert post.states == [(2, NoticeState.DELIVERED)]


async def test_a_sound_sender_has_no_board(post) -> None:
    """In live mode there is none."""
    post.mail = msgspec.structs.replace(post.mail, faults=None)
    await post.pay()
    await post.tell()
    assert len(post.courier.messages) == 1


async def test_notices_are_replayed_by_hand(post) -> None:
    """All of a payment, in order, whatever became of them; or the one of a version."""
    paid = await post.pay()
    await post.void(paid)
    await post.tell()
    command = ReplayNotices(merchant=SHOP, payment_number=paid.number)
    again = await replay_notices(command, post.mail.outbox, post.world.ports)
    assert [item.kind for item in again] == [NoticeKind.SALE_APPROVED, NoticeKind.VOID_APPROVED]
    assert await post.tell() == 2
    only = msgspec.structs.replace(command, version=2)
    assert len(await replay_notices(only, post.mail.outbox, post.world.ports)) == 1
    await post.tell()
    assert len(post.courier.messages) == 3


async def test_there_is_nothing_to_replay(post) -> None:
    """A payment that has no notice, or none of that version."""
    paid = await post.pay()
    for number, version in ((paid.number, 9), (5, None)):
        command = ReplayNotices(merchant=SHOP, payment_number=number, version=version)
        with pytest.raises(Refusal) as refused:
            await replay_notices(command, post.mail.outbox, post.world.ports)
        assert refused.value.reason is Reason.PAYMENT_NOT_FOUND


async def test_a_replay_during_a_try_wins(post) -> None:
    """The try's outcome is not recorded, so the message is sent once more."""
    paid = await post.pay()
    (item,) = await post.mail.outbox.find_notices(SHOP.id, paid.number)
    again = replay(item, SAMPLE_TIME_MS)

    class Interrupted(ScriptedCourier):
        async def deliver(self, message):
            reply = await super().deliver(message)
            if len(self.messages) == 1:
                await post.world.books.apply([ChangeNotice(again)])
            return reply

    post.send_by(Interrupted())
    assert await post.tell() == 2
    assert post.states == [(2, NoticeState.DELIVERED)]
    assert len(post.courier.messages) == 2
    with pytest.raises(Conflict):
        await post.world.books.apply([ChangeNotice(again)])


async def test_every_try_leaves_a_record(post) -> None:
    """Where it went, how long that took and what came back; what was sent only if that is kept."""
    keyed = msgspec.structs.replace(
        SHOP, settings=MerchantSettings(webhook_urls={"iyzico": f"{URL}?shop=7"})
    )
    await post.pay()
    post.courier.problems = ["answered 500"]
    await post.tell(keyed)
    post.world.clock.advance(ms=RETRY_DELAYS_MS[0])
    post.mail = msgspec.structs.replace(post.mail, keeps_contents=True)
    ahead = msgspec.structs.replace(keyed, clock_offset_ms=5)
    await post.tell(ahead)
    first, second = post.world.books.deliveries.values()
    assert (first.url, first.body, first.headers, first.answer) == (URL, b"", (), "")
    assert (first.status, first.problem, first.at_ms) == (500, "answered 500", SAMPLE_TIME_MS)
    assert second.id > first.id
    assert second.url == f"{URL}?shop=7"
    assert second.body == post.courier.messages[1].body
    assert (second.status, second.answer, second.problem) == (200, "thanks", "")
    assert second.at_ms == SAMPLE_TIME_MS + RETRY_DELAYS_MS[0] + 5


async def test_a_try_that_said_nothing_has_no_status(post) -> None:
    """Nor has one that could not even be put into words, or was lost on demand."""
    post.mail = msgspec.structs.replace(post.mail, keeps_contents=True)
    await post.pay()
    post.courier.problems = ["no connection"]
    await post.tell()
    post.world.clock.advance(ms=RETRY_DELAYS_MS[0])
    await post.tell(merchant())
    post.world.clock.advance(ms=RETRY_DELAYS_MS[1])
    post.board.add(SHOP.id, Fault(kind=FaultKind.WEBHOOK_LOST))
    await post.tell()
    silent, unsent, lost = post.world.books.deliveries.values()
    assert (silent.status, silent.problem, silent.url) == (None, "no connection", URL)
    assert (unsent.status, unsent.url) == (None, "")
    assert "no webhook URL" in unsent.problem
    assert (lost.is_lost, lost.problem, lost.url) == (True, "", URL)


async def test_a_try_is_on_record_whatever_becomes_of_its_outcome(post) -> None:
    """Also when the notice was replayed meanwhile."""
    paid = await post.pay()
    (item,) = await post.mail.outbox.find_notices(SHOP.id, paid.number)

    class Interrupted(ScriptedCourier):
        async def deliver(self, message):
            if not self.messages:
                await post.world.books.apply([ChangeNotice(replay(item, SAMPLE_TIME_MS))])
            return await super().deliver(message)

    post.send_by(Interrupted())
    assert await post.tell() == 2
    assert len(post.world.books.deliveries) == 2
