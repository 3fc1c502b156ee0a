import msgspec
import pytest

from builders import PARAF, FewBins, merchant, pay_command
from fakes.acquirer import APPROVED
from vezne.core.merchant import InstallmentTable, MerchantSettings
from vezne.core.money import UNIT
from vezne.core.payment import PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.flows.inquire import (
    check_reference_free,
    find_bin,
    find_payment_by_reference,
    find_payment_of_line,
    installment_options,
)
from vezne.flows.pay import NewCard, pay

PARAF_TABLE = InstallmentTable(
    family="Paraf", issuer_code=12, surcharges_e8={2: 3_220_000, 3: 5_250_000}
)
COUNTS = (1, 2, 3, 6, 9, 12)


def options(**changes):
    settings = MerchantSettings(installments=(PARAF_TABLE,))
    arguments = {
        "price_e8": 100 * UNIT,
        "bin": "552879",
        "currency": "TRY",
        "counts": COUNTS,
        "bins": FewBins(),
    }
    return installment_options(merchant(settings=settings), **(arguments | changes))


async def test_the_newest_payment_of_a_reference(world):
    """A merchant who uses a reference twice gets the later payment."""
    world.acquirer.script(APPROVED, APPROVED)
    card = NewCard(card=world.vault.present(), holder="John Doe")
    await pay(pay_command(card=card), world.ports)
    later = await pay(pay_command(card=card), world.ports)
    assert await find_payment_by_reference(merchant(), "123456789", world.ports) == later
    with pytest.raises(Refusal) as refusal:
        await find_payment_by_reference(merchant(), "other", world.ports)
    assert refusal.value.reason is Reason.PAYMENT_NOT_FOUND


@pytest.mark.parametrize("state", list(PaymentState))
async def test_a_reference_is_free_until_something_came_of_it(world, state):
    """A payment that was declined, or whose holder was not authenticated, may be tried again."""
    await check_reference_free(merchant(), "123456789", world.ports)
    world.acquirer.script(APPROVED)
    card = NewCard(card=world.vault.present(), holder="John Doe")
    payment = await pay(pay_command(card=card), world.ports)
    stored = msgspec.structs.replace(payment, state=state)
    world.books.payments[7, payment.number] = stored
    if state in {PaymentState.DECLINED, PaymentState.UNAUTHENTICATED}:
        await check_reference_free(merchant(), "123456789", world.ports)
    else:
        with pytest.raises(Refusal) as refusal:
            await check_reference_free(merchant(), "123456789", world.ports)
        assert refusal.value.reason is Reason.REFERENCE_TAKEN
    await check_reference_free(merchant(), "other", world.ports)
    await check_reference_free(merchant(id=8), "123456789", world.ports)


async def test_a_line_leads_to_its_payment(world):
    """Line numbers are unique over all payments."""
    world.acquirer.script(APPROVED)
    card = NewCard(card=world.vault.present(), holder="John Doe")
    payment = await pay(pay_command(card=card), world.ports)
    for number in payment.line_numbers:
        assert await find_payment_of_line(merchant(), number, world.ports) == payment


def test_a_bin_is_known_or_not():
    """A foreign BIN has no record."""
    assert find_bin("552879", FewBins()) == PARAF
    with pytest.raises(Refusal) as refusal:
        find_bin("540001", FewBins())
    assert refusal.value.reason is Reason.BIN_NOT_FOUND


def test_a_programme_card_pays_in_parts():
    """The published Paraf prices of 100 lira."""
    (option,) = options()
    assert option.record == PARAF
    assert [(row.count, row.part_e8, row.total_e8) for row in option.prices] == [
        (1, 100 * UNIT, 100 * UNIT),
        (2, 51_61 * UNIT // 100, 103_22 * UNIT // 100),
        (3, 35_08 * UNIT // 100, 105_25 * UNIT // 100),
    ]


@pytest.mark.parametrize("bin", ["540001", "589004"])
def test_other_cards_pay_in_one_go(bin):
    """Foreign and debit cards have one row."""
    (option,) = options(bin=bin)
    assert [row.count for row in option.prices] == [1]
    assert option.table is None


def test_without_a_bin_every_programme_is_listed():
    """The merchant's tables, each with its rows."""
    assert [option.table for option in options(bin=None)] == [PARAF_TABLE]


def test_a_local_card_has_no_foreign_prices():
    """Local cards are charged in lira; a foreign card may be asked about in dollars."""
    with pytest.raises(Refusal) as refusal:
        options(currency="USD")
    assert refusal.value.reason is Reason.LOCAL_CARD_NEEDS_LOCAL_CURRENCY
    assert len(options(bin="540001", currency="USD")) == 1
