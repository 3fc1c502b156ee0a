"""The master key of a server: which ones it starts with, and which not."""

import pytest

from fakes.databases import create_database
from fakes.randomness import SeededEntropy
from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.master import (
    master_key_uri,
    open_configured_master_key,
    open_serving_master_key,
    run_create_master_key,
)
from vezne.bootstrap.vault_room import open_vault_room
from vezne.settings import load_settings
from vezne.vault.master_key import UnusableMasterKey
from vezne.vault.masters.key_file import create_master_key


def settings(folder, mode="sandbox", **options):
    return load_settings(None, {"mode": mode, "data": folder / "data"} | options, {})


def key_file(folder, text, mode=0o600):
    path = folder / "own.key"
    path.write_text(text)
    path.chmod(mode)
    return {"master_key": f"file:{path}"}


async def test_a_sandbox_makes_its_key(tmp_path):
    """On the first start, marked as its own; the next start has the same one."""
    first = await open_serving_master_key(settings(tmp_path))
    again = await open_serving_master_key(settings(tmp_path))
    assert (first.key_id, first.is_sandbox) == (again.key_id, True)
    assert (tmp_path / "data" / "master.key").read_text().startswith("sandbox:")


async def test_a_sandbox_makes_a_key_where_it_is_told_to(tmp_path):
    """In another file too."""
    own = settings(tmp_path, master_key=f"file:{tmp_path / 'own.key'}")
    assert (await open_serving_master_key(own)).is_sandbox is True
    assert not (tmp_path / "data" / "master.key").exists()


async def test_a_lost_key_is_not_made_anew(tmp_path):
    """It would open nothing that is there."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "vault.db").touch()
    with pytest.raises(UnusableMasterKey, match="No such file"):
        await open_serving_master_key(settings(tmp_path))


async def test_a_lost_key_of_a_shared_vault_is_not_made_anew(tmp_path, postgres_url):
    """The vault's own database is asked, wherever the books are."""
    shared = settings(tmp_path, vault_database=await create_database(postgres_url, "lost_key"))
    first = await open_serving_master_key(shared)
    assert first.is_sandbox is True
    async with open_vault_room(shared, None, first):
        """The vault notes whose it is."""
    (tmp_path / "data" / "master.key").unlink()
    with pytest.raises(UnusableMasterKey, match="No such file"):
        await open_serving_master_key(shared)
    assert not (tmp_path / "data" / "master.key").exists()


async def test_live_mode_makes_no_key(tmp_path):
    """A live key is made by people, not by a server."""
    with pytest.raises(UnusableMasterKey, match="keys create"):
        await open_serving_master_key(settings(tmp_path, "live"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0" * 64, "not random"),
        ("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "not random"),
        ("change-me", "must hold 32 bytes"),
        (f"sandbox:{SeededEntropy(5).take(32).hex()}", "is a sandbox's"),
    ],
)
async def test_unfit_keys_are_refused_in_live_mode(tmp_path, text, words):
    """Weak, published, no key at all, a sandbox's; and it is not repeated in the message."""
    with pytest.raises(UnusableMasterKey, match=words) as refused:
        await open_serving_master_key(settings(tmp_path, "live", **key_file(tmp_path, text)))
    assert text not in str(refused.value)


async def test_fit_keys(tmp_path):
    """A random one in live mode; and the same one when others can read it is none."""
    text = SeededEntropy(5).take(32).hex()
    live = settings(tmp_path, "live", **key_file(tmp_path, text))
    assert (await open_serving_master_key(live)).is_sandbox is False
    live = settings(tmp_path, "live", **key_file(tmp_path, text, 0o640))
    with pytest.raises(UnusableMasterKey, match="chmod 600"):
        await open_serving_master_key(live)


async def test_a_sandbox_refuses_a_live_key(tmp_path):
    """And says what to do about the key of a sandbox from before keys were marked."""
    text = SeededEntropy(5).take(32).hex()
    with pytest.raises(UnusableMasterKey, match="write sandbox: before the key"):
        await open_serving_master_key(settings(tmp_path, **key_file(tmp_path, text)))
    marked = settings(tmp_path, **key_file(tmp_path, f"sandbox:{text}"))
    assert (await open_serving_master_key(marked)).is_sandbox is True


async def test_commands_take_either(tmp_path):
    """`vezne merchants`, say, has no mode, and works on a sandbox's data as on live ones."""
    data = tmp_path / "data"
    data.mkdir()
    create_master_key(data / "master.key", SeededEntropy(), is_sandbox=True)
    live = settings(tmp_path, "live")
    assert master_key_uri(live) == f"file:{data / 'master.key'}"
    assert (await open_configured_master_key(live, SeededEntropy())).is_sandbox is True


def test_a_key_is_made_and_named(tmp_path):
    """Its id and check value are what an operator notes down."""
    uri = f"file:{tmp_path / 'own.key'}"
    key_id, kcv = run_create_master_key(uri, is_sandbox=False)
    assert (len(key_id), len(kcv)) == (16, 10)
    with pytest.raises(CannotStart, match="exists already"):
        run_create_master_key(uri, is_sandbox=False)
