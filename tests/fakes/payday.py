"""People who are paid, and days on which they are."""

from builders import SAMPLE_TIME_MS, merchant, pay_command
from fakes.acquirer import APPROVED
from fakes.ledger import checked
from vezne.core.money import UNIT
from vezne.core.sub_merchant import Details, SubMerchant, SubMerchantKind
from vezne.flows.cross_book import CrossBook
from vezne.flows.due import catch_up
from vezne.flows.pay import NewCard, pay

IBAN = "TR980006200119000006670002"
KURUS = UNIT // 100


async def paid(world, **changes):
    """A payment; the sample's when nothing else is said."""
    world.acquirer.script(APPROVED)
    card = NewCard(card=world.vault.present(), holder="John Doe")
    return await pay(pay_command(card=card, **changes), world.ports)


async def days_pass(world, days, caller=None, page=3):
    """What happens in some days, after which the ledger is right."""
    world.clock.advance(days=days)
    await catch_up(caller or merchant(), world.ports)
    assert await checked(world.books, page=page) == []


def payouts(world):
    """All payouts, in the order of their numbers."""
    return [payout for _, payout in sorted(world.books.payouts.items())]


def seller(**changes):
    """One who can be paid, with other details if so said."""
    details = Details(iban=IBAN, identity_number="74300864791", **changes)
    return SubMerchant(
        merchant_id=7,
        key="seller",
        version=1,
        kind=SubMerchantKind.PERSONAL,
        external_id="S1",
        created_ms=SAMPLE_TIME_MS,
        details=details,
    )


def bonus(*, is_to_sub_merchant=True, amount_e8=5 * UNIT):
    """Five lira for the seller, or from it."""
    return CrossBook(
        merchant=merchant(),
        sub_merchant="seller",
        is_to_sub_merchant=is_to_sub_merchant,
        amount_e8=amount_e8,
        currency="TRY",
        reason="bonus",
    )
