import pytest

from vezne.core.merchant import (
    CommissionPlan,
    InstallmentTable,
    Marketplace,
    MerchantSettings,
)
from vezne.core.money import UNIT
from vezne.merchant_terms import InvalidTerms, Terms, apply_terms

SETTINGS = MerchantSettings(
    exchange_rates_e8={"USD": 40 * UNIT},
    installments=(
        InstallmentTable(family="Bonus", issuer_code=32, surcharges_e8={2: 1}),
        InstallmentTable(family="Paraf", issuer_code=12, surcharges_e8={2: 1}),
        InstallmentTable(family="Bonus", issuer_code=134, surcharges_e8={2: 1}),
    ),
)


def test_nothing_given_changes_nothing():
    """Every term that is left out stays."""
    assert apply_terms(SETTINGS, Terms()) == SETTINGS


def test_the_plan_is_written_in_per_cent():
    """3.49 % is 0.0349 inside."""
    terms = Terms(commission_rate="3.49", fee="0.295", blockage_rate="0", blockage_days=8)
    assert apply_terms(SETTINGS, terms).plan == CommissionPlan(
        rate_e8=3_490_000, fee_e8=29_500_000, blockage_rate_e8=0, blockage_days=8
    )


def test_rates_and_tables_are_changed_one_by_one():
    """A programme's surcharge counts for all its issuers; the rest stays."""
    terms = Terms(exchange_rates=("USD=41.5",), installments=("Bonus:3=5.25", "Bonus:2=3"))
    changed = apply_terms(SETTINGS, terms)
    assert changed.exchange_rates_e8 == {"USD": 4_150_000_000}
    assert [table.surcharges_e8 for table in changed.installments] == [
        {2: 3_000_000, 3: 5_250_000},
        {2: 1},
        {2: 3_000_000, 3: 5_250_000},
    ]


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (Terms(commission_rate="many"), "commission rate must be a number"),
        (Terms(commission_rate="101"), "at most 100"),
        (Terms(commission_rate="0.0000001"), "six decimals"),
        (Terms(fee="-1"), "not be negative"),
        (Terms(fee="NaN"), "must be a number"),
        (Terms(blockage_days=-1), "blockage days"),
        (Terms(exchange_rates=("CHF=1",)), "none of USD"),
        (Terms(exchange_rates=("USD=0",)), "more than 0"),
        (Terms(installments=("Gold:2=1",)), "none of Bonus, Paraf"),
        (Terms(installments=("Paraf:one=1",)), "no number of instalments"),
        (Terms(installments=("Paraf:2",)), "must be a number"),
    ],
)
def test_what_makes_no_sense_is_named(terms, words):
    """A typing mistake never becomes a price."""
    with pytest.raises(InvalidTerms, match=words):
        apply_terms(SETTINGS, terms)


def test_payouts_may_go_to_another_account():
    """The IBAN is kept without spaces; an empty one is none, and left out it stays."""
    changed = apply_terms(SETTINGS, Terms(iban="TR98 0006 2001 1900 0006 6700 02"))
    assert changed.iban == "TR980006200119000006670002"
    assert apply_terms(changed, Terms()) == changed
    assert apply_terms(changed, Terms(iban="")).iban == ""


@pytest.mark.parametrize("text", ["TR990006200119000006670002", "x", "ÖR98"])
def test_an_account_that_cannot_be(text):
    """Its check digits are wrong, or it is no IBAN at all."""
    with pytest.raises(InvalidTerms, match="is no IBAN"):
        apply_terms(SETTINGS, Terms(iban=text))


@pytest.mark.parametrize("marketplace", Marketplace)
def test_a_merchant_may_be_a_marketplace(marketplace):
    """Never, sometimes or always; left out, it stays what it was."""
    changed = apply_terms(SETTINGS, Terms(marketplace=marketplace.value))
    assert changed.marketplace is marketplace
    assert apply_terms(changed, Terms()) == changed


def test_a_marketplace_is_nothing_else():
    """The message says what it may be."""
    with pytest.raises(InvalidTerms, match="never, sometimes, always"):
        apply_terms(SETTINGS, Terms(marketplace="yes"))


def test_servers_may_call_from_certain_networks_only():
    """Each is kept once, in one form; none is from everywhere, and left out they stay."""
    typed = ("192.0.2.7", "2001:DB8::/32", "192.0.2.7/32")
    changed = apply_terms(SETTINGS, Terms(allowed_networks=typed))
    assert changed.allowed_networks == ("192.0.2.7/32", "2001:db8::/32")
    assert apply_terms(changed, Terms()) == changed
    assert apply_terms(changed, Terms(allowed_networks=())).allowed_networks == ()


@pytest.mark.parametrize("networks", [("192.0.2.7/24",), ("here",), ("192.0.2.7",) * 101])
def test_networks_that_cannot_be(networks):
    """Bits beyond the length, no network at all, or more than are looked through at every call."""
    with pytest.raises(InvalidTerms, match="network"):
        apply_terms(SETTINGS, Terms(allowed_networks=networks))
