"""What was given up is told again: all of it, some at a time, and nothing else."""

import msgspec

from builders import SAMPLE_TIME_MS, merchant
from fakes.notice_archive import MemoryNoticeArchive
from fakes.outbox import notice
from vezne.core.changes import AddNotice, ChangeNotice
from vezne.core.notice import NoticeState, replay
from vezne.flows.replay_given_up import REPLAYED_MAX, replay_given_up

SHOP = merchant()


def abandoned(number: int, **changes: object):
    """A notice that was given up."""
    record = notice(
        merchant_id=SHOP.id,
        payment_number=number,
        state=NoticeState.GIVEN_UP,
        next_try_ms=None,
        tries=9,
        problem="answered 500",
    )
    return msgspec.structs.replace(record, **changes)


def states(world) -> list[tuple[int, NoticeState]]:
    return [(key[1], item.state) for key, item in sorted(world.books.notices.items())]


async def test_what_was_given_up_is_due_again(world) -> None:
    """By the merchant's time; what is told, and what is another merchant's, stays as it is."""
    told = abandoned(3, state=NoticeState.DELIVERED)
    await world.books.apply(
        [AddNotice(item) for item in (abandoned(1), abandoned(2), told)]
        + [AddNotice(abandoned(4, merchant_id=SHOP.id + 1))]
    )
    ahead = msgspec.structs.replace(SHOP, clock_offset_ms=5)
    archive = MemoryNoticeArchive(world.books)
    replayed = await replay_given_up(ahead, archive, world.ports)
    assert (replayed.count, replayed.is_all) == (2, True)
    due, given_up, delivered = NoticeState.DUE, NoticeState.GIVEN_UP, NoticeState.DELIVERED
    assert states(world) == [(1, due), (2, due), (3, delivered), (4, given_up)]
    assert world.books.notices[SHOP.id, 1, 2].next_try_ms == SAMPLE_TIME_MS + 5
    assert (await replay_given_up(ahead, archive, world.ports)).count == 0


async def test_a_command_replays_so_many(world) -> None:
    """The rest is for the next one."""
    await world.books.apply([AddNotice(abandoned(number)) for number in range(REPLAYED_MAX + 1)])
    archive = MemoryNoticeArchive(world.books)
    first = await replay_given_up(SHOP, archive, world.ports)
    assert (first.count, first.is_all) == (REPLAYED_MAX, False)
    second = await replay_given_up(SHOP, archive, world.ports)
    assert (second.count, second.is_all) == (1, True)


async def test_what_somebody_else_replays_is_left_to_them(world) -> None:
    """The others are replayed all the same."""
    await world.books.apply([AddNotice(abandoned(number)) for number in (1, 2, 3)])

    class Overtaken(MemoryNoticeArchive):
        async def page_notices(self, merchant_id, wanted, *, before, limit):
            page = await super().page_notices(merchant_id, wanted, before=before, limit=limit)
            await world.books.apply([ChangeNotice(replay(page.notices[1], 1))])
            return page

    replayed = await replay_given_up(SHOP, Overtaken(world.books), world.ports)
    assert (replayed.count, replayed.is_all) == (2, True)
    assert {state for _, state in states(world)} == {NoticeState.DUE}
    assert world.books.notices[SHOP.id, 2, 2].next_try_ms == 1
