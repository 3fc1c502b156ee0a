import resource
from contextlib import suppress
from types import SimpleNamespace

import pytest

from fakes.audit import MemoryAudit
from fakes.randomness import SeededEntropy
from fakes.world import FixedClock
from vezne.bootstrap.rotating import KeyHouse
from vezne.bootstrap.vault_room import open_vault_room
from vezne.engines.sqlite import open_sqlite
from vezne.settings import Settings
from vezne.vault.key_records import KeyRecords
from vezne.vault.masters.key_file import create_master_key, load_master_key
from vezne.vault.rewrapping import Rewrapping
from vezne.vault.service import open_vault


@pytest.mark.parametrize(
    ("databases", "state"),
    [
        ({}, "destroyed"),
        ({"database": "postgresql://db/vezne"}, "decrypt_only"),
        ({"vault_database": "postgresql://db/vault"}, "decrypt_only"),
    ],
)
async def test_other_machines_have_files_of_their_own(tmp_path, databases, state):
    """Where they may be, the old key goes on opening the vault until an operator destroys it."""
    path, clock, audit = tmp_path / "master.key", FixedClock(1_000), MemoryAudit()
    create_master_key(path, SeededEntropy(1), is_sandbox=True)
    old = load_master_key(path, SeededEntropy(2))
    engine = open_sqlite(tmp_path / "vault.db")
    vault = await open_vault(engine, old, clock, SeededEntropy(3), audit)
    settings = Settings(mode="sandbox", data=tmp_path, **databases)
    rewrapping = Rewrapping(engine, vault.keyring, clock, audit, cryptoperiod_days=1)
    house = KeyHouse(SimpleNamespace(settings=settings), KeyRecords(engine), None, rewrapping)
    done = await house.replace_master_file(lambda total, count: None)
    assert (done.old_id, done.is_old_kept) == (old.key_id, state == "decrypt_only")
    assert load_master_key(path, SeededEntropy(2)).key_id == done.new_id
    states = {master.id: master.state for master in await KeyRecords(engine).list_masters()}
    assert states == {old.key_id: state, done.new_id: "active"}
    assert list(tmp_path.glob("*.after-*")) == []
    await rewrapping.destroy(old.key_id)
    await engine.close()


async def test_whoever_opens_the_vault_leaves_no_core_file(tmp_path):
    """Commands as well as servers: the numbers and keys in memory do not come onto the disk."""
    create_master_key(tmp_path / "master.key", SeededEntropy(1), is_sandbox=True)
    with suppress(ValueError):
        # Root may, whatever was forbidden in this process before.
        resource.setrlimit(resource.RLIMIT_CORE, (4096, 4096))
    async with open_vault_room(Settings(mode="sandbox", data=tmp_path), None):
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
