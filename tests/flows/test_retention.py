"""What is past its time goes, and nothing else does."""

import hashlib

import msgspec
import pytest

from builders import SAMPLE_TIME_MS, merchant
from fakes.audit import MemoryAudit
from fakes.old_records import MemoryOldRecords
from fakes.once_books import once_key
from fakes.outbox import notice
from fakes.records import session, stored_card
from vezne.core.audit import AuditAction
from vezne.core.card import CardScope, Expiry
from vezne.core.ids import ENTROPY_BYTES, time_ordered_token
from vezne.core.notice import deliver
from vezne.core.retention import (
    DAY_MS,
    ORPHAN_AGE_MS,
    DataClass,
    Retention,
    Swept,
    is_past_keeping,
)
from vezne.flows.retention import BATCH, Sweep, sweep_cards, sweep_records

# 2018-06-06, as all samples.
OLD = Expiry(2018, 2)
KEPT = Expiry(2018, 3)
LONG_AGO_MS = SAMPLE_TIME_MS - ORPHAN_AGE_MS - DAY_MS


@pytest.fixture
def audit():
    return MemoryAudit()


def shop():
    """The merchant of the sample records."""
    return msgspec.structs.replace(merchant(), id=1)


def sweep_of(world, audit, **changes):
    options = {"orphans_max": 3, "pause_s": 0.0, **changes}
    retention = options.pop("retention", Retention())
    return Sweep(retention, MemoryOldRecords(world.books), audit, world.ports, **options)


