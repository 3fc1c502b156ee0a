"""Who calls us: the merchant, the commission plan, the instalment tables."""

import enum

import msgspec

from vezne.core.money import UNIT


class BlockageRelease(enum.StrEnum):
    """When withheld money is released, counted from the payment."""

    SAME_TIME = "same_time"
    MIDNIGHT = "midnight"


class Marketplace(enum.StrEnum):
    """Whether a merchant sells for others: not at all, now and then, or whatever it sells."""

    NEVER = "never"
    SOMETIMES = "sometimes"
    ALWAYS = "always"


class CommissionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Our price for a payment, and what is withheld of it for how long.

    Rates are fractions of 1 in 1e-8 (2.625 % is 2_625_000). The fee is in the settlement currency.
    """

    rate_e8: int = 2_625_000
    fee_e8: int = UNIT // 4
    blockage_rate_e8: int = UNIT // 10
    blockage_days: int = 7


class InstallmentTable(msgspec.Struct, frozen=True, kw_only=True):
    """The surcharge of each number of instalments for the cards of one programme.

    `surcharges_e8` maps a count to the fraction of the price that is added to it.
    """

    family: str
    issuer_code: int
    surcharges_e8: dict[int, int]


class MerchantSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is agreed with a merchant. Data, stored with the merchant."""

    plan: CommissionPlan = CommissionPlan()
    installments: tuple[InstallmentTable, ...] = ()
    currencies: tuple[str, ...] = ("TRY", "USD", "EUR", "GBP")
    settlement_currency: str = "TRY"
    # The account that payouts go to.
    iban: str = ""
    marketplace: Marketplace = Marketplace.SOMETIMES
    # How much one unit of a currency is worth in the settlement currency.
    exchange_rates_e8: dict[str, int] = {}
    # Where each door's webhooks go.
    webhook_urls: dict[str, str] = {}
    # From where the merchant's servers may call, such as 192.0.2.0/24; empty: from anywhere.
    allowed_networks: tuple[str, ...] = ()


class Merchant(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant. `is_demo` marks the one that sandbox mode makes by itself.

    `clock_offset_ms` is how far the merchant's time is ahead of everybody's; only in sandbox mode
    is it ever anything but 0.
    """

    id: int
    name: str
    settings: MerchantSettings
    created_ms: int
    is_demo: bool = False
    clock_offset_ms: int = 0


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's key pair for one door: the public name, and the secret as the vault opens it."""

    merchant: Merchant
    door: str
    key: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Credential({self.merchant.id}, {self.door}, {self.key!r}, secret=***)"


class HeldKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair that works, or did until it was revoked."""

    credential: Credential
    is_revoked: bool
