"""Cards and payments in any number, put into a data directory while no server is at work there."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Final

import msgspec
from tools.bench.books import fill_books
from tools.bench.jobs import CARD_NUMBERS, CARDS_PER_OWNER, Owner

from vezne.bootstrap.demo import ensure_demo_merchant
from vezne.bootstrap.engines import open_engine
from vezne.bootstrap.house import House, open_house, own_room
from vezne.bootstrap.master import open_serving_master_key
from vezne.core.card import Expiry, SealedCard
from vezne.core.merchant import Merchant
from vezne.core.payment import Payment
from vezne.dialects.iyzico.cards import token_text
from vezne.flows.store_card import StoreCard, Stored, store_card
from vezne.settings import Settings, load_settings
from vezne.storage.payments import Span, list_payments
from vezne.vault.pan import Pan

# So many owners of whom somebody pays or asks, wherever their cards lie.
_SAMPLE: Final = 1_000
# As many cards are stored at a time, so that they share commits.
_AT_ONCE: Final = 128
_EXPIRY: Final = Expiry(2030, 12)
_TIME_MAX_MS: Final = 2**53


class _Filling:
    """Stores cards as the doors do, without the doors."""

    def __init__(self, house: House, merchant: Merchant) -> None:
        self._house = house
        self._merchant = merchant
        self._transit = own_room(house).service.transit
        self.owners: list[Owner] = []

    async def store(self, cards: int) -> None:
        """Owners with some cards each, until there are so many cards."""
        numbers = count(0, CARDS_PER_OWNER)
        await asyncio.gather(*(self._store_owners(numbers, cards) for _ in range(_AT_ONCE)))

    async def _store_owners(self, numbers: "count[int]", cards: int) -> None:
        while (number := next(numbers)) < cards:
            first = await self._store_card(number, None)
            for other in range(number + 1, min(number + CARDS_PER_OWNER, cards)):
                await self._store_card(other, first.owner.key)
            names = token_text(first.owner.key), token_text(first.card.token)
            self.owners.append(Owner(*names))

    async def _store_card(self, number: int, owner_key: bytes | None) -> Stored:
        digits = CARD_NUMBERS[number % len(CARD_NUMBERS)]
        pan = Pan(bytearray(digits.encode()))
        transit_id = self._transit.hold(pan, None)
        command = StoreCard(
            merchant=self._merchant,
            card=SealedCard(bin=pan.bin, last4=pan.last4, expiry=_EXPIRY, transit_id=transit_id),
            holder="John Doe",
            alias="card alias",
            owner_key=owner_key,
            email=f"filled{number}@example.com",
            external_id=f"filled {number}",
        )
        try:
            return await store_card(command, self._house.ports)
        finally:
            self._transit.release(transit_id)


def fill(data: Path, database: str | None, like: Payment, number: int) -> list[Owner]:
    """Put so many cards and payments into new books; returns some of the cards with their owners.

    The payments are much like another.
    """
    return asyncio.run(_fill(_settings(data, database), like, number))


def newest_payment(data: Path, database: str | None) -> Payment:
    """A data directory's newest payment. Raises IndexError when there is none."""
    return asyncio.run(_newest(_settings(data, database)))


async def _fill(settings: Settings, like: Payment, number: int) -> list[Owner]:
    async with _open(settings) as (house, merchant):
        filling = _Filling(house, merchant)
        await filling.store(number)
        books = await open_engine(settings, "books")
        try:
            like = msgspec.structs.replace(like, merchant_id=merchant.id)
            now_ms = house.ports.clock.now_ms()
            await fill_books(books, like, number, now_ms, is_booked=True)
        finally:
            await books.close()
        chance = random.Random(1)  # noqa: S311 - the same owners in every run
        return chance.sample(filling.owners, min(_SAMPLE, len(filling.owners)))


async def _newest(settings: Settings) -> Payment:
    async with _open(settings) as (_, merchant):
        books = await open_engine(settings, "books")
        try:
            (payment,) = await list_payments(books, merchant.id, Span(0, _TIME_MAX_MS, None), 1)
            return payment
        finally:
            await books.close()


@contextlib.asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[tuple[House, Merchant]]:
    """The house with its demo merchant."""
    async with open_house(settings, await open_serving_master_key(settings)) as house:
        await ensure_demo_merchant(house)
        (merchant,) = await house.merchants.list_merchants()
        yield house, merchant


def _settings(data: Path, database: str | None) -> Settings:
    return load_settings(None, {"mode": "sandbox", "data": data, "database": database}, {})
