"""Webhooks in the panel: what was told, every try, and telling it again."""

import asyncio
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest

from fakes.outbox import notice
from fakes.panel import PanelCaller
from fakes.panel_payments import PayingMerchant
from fakes.receiver import Receiver
from fakes.records import payment, token
from vezne.core.changes import AddDelivery, AddNotice, AddPayment, ChangeNotice
from vezne.core.delivery import Delivery
from vezne.core.member import Role
from vezne.core.notice import Notice, NoticeKind, NoticeState, deliver, postpone
from vezne.panel.pages.webhooks import NOTICES_A_PAGE, TRIES_SHOWN
from vezne.webhooks import Office, tell_merchants

EVIL = "<script>alert(1)</script>\"'"
PATH = "/panel/webhooks"


class Told(msgspec.Struct):
    """Writes notices of the panel's merchant, and reads them."""

    panel: object

    async def add(self, *notices: Notice) -> None:
        await self.panel.house.ports.books.apply([AddNotice(item) for item in notices])

    def notice(self, **changes) -> Notice:
        return notice(merchant_id=self.panel.merchant.id, **changes)

    async def change(self, after: Notice) -> None:
        await self.panel.house.ports.books.apply([ChangeNotice(after)])

    async def tried(self, place: int, **changes) -> None:
        record = Delivery(
            merchant_id=self.panel.merchant.id,
            payment_number=10_000_000,
            version=2,
            id=token(place),
            at_ms=1_700_000_000_000,
            duration_ms=41,
            url="https://shop.example/webhooks",
            headers=(("X-IYZ-SIGNATURE-V3", "f00d"),),
            body=b'{"status":"SUCCESS"}',
            status=500,
            answer="on fire",
            problem="answered 500",
        )
        delivery = msgspec.structs.replace(record, **changes)
        await self.panel.house.ports.books.apply([AddDelivery(delivery)])

    async def give_up(self, number: int) -> Notice:
        item = self.notice(payment_number=number)
        await self.add(item)
        once = postpone(item, "answered 500", 0)
        after = msgspec.structs.replace(once, state=NoticeState.GIVEN_UP, next_try_ms=None)
        await self.change(after)
        return after

    async def find(self, number: int = 10_000_000) -> Notice:
        (found,) = await self.panel.house.outbox.find_notices(self.panel.merchant.id, number)
        return found


@pytest.fixture
def told(panel) -> Told:
    return Told(panel)


def note_of(answer) -> str:
    return answer.note[1:]


async def test_notices_are_listed(panel, told) -> None:
    """With their state in words, the problem, and when it is tried again; in both languages."""
    item = told.notice(is_late=True)
    await told.add(item)
    await told.change(postpone(item, "answered 503", item.at_ms))
    page = (await panel.get(PATH, Role.VIEWER)).text
    for shown in ("Payment approved", "late result", "Waiting", "answered 503", "10000000"):
        assert shown in page
    turkish = (await panel.get(PATH, language="tr")).text
    for shown in ("Ödeme alındı", "Bekliyor", "503 yanıtını verdi"):
        assert shown in turkish


async def test_notices_have_pages(panel, told) -> None:
    """Each once; the script asks for the list alone."""
    await told.add(*(told.notice(payment_number=n) for n in range(100, 101 + NOTICES_A_PAGE)))
    first = (await panel.get(PATH)).text
    assert f"{PATH}/101/2" in first
    assert f"{PATH}/100/2" not in first
    further = first.partition('rel="next" href="')[2].partition('"')[0]
    second = (await panel.get(further)).text
    assert f"{PATH}/100/2" in second
    assert f"{PATH}/101/2" not in second
    live = (await panel.get(further, headers={"x-live": "1"})).text
    assert f"{PATH}/100/2" in live
    assert "<h1>" not in live


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("state=delivered", {1}),
        ("state=given_up", {3}),
        ("door=paynet", {2}),
        ("kind=refund_approved", {2}),
        ("state=due&door=paynet&kind=refund_approved", {2}),
        ("state=untold", set()),
        ("state=nonsense&door=%00&kind=x&before=y", {1, 2, 3}),
        ("before=3-2", {1, 2}),
        ("before=" + "9" * 30 + "-1", {1, 2, 3}),
    ],
)
async def test_a_filter_chooses(panel, told, query, numbers) -> None:
    """By state, event and door; what means nothing chooses nothing."""
    first = told.notice(payment_number=1)
    second = told.notice(payment_number=2, door="paynet", kind=NoticeKind.REFUND_APPROVED)
    await told.add(first, second)
    await told.change(deliver(first))
    await told.give_up(3)
    page = (await panel.get(f"{PATH}?{query}")).text
    assert {n for n in (1, 2, 3) if f"{PATH}/{n}/2" in page} == numbers


