"""Merchants of a sandbox that come and go with the tests that need them."""

from collections.abc import Mapping

import msgspec

from vezne.api_keys import Keys, fill_keys, key_pairs, random_key
from vezne.bootstrap.merchant_keys import credentials_of
from vezne.core.installment_tables import INSTALLMENT_TABLES
from vezne.core.merchant import Merchant, MerchantSettings
from vezne.core.money import UNIT
from vezne.core.ports import NameBox
from vezne.core.sandbox_merchants import NameTaken, NewMerchant, ResetContested, UnusableUrl
from vezne.engines.engine import Conflict
from vezne.storage.merchants import DuplicateMerchant, NewCredential, SqlMerchants
from vezne.webhook_urls import InvalidWebhookUrl, changed_urls

# What divides a merchant's name from what tells it from the one before.
_DIVIDER = " #"


def sandbox_settings() -> MerchantSettings:
    """The terms of a merchant that nothing has been agreed with yet.

    What a unit of each currency is worth in lira is fixed, so that tests are too.
    """
    return MerchantSettings(
        installments=INSTALLMENT_TABLES,
        exchange_rates_e8={"USD": 40 * UNIT, "EUR": 45 * UNIT, "GBP": 53 * UNIT},
    )


def all_credentials(names: NameBox, keys: Keys) -> list[NewCredential]:
    """What is stored of a merchant's keys for every door."""
    return [each for pair in key_pairs(keys) for each in credentials_of(names, *pair)]


class MadeMerchants:
    """Implements `vezne.core.sandbox_merchants.SandboxMerchants`."""

    def __init__(self, merchants: SqlMerchants, names: NameBox) -> None:
        self._merchants = merchants
        self._names = names

    async def add(self, name: str, webhook_urls: Mapping[str, str]) -> NewMerchant:
        """A new merchant. Raises NameTaken, UnusableUrl."""
        settings = _with_urls(sandbox_settings(), webhook_urls)
        keys = fill_keys({})
        credentials = all_credentials(self._names, keys)
        try:
            merchant = await self._merchants.add_merchant(name, credentials, settings=settings)
        except DuplicateMerchant:
            raise NameTaken from None
        return NewMerchant(merchant=merchant, keys=keys)

    async def begin_anew(
        self, merchant: Merchant, webhook_urls: Mapping[str, str] | None
    ) -> Merchant:
        """A new merchant under the keys and terms of one. Raises UnusableUrl, ResetContested."""
        # What the caller is known by may be some seconds old.
        present = await self._merchants.find_merchant(merchant.id) or merchant
        settings = present.settings
        if webhook_urls is not None:
            settings = _with_urls(settings, webhook_urls)
        name = f"{merchant.name.partition(_DIVIDER)[0]}{_DIVIDER}{random_key(12)}"
        try:
            return await self._merchants.replace_merchant(merchant, name, settings)
        except Conflict:
            raise ResetContested from None


def _with_urls(settings: MerchantSettings, urls: Mapping[str, str]) -> MerchantSettings:
    try:
        changed = changed_urls({}, [f"{door}={url}" for door, url in urls.items()], is_sandbox=True)
    except InvalidWebhookUrl as error:
        raise UnusableUrl(str(error)) from None
    return msgspec.structs.replace(settings, webhook_urls=changed)
