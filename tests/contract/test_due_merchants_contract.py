"""Which merchants somebody has to look at: only those with something due, on every engine."""

import pytest

from fakes.outbox import notice
from fakes.payout_records import added, payable, payout
from fakes.records import AT_MS, attempt, payment
from fakes.world import FixedClock
from vezne.core.calendar import midnight_after_days
from vezne.core.changes import AddNotice, AddPayable, AddPayment, ChangeNotice, MarkPaid
from vezne.core.notice import deliver, postpone
from vezne.core.payment import Payment
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks
from vezne.storage.merchants import SqlMerchants
from vezne.storage.outbox import SqlOutbox

MERCHANTS = 3
# A Wednesday.
TODAY_MS = midnight_after_days(AT_MS, 0)
TOMORROW_MS = midnight_after_days(AT_MS, 1)
FRIDAY_MS = midnight_after_days(AT_MS, 2)
SUNDAY_MS = midnight_after_days(AT_MS, 4)
MONDAY_MS = midnight_after_days(AT_MS, 5)


class NoSecrets:
    """A box that nothing is put into."""

    async def seal(self, secret: bytes, context: bytes) -> bytes:
        raise NotImplementedError

    async def open(self, sealed: bytes, context: bytes) -> bytes:
        raise NotImplementedError


class Town:
    """Merchants who have nothing yet, and their books."""

    def __init__(self, engine: Engine) -> None:
        self.books = SqlBooks(engine)
        self.outbox = SqlOutbox(engine)
        self.merchants = SqlMerchants(engine, NoSecrets(), FixedClock(AT_MS))


@pytest.fixture
async def town(engine: Engine) -> Town:
    await migrate(engine, load_migrations("vezne.storage"))
    found = Town(engine)
    for number in range(MERCHANTS):
        await found.merchants.add_merchant(f"Shop {number}", [])
    return found


def _due(due_ms: int, **changes: object) -> Payment:
    """A payment whose bank is to be asked again at a time."""
    return payment(attempts=(attempt(inquire_ms=due_ms),), **changes)


async def test_nothing_is_due_for_who_has_nothing(town: Town) -> None:
    """Not on any later day either, and nobody writes anything down for them."""
    assert await town.merchants.find_due(AT_MS) == []
    assert await town.merchants.find_due(MONDAY_MS) == []
    assert await town.outbox.find_to_tell(MONDAY_MS) == []


async def test_a_payment_is_due_by_its_merchant_s_time(town: Town) -> None:
    """From that moment on, and sooner for a merchant whose clock is ahead."""
    await town.books.apply([AddPayment(_due(AT_MS + 90_000, number=10_000_009))])
    await town.books.apply([AddPayment(_due(AT_MS + 60_000))])
    await town.books.apply([AddPayment(_due(AT_MS + 120_000, merchant_id=2))])
    assert await town.merchants.find_due(AT_MS + 59_999) == []
    assert await town.merchants.find_due(AT_MS + 60_000) == [1]
    await town.merchants.change_clock(2, 60_000, instead_of_ms=0)
    assert await town.merchants.find_due(AT_MS + 60_000) == [1, 2]


async def test_money_is_paid_on_business_days(town: Town) -> None:
    """Whoever has some is looked at once on each, and not at the weekend."""
    await town.books.apply([AddPayable(payable(merchant_id=2))])
    assert await town.merchants.find_due(TOMORROW_MS - 1) == []
    assert await town.merchants.find_due(TOMORROW_MS) == [2]
    await town.books.apply([MarkPaid(2, FRIDAY_MS, None)])
    assert await town.merchants.find_due(FRIDAY_MS) == []
    assert await town.merchants.find_due(SUNDAY_MS) == []
    assert await town.merchants.find_due(MONDAY_MS) == [2]


async def test_business_days_are_those_of_the_merchant_s_clock(town: Town) -> None:
    """For one whose clock is ahead they come sooner; for one that went back, again."""
    await town.books.apply([AddPayable(payable(merchant_id=number)) for number in (1, 2, 3)])
    ahead_ms = TOMORROW_MS - AT_MS - 1
    await town.merchants.change_clock(3, ahead_ms, instead_of_ms=0)
    assert await town.merchants.find_due(AT_MS) == []
    assert await town.merchants.find_due(AT_MS + 1) == [3]
    await town.books.apply([MarkPaid(1, MONDAY_MS, None)])
    assert await town.merchants.find_due(AT_MS + 1) == [1, 3]


async def test_a_payout_on_its_way_is_brought_to_its_end(town: Town) -> None:
    """Of which a crash may have left one, though nothing more is unpaid."""
    await town.books.apply([AddPayable(payable(merchant_id=3))])
    await town.books.apply([added(payout(merchant_id=3))])
    assert await town.merchants.find_due(TOMORROW_MS) == [3]


async def test_who_is_to_be_told_is_found_among_many(town: Town) -> None:
    """By the merchant's time, at whichever door; not what is over, or held up by an older one."""
    second = notice(merchant_id=2, version=4, door="paynet", next_try_ms=AT_MS - 9)
    await town.books.apply([AddNotice(notice(merchant_id=2)), AddNotice(second)])
    await town.books.apply([AddNotice(notice(merchant_id=3, next_try_ms=AT_MS + 50))])
    assert await town.outbox.find_to_tell(AT_MS - 1) == []
    assert await town.outbox.find_to_tell(AT_MS) == [2]
    failed = postpone(notice(merchant_id=2), "answered 500", AT_MS)
    await town.books.apply([ChangeNotice(failed)])
    assert await town.outbox.find_to_tell(AT_MS) == []
    await town.merchants.change_clock(3, 50, instead_of_ms=0)
    assert await town.outbox.find_to_tell(AT_MS) == [3]
    await town.books.apply([ChangeNotice(deliver(failed))])
    assert await town.outbox.find_to_tell(AT_MS) == [2, 3]
