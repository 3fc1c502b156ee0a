"""Cards held while their holders are authenticated: sealed, in memory, for minutes.

A request that asks for an authentication ends long before the payment is authorized, and its card
leaves transit with it. What the authorization will need waits here, under a key that this process
makes for itself and never writes anywhere, so a restart loses it (PCI DSS v4.0.1 3.3.1: a security
code is not kept after authorization, and on no disk before).
"""

from collections import Counter
from typing import Final, NamedTuple

from vezne.core.card import SealedCard
from vezne.core.ports import CardGone, Clock, Entropy, HoldingFull
from vezne.vault.pan import Cvv, Pan
from vezne.vault.seal import KEY_BYTES, SealBroken, SealingKey, place
from vezne.vault.transit import AGE_MAX_MS

# An entry takes half a kilobyte and up to fifteen minutes. One merchant may begin twenty payments a
# second and complete none of them without a refusal, and can take no more than its share.
COUNT_MAX: Final = 50_000
SHARE_MAX: Final = 20_000

_VERSION: Final = 1


class Held(NamedTuple):
    """What is held for a payment: the card as others know it, and its secrets, where it has them.

    Whoever opened it wipes number and code.
    """

    card: SealedCard
    pan: Pan | None
    cvv: Cvv | None
    holder: str


class _Entry:
    __slots__ = ("card", "expires_ms", "sealed")

    def __init__(self, card: SealedCard, sealed: bytearray, expires_ms: int) -> None:
        self.card = card
        self.sealed = sealed
        self.expires_ms = expires_ms


class Holding:
    """What this process holds, by merchant and payment number.

    The bound on age is checked whenever a card comes in or is asked for, and by `sweep`.
    """

    def __init__(
        self,
        clock: Clock,
        entropy: Entropy,
        *,
        age_max_ms: int = AGE_MAX_MS,
        count_max: int = COUNT_MAX,
        share_max: int = SHARE_MAX,
    ) -> None:
        self._clock = clock
        self._key = SealingKey(entropy.take(KEY_BYTES), _VERSION, entropy)
        self._age_max_ms = age_max_ms
        self._count_max = count_max
        self._share_max = share_max
        self._shares: Counter[int] = Counter()
        self._entries: dict[tuple[int, int], _Entry] = {}
        # Whether the entry that expires first is the first one.
        self._is_in_order = True

    def __len__(self) -> int:
        return len(self._entries)

    def hold(self, merchant_id: int, payment_number: int, held: Held) -> None:
        """Seal a copy of a card's secrets. Raises HoldingFull: nobody else's entry gives way."""
        self.sweep()
        self._put(merchant_id, payment_number, held, self._age_max_ms)

    def take_over(self, merchant_id: int, payment_number: int, held: Held, left_ms: int) -> None:
        """Seal a copy of what another server has held for a while. Raises HoldingFull.

        `left_ms` is how long it may wait yet.
        """
        self._is_in_order = False
        self._put(merchant_id, payment_number, held, min(left_ms, self._age_max_ms))

    def _put(self, merchant_id: int, payment_number: int, held: Held, left_ms: int) -> None:
        self.drop(merchant_id, payment_number)
        is_full = len(self._entries) >= self._count_max
        if is_full or self._shares[merchant_id] >= self._share_max:
            raise HoldingFull("too many cards wait for their holders")
        plain = encode_held(held)
        try:
            sealed = self._key.seal(plain, _place(merchant_id, payment_number))
        finally:
            plain[:] = bytes(len(plain))
        self._entries[merchant_id, payment_number] = _Entry(
            held.card, bytearray(sealed), self._clock.now_ms() + left_ms
        )
        self._shares[merchant_id] += 1

    def list_held(self) -> list[tuple[int, int]]:
        """The merchants and payment numbers for which cards are held."""
        self.sweep()
        return list(self._entries)

    def left_ms(self, merchant_id: int, payment_number: int) -> int:
        """How long the card may wait yet that is held for a payment. Raises KeyError."""
        return self._entries[merchant_id, payment_number].expires_ms - self._clock.now_ms()

    def is_held(self, merchant_id: int, payment_number: int) -> bool:
        """Whether a card is held for a payment."""
        self.sweep()
        return (merchant_id, payment_number) in self._entries

    def open(self, merchant_id: int, payment_number: int) -> Held:
        """A copy of what is held for a payment. Raises CardGone."""
        self.sweep()
        entry = self._entries.get((merchant_id, payment_number))
        if entry is None:
            raise CardGone("no card is held for the payment")
        try:
            plain = self._key.open(bytes(entry.sealed), _place(merchant_id, payment_number))
        except SealBroken:
            raise CardGone("the held card does not open") from None
        held = decode_held(entry.card, plain)
        plain[:] = bytes(len(plain))
        return held

    def drop(self, merchant_id: int, payment_number: int) -> None:
        """Wipe what is held for a payment. Safe to call twice."""
        entry = self._entries.pop((merchant_id, payment_number), None)
        if entry is not None:
            entry.sealed[:] = bytes(len(entry.sealed))
            self._shares[merchant_id] -= 1

    def sweep(self) -> int:
        """Drop every card that is too old; returns the time."""
        now_ms = self._clock.now_ms()
        if not self._is_in_order:
            by_time = sorted(self._entries.items(), key=lambda item: item[1].expires_ms)
            self._entries = dict(by_time)
            self._is_in_order = True
        while self._entries:
            oldest = next(iter(self._entries))
            if self._entries[oldest].expires_ms > now_ms:
                break
            self.drop(*oldest)
        return now_ms


def encode_held(held: Held) -> bytearray:
    """Number and code behind their lengths, then the holder's name."""
    plain = bytearray()
    for secret in (held.pan, held.cvv):
        digits = b"" if secret is None else secret.reveal()
        plain.append(len(digits))
        plain += digits
    plain += held.holder.encode()
    return plain


def decode_held(card: SealedCard, plain: bytearray) -> Held:
    """Its inverse, with the card that goes with it."""
    pan_end = 1 + plain[0]
    cvv_end = pan_end + 1 + plain[pan_end]
    pan, cvv = plain[1:pan_end], plain[pan_end + 1 : cvv_end]
    return Held(
        card=card,
        pan=Pan(pan) if pan else None,
        cvv=Cvv(cvv) if cvv else None,
        holder=plain[cvv_end:].decode(),
    )


def _place(merchant_id: int, payment_number: int) -> bytes:
    return place(b"vezne held card", merchant_id, payment_number)
