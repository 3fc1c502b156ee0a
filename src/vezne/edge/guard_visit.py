"""One request at a guarded door: who it says it is, what it proves, and what a bank says to it."""

import hashlib
import math
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from vezne.core.ports import AuditFailure
from vezne.edge.client_address import neighbourhood
from vezne.edge.guard_memory import ENTRIES_MAX, Bucket, Lockout, Recent, Velocity
from vezne.edge.guard_news import (
    ATTEMPT,
    DECLINE,
    GOOD_CARD,
    PROOF,
    SAID,
    STRANGER,
    VISIT,
    GuardNews,
    Key,
)
from vezne.edge.logs import describe_fault
from vezne.edge.messages import Outcome
from vezne.event_log import EventLog

_MINUTE_S: Final = 60.0
_HOUR_S: Final = 3600.0
_DAY_S: Final = 86_400.0
# Failures that are further apart than this are those of people, not of a machine that guesses.
_FAILURES_S: Final = 900.0
_FIRST_LOCK_S: Final = 60.0
# An address may serve several callers, and a key several addresses.
_TIMES_AT_ADDRESS: Final = 2
_TIMES_OF_KEY: Final = 10
# The cards of a whole shop, where it is known who of its customers brings which.
_TIMES_OF_SHOP: Final = 5
# How long an address counts as one of a key's, and a card as one that is good.
_KNOWN_S: Final = _DAY_S
_DIGEST_BYTES: Final = 16
# No address is longer; what a caller names as one may be.
_PAYER_LENGTH_MAX: Final = 64

_log = EventLog(__name__)


class GuardLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What is too much. A limit of 0 is none."""

    address_per_minute: int = 6000
    key_per_minute: int = 6000
    card_per_hour: int = 20
    card_declines_per_day: int = 10
    declined_cards: int = 20
    failed_logins: int = 10
    lockout_minutes_max: int = 30


class TurnedAway(Exception):
    """A request that the guard does not let through. `wait_s` is how long that stays so."""

    def __init__(self, wait_s: float, kind: str, subject: str) -> None:
        super().__init__(kind)
        self.wait_s = wait_s
        self.kind = kind
        self.subject = subject


# Who says to be whom: where from, at which door, by the digest of which name.
Pair = tuple[str, str, bytes]
# How long somebody is locked out, why, and who; nobody is where it is no time at all.
Told = Callable[[float, str, str], None]


class Known:
    """A pair that has proven itself: when it did last, and how often it comes."""

    __slots__ = ("of_key", "proven_s", "requests")

    def __init__(self, of_key: Bucket) -> None:
        self.proven_s = 0.0
        self.requests = Bucket()
        self.of_key = of_key


class Card:
    """What happened to a card: how often it was tried, and what banks said to it."""

    __slots__ = ("approved_s", "attempts", "declines")

    def __init__(self) -> None:
        self.attempts = Bucket()
        self.declines = Bucket()
        self.approved_s = -math.inf


class GuardMemory:
    """Who came, how often, and who failed, within limits. Shared by all doors.

    `is_shared`: other servers want to know, and `news` has what they have not heard of yet.
    """

    def __init__(
        self, limits: GuardLimits, entries_max: int = ENTRIES_MAX, *, is_shared: bool = False
    ) -> None:
        self.news = GuardNews(is_wanted=is_shared)
        self.by_address = Velocity(limits.address_per_minute, _MINUTE_S)
        self.by_key = Velocity(limits.key_per_minute, _MINUTE_S)
        self.by_card = Velocity(limits.card_per_hour, _HOUR_S)
        self.by_decline = Velocity(limits.card_declines_per_day, _DAY_S)

        self.lockouts: dict[str, Lockout[Key]] = {}

        def lockout(name: str, failures_max: int) -> Lockout[Key]:
            made = self.lockouts[name] = Lockout[Key](
                failures_max,
                memory_s=_FAILURES_S,
                first_s=min(_FIRST_LOCK_S, limits.lockout_minutes_max * _MINUTE_S),
                longest_s=limits.lockout_minutes_max * _MINUTE_S,
                entries_max=entries_max,
                tell=partial(self.news.tell, name) if is_shared else None,
            )
            return made

        self.failures_max = limits.failed_logins
        self.pairs = lockout("pairs", limits.failed_logins)
        self.addresses = lockout("addresses", limits.failed_logins * _TIMES_AT_ADDRESS)
        self.names = lockout("names", limits.failed_logins * _TIMES_OF_KEY)
        self.payers = lockout("payers", limits.declined_cards)
        self.shops = lockout("shops", limits.declined_cards * _TIMES_OF_SHOP)
        self.strangers: Recent[str, Bucket] = Recent(entries_max)
        self.known: Recent[Pair, Known] = Recent(entries_max)
        self.keys: Recent[Key, Bucket] = Recent(entries_max)
        self.cards: Recent[bytes, Card] = Recent(entries_max)
        self.declined: Recent[Key, float] = Recent(entries_max)
        self.approved: Recent[Key, float] = Recent(entries_max)
        self.said = {"declined": self.declined, "approved": self.approved}

    def get_to_know(self, pair: Pair) -> Known:
        """Count a pair as one that has proven itself, which knows how often its key is used."""
        of_key = self.keys.get(pair[1:])
        if of_key is None:
            of_key = Bucket()
            self.keys.put(pair[1:], of_key)
        known = Known(of_key)
        self.known.put(pair, known)
        return known

    def stranger_at(self, address: str) -> Bucket:
        """How often those come from an address who have not proven anything yet."""
        bucket = self.strangers.get(address)
        if bucket is None:
            bucket = Bucket()
            self.strangers.put(address, bucket)
        return bucket

    def card_of(self, tag: bytes) -> Card:
        """What is remembered of a card, from now on if nothing is yet."""
        card = self.cards.get(tag)
        if card is None:
            card = Card()
            self.cards.put(tag, card)
        return card


class Visit:
    """Implements `vezne.core.audit.Gate` for one request, at a time in seconds.

    `tag` is that of the card which the request brings, or empty. `tell` hears of lock-outs.
    """

    __slots__ = (
        "_address",
        "_caller",
        "_door",
        "_is_payer_named",
        "_known",
        "_memory",
        "_name",
        "_now_s",
        "_pair",
        "_payer",
        "_shop",
        "_tag",
        "_tell",
    )

    def __init__(
        self, memory: GuardMemory, door: str, address: str, tag: bytes, now_s: float, tell: Told
    ) -> None:
        self._memory = memory
        self._door = door
        self._address = neighbourhood(address)
        self._tag = tag
        self._now_s = now_s
        self._tell = tell
        self._pair: Pair | None = None
        # Names are for showing only: they are as long as a caller likes.
        self._name = self._caller = ""
        self._known: Known | None = None
        # Who brings the cards: the caller's customer, or else whoever is at the address. It is one
        # of that shop's only, as many shops may be at one address.
        self._payer: Key = ()
        self._is_payer_named = False
        self._shop: Key = ()

    def claim(self, name: str) -> None:
        """Turn away who is locked out, unless the address is known to have that key.

        Strangers at an address have one limit together, and no part in that of others. Raises
        TurnedAway.
        """
        memory, now_s = self._memory, self._now_s
        is_first = self._pair is None
        pair = self._pair = (self._address, self._door, _digest(name))
        self._name = name
        known = memory.known.get(pair)
        if known is None or now_s - known.proven_s > _KNOWN_S:
            self._known = None
            wait_s = max(memory.pairs.wait_s(pair, now_s), memory.addresses.wait_s(pair[:1], now_s))
            self._raise_for(wait_s, "locked out", self._address)
            if is_first:
                self._count_stranger()
            return
        self._known = known
        if is_first:
            wait_s = memory.by_address.take(known.requests, now_s)
            if wait_s:
                raise TurnedAway(wait_s, "too many requests from an address", self._address)
            memory.news.count(VISIT, pair)

    def prove(self, caller: str) -> None:
        """Count a request of a key, and the card that it brings. Raises TurnedAway."""
        memory, now_s = self._memory, self._now_s
        self._caller = caller
        self._shop = (self._door, _digest(caller))
        self._payer = (*self._shop, self._address)
        known = self._known or self._get_to_know()
        known.proven_s = now_s
        wait_s = memory.by_key.take(known.of_key, now_s)
        if wait_s:
            raise TurnedAway(wait_s, "too many requests of a key", caller)
        if self._pair is not None:
            memory.news.count(PROOF, self._pair)
        if self._tag:
            self._check_card(caller)

    def pay(self, payer: str) -> None:
        """Turn away a customer who has tried out many cards. Raises TurnedAway."""
        if not payer:
            return
        memory, now_s = self._memory, self._now_s
        address = neighbourhood(payer[:_PAYER_LENGTH_MAX])
        self._payer = (*self._shop, address)
        self._is_payer_named = True
        if self._tag and not memory.payers.is_idle(now_s) and not self._is_good_card():
            wait_s = memory.payers.wait_s(self._payer, now_s)
            self._raise_for(wait_s, "many cards declined", address)

    def hear(self, card: bytes | None, *, is_approved: bool) -> None:
        """A bank has said yes or no to a card."""
        if not self._shop:
            # A browser that brings the bank's word: nobody has proven to be a shop.
            return
        if is_approved:
            self._ease(card)
            return
        memory, now_s = self._memory, self._now_s
        tried = memory.cards.get(self._tag) if self._tag else None
        if tried is not None:
            memory.by_decline.take(tried.declines, now_s)
            memory.news.count(DECLINE, (self._tag,))
        which = self._tag or card or b""
        if not self._is_said_again("declined", (*self._payer, which)):
            locked_s = memory.payers.fail(self._payer, now_s)
            self._tell_of_declines(locked_s, str(self._payer[-1]))
        if not self._is_said_again("declined", (*self._shop, which)):
            locked_s = memory.shops.fail(self._shop, now_s, weight=self._weight())
            self._tell_of_declines(locked_s, self._caller)

    def end(self, outcome: Outcome) -> None:
        """See what became of the request. Raises TurnedAway where its caller need not know that.

        A request that names no caller is no guess, only one more request.
        """
        if self._pair is None:
            self._count_stranger()
        elif outcome is Outcome.UNAUTHENTICATED:
            self._fail(self._pair)

    def _ease(self, card: bytes | None) -> None:
        """Take a decline back for a card that is good, once as long as declines count together.

        Of a card that is stored it is not known whether it is one that was approved before under
        another token. Where nothing is known of a card, every decline of it counts anew, and so
        does every approval.
        """
        memory, tag = self._memory, self._tag
        tried = memory.cards.get(tag) if tag else None
        if tried is not None:
            tried.approved_s = self._now_s
            memory.news.tell("cards", GOOD_CARD, (tag,))
        if card is not None and not tag:
            return
        if not self._is_said_again("approved", (*self._payer, tag)):
            memory.payers.ease(self._payer)
        if not self._is_said_again("approved", (*self._shop, tag)):
            memory.shops.ease(self._shop, weight=self._weight())

    def _weight(self) -> int:
        """A caller that does not say who its customers are answers for all of them."""
        return 1 if self._is_payer_named else _TIMES_OF_SHOP

    def _tell_of_declines(self, locked_s: float, subject: str) -> None:
        """Say that somebody is locked out; a bank's answer must not be lost where that fails."""
        try:
            self._tell(locked_s, "many cards declined", subject)
        except AuditFailure as failure:
            _log.error("a lock-out is missing from the trail", **describe_fault(failure))

    def _get_to_know(self) -> Known:
        """The pair is one that is known from now on."""
        memory = self._memory
        pair = self._pair = self._pair or (self._address, self._door, _digest(self._caller))
        known = self._known = memory.get_to_know(pair)
        memory.pairs.clear(pair)
        return known

    def _fail(self, pair: Pair) -> None:
        memory, now_s, name = self._memory, self._now_s, self._name
        weight = 1
        if self._known is not None:
            # Right proof is taken from here all the time, but wrong proof is not judged any more.
            self._raise_for(memory.pairs.wait_s(pair, now_s), "locked out", self._address)
        else:
            self._tell(memory.names.fail(pair[1:], now_s), "a key guessed from anywhere", name)
            self._tell(memory.addresses.fail(pair[:1], now_s), "failed logins", pair[0])
            if memory.names.wait_s(pair[1:], now_s):
                weight = memory.failures_max
        self._tell(memory.pairs.fail(pair, now_s, weight=weight), "failed logins", name)

    def _count_stranger(self) -> None:
        memory = self._memory
        wait_s = memory.by_address.take(memory.stranger_at(self._address), self._now_s)
        self._raise_for(wait_s, "too many requests from an address", self._address)
        memory.news.count(STRANGER, (self._address,))

    def _check_card(self, caller: str) -> None:
        """Raise TurnedAway for a card that was tried too often, or that comes with many others.

        A card that a bank has approved lately is let through whatever other cards do.
        """
        memory, now_s = self._memory, self._now_s
        card = memory.card_of(self._tag)
        wait_s = memory.by_decline.wait_s(card.declines, now_s)
        if wait_s:
            raise TurnedAway(wait_s, "too many declines of a card", caller)
        are_idle = memory.payers.is_idle(now_s) and memory.shops.is_idle(now_s)
        if not are_idle and not self._is_good_card():
            wait_s = max(
                memory.payers.wait_s(self._payer, now_s), memory.shops.wait_s(self._shop, now_s)
            )
            self._raise_for(wait_s, "many cards declined", caller)
        wait_s = memory.by_card.take(card.attempts, now_s)
        if wait_s:
            raise TurnedAway(wait_s, "too many attempts on a card", caller)
        memory.news.count(ATTEMPT, (self._tag,))

    def _is_good_card(self) -> bool:
        """Whether a bank has approved the request's card lately."""
        card = self._memory.cards.get(self._tag)
        return card is not None and self._now_s - card.approved_s <= _KNOWN_S

    def _is_said_again(self, word: str, what: Key) -> bool:
        """Whether the same was said of a card, if it is known which, to the same not long ago."""
        if not what[-1]:
            return False
        said = self._memory.said[word]
        said_s = said.get(what)
        said.put(what, self._now_s)
        self._memory.news.tell(word, SAID, what)
        return said_s is not None and self._now_s - said_s < _FAILURES_S

    def _raise_for(self, wait_s: float, kind: str, subject: str) -> None:
        if wait_s:
            raise TurnedAway(wait_s, kind, subject)


def _digest(name: str) -> bytes:
    """What a name is remembered by: short, however long a caller made it."""
    return hashlib.blake2b(
        name.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES
    ).digest()
