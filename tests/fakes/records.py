"""Stored records with sensible values, of which a test names only what it is about."""

import msgspec

from vezne.core.attempt import Attempt, Operation
from vezne.core.card import Expiry, Owner, StoredCard
from vezne.core.ids import ENTROPY_BYTES, time_ordered_token
from vezne.core.ledger import Account, Booking, Entry, EntryKind, Posting
from vezne.core.merchant import CommissionPlan
from vezne.core.money import UNIT
from vezne.core.payment import BasketLine, LineKind, Payment, PaymentKind, PaymentState
from vezne.core.pricing import LineSplit, price_payment
from vezne.core.session import Session
from vezne.core.sub_merchant import CrossBooking, Details, SubMerchant, SubMerchantKind

AT_MS = 1_528_282_342_393


def token(number: int) -> bytes:
    """A token that sorts by its number."""
    return time_ordered_token(AT_MS + number, bytes(ENTROPY_BYTES))


def owner(**changes: object) -> Owner:
    record = Owner(
        merchant_id=1, key=token(1), email="ayşe@example.com", external_id="ext-1", created_ms=AT_MS
    )
    return msgspec.structs.replace(record, **changes)


def stored_card(**changes: object) -> StoredCard:
    record = StoredCard(
        merchant_id=1,
        owner_key=token(1),
        token=token(2),
        alias="kartım",
        bin="55287900",
        last4="0008",
        expiry=Expiry(2030, 12),
        metadata={"RelationalId2": "çok"},
        created_ms=AT_MS,
    )
    return msgspec.structs.replace(record, **changes)


def session(**changes: object) -> Session:
    record = Session(
        merchant_id=1,
        key=token(5),
        version=1,
        door="paynet",
        created_ms=AT_MS,
        expires_ms=AT_MS + 1_800_000,
        terms={"amount": "1000", "description": "sipariş"},
    )
    return msgspec.structs.replace(record, **changes)


def payment(**changes: object) -> Payment:
    """A pending payment of three lines, with the parties that a merchant sends along."""
    prices_e8 = (30 * UNIT, 50 * UNIT, 20 * UNIT)
    address = {
        "contactName": "Jane Doe",
        "city": "Istanbul",
        "country": "Turkey",
        "address": "Nidakule Göztepe, Merdivenköy Mah. Bora Sok. No:1",
        "zipCode": "34742",
    }
    record = Payment(
        merchant_id=1,
        number=10_000_000,
        version=1,
        state=PaymentState.PENDING,
        kind=PaymentKind.SALE,
        door="iyzico",
        price_e8=100 * UNIT,
        paid_e8=120 * UNIT,
        currency="TRY",
        installments=1,
        bin="55287900",
        last4="0008",
        pricing=price_payment(
            line_prices_e8=prices_e8,
            paid_e8=120 * UNIT,
            plan=CommissionPlan(),
            line_split=LineSplit.EXACT,
        ),
        line_split=LineSplit.EXACT,
        settlement_currency="TRY",
        created_ms=AT_MS,
        blockage_resolved_ms=AT_MS,
        lines=tuple(
            BasketLine(
                item_id=f"BI{place}",
                name="Dürbün",
                category="Collectibles",
                kind=LineKind.PHYSICAL,
                price_e8=price_e8,
            )
            for place, price_e8 in enumerate(prices_e8)
        ),
        conversation_id="123456789",
        parties={"buyer": {"name": "John", "city": "Istanbul"}, "billingAddress": address},
    )
    return msgspec.structs.replace(record, **changes)


def attempt(**changes: object) -> Attempt:
    record = Attempt(
        number=10_000_004,
        operation=Operation.AUTHORIZE,
        amount_e8=120 * UNIT,
        created_ms=AT_MS,
        inquire_ms=AT_MS + 15_000,
    )
    return msgspec.structs.replace(record, **changes)


def booking(amount_e8: int = 120 * UNIT, **changes: object) -> Booking:
    """The booking of a capture, with nothing kept of it."""
    postings = (Posting(Account.ACQUIRER, "", amount_e8), Posting(Account.PENDING, "", -amount_e8))
    record = Booking(
        merchant_id=1,
        subject=10_000_000,
        version=2,
        currency="TRY",
        booked_ms=AT_MS,
        entries=(Entry(EntryKind.CAPTURE, postings),),
    )
    return msgspec.structs.replace(record, **changes)


def sub_merchant_details(**changes: object) -> Details:
    """Everything that may be known of a seller."""
    record = Details(
        email="ayse@example.com",
        address="Nidakule Göztepe, Merdivenköy Mah. Bora Sok. No:1",
        name="Ayşe'nin dükkânı",
        gsm_number="+905350000000",
        contact_name="Ayşe",
        contact_surname="Doğan",
        legal_title="Dükkân Ltd. Şti.",
        tax_office="Göztepe",
        tax_number="9261877",
        identity_number="31300864726",
        iban="TR180006200119000006672315",
        swift_code="ISBKTRIS",
        settlement_description="ödeme",
    )
    return msgspec.structs.replace(record, **changes)


def sub_merchant(**changes: object) -> SubMerchant:
    record = SubMerchant(
        merchant_id=1,
        key="AWPP0000000000000000000000A=",
        version=1,
        kind=SubMerchantKind.PERSONAL,
        external_id="B49224",
        created_ms=AT_MS,
        details=sub_merchant_details(),
    )
    return msgspec.structs.replace(record, **changes)


def cross_booking(**changes: object) -> CrossBooking:
    record = CrossBooking(
        merchant_id=1,
        number=10_000_050,
        sequence=1,
        sub_merchant="AWPP0000000000000000000000A=",
        is_to_sub_merchant=True,
        amount_e8=5 * UNIT,
        currency="TRY",
        reason="kargo bedeli",
        booked_ms=AT_MS,
        conversation_id="123456789",
    )
    return msgspec.structs.replace(record, **changes)
