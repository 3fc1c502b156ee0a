"""The orders of the shop, in memory, for as long as a person looks at them."""

import enum
import hmac
from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from vezne.core.merchant import Merchant
from vezne.core.ports import Clock, Entropy
from vezne.panel.shop.exchange import Exchange
from vezne.panel.shop.purchase import Purchase

# As long as the vault holds a card for its holder's authentication.
LIFE_MS: Final = 15 * 60 * 1000
# Bounds the memory; an order is some tens of kilobytes. One merchant's do not push out another's.
ORDERS_MAX: Final = 400
MERCHANT_ORDERS_MAX: Final = 40
_NAME_BYTES: Final = 16
NAME_LENGTH: Final = 2 * _NAME_BYTES
# A name of letters alone is never taken for a card number.
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")


class Stage(enum.StrEnum):
    """How far an order is."""

    WORKING = "working"
    AT_BANK = "at_bank"
    DONE = "done"


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Where the browser goes for 3-D Secure: to an address, or to a page that the door made.

    `names` are those under which the door knows the payment until then.
    """

    url: str = ""
    page: bytes = b""
    names: Mapping[str, str] = {}


class Order(msgspec.Struct, kw_only=True):
    """One purchase: what was asked of the door, what it answered, and how far it is.

    `return_name` is in the address that the bank sends the browser back to, and nowhere else.
    `origin` is the doors'. `card_name` is that of the new card, if one pays. `brought` is the form
    that the browser came back with. `problem` is the name of a text.
    """

    name: str
    return_name: str
    merchant: Merchant
    door: str
    purchase: Purchase
    origin: str
    card_name: str = ""
    created_ms: int = 0
    stage: Stage = Stage.WORKING
    exchanges: list[Exchange] = []
    way: Way | None = None
    brought: tuple[tuple[str, str], ...] = ()
    problem: str = ""

    def end(self, problem: str = "") -> None:
        """Nothing more will happen to it."""
        self.stage = Stage.DONE
        self.problem = problem

    def end_if_left(self) -> None:
        """Whoever worked on it left in the middle: a fault of ours, which is logged elsewhere."""
        if self.stage is Stage.WORKING:
            self.end("problem.fault")


class OrderBook:
    """Orders by merchant and name. The oldest of a merchant goes when it has too many.

    Where all have too many together, it is one of the merchant's with the most.
    """

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._entropy = entropy
        self._orders: dict[tuple[int, str], Order] = {}

    def new_name(self) -> str:
        """A name that nobody has and nobody guesses."""
        return self._entropy.take(_NAME_BYTES).hex().translate(_LETTERS)

    def add(self, order: Order) -> bool:
        """Take an order in, from now on; False when its merchant has one of this name."""
        self._tidy()
        if (order.merchant.id, order.name) in self._orders:
            return False
        self._make_room(order.merchant.id)
        order.created_ms = self._clock.now_ms()
        self._orders[order.merchant.id, order.name] = order
        return True

    def _make_room(self, merchant_id: int) -> None:
        counts = Counter(merchant for merchant, _ in self._orders)
        if counts[merchant_id] >= MERCHANT_ORDERS_MAX:
            self._drop_oldest(merchant_id)
        elif len(self._orders) >= ORDERS_MAX:
            ((largest, _),) = counts.most_common(1)
            self._drop_oldest(largest)

    def _drop_oldest(self, merchant_id: int) -> None:
        """The oldest order of a merchant, rather one that nobody is at work on."""
        own = [key for key in self._orders if key[0] == merchant_id]
        idle = (key for key in own if self._orders[key].stage is not Stage.WORKING)
        del self._orders[next(idle, own[0])]

    def find(self, merchant_id: int, name: str) -> Order | None:
        """A merchant's order; None: there is none, or no longer."""
        self._tidy()
        return self._orders.get((merchant_id, name))

    def find_returning(self, return_name: str) -> Order | None:
        """The order to which a browser comes back from the bank; None: there is none."""
        self._tidy()
        for order in self._orders.values():
            if hmac.compare_digest(order.return_name.encode(), return_name.encode()):
                return order
        return None

    def _tidy(self) -> None:
        """Forget what is too old; orders stand in the order of their time."""
        oldest_ms = self._clock.now_ms() - LIFE_MS
        for key, order in list(self._orders.items()):
            if order.created_ms >= oldest_ms:
                break
            del self._orders[key]


def is_name(text: str) -> bool:
    """Whether a text may be an order's name."""
    return len(text) == NAME_LENGTH and text.isascii() and text.isalpha() and text.islower()