def store(world, number, expiry, **changes):
    """A card in books and vault, stored long ago."""
    entropy = hashlib.sha256(bytes([number % 256, number // 256])).digest()[:ENTROPY_BYTES]
    token = time_ordered_token(LONG_AGO_MS + number, entropy)
    card = stored_card(token=token, expiry=expiry, **changes)
    world.books.cards[card.merchant_id, card.owner_key, token] = card
    if card.scope is CardScope.PAYMENT:
        world.vault.kept[card.merchant_id, token] = ("5528790000000008", "Ayşe")
    return card


@pytest.mark.parametrize(
    ("year", "month", "days", "is_past"),
    [
        (2018, 5, 0, True),
        (2018, 6, 0, False),
        (2018, 5, 5, True),
        (2018, 5, 6, False),
        (2018, 2, 90, True),
        (2018, 3, 90, False),
        (2030, 12, 0, False),
    ],
)
def test_days_count_from_the_end_of_the_month(year, month, days, is_past):
    """A card is good through its last month; the days are those after it, in Istanbul."""
    assert is_past_keeping(Expiry(year, month), SAMPLE_TIME_MS, days) is is_past


async def test_expired_cards_go_from_books_and_vault(world, audit):
    """Those past their time, with a line of how many; the others stay in both."""
    for number in range(BATCH + 3):
        store(world, number, OLD)
    kept = [store(world, 1000, KEPT), store(world, 1001, OLD, merchant_id=2)]
    insured = store(world, 1002, OLD, scope=CardScope.INSURANCE)
    looked = []
    swept = await sweep_cards(sweep_of(world, audit), shop(), looked.append)
    assert swept[0] == Swept(data=DataClass.EXPIRED_CARDS, merchant_id=1, count=BATCH + 4)
    assert sorted(world.books.cards.values(), key=lambda card: card.token) == kept
    assert {token for _, token in world.vault.kept} == {card.token for card in kept}
    assert insured not in world.books.cards.values()
    assert sum(looked) == BATCH + 5
    (line,) = [event for event, _ in audit.lines if event.action is AuditAction.SWEPT]
    assert (line.subject, line.count, line.merchant_id) == ("expired cards", BATCH + 4, 1)


async def test_off_keeps_cards_for_ever(world, audit):
    """Without a time nothing expires."""
    store(world, 1, Expiry(2001, 1))
    retention = Retention(expired_cards_days=None)
    await sweep_cards(sweep_of(world, audit, retention=retention), shop())
    assert world.books.cards
    assert audit.lines == []


async def test_the_clock_of_expiry_is_the_merchant_s(world, audit):
    """A merchant whose clock is ahead has its cards expire earlier."""
    store(world, 1, Expiry(2030, 12))
    ahead = msgspec.structs.replace(shop(), clock_offset_ms=14 * 365 * DAY_MS)
    swept = await sweep_cards(sweep_of(world, audit), ahead)
    assert swept[0].count == 1
    assert not world.vault.kept


async def test_a_card_that_is_renewed_meanwhile_stays(world, audit):
    """Whoever got another expiry between the look and the deletion keeps the card."""
    card = store(world, 1, OLD)
    sweep = sweep_of(world, audit)

    class Late(MemoryOldRecords):
        async def remove_card(self, card):
            renewed = msgspec.structs.replace(card, expiry=Expiry(2030, 1))
            world.books.cards[card.merchant_id, card.owner_key, card.token] = renewed
            return await super().remove_card(card)

    sweep.old = Late(world.books)
    swept = await sweep_cards(sweep, shop())
    assert swept[0].count == 0
    assert (1, card.token) in world.vault.kept


async def test_numbers_that_no_card_names_go(world, audit):
    """What a crash left behind is deleted once it is a week old; named and young numbers stay."""
    named = store(world, 1, KEPT)
    old = time_ordered_token(LONG_AGO_MS, bytes(ENTROPY_BYTES))
    young = time_ordered_token(SAMPLE_TIME_MS - ORPHAN_AGE_MS, b"y" * ENTROPY_BYTES)
    for token in (old, young):
        world.vault.kept[1, token] = ("5528790000000008", "Ayşe")
    swept = await sweep_cards(sweep_of(world, audit), shop())
    assert swept[1] == Swept(data=DataClass.ORPHANS, merchant_id=1, count=1)
    assert {token for _, token in world.vault.kept} == {named.token, young}


@pytest.mark.parametrize(("orphans_max", "count", "left"), [(3, 0, 4), (4, 4, 0), (None, 4, 0)])
async def test_too_many_of_them_wait_for_a_person(world, audit, orphans_max, count, left):
    """Books that are not the vault's must not empty the vault."""
    for number in range(4):
        card = store(world, number, KEPT)
        del world.books.cards[card.merchant_id, card.owner_key, card.token]
    swept = await sweep_cards(sweep_of(world, audit, orphans_max=orphans_max), shop())
    expected = Swept(data=DataClass.ORPHANS, merchant_id=1, count=count, left=left)
    assert swept[1] == expected
    assert len(world.vault.kept) == 4 - count


async def test_records_go_when_their_time_is_over(world, audit):
    """Sessions, idempotency keys and told notices; what is young or untold stays."""
    now_ms = SAMPLE_TIME_MS
    sessions = [session(key=bytes([day]), expires_ms=now_ms - day * DAY_MS) for day in (1, 3)]
    world.books.sessions = {(item.merchant_id, item.key): item for item in sessions}
    keys = [once_key(key=bytes([day]), expires_ms=now_ms + (1 - day)) for day in (0, 1)]
    world.books.once_keys = {(item.merchant_id, item.scope, item.key): item for item in keys}
    notices = [
        deliver(notice(payment_number=1, at_ms=now_ms - 91 * DAY_MS)),
        deliver(notice(payment_number=2, at_ms=now_ms - 89 * DAY_MS)),
        notice(payment_number=3, at_ms=now_ms - 91 * DAY_MS),
    ]
    world.books.notices = {
        (item.merchant_id, item.payment_number, item.version): item for item in notices
    }
    rehearsed = await sweep_records(sweep_of(world, audit, is_rehearsal=True), [shop()])
    assert len(world.books.notices) == 3
    assert audit.lines == []
    swept = await sweep_records(sweep_of(world, audit), [shop()])
    assert swept == rehearsed
    assert [(item.data, item.count) for item in swept] == [
        (DataClass.SESSIONS, 1),
        (DataClass.ONCE_KEYS, 1),
        (DataClass.NOTICES, 1),
    ]
    assert [item.expires_ms for item in world.books.sessions.values()] == [now_ms - DAY_MS]
    assert [item.key for item in world.books.once_keys.values()] == [b"\0"]
    assert [key[1] for key in world.books.notices] == [2, 3]
    assert [event.count for event, _ in audit.lines] == [1, 1, 1]


async def test_a_rehearsal_of_cards_deletes_nothing(world, audit):
    """It counts the same as the sweep after it."""
    store(world, 1, OLD)
    orphan = store(world, 2, KEPT)
    del world.books.cards[orphan.merchant_id, orphan.owner_key, orphan.token]
    rehearsed = await sweep_cards(sweep_of(world, audit, is_rehearsal=True), shop())
    assert len(world.vault.kept) == 2
    assert audit.lines == []
    assert await sweep_cards(sweep_of(world, audit), shop()) == rehearsed
    assert not world.vault.kept
