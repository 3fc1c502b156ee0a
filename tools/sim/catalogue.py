"""What customers buy, with which cards, and who sells it."""

from itertools import pairwise
from typing import Final

from tools.sim.dice import Dice
from tools.sim.orders import Order
from tools.sim.requests import DOOR

from simbank.cards import IYZICO_SUCCESS, OWN_DECLINES, OWN_SCENARIOS, OWN_VERDICTS, own_pan
from vezne.core.merchant import Merchant, MerchantSettings
from vezne.core.payment import PaymentKind
from vezne.core.ports import Ports
from vezne.core.refusal import Refusal
from vezne.core.sub_merchant import Details, SubMerchantKind
from vezne.flows.sub_merchants import (
    CreateSubMerchant,
    create_sub_merchant,
    find_sub_merchant_named,
)
from vezne.storage.merchants import SqlMerchants

# An order's amount ends in its serial number.
SERIALS: Final = 1_000_000
_HUNDREDTH_E8: Final = 1_000_000
# Numbers that pass their check and are no account's.
_IBAN: Final = "TR330006100519786457841326"
_SELLER_IBAN: Final = "TR180006200119000006672315"
_SELLER: Final = "seller-1"
_PLAIN: Final = "Plain"
_MARKET: Final = "Market"


async def open_shops(ports: Ports, merchants: SqlMerchants) -> str:
    """Register the shops that are not there yet; returns the key of the marketplace's seller.

    The first one sells for itself and wants webhooks, the second one is a marketplace.
    """
    known = {merchant.name for merchant in await merchants.list_merchants()}
    for name, urls in ((_PLAIN, {DOOR: "https://shop.example/hook"}), (_MARKET, {})):
        if name not in known:
            settings = MerchantSettings(iban=_IBAN, webhook_urls=urls)
            await merchants.add_merchant(name, [], settings=settings)
    _, market = await merchants.list_merchants()
    return await _seller_of(market, ports)


def draw_order(serial: int, seller: str, dice: Dice) -> Order:
    """An order of any kind, with an amount that no other has."""
    hundredths = dice.choice((dice.randint(100, 999), dice.randint(1000, 500_000)))
    amount_e8 = hundredths * _HUNDREDTH_E8 + serial % SERIALS
    is_market = dice.hits(0.35)
    order = Order(
        serial=serial,
        merchant_id=2 if is_market else 1,
        kind=dice.choice((PaymentKind.SALE, PaymentKind.SALE, PaymentKind.HOLD)),
        amount_e8=amount_e8,
        line_prices_e8=_lines(amount_e8, dice),
        pan=_draw_pan(dice),
        names_anew=dice.hits(0.5),
        is_authenticated=dice.hits(0.25),
        registers=dice.hits(0.35),
        stores_first=dice.hits(0.2),
    )
    if is_market and dice.hits(0.6):
        order.seller = seller
        order.seller_price_e8 = min(order.line_prices_e8) * dice.choice((50, 80, 97)) // 100
    return order


def good_pan(dice: Dice) -> str:
    """A card that the bank approves."""
    return dice.choice(IYZICO_SUCCESS)


def _draw_pan(dice: Dice) -> str:
    """A card of any kind."""
    number = dice.pick(
        {
            None: 0.66,
            dice.choice(list(OWN_DECLINES)): 0.10,
            dice.choice(list(OWN_VERDICTS)): 0.18,
            dice.choice(list(OWN_SCENARIOS)): 0.06,
        }
    )
    return good_pan(dice) if number is None else own_pan(number)


def _lines(total_e8: int, dice: Dice) -> tuple[int, ...]:
    """A basket: prices that need not sum to what is paid."""
    count = dice.choice((1, 1, 2, 3))
    price_e8 = total_e8 * dice.choice((100, 100, 80)) // 100
    cuts = sorted(dice.randrange(price_e8 // 10, price_e8) for _ in range(count - 1))
    lines = tuple(end - start for start, end in pairwise([0, *cuts, price_e8]))
    return lines if min(lines) > 0 else (price_e8,)


async def _seller_of(market: Merchant, ports: Ports) -> str:
    """The marketplace's seller, taken on when there is none yet."""
    try:
        return (await find_sub_merchant_named(market, _SELLER, ports)).key
    except Refusal:
        details = Details(
            email="seller@example.com",
            address="Kadıköy",
            contact_name="Ada",
            contact_surname="Lovelace",
            identity_number="11111111110",
            iban=_SELLER_IBAN,
        )
        command = CreateSubMerchant(
            merchant=market, kind=SubMerchantKind.PERSONAL, external_id=_SELLER, details=details
        )
        return (await create_sub_merchant(command, ports)).key
