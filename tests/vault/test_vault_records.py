import asyncio
from types import SimpleNamespace

import pytest

from vezne.engines.engine import Conflict
from vezne.vault.records import SealedRow, VaultRecords

MERCHANT = 7
ROW = SealedRow(1, b"sealed", b"fingerprint", 1)


async def test_a_taken_token_costs_no_other_card(vault, engine):
    """Cards that are written in one group are stored or refused each for itself."""
    await vault.keyring.of_merchant(MERCHANT)
    records = VaultRecords(engine)
    tokens = [bytes((number,)) * 20 for number in (1, 2, 1, 3)]
    ended = await asyncio.gather(
        *(records.add_card(MERCHANT, token, ROW) for token in tokens), return_exceptions=True
    )
    assert [type(each) for each in ended] == [type(None), type(None), Conflict, type(None)]
    found = await records.list_cards(MERCHANT, after=b"", limit=10)
    assert found == [(token, ROW) for token in (tokens[0], tokens[1], tokens[3])]


@pytest.mark.parametrize(("name", "verb"), [("sqlite", "INSERT OR FAIL"), ("postgres", "INSERT")])
async def test_each_engine_s_own_words(name, verb):
    """Only SQLite is told that it need not be able to undo the statement by itself."""
    asked = []

    async def apply(writes):
        asked.extend(writes)

    records = VaultRecords(SimpleNamespace(name=name, apply=apply))
    await records.add_card(MERCHANT, b"t" * 20, ROW)
    (write,) = asked
    assert write.sql.split(" INTO ")[0].strip() == verb