async def test_a_missing_address_is_said(panel) -> None:
    """With the way to set one, for whoever may read the settings."""
    page = (await panel.get(PATH, Role.OWNER)).text
    assert page.count("not set") == 3
    assert 'href="/panel/settings">Set a URL' in page
    assert "Set a URL" not in (await panel.get(PATH, Role.VIEWER)).text
    urls = {door: f"https://shop.example/{door}" for door in ("iyzico", "paywall", "paynet")}
    await set_urls(panel, urls)
    page = (await panel.get(PATH)).text
    assert "not set" not in page
    assert "https://shop.example/paywall" in page


async def set_urls(panel, urls) -> None:
    merchant = panel.merchant
    settings = msgspec.structs.replace(merchant.settings, webhook_urls=urls)
    await panel.house.merchants.change_settings(merchant.id, settings)


async def test_a_notice_shows_every_try(panel, told) -> None:
    """What was sent and answered, for those who may read requests."""
    await told.add(told.notice())
    await told.tried(1)
    await told.tried(2, status=None, answer="", problem="no answer within 10 s")
    await told.tried(3, status=200, answer="", problem="")
    await told.tried(4, is_lost=True, status=None, answer="", problem="")
    page = (await panel.get(f"{PATH}/10000000/2", Role.DEVELOPER)).text
    assert page.count("&#34;SUCCESS&#34;") == 4
    for shown in ("on fire", "f00d", "Status 500", "no answer within 10 s", "41 ms", "Not sent,"):
        assert shown in page
    for role in (Role.VIEWER, Role.OPERATOR):
        page = (await panel.get(f"{PATH}/10000000/2", role)).text
        assert "Status 500" in page
        for hidden in ("on fire", "f00d", "SUCCESS"):
            assert hidden not in page


async def test_a_url_may_have_a_password_that_not_everybody_sees(panel, told) -> None:
    """In its query or before its host: in the list, with a notice and with its tries."""
    url = "https://me:pass@shop.example/hooks?token=s3cret#x"
    settings = msgspec.structs.replace(panel.merchant.settings, webhook_urls={"iyzico": url})
    await panel.house.merchants.change_settings(panel.merchant.id, settings)
    await told.add(told.notice())
    await told.tried(1, url=url)
    for path in (PATH, f"{PATH}/10000000/2"):
        seen = (await panel.get(path, Role.VIEWER)).text
        assert "https://shop.example/hooks" in seen
        assert "s3cret" not in seen
        assert "pass@" not in seen
        assert "s3cret" in (await panel.get(path, Role.OWNER)).text


async def test_a_notice_says_the_currency_of_its_amount(panel, told) -> None:
    """As its payment has it."""
    await panel.house.ports.books.apply(
        [AddPayment(payment(merchant_id=panel.merchant.id, currency="USD"))]
    )
    await told.add(told.notice())
    assert "<dd>$" in (await panel.get(f"{PATH}/10000000/2")).text


async def test_in_live_mode_a_try_has_no_contents(panel, told) -> None:
    """The page says so."""
    live = PanelCaller(
        panel.house, msgspec.structs.replace(panel.desk, is_sandbox=False), panel.merchant
    )
    await told.add(told.notice())
    await told.tried(1, headers=(), body=b"", answer="")
    page = (await live.get(f"{PATH}/10000000/2")).text
    assert "contents of messages and answers are not kept" in page
    assert "What was sent" not in page
    assert "Status 500" in page


async def test_of_many_tries_the_last_are_shown(panel, told) -> None:
    """With the first ones, and it says that there may have been more."""
    await told.add(told.notice())
    for place in range(TRIES_SHOWN + 2):
        await told.tried(place, answer=f"answer-{place}-")
    page = (await panel.get(f"{PATH}/10000000/2")).text
    for place in (0, 4, 7, TRIES_SHOWN + 1):
        assert f"answer-{place}-" in page
    assert "answer-5-" not in page
    assert "answer-6-" not in page
    assert "No more than the first 5 and the last 45 tries" in page


async def test_a_notice_is_told_again(panel, told) -> None:
    """Whatever became of it; by whoever may."""
    item = told.notice()
    await told.add(item)
    await told.change(deliver(item))
    answer = await panel.post(f"{PATH}/10000000/2/replay", {"revision": "2"}, Role.OPERATOR)
    assert (answer.status, answer.location) == (303, f"{PATH}/10000000/2")
    assert "waits to be sent" in note_of(answer)
    again = await told.find()
    assert (again.state, again.tries, again.revision) == (NoticeState.DUE, 0, 3)


@pytest.mark.parametrize("fields", [{"revision": "1"}, {"revision": "x"}, {}])
async def test_a_form_of_before_replays_nothing(panel, told, fields) -> None:
    """A second click finds the notice changed."""
    item = told.notice()
    await told.add(item)
    await told.change(deliver(item))
    answer = await panel.post(f"{PATH}/10000000/2/replay", fields)
    assert "changed meanwhile" in note_of(answer)
    assert (await told.find()).state is NoticeState.DELIVERED


