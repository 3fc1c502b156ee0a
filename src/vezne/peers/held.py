"""Cards that are held by one server and wanted at another, sealed as vaults lend them."""

import time
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from vezne.event_log import EventLog
from vezne.link.peer import Peer
from vezne.peers.messages import Blocked, DropHeld, FindHeld, IsHeld, SealedHeld, TakeOver
from vezne.peers.peers import Peers

# How many cards are handed over at once, which are sealed and opened within some milliseconds, and
# how long they may be together: with one more of the greatest length they still fit a frame.
BATCH: Final = 250
BATCH_BYTES: Final = 1024 * 1024
# How long a card may be on its way from a server that leaves, when a third one says that nobody
# needs it any more: several times what the server that leaves waits for an answer.
ON_ITS_WAY_S: Final = 5.0

_log = EventLog(__name__)


class Lender(Protocol):
    """The vault of a server, as far as others ask it."""

    def list_held_here(self) -> list[tuple[int, int]]:
        """The merchants and payment numbers for which cards are held."""

    def is_held_here(self, merchant_id: int, payment_number: int) -> bool:
        """Whether a card is held for a payment."""

    def lend(self, merchant_id: int, payment_number: int) -> bytes | None:
        """What is held for a payment, sealed; None: nothing."""

    def take_over(self, merchant_id: int, payment_number: int, sealed: bytes) -> bool:
        """Hold what another server has held so far; False where there is no room for it."""

    def drop_held_here(self, merchant_id: int, payment_number: int) -> None:
        """Wipe what is held for a payment."""

    def hear_blocked(self, merchant_id: int) -> None:
        """Another server's vault has put something on a merchant's blocklist."""


class HeldElsewhere:
    """Implements `vezne.vault.lending.Neighbours`, and answers those of the other servers.

    `now_s` is a clock that only goes forward, in seconds.
    """

    def __init__(
        self, peers: Peers, vault: Lender, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._peers = peers
        self._vault = vault
        self._now_s = now_s
        self._is_leaving = False
        # When others said of which cards that nobody needs them, the oldest first.
        self._over: dict[tuple[int, int], float] = {}
        peers.answer_with(FindHeld, self._answer_find)
        peers.answer_with(IsHeld, self._answer_is_held)
        peers.answer_with(TakeOver, self._answer_take_over)
        peers.hear_with(DropHeld, self._hear_drop)
        peers.hear_with(Blocked, self._hear_blocked)

    async def find_held(self, merchant_id: int, payment_number: int) -> bytes | None:
        """The card that another server holds for a payment, sealed; the first one's that has it."""
        question = FindHeld(merchant_id, payment_number)
        return await self._peers.ask_until(question, lambda sealed: sealed is not None)

    async def is_held(self, merchant_id: int, payment_number: int) -> bool:
        """Whether another server holds a card for a payment."""
        found = await self._peers.ask_until(IsHeld(merchant_id, payment_number), bool)
        return found is not None

    def drop_held(self, merchant_id: int, payment_number: int) -> None:
        """Have all others wipe what they hold for a payment."""
        self._peers.tell_all(DropHeld(merchant_id, payment_number))

    def tell_blocked(self, merchant_id: int) -> None:
        """Have all others know that something is on a merchant's blocklist."""
        self._peers.tell_all(Blocked(merchant_id))

    async def hand_over(self) -> None:
        """Before this server leaves: give all that it holds to those that stay.

        One takes what it has room for, the next one the rest. Holds nothing afterwards.
        """
        self._is_leaving = True
        waiting = self._vault.list_held_here()
        count = len(waiting)
        for peer in self._peers.living().values():
            if waiting:
                waiting = await self._hand_to(peer, waiting)
        for merchant_id, payment_number in waiting:
            self._vault.drop_held_here(merchant_id, payment_number)
        if count:
            _log.info("held cards handed over", cards=count - len(waiting), lost=len(waiting))

    async def _hand_to(self, peer: Peer, waiting: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """What one server has not taken of what is waiting."""
        left: list[tuple[int, int]] = []
        going = iter(waiting)
        while batch := self._batch(going):
            answers = await self._peers.ask(peer, TakeOver(tuple(batch)))
            refused = set(answers[0]) if answers else range(len(batch))
            for place, card in enumerate(batch):
                if place in refused:
                    left.append((card.merchant_id, card.payment_number))
                else:
                    self._vault.drop_held_here(card.merchant_id, card.payment_number)
            if not answers:
                return [*left, *going]
        return left

    def _batch(self, going: Iterator[tuple[int, int]]) -> list[SealedHeld]:
        """The next cards, sealed: so many, or fewer with long names of holders."""
        batch: list[SealedHeld] = []
        bytes_left = BATCH_BYTES
        for merchant_id, payment_number in going:
            sealed = self._vault.lend(merchant_id, payment_number)
            if sealed is None:
                # It has become too old meanwhile.
                continue
            batch.append(SealedHeld(merchant_id, payment_number, sealed))
            bytes_left -= len(sealed)
            if len(batch) == BATCH or bytes_left <= 0:
                break
        return batch

    async def _answer_find(self, asked: FindHeld) -> bytes | None:
        return self._vault.lend(asked.merchant_id, asked.payment_number)

    async def _answer_is_held(self, asked: IsHeld) -> bool:
        return self._vault.is_held_here(asked.merchant_id, asked.payment_number)

    async def _answer_take_over(self, asked: TakeOver) -> list[int]:
        """Where both servers leave, neither takes the other's: they would come back."""
        if self._is_leaving:
            return list(range(len(asked.cards)))
        self._forget_long_over()
        return [place for place, card in enumerate(asked.cards) if not self._take(card)]

    def _take(self, card: SealedHeld) -> bool:
        """Whether a card need not go to anybody else: it is held here, or its payment is over."""
        if (card.merchant_id, card.payment_number) in self._over:
            return True
        return self._vault.take_over(card.merchant_id, card.payment_number, card.sealed)

    def _hear_drop(self, told: DropHeld) -> None:
        self._vault.drop_held_here(told.merchant_id, told.payment_number)
        self._forget_long_over()
        self._over[told.merchant_id, told.payment_number] = self._now_s()

    def _forget_long_over(self) -> None:
        until_s = self._now_s() - ON_ITS_WAY_S
        while self._over and next(iter(self._over.values())) <= until_s:
            del self._over[next(iter(self._over))]

    def _hear_blocked(self, told: Blocked) -> None:
        self._vault.hear_blocked(told.merchant_id)
