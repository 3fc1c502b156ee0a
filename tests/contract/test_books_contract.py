"""What all books promise, those in memory that flows are tested with included."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from fakes.books import MemoryBooks
from fakes.records import AT_MS, booking, owner, payment, session, stored_card, token
from vezne.core.authentication import (
    LIFE_MS,
    Authentication,
    AuthenticationResult,
    AuthenticationState,
    Registration,
)
from vezne.core.card import CardScope, Expiry
from vezne.core.changes import (
    AddBooking,
    AddCard,
    AddOwner,
    AddPayment,
    AddSession,
    ChangeCard,
    ChangePayment,
    ChangeSession,
    ClaimReference,
    Conflict,
    RemoveCard,
)
from vezne.core.ids import REFERENCE_SLICE
from vezne.core.ledger import Account, Balance
from vezne.core.payment import Payment, PaymentState, Refund, follow_authentication
from vezne.core.ports import Books
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks

BEYOND_64_BITS = 2**63
# What the sample booking leaves on the merchant's accounts.
BALANCES = [
    Balance(currency="TRY", party="", account=Account.ACQUIRER, amount_e8=12_000_000_000),
    Balance(currency="TRY", party="", account=Account.PENDING, amount_e8=-12_000_000_000),
]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def books(
    request: pytest.FixtureRequest, open_named: Callable[[str], Awaitable[Engine]]
) -> Books:
    if request.param == "memory":
        return MemoryBooks()
    engine = await open_named(request.param)
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlBooks(engine)


async def test_owner_is_found_by_its_key(books: Books) -> None:
    """An owner comes back as it was stored, for its own merchant only."""
    plain = owner(key=token(2), external_id=None)
    await books.apply([AddOwner(owner()), AddOwner(plain)])
    assert await books.find_owner(1, token(1)) == owner()
    assert await books.find_owner(1, token(2)) == plain
    assert await books.find_owner(2, token(1)) is None
    assert await books.find_owner(1, b"") is None


async def test_owner_is_added_once(books: Books) -> None:
    """The key of an owner is taken for its merchant, free for another one."""
    await books.apply([AddOwner(owner())])
    with pytest.raises(Conflict):
        await books.apply([AddOwner(owner(email="other@example.com"))])
    await books.apply([AddOwner(owner(merchant_id=2))])
    assert await books.find_owner(1, token(1)) == owner()


async def test_owners_are_found_by_the_merchant_s_own_name(books: Books) -> None:
    """All of that name, oldest first; not those of other names, of none, or of other merchants."""
    mine = [owner(key=token(number)) for number in range(3, 6)]
    for record in reversed(mine):
        await books.apply([AddOwner(record)])
    await books.apply([AddOwner(owner(key=token(1), external_id="ext-2"))])
    await books.apply([AddOwner(owner(key=token(2), external_id=None))])
    await books.apply([AddOwner(owner(merchant_id=2))])
    assert await books.find_owners(1, "ext-1") == mine
    assert await books.find_owners(2, "ext-1") == [owner(merchant_id=2)]
    assert await books.find_owners(1, "EXT-1") == []
    assert await books.find_owners(1, "") == []


async def test_cards_are_listed_oldest_first(books: Books) -> None:
    """An owner's cards come in the order of their tokens; other owners' and merchants' do not."""
    mine = [stored_card(token=token(number)) for number in range(2, 6)]
    for card in reversed(mine):
        await books.apply([AddCard(card)])
    await books.apply([AddCard(stored_card(owner_key=token(9)))])
    await books.apply([AddCard(stored_card(merchant_id=2))])
    assert await books.list_cards(1, token(1)) == mine
    assert await books.list_cards(1, token(8)) == []


async def test_any_text_of_a_caller_is_kept(books: Books) -> None:
    """Null characters, quotes and emoji in what a caller wrote are stored like other text."""
    text = "a\x00b'?\"\\ \U0001f4b3 İıŞş"
    await books.apply(
        [
            AddOwner(owner(email=text, external_id=text)),
            AddCard(stored_card(alias=text, metadata={text: text})),
            AddPayment(payment(conversation_id=text)),
        ]
    )
    assert await books.find_owner(1, token(1)) == owner(email=text, external_id=text)
    assert await books.find_owners(1, text) == [owner(email=text, external_id=text)]
    found = await books.find_card(1, token(1), token(2))
    assert found == stored_card(alias=text, metadata={text: text})
    assert await books.find_payment_by_reference(1, text) == payment(conversation_id=text)