async def test_of_two_clicks_at_once_one_counts(panel, told) -> None:
    """The other is told so."""
    item = told.notice()
    await told.add(item)
    await told.change(deliver(item))
    answers = await asyncio.gather(
        *(panel.post(f"{PATH}/10000000/2/replay", {"revision": "2"}) for _ in range(2))
    )
    assert {answer.status for answer in answers} == {303}
    assert (await told.find()).state is NoticeState.DUE


async def test_all_that_was_given_up_is_told_again(panel, told) -> None:
    """After a question that says how many; a second time there is nothing."""
    for number in (1, 2, 3):
        await told.give_up(number)
    assert "given up: 3." in (await panel.get(f"{PATH}/replay")).text
    answer = await panel.post(f"{PATH}/replay")
    assert answer.location == PATH
    assert "3 webhooks wait" in note_of(answer)
    assert (await told.find(2)).state is NoticeState.DUE
    assert "Nothing was given up" in (await panel.get(f"{PATH}/replay")).text
    assert "0 webhooks" in note_of(await panel.post(f"{PATH}/replay"))


async def test_whoever_may_only_look_cannot_replay(panel, told) -> None:
    """Nor sees a button for it."""
    await told.add(told.notice())
    for path in (PATH, f"{PATH}/10000000/2"):
        assert "/replay" not in (await panel.get(path, Role.VIEWER)).text
    assert (await panel.get(f"{PATH}/replay", Role.VIEWER)).status == 403
    assert (await panel.post(f"{PATH}/replay", role=Role.VIEWER)).status == 403
    answer = await panel.post(f"{PATH}/10000000/2/replay", {"revision": "1"}, Role.VIEWER)
    assert answer.status == 403
    assert (await told.find()).revision == 1


async def test_another_merchant_s_notices_do_not_exist(panel, told) -> None:
    """Neither to be seen nor to be replayed."""
    await told.give_up(1)
    other = await panel.add_merchant("Other")
    assert f"{PATH}/1/2" not in (await panel.get(PATH, merchant=other)).text
    assert (await panel.get(f"{PATH}/1/2", merchant=other)).status == 404
    answer = await panel.post(f"{PATH}/1/2/replay", {"revision": "2"}, merchant=other)
    assert answer.status == 404
    await panel.post(f"{PATH}/replay", merchant=other)
    assert (await told.find(1)).state is NoticeState.GIVEN_UP


@pytest.mark.parametrize("path", ["1/2", "x/2", "1/%00", f"{2**63}/2", "9" * 40 + "/2", "1/2/3"])
async def test_an_address_of_no_notice_is_no_page(panel, path) -> None:
    """Whatever stands in it."""
    assert (await panel.get(f"{PATH}/{path}")).status == 404


async def test_whatever_a_server_answers_is_text(panel, told) -> None:
    """And so is whatever a merchant has sent."""
    item = told.notice()
    await told.add(item)
    await told.change(postpone(item, f"no connection: {EVIL}", item.at_ms))
    await told.tried(
        1, url=f"https://x/{EVIL}", headers=((EVIL, EVIL),), body=EVIL.encode(), answer=EVIL
    )
    await set_urls(panel, {"iyzico": f"https://shop.example/{EVIL}"})
    for path in (PATH, f"{PATH}/10000000/2"):
        text = (await panel.get(path)).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


@asynccontextmanager
async def telling(panel):
    """The house tells its merchants, as a server does."""
    house = panel.house
    office = Office(
        settings=house.settings,
        ports=house.ports,
        merchants=house.merchants,
        outbox=house.outbox,
        names=house.vault.names,
        faults=house.faults,
    )
    task = asyncio.create_task(tell_merchants(office))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_payment_s_webhook_is_seen_on_its_way(panel) -> None:
    """From a real payment to a real server: refused first, then replayed by hand and taken."""
    with Receiver(lambda _: 503) as receiver:
        await set_urls(panel, {"iyzico": receiver.url("/hook?shop=7")})
        number = await PayingMerchant(panel).pay()
        async with telling(panel):
            (version,) = [item.version for item in await until(panel, number, "answered 503")]
            path = f"{PATH}/{number}/{version}"
            page = (await panel.get(path)).text
            for shown in ("Status 503", "/hook?shop=7", "X-IYZ-SIGNATURE-V3", "Waiting", ">ok<"):
                assert shown in page
            assert f"&#34;paymentId&#34;:{number}" in page
            receiver.answer = lambda _: 200
            revision = page.partition('name="revision" value="')[2].partition('"')[0]
            await panel.post(f"{path}/replay", {"revision": revision})
            await until(panel, number, "")
        page = (await panel.get(path)).text
        assert "Status 200" in page
        assert "Status 503" in page
        assert len(receiver.received) == 2


async def until(panel, number, problem):
    """The payment's notices, once they were tried and have that problem."""
    async with asyncio.timeout(30):
        while True:
            found = await panel.house.outbox.find_notices(panel.merchant.id, number)
            if found and all((item.tries, item.problem) == (1, problem) for item in found):
                return found
            await asyncio.sleep(0.02)
