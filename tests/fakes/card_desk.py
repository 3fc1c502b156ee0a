"""Cards to carry out of a vault and into another, and the desk where that is done."""

import asyncio
from collections.abc import Sequence
from random import Random

import pyrage

from vezne.core.card import IDENTITY_PURPOSE, CardScope, Expiry, Owner, StoredCard, is_luhn_valid
from vezne.core.ids import TOKEN_BYTES, time_ordered_token
from vezne.vault.keyring import Keyring
from vezne.vault.pan import Pan
from vezne.vault.portability.approvers import Proof
from vezne.vault.portability.desk import Portability, open_portability
from vezne.vault.records import VaultRecords
from vezne.vault.seal import OpenedCard
from vezne.vault.stored import keep_card, open_stored

AYSE = Proof("Ayşe", "correct horse 1")
MEHMET = Proof("Mehmet", "battery staple 2")
DENIZ = Proof("Deniz", "trombone gravel 3")
# The least that Argon2 takes for four lanes.
MEMORY_KIB = 32

Listed = tuple[Owner, StoredCard]


def card_numbers(count: int, seed: int = 1) -> list[str]:
    """So many different valid card numbers."""
    dice = Random(seed)  # noqa: S311 - tests want the same numbers every time
    numbers: dict[str, None] = {}
    while len(numbers) < count:
        stem = f"5{dice.randrange(10**14):014}"
        check = next(digit for digit in "0123456789" if is_luhn_valid(stem + digit))
        numbers[stem + check] = None
    return list(numbers)


def listed_cards(
    numbers: Sequence[str], merchant_id: int, at_ms: int, *, cards_each: int = 3
) -> list[Listed]:
    """A card for each number, several an owner, in the order in which the books list them."""
    listed = []
    for place, number in enumerate(numbers):
        of = place // cards_each
        owner = Owner(
            merchant_id=merchant_id,
            key=time_ordered_token(at_ms - 1, of.to_bytes(14, "big")),
            email=f"owner{of}@example.com",
            external_id=f"müşteri {of}" if of % 2 else None,
            created_ms=at_ms - 1,
        )
        card = StoredCard(
            merchant_id=merchant_id,
            owner_key=owner.key,
            token=time_ordered_token(at_ms, place.to_bytes(14, "big")),
            alias=f"kart {place}",
            bin=number[:8],
            last4=number[-4:],
            expiry=Expiry(2027 + place % 5, 1 + place % 12),
            metadata={"sıra": str(place)} if place % 4 == 0 else {},
            created_ms=at_ms,
        )
        listed.append((owner, card))
    return listed


def insurance_card(names, owner: Owner, at_ms: int) -> StoredCard:
    """A card of which only the ends are known."""
    return StoredCard(
        merchant_id=owner.merchant_id,
        owner_key=owner.key,
        token=b"\x00" + b"i" * (TOKEN_BYTES - 1),
        alias="sigorta",
        bin="552879",
        last4="0008",
        expiry=Expiry(2030, 12),
        created_ms=at_ms,
        scope=CardScope.INSURANCE,
        holder="Ayşe Öztürk",
        identity=names.seal(owner.merchant_id, IDENTITY_PURPOSE, b"10000000146"),
    )


class CardDesk:
    """A vault's database with the desk over it, and cards that are put there for a test."""

    def __init__(self, engine, vault, desk: Portability) -> None:
        self.vault = vault
        self.desk = desk
        self.records = VaultRecords(engine)

    @property
    def keyring(self) -> Keyring:
        return self.vault.keyring

    async def put(self, listed: Sequence[Listed], numbers: Sequence[str]) -> None:
        """Store numbers in the vault under the tokens that the books have for them."""

        async def put_one(card: StoredCard, number: str) -> None:
            opened = OpenedCard(Pan(bytearray(number, "ascii")), f"HOLDER {number[:4]}")
            await keep_card(self.records, self.keyring, card.merchant_id, card.token, opened)

        pairs = zip(listed, numbers, strict=True)
        await asyncio.gather(*(put_one(card, number) for (_, card), number in pairs))

    async def number(self, merchant_id: int, token: bytes) -> tuple[str, str]:
        """The number and the holder of a stored card."""
        opened = await open_stored(self.records, self.keyring, merchant_id, token)
        return opened.pan.reveal().decode(), opened.holder

    async def approvers(self) -> None:
        """Ayşe and Mehmet are approvers."""
        for proof in (AYSE, MEHMET):
            await self.desk.approvers.add(proof, ())


async def open_card_desk(engine, vault, clock, entropy, audit) -> CardDesk:
    """The desk over a vault and its database, at which passphrases cost little."""
    desk = await open_portability(
        engine,
        vault.keyring,
        vault.names,
        vault.secrets,
        clock=clock,
        entropy=entropy,
        audit=audit,
        memory_kib=MEMORY_KIB,
    )
    return CardDesk(engine, vault, desk)


def write_identity(path) -> str:
    """A new private key in a file, as `age-keygen` writes it; returns its public key."""
    identity = pyrage.x25519.Identity.generate()
    path.touch(0o600)
    path.write_text(f"# public key: {identity.to_public()}\n\n{identity}\n")
    return str(identity.to_public())


async def write_export(desk: CardDesk, listed: Sequence[Listed], name: str):
    """Write an approved export of these cards to its end, as the command does."""
    async with desk.desk.exports.open(name) as export:
        size = export.request.part_cards
        while rest := [each for each in listed if place_of(each) > export.after]:
            await export.write_part(rest[:size])
        return await export.finish()


def place_of(listed: Listed) -> tuple[bytes, bytes]:
    """By what the books sort cards."""
    return listed[1].owner_key, listed[1].token