async def test_card_is_added_and_removed_once(books: Books) -> None:
    """A stored card is found by owner and token until it is removed; twice conflicts."""
    card = stored_card()
    await books.apply([AddOwner(owner()), AddCard(card)])
    with pytest.raises(Conflict):
        await books.apply([AddCard(card)])
    assert await books.find_card(1, card.owner_key, card.token) == card
    assert await books.find_card(1, token(9), card.token) is None
    assert await books.find_card(2, card.owner_key, card.token) is None
    await books.apply([RemoveCard(card)])
    assert await books.find_card(1, card.owner_key, card.token) is None
    with pytest.raises(Conflict):
        await books.apply([RemoveCard(card)])


async def test_card_changes_as_long_as_it_is_there(books: Books) -> None:
    """Its new record replaces the old one; of a card that is gone there is nothing to change."""
    card = stored_card()
    other = stored_card(token=token(3))
    await books.apply([AddCard(card), AddCard(other)])
    changed = stored_card(alias="yeni", expiry=Expiry(2031, 1))
    await books.apply([ChangeCard(changed)])
    assert await books.list_cards(1, token(1)) == [changed, other]
    await books.apply([RemoveCard(card)])
    with pytest.raises(Conflict):
        await books.apply([ChangeCard(changed)])
    assert await books.list_cards(1, token(1)) == [other]


async def test_insurance_card_comes_back_whole(books: Books) -> None:
    """What the vault does not have of it stands in the books."""
    card = stored_card(scope=CardScope.INSURANCE, holder="Ayşe", identity=b"\x00\xffsealed")
    await books.apply([AddCard(card)])
    assert await books.find_card(1, card.owner_key, card.token) == card


async def test_session_changes_from_its_last_version_only(books: Books) -> None:
    """Every field survives; a version other than the next one conflicts, as does a second start."""
    first = session()
    await books.apply([AddSession(first), AddSession(session(merchant_id=2))])
    assert await books.find_session(1, first.key) == first
    assert await books.find_session(1, token(9)) is None
    assert await books.find_session(3, first.key) is None
    with pytest.raises(Conflict):
        await books.apply([AddSession(first)])
    second = session(version=2, held_number=10_000_001, payment_number=10_000_002)
    await books.apply([ChangeSession(second)])
    assert await books.find_session(1, first.key) == second
    assert await books.find_session(2, first.key) == session(merchant_id=2)
    for version in (1, 2, 4):
        with pytest.raises(Conflict):
            await books.apply([ChangeSession(session(version=version))])
    with pytest.raises(Conflict):
        await books.apply([ChangeSession(session(key=token(9), version=2))])
    assert await books.find_session(1, first.key) == second


async def test_payments_are_listed_newest_first(books: Books) -> None:
    """Those of a span, by the time they were made; one of an older number may be newer."""
    by_age = [
        payment(number=10_000_000, created_ms=AT_MS),
        payment(number=10_000_200, created_ms=AT_MS + 10),
        payment(number=10_000_300, created_ms=AT_MS + 10),
        payment(number=10_000_100, created_ms=AT_MS + 20),
        payment(number=10_000_400, created_ms=AT_MS + 30),
    ]
    newest_first = by_age[::-1]
    for record in by_age[::2] + by_age[1::2]:
        await books.apply([AddPayment(record)])
    await books.apply([AddPayment(payment(merchant_id=2, number=10_000_250))])

    async def listed(
        since_ms: int = 0, until_ms: int = 99, before: int | None = None, limit: int = 10
    ) -> list[Payment]:
        return await books.list_payments(
            1, since_ms=AT_MS + since_ms, until_ms=AT_MS + until_ms, before=before, limit=limit
        )

    assert await listed() == newest_first
    assert await listed(limit=2) == newest_first[:2]
    assert await listed(since_ms=1) == newest_first[:4]
    assert await listed(since_ms=10, until_ms=30) == newest_first[1:4]
    assert await listed(since_ms=31) == []
    assert await listed(limit=0) == []
    pages = [await listed(before=number, limit=2) for number in (10_000_400, 10_000_300)]
    assert pages == [newest_first[1:3], newest_first[3:]]
    assert await listed(before=10_000_400, until_ms=20) == newest_first[2:]
    assert await listed(before=10_000_000) == []
    for unknown in (10_000_250, BEYOND_64_BITS, -1):
        assert await listed(before=unknown) == []


