"""Which of a merchant's keys signs what it is told, on every engine."""

import pytest

from fakes.world import FixedClock
from vezne.core.merchant import Credential
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.merchants import NewCredential, SqlMerchants


class OpenBox:
    """Seals nothing."""

    async def seal(self, secret: bytes, context: bytes) -> bytes:
        return secret

    async def open(self, sealed: bytes, context: bytes) -> bytes:
        return sealed


@pytest.fixture
async def merchants(engine: Engine) -> SqlMerchants:
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlMerchants(engine, OpenBox(), FixedClock(1_700_000_000_000))


def pair(door: str, key: str) -> NewCredential:
    return NewCredential(door=door, key=key, secret=f"secret of {key}".encode())


async def test_the_newest_key_that_works_signs(merchants: SqlMerchants, engine: Engine) -> None:
    """Of the merchant and the door that are asked for; one that was revoked signs no more."""
    keys = [pair("iyzico", "ş1"), pair("iyzico", "k2"), pair("paynet", "p1")]
    shop = await merchants.add_merchant("Shop", keys)
    other = await merchants.add_merchant("Other", [pair("iyzico", "k9")])
    await engine.execute_script(
        "UPDATE credentials SET created_ms = created_ms + 1 WHERE door = 'iyzico' AND key ="
        " (SELECT key FROM credentials WHERE merchant_id = 1 ORDER BY key DESC LIMIT 1);"
    )
    newest = await merchants.find_newest_credential(shop.id, "iyzico")
    assert newest == Credential(
        merchant=shop, door="iyzico", key="ş1", secret="secret of ş1".encode()
    )
    assert await merchants.revoke_credential("iyzico", "ş1")
    older = await merchants.find_newest_credential(shop.id, "iyzico")
    assert older is not None
    assert older.key == "k2"
    assert await merchants.revoke_credential("iyzico", "k2")
    assert await merchants.find_newest_credential(shop.id, "iyzico") is None
    theirs = await merchants.find_newest_credential(other.id, "iyzico")
    assert theirs is not None
    assert theirs.key == "k9"
