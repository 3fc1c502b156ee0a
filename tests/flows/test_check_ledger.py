"""The check of the ledger finds nothing in a sound one, and whatever is wrong in another."""

import msgspec
import pytest

from builders import SAMPLE_TIME_MS, basket, merchant, pay_command
from fakes.acquirer import APPROVED
from fakes.ledger import checked
from vezne.core.changes import AddSubMerchant
from vezne.core.ledger import Account, Balance
from vezne.core.ledger_check import Difference, Flaw
from vezne.core.money import UNIT
from vezne.core.payment import PaymentState
from vezne.core.payout import PayoutState
from vezne.core.sub_merchant import Details, SubMerchant, SubMerchantKind
from vezne.flows.check_ledger import DIFFERENCES_MAX, PAGE, check_ledger
from vezne.flows.cross_book import CrossBook, cross_book
from vezne.flows.due import catch_up
from vezne.flows.pay import NewCard, pay
from vezne.flows.payout import BOUNCING_IBAN

replace = msgspec.structs.replace
SELLER = SubMerchant(
    merchant_id=7,
    key="seller",
    version=1,
    kind=SubMerchantKind.PERSONAL,
    external_id="S1",
    created_ms=SAMPLE_TIME_MS,
    details=Details(iban=BOUNCING_IBAN, identity_number="74300864791"),
)


async def paid(world):
    world.acquirer.script(APPROVED)
    card = NewCard(card=world.vault.present(), holder="John Doe")
    lines = basket(8 * UNIT, 12 * UNIT)
    command = pay_command(card=card, price_e8=20 * UNIT, paid_e8=20 * UNIT, lines=lines)
    return await pay(command, world.ports)


@pytest.fixture
async def books(world):
    """Two days of payments with payouts, one that bounced, a cross booking, a new payment."""
    await world.books.apply([AddSubMerchant(SELLER)])
    command = CrossBook(
        merchant=merchant(),
        sub_merchant="seller",
        is_to_sub_merchant=True,
        amount_e8=UNIT,
        currency="TRY",
        reason="bonus",
    )
    await paid(world)
    await cross_book(command, world.ports)
    for _ in range(2):
        world.clock.advance(days=1)
        await catch_up(merchant(), world.ports)
        await paid(world)
    return world.books


async def test_a_sound_ledger(books):
    """However large the pages are; how far it is can be followed."""
    for page in (1, 2, 3, PAGE):
        told = []
        assert await check_ledger(7, books, told.append, page=page) == []
        assert sum(told) == await books.count_payments(7) == 3
    assert await checked(books, merchant_id=8) == []


def first(records):
    return min(records)


def alter(records, key, **changes):
    records[key] = replace(records[key], **changes)


def own_payouts(books):
    return sorted(key for key, payout in books.payouts.items() if not payout.party)


def lose_payment(books):
    del books.payments[max(books.payments)]


def lose_booking(books):
    del books.bookings[first(books.bookings)]


def double_booking(books):
    booking = books.bookings[first(books.bookings)]
    books.bookings[7, booking.subject, 99] = replace(booking, version=99)


def foreign_booking(books):
    alter(books.bookings, first(books.bookings), currency="USD")


def unbalance(books):
    key = first(books.bookings)
    (entry, *others) = books.bookings[key].entries
    posting = replace(entry.postings[0], amount_e8=1)
    entries = (replace(entry, postings=(posting, *entry.postings[1:])), *others)
    alter(books.bookings, key, entries=entries)


def unsettle(books):
    alter(books.payments, first(books.payments), matured_ms=None)


def void(books):
    alter(books.payments, first(books.payments), state=PaymentState.VOIDED)


def lose_payable(books):
    del books.payables[first(books.payables)]


def foreign_payable(books):
    alter(books.payables, first(books.payables), currency="USD")


def halve_payable(books):
    alter(books.payables, first(books.payables), amount_e8=1)


def move_line(books):
    key = first(books.payables)
    ((number, amount_e8), *others) = books.payables[key].lines
    alter(books.payables, key, lines=((number + 1, amount_e8), *others))