async def test_payment_comes_back_whole(books: Books) -> None:
    """Every field of a payment survives, of the first version and of a later one."""
    first = payment()
    await books.apply([AddPayment(first)])
    assert await books.find_payment(1, first.number) == first
    refund = Refund(
        attempt=10_000_050,
        line_number=10_000_001,
        amount_e8=1,
        reference="host",
        auth_code="123456",
        refunded_ms=AT_MS,
    )
    second = payment(version=2, state=PaymentState.CAPTURED, refunds=(refund,), captured_ms=AT_MS)
    await books.apply([ChangePayment(second)])
    assert await books.find_payment(1, first.number) == second
    assert await books.find_payment(2, first.number) is None


async def test_authentication_comes_back_whole(books: Books) -> None:
    """A payment keeps what is known of its cardholder's authentication, in every version."""
    waiting = payment(
        state=PaymentState.AUTHENTICATING,
        authentication=Authentication(
            state=AuthenticationState.OPEN,
            opened_ms=AT_MS,
            expires_ms=AT_MS + LIFE_MS,
            success_url="https://shop.example/done?order=1",
            failure_url="https://shop.example/failed",
            caller_key="key",
            is_card_held=True,
            language="en",
            challenge_url="https://bank.example/3ds",
            challenge_fields={"order": "1"},
            registration=Registration(owner_key=token(1), email="ayşe@example.com", alias="kartım"),
        ),
    )
    await books.apply([AddPayment(waiting)])
    assert await books.find_payment(1, waiting.number) == waiting
    assert waiting.authentication is not None
    passed = msgspec.structs.replace(
        waiting.authentication,
        state=AuthenticationState.PASSED,
        transaction_id="transaction",
        result=AuthenticationResult(
            md_status=1, transaction_id="transaction", eci="05", cavv="AAAB"
        ),
    )
    after = follow_authentication(waiting, passed)
    await books.apply([ChangePayment(after)])
    assert await books.find_payment(1, waiting.number) == after
    with pytest.raises(Conflict):
        await books.apply([ChangePayment(after)])


@pytest.mark.parametrize("version", [1, 3])
async def test_payment_changes_from_its_last_version_only(books: Books, version: int) -> None:
    """A version other than the next one conflicts, and so does one of an unknown payment."""
    await books.apply([AddPayment(payment())])
    with pytest.raises(Conflict):
        await books.apply([ChangePayment(payment(version=version))])
    with pytest.raises(Conflict):
        await books.apply([ChangePayment(payment(number=10_000_100, version=2))])
    with pytest.raises(Conflict):
        await books.apply([AddPayment(payment(price_e8=1))])
    assert await books.find_payment(1, 10_000_000) == payment()


async def test_of_two_next_versions_one_wins(books: Books) -> None:
    """Two flows that decided on the same version cannot both be recorded."""
    await books.apply([AddPayment(payment())])
    outcomes = await asyncio.gather(
        *(books.apply([ChangePayment(payment(version=2, basket_id=str(n)))]) for n in range(5)),
        return_exceptions=True,
    )
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 4
    stored = await books.find_payment(1, 10_000_000)
    assert stored == payment(version=2, basket_id=str(outcomes.index(None)))


async def test_changes_happen_together_or_not_at_all(books: Books) -> None:
    """One conflict undoes all changes that were handed in with it."""
    await books.apply([AddPayment(payment()), AddBooking(booking())])
    with pytest.raises(Conflict):
        await books.apply(
            [
                AddOwner(owner()),
                AddCard(stored_card()),
                ChangePayment(payment(version=2)),
                AddPayment(payment(number=10_000_100)),
                AddBooking(booking(version=3)),
                AddBooking(booking()),
            ]
        )
    assert await books.find_owner(1, token(1)) is None
    assert await books.list_cards(1, token(1)) == []
    assert await books.find_payment(1, 10_000_000) == payment()
    assert await books.find_payment(1, 10_000_100) is None
    assert await books.list_bookings(1, after=(0, 0), limit=9) == [booking()]
    assert await books.list_balances(1) == BALANCES


