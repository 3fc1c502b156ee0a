"""Records with sensible values, of which a test names only what it is about."""

from decimal import Decimal

import msgspec

from fakes.world import CountingEntropy, CountingNumbers, FixedClock
from vezne.core.acquirer import Acquirer
from vezne.core.authentication import LIFE_MS, Authentication, AuthenticationState
from vezne.core.card import BinRecord, Brand, Expiry, Issuer, Product, SealedCard
from vezne.core.merchant import BlockageRelease, Merchant, MerchantSettings
from vezne.core.money import SCALE, UNIT
from vezne.core.payment import BasketLine, LineKind, Payment, PaymentKind
from vezne.core.ports import Books, Ports, Vault
from vezne.core.pricing import LineSplit
from vezne.flows.authenticate import Authenticate
from vezne.flows.complete import Complete
from vezne.flows.pay import NewCard, Pay

# 6 June 2018, 13:52:22.393 in Istanbul: the moment of the documentation's sample payment.
SAMPLE_TIME_MS = 1_528_282_342_393
PARAF = BinRecord(
    bin="552879",
    issuer=Issuer(12, "Halk Bankası"),
    brand=Brand.MASTERCARD,
    product=Product.CREDIT,
    family="Paraf",
)
NEO_DEBIT = BinRecord(
    bin="589004",
    issuer=Issuer(46, "Akbank"),
    brand=Brand.MASTERCARD,
    product=Product.DEBIT,
    family="Neo",
)
NO_PROGRAMME = BinRecord(
    bin="460345",
    issuer=Issuer(134, "Denizbank"),
    brand=Brand.VISA,
    product=Product.CREDIT,
    family="Denizbank CC",
)


class FewBins:
    """A directory of three issuers; every other card is foreign."""

    def find(self, bin: str) -> BinRecord | None:
        for record in (PARAF, NEO_DEBIT, NO_PROGRAMME):
            if bin.startswith(record.bin):
                return record
        return None


def merchant(**changes: object) -> Merchant:
    """A merchant on the standard plan who may also sell in US dollars at 3.0161 lira."""
    settings = MerchantSettings(exchange_rates_e8={"USD": 301_610_000})
    record = Merchant(id=7, name="Kitapçı", settings=settings, created_ms=SAMPLE_TIME_MS)
    return msgspec.structs.replace(record, **changes)


def sealed_card(**changes: object) -> SealedCard:
    """The sample's card as it came with a request."""
    card = SealedCard(
        bin="55287900", last4="0008", expiry=Expiry(2030, 12), transit_id=1, has_cvv=True
    )
    return msgspec.structs.replace(card, **changes)


def basket(*prices_e8: int) -> tuple[BasketLine, ...]:
    """One virtual line for each price."""
    return tuple(
        BasketLine(
            item_id=f"BI{101 + place}",
            name="Usb",
            category="Electronics",
            kind=LineKind.VIRTUAL,
            price_e8=price_e8,
        )
        for place, price_e8 in enumerate(prices_e8)
    )


def pay_command(**changes: object) -> Pay:
    """The documentation's sample: price 1, paid 1.2, lines of 0.3, 0.5 and 0.2."""
    command = Pay(
        merchant=merchant(),
        door="iyzico",
        kind=PaymentKind.SALE,
        card=NewCard(card=sealed_card(), holder="John Doe", email="email@email.com"),
        price_e8=UNIT,
        paid_e8=12 * UNIT // 10,
        currency="TRY",
        installments=1,
        lines=basket(3 * UNIT // 10, 5 * UNIT // 10, 2 * UNIT // 10),
        line_split=LineSplit.EXACT,
        blockage_release=BlockageRelease.SAME_TIME,
        conversation_id="123456789",
        basket_id="B67832",
    )
    return msgspec.structs.replace(command, **changes)


def authentication(**changes: object) -> Authentication:
    """The authentication of the sample payment's cardholder, who is at the bank's page."""
    record = Authentication(
        state=AuthenticationState.OPEN,
        opened_ms=SAMPLE_TIME_MS,
        expires_ms=SAMPLE_TIME_MS + LIFE_MS,
        success_url="https://shop.example/callback",
        failure_url="https://shop.example/callback",
        caller_key="demo-api-key",
        is_card_held=True,
        transaction_id="transaction-1",
    )
    return msgspec.structs.replace(record, **changes)


def authenticate_command(**changes: object) -> Authenticate:
    """The documentation's sample payment with 3-D Secure. What `Pay` knows goes to it."""
    command = Authenticate(
        pay=pay_command(),
        success_url="https://shop.example/callback",
        failure_url="https://shop.example/callback",
        caller_key="demo-api-key",
        language="tr",
        return_url="https://vezne.example/3ds/return/scripted",
    )
    own = {name: changes.pop(name) for name in command.__struct_fields__ if name in changes}
    own.setdefault("pay", pay_command(**changes))
    return msgspec.structs.replace(command, **own)


def complete_command(payment: Payment, **changes: object) -> Complete:
    """The second call of a payment with 3-D Secure."""
    command = Complete(
        merchant=merchant(), number=payment.number, blockage_release=BlockageRelease.SAME_TIME
    )
    return msgspec.structs.replace(command, **changes)


def ports(
    *, books: Books, vault: Vault, acquirer: Acquirer, clock: FixedClock | None = None
) -> Ports:
    """Ports over the given fakes, at the time of the sample payment."""
    return Ports(
        books=books,
        vault=vault,
        acquirer=acquirer,
        bins=FewBins(),
        numbers=CountingNumbers(),
        clock=clock or FixedClock(SAMPLE_TIME_MS),
        entropy=CountingEntropy(),
    )


def decimal_from_e8(amount_e8: int) -> Decimal:
    """The amount as a decimal with exactly eight places."""
    return Decimal(amount_e8).scaleb(-SCALE)
