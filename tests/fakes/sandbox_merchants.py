"""Merchants that tests of the control door have made."""

from vezne.api_keys import fill_keys
from vezne.core.merchant import Merchant, MerchantSettings
from vezne.core.sandbox_merchants import NameTaken, NewMerchant, ResetContested, UnusableUrl


class MemorySandboxMerchants:
    """Implements `vezne.core.sandbox_merchants.SandboxMerchants`.

    `made` has every merchant. What does not begin with http is no URL. With `is_contested`
    somebody else always begins anew a moment before.
    """

    def __init__(self) -> None:
        self.made: list[Merchant] = []
        self.is_contested = False

    async def add(self, name, webhook_urls):
        if any(each.name == name for each in self.made):
            raise NameTaken
        return NewMerchant(merchant=self._make(name, webhook_urls), keys=fill_keys({}))

    async def begin_anew(self, merchant, webhook_urls):
        if self.is_contested:
            raise ResetContested
        urls = merchant.settings.webhook_urls if webhook_urls is None else webhook_urls
        return self._make(f"{merchant.name} again", urls)

    def _make(self, name, webhook_urls):
        if not all(url.startswith("http") for url in webhook_urls.values()):
            raise UnusableUrl("no URL")
        settings = MerchantSettings(webhook_urls=dict(webhook_urls))
        made = Merchant(id=100 + len(self.made), name=name, settings=settings, created_ms=0)
        self.made.append(made)
        return made
