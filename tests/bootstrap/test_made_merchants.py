"""Merchants that begin anew, in the books of a sandbox."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from fakes.world import FixedClock
from vezne.bootstrap.sandbox_merchants import MadeMerchants
from vezne.core.merchant import Merchant, MerchantSettings
from vezne.core.sandbox_merchants import ResetContested
from vezne.engines.migrate import load_migrations, migrate
from vezne.engines.sqlite import open_sqlite
from vezne.storage.merchants import NewCredential, SqlMerchants

URLS = {"iyzico": "http://127.0.0.1:9/hooks"}


class PlainBox:
    """Keeps secrets and names as they are."""

    async def seal(self, secret, context):
        return secret

    async def open(self, sealed, context):
        return sealed


@pytest.fixture
async def merchants(tmp_path: Path):
    engine = open_sqlite(tmp_path / "books.db")
    await migrate(engine, load_migrations("vezne.storage"))
    yield SqlMerchants(engine, PlainBox(), FixedClock(1))
    await engine.close()


async def _shop(merchants: SqlMerchants) -> Merchant:
    return await merchants.add_merchant("Shop", [NewCredential(door="iyzico", key="k", secret=b"")])


async def test_terms_that_were_just_changed_are_kept(merchants):
    """Also where the caller is known by what was read before that."""
    known = await _shop(merchants)
    await merchants.change_settings(known.id, MerchantSettings(iban="TR33"))
    fresh = await MadeMerchants(merchants, PlainBox()).begin_anew(known, URLS)
    assert fresh.settings == MerchantSettings(iban="TR33", webhook_urls=URLS)


async def test_of_several_at_once_one_is_done(merchants):
    """The others are told, so that nobody takes the keys for those of another merchant."""
    known, made = await _shop(merchants), MadeMerchants(merchants, PlainBox())
    tries = [made.begin_anew(known, URLS) for _ in range(5)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Merchant"] + ["ResetContested"] * 4
    holder = await merchants.find_credential("iyzico", "k")
    assert [holder.merchant] == [each for each in done if isinstance(each, Merchant)]
    with pytest.raises(ResetContested):
        await made.begin_anew(msgspec.structs.replace(known), None)