async def test_changes_happen_in_order(books: Books) -> None:
    """A change sees those before it in the same transaction."""
    await books.apply(
        [
            AddPayment(payment()),
            ChangePayment(payment(version=2)),
            ChangePayment(payment(version=3)),
            AddCard(stored_card()),
            RemoveCard(stored_card()),
            AddBooking(booking()),
        ]
    )
    assert await books.find_payment(1, 10_000_000) == payment(version=3)
    assert await books.list_cards(1, token(1)) == []
    assert await books.list_bookings(1, after=(0, 0), limit=9) == [booking()]


async def test_payment_is_found_by_its_lines(books: Books) -> None:
    """A line number leads to its payment; numbers around the lines, or foreign ones, to none."""
    first = payment()
    second = payment(number=10_000_100)
    await books.apply([AddPayment(first), AddPayment(second)])
    await books.apply([AddPayment(payment(merchant_id=2, number=10_000_050))])
    for line_number in (10_000_001, 10_000_003):
        assert await books.find_payment_of_line(1, line_number) == first
    assert await books.find_payment_of_line(1, 10_000_103) == second
    for line_number in (9_999_999, 10_000_000, 10_000_004, 10_000_051, 10_000_100, 10_000_104):
        assert await books.find_payment_of_line(1, line_number) is None


async def test_newest_payment_of_a_reference_is_found(books: Books) -> None:
    """References repeat. The newest payment counts, across slices and for its own merchant."""
    numbers = [
        10_000_000,
        10_000_100,
        10_000_000 + REFERENCE_SLICE,
        10_000_000 + 9 * REFERENCE_SLICE,
    ]
    records: list[Payment] = [
        payment(number=numbers[0], conversation_id="old"),
        payment(number=numbers[0] + 10, conversation_id="twice"),
        payment(number=numbers[1], conversation_id="twice"),
        payment(number=numbers[2], conversation_id="spread"),
        payment(number=numbers[3], conversation_id="spread"),
        payment(number=numbers[3] + 10, conversation_id=None),
        payment(merchant_id=2, number=numbers[3] + 20, conversation_id="old"),
    ]
    await books.apply([AddPayment(record) for record in records])
    assert await books.find_payment_by_reference(1, "old") == records[0]
    assert await books.find_payment_by_reference(1, "twice") == records[2]
    assert await books.find_payment_by_reference(1, "spread") == records[4]
    assert await books.find_payment_by_reference(2, "old") == records[6]
    assert await books.find_payment_by_reference(1, "never") is None
    assert await books.find_payment_by_reference(3, "old") is None


async def test_reference_of_a_changed_payment(books: Books) -> None:
    """A payment found by its reference comes in its last version."""
    await books.apply([AddPayment(payment())])
    await books.apply([ChangePayment(payment(version=2))])
    assert await books.find_payment_by_reference(1, "123456789") == payment(version=2)


@pytest.mark.parametrize("number", [BEYOND_64_BITS, 10**30, -1, 0])
async def test_impossible_numbers_find_nothing(books: Books, number: int) -> None:
    """A caller may ask for any number; one that no payment can have is simply not found."""
    await books.apply([AddPayment(payment())])
    assert await books.find_payment(1, number) is None
    assert await books.find_payment_of_line(1, number) is None


async def test_a_reference_names_one_payment(books: Books) -> None:
    """Only one claim of two gets through, with all that goes with it; it passes on when it is said
    from whom."""
    claim = ClaimReference(merchant_id=1, reference="ş-1", payment_number=5)
    assert await books.find_claim(1, "ş-1") is None
    await books.apply([claim])
    rival = payment(number=10_000_100)
    other = ClaimReference(merchant_id=1, reference="ş-1", payment_number=rival.number)
    for lost in (other, msgspec.structs.replace(other, instead_of=4)):
        with pytest.raises(Conflict):
            await books.apply([AddPayment(rival), lost])
    assert await books.find_payment(1, rival.number) is None
    assert await books.find_claim(1, "ş-1") == 5
    assert await books.find_claim(2, "ş-1") is None
    await books.apply([AddPayment(rival), msgspec.structs.replace(other, instead_of=5)])
    assert await books.find_claim(1, "ş-1") == rival.number