def alter_cross_booking(books):
    alter(books.cross_bookings, first(books.cross_bookings), amount_e8=1)


def lose_cross_booking(books):
    books.cross_bookings.clear()


def lose_cross_payables(books):
    (key,) = books.cross_bookings
    del books.payables[7, key[1], 1, "seller"]


def reopen_payout(books):
    alter(books.payouts, own_payouts(books)[0], state=PayoutState.PLANNED)


def raise_payout(books):
    alter(books.payouts, own_payouts(books)[0], amount_e8=UNIT)


def lose_payout(books):
    del books.payouts[own_payouts(books)[0]]


def give_back(books):
    books.taken.clear()


def keep_bounced(books):
    (key,) = books.payouts.keys() - set(own_payouts(books))
    alter(books.payouts, key, state=PayoutState.COMPLETED)


def break_sequence(books):
    alter(books.payouts, own_payouts(books)[1], carried_in_e8=1)


@pytest.mark.parametrize(
    ("damage", "flaw"),
    [
        (lose_payment, Flaw.NO_SUBJECT),
        (lose_booking, Flaw.OTHER_POSITION),
        (double_booking, Flaw.OTHER_POSITION),
        (foreign_booking, Flaw.OTHER_CURRENCY),
        (unbalance, Flaw.UNBALANCED_ENTRY),
        (unsettle, Flaw.OTHER_PAYABLES),
        (void, Flaw.OTHER_POSITION),
        (lose_payable, Flaw.OTHER_PAYABLES),
        (foreign_payable, Flaw.OTHER_PAYABLES),
        (halve_payable, Flaw.OTHER_PAYABLES),
        (move_line, Flaw.OTHER_PAYABLES),
        (alter_cross_booking, Flaw.OTHER_POSITION),
        (lose_cross_booking, Flaw.NO_SUBJECT),
        (lose_cross_payables, Flaw.OTHER_PAYABLES),
        (reopen_payout, Flaw.OTHER_POSITION),
        (raise_payout, Flaw.OTHER_POSITION),
        (lose_payout, Flaw.NO_SUBJECT),
        (give_back, Flaw.OTHER_TAKEN),
        (give_back, Flaw.OTHER_UNPAID),
        (keep_bounced, Flaw.OTHER_TAKEN),
        (break_sequence, Flaw.BROKEN_SEQUENCE),
    ],
)
async def test_what_is_wrong_is_found(books, damage, flaw):
    """Whatever does not fit the rest, with the number of what it is about."""
    damage(books)
    found = [item for item in await checked(books) if item.flaw is flaw]
    assert found
    assert all(item.merchant_id == 7 for item in found)
    assert (found[0].subject is None) is (flaw is Flaw.OTHER_UNPAID)


async def test_balances_that_are_wrong(books):
    """Too high, missing, or there for no reason."""
    right = await books.list_balances(7)

    async def too_high(_merchant_id):
        return [replace(right[0], amount_e8=right[0].amount_e8 + 1), *right[1:]]

    async def one_less(_merchant_id):
        return right[1:]

    async def one_more(_merchant_id):
        return [*right, Balance(currency="USD", party="", account=Account.FEE, amount_e8=1)]

    for wrong in (too_high, one_less, one_more):
        books.list_balances = wrong
        (difference,) = await checked(books)
        assert difference.flaw is Flaw.OTHER_BALANCE
    assert difference == Difference(
        merchant_id=7,
        flaw=Flaw.OTHER_BALANCE,
        where="USD fee",
        found="0.00000001",
        expected="0.00",
    )


async def test_the_first_differences_are_enough(books):
    """A ledger that is wrong everywhere ends the check."""
    number = max(books.payments)[1]
    for place in range(DIFFERENCES_MAX):
        record = books.payments[7, number]
        books.payments[7, number + 10 * (place + 1)] = replace(
            record, number=number + 10 * (place + 1)
        )
    differences = await checked(books)
    assert len(differences) == DIFFERENCES_MAX
    assert {item.flaw for item in differences} == {Flaw.OTHER_POSITION}
