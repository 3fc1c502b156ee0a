"""What a sub-merchant must tell, what it is called, and what it holds."""

import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from fakes.records import cross_booking, sub_merchant, sub_merchant_details
from vezne.core.ledger import OWN, Account, Balance
from vezne.core.money import UNIT
from vezne.core.sub_merchant import (
    MANDATORY,
    Details,
    Flaw,
    FlawedDetails,
    SubMerchantKind,
    booking_of,
    checked_details,
    holdings,
    sub_merchant_key,
)

IBAN = "TR180006200119000006672315"


@pytest.mark.parametrize("kind", list(SubMerchantKind))
def test_each_kind_has_its_mandatory_fields(kind):
    """The full details pass; without any one of the mandatory fields they do not."""
    full = sub_merchant_details()
    assert checked_details(kind, full) == full
    for field in MANDATORY[kind]:
        with pytest.raises(FlawedDetails) as flawed:
            checked_details(kind, msgspec.structs.replace(full, **{field: ""}))
        assert (flawed.value.field, flawed.value.flaw) == (field, Flaw.MISSING)
    needed = {field: getattr(full, field) for field in MANDATORY[kind]}
    assert checked_details(kind, Details(**needed)) == Details(**needed)


def test_the_table_of_mandatory_fields():
    """iyzico documentation, Alt üye işyeri oluşturma."""
    assert {kind.name: set(fields) for kind, fields in MANDATORY.items()} == {
        "PERSONAL": {"email", "address", "contact_name", "contact_surname"},
        "PRIVATE_COMPANY": {"email", "address", "legal_title", "tax_office"},
        "LIMITED_OR_JOINT_STOCK_COMPANY": {
            "email",
            "address",
            "legal_title",
            "tax_office",
            "tax_number",
        },
    }


def test_an_iban_has_check_digits():
    """Blanks and small letters are tidied up; one wrong digit is not forgiven."""
    tidy = checked_details(
        SubMerchantKind.PERSONAL, sub_merchant_details(iban="tr18 0006 2001 1900 0006 6723 15")
    )
    assert tidy.iban == IBAN
    for wrong in ("TR180006200119000006672316", "TR18", "DE00", "1", "TR18000620011900000667231٥"):
        with pytest.raises(FlawedDetails) as flawed:
            checked_details(SubMerchantKind.PERSONAL, sub_merchant_details(iban=wrong))
        assert (flawed.value.field, flawed.value.flaw) == ("iban", Flaw.INVALID)


@pytest.mark.parametrize(
    ("changes", "is_payable"),
    [
        ({}, True),
        ({"identity_number": ""}, True),
        ({"tax_number": ""}, True),
        ({"identity_number": "", "tax_number": ""}, False),
        ({"iban": ""}, False),
    ],
)
def test_who_may_be_paid(changes, is_payable):
    """We must know the account, and the number of the person or the company."""
    record = sub_merchant(details=sub_merchant_details(**changes))
    assert record.is_payable is is_payable


def test_a_key_is_28_characters_of_base64():
    """As the live service's keys are."""
    key = sub_merchant_key(SAMPLE_TIME_MS, bytes(14))
    assert (len(key), key[-1]) == (28, "=")


def balance(account, amount_e8):
    return Balance(currency="TRY", party="ayşe", account=account, amount_e8=amount_e8)


def test_holdings_are_what_we_owe_a_party():
    """What is withheld or on its way is not free; what the bank has is owed no more."""
    balances = [
        balance(Account.PENDING, -5 * UNIT),
        balance(Account.AVAILABLE, 2 * UNIT),
        balance(Account.BLOCKED, -3 * UNIT),
        balance(Account.PAYING, -7 * UNIT),
        balance(Account.BANK, -100 * UNIT),
    ]
    held = holdings(balances)
    assert (held.all_e8, held.free_e8) == (13 * UNIT, 3 * UNIT)


@pytest.mark.parametrize("is_to_sub_merchant", [True, False])
def test_a_cross_booking_moves_what_is_payable(is_to_sub_merchant):
    """From one party to the other, nothing else."""
    booked = cross_booking(is_to_sub_merchant=is_to_sub_merchant)
    booking = booking_of(booked)
    moved = {
        (posting.account, posting.party): posting.amount_e8
        for posting in booking.entries[0].postings
    }
    sign = 1 if is_to_sub_merchant else -1
    assert moved == {
        (Account.AVAILABLE, OWN): sign * booked.amount_e8,
        (Account.AVAILABLE, booked.sub_merchant): -sign * booked.amount_e8,
    }
    assert (booking.subject, booking.version, booking.currency) == (booked.number, 1, "TRY")
