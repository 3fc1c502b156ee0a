"""The change of the master key, over each database, while servers have the old one or the new."""

import pytest

from fakes.vault_rooms import Process, numbers
from vezne.engines.engine import Conflict, Write
from vezne.vault.key_records import KeyRecords
from vezne.vault.keyring import Keyring, MasterSource, WrongMasterKey
from vezne.vault.keys import Purpose
from vezne.vault.master_key import LocalMasterKey, UnusableMasterKey
from vezne.vault.rewrapping import Rewrapping
from vezne.vault.rotation import NAME, RotationRuns

MERCHANT = 7
(NUMBER,) = numbers(1)
WRAPS = "SELECT master_key_id, count(*) FROM key_wraps GROUP BY master_key_id"
DAYS = 30


@pytest.fixture
async def server(open_engine):
    return await Process(await open_engine(), 1).open()


@pytest.fixture
async def command(open_engine, server):
    return Process(await open_engine(), 2)


@pytest.fixture
def new(command):
    return LocalMasterKey(command.entropy.take(32), command.entropy)


def rewrapping(process, engine=None):
    chosen = engine or process.engine
    return Rewrapping(
        chosen, process.keyring(chosen), process.clock, process.audit, cryptoperiod_days=DAYS
    )


def silent(total, count):
    """Nobody looks at the progress."""


def keyring(process, master_key, source=None):
    records = KeyRecords(process.engine)
    return Keyring(
        records, master_key, process.clock, process.entropy, process.audit, source=source
    )


async def masters(engine):
    return {master.id: master.state for master in await KeyRecords(engine).list_masters()}


async def wraps(engine):
    return dict(await engine.fetch(WRAPS))


async def opens(process, master_key):
    """Whether a merchant's keys can be opened with a master key."""
    try:
        await keyring(process, master_key).of_merchant(MERCHANT)
    except WrongMasterKey:
        return False
    return True


async def test_both_open_until_the_old_one_is_destroyed(server, command, new):
    """Keys are wrapped by both; the new one is active; then the old wraps are erased."""
    token = await server.keep(MERCHANT, NUMBER)
    moves = []
    done = await rewrapping(command).change(new, "file", lambda *move: moves.append(move))
    old = server.master_key
    assert (done.old_id, done.new_id) == (old.key_id, new.key_id)
    assert (max(moves), sum(count for _, count in moves)) == ((done.keys, 1), done.keys)
    assert await wraps(server.engine) == {old.key_id: done.keys, new.key_id: done.keys}
    assert await masters(server.engine) == {old.key_id: "decrypt_only", new.key_id: "active"}
    assert await opens(server, old)
    assert await opens(server, new)
    await rewrapping(command).destroy(old.key_id)
    await rewrapping(command).destroy(old.key_id)
    assert await wraps(server.engine) == {new.key_id: done.keys}
    assert await masters(server.engine) == {old.key_id: "destroyed", new.key_id: "active"}
    assert not await opens(server, old)
    assert await opens(server, new)
    assert await server.number_of(MERCHANT, token) == NUMBER
    told = [(event.action, event.subject, event.reason) for event, _ in command.audit.lines]
    assert told == [
        ("key.created", f"master:{new.key_id}", "master"),
        ("key.state_changed", f"master:{old.key_id}", "decrypt_only"),
        ("key.rewrapped", f"master:{new.key_id}", ""),
        ("key.state_changed", f"master:{old.key_id}", "destroyed"),
    ]


async def test_a_server_with_the_old_key(server, command, new):
    """It opens what there is and makes nothing new, until it finds the new key where it looks."""
    await server.keep(MERCHANT, NUMBER)
    await rewrapping(command).change(new, "file", silent)
    with pytest.raises(WrongMasterKey, match=f"{new.key_id}.*{server.master_key.key_id}"):
        await server.keep(MERCHANT + 1, NUMBER)
    found = []

    async def reopen():
        found.append(new)
        return new

    keys = keyring(server, server.master_key, MasterSource("file", reopen))
    await keys.of_merchant(MERCHANT)
    assert found == []
    await keys.of_merchant(MERCHANT + 1)
    assert found == [new]
    with pytest.raises(WrongMasterKey):
        await keyring(server, server.master_key, MasterSource("shares")).of_merchant(MERCHANT + 2)


async def test_keys_that_are_destroyed_get_no_wrap(server, command, new):
    """There is nothing of them to wrap."""
    await server.keep(MERCHANT, NUMBER)
    await command.rotation().rotate(Purpose.CARD, 0, silent)
    await rewrapping(command).change(new, "file", silent)
    await rewrapping(command).destroy(server.master_key.key_id)
    left = "SELECT count(*) FROM key_wraps WHERE purpose = 'card' AND version = 1"
    assert await server.engine.fetch(left) == [(0,)]


class CutEngine:
    """An engine whose process is killed before one of its writes."""

    def __init__(self, engine, writes):
        self._engine = engine
        self._left = writes

    def __getattr__(self, name):
        return getattr(self._engine, name)

    async def apply(self, writes):
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        await self._engine.apply(writes)


async def test_a_change_that_is_cut_off_anywhere(server, command, new):
    """Done again it goes on, and every key opens at every moment."""
    await server.keep(MERCHANT, NUMBER)
    cuts = 0
    while True:
        engine = CutEngine(command.engine, 1)
        try:
            done = await rewrapping(command, engine).change(new, "file", silent)
            break
        except KeyboardInterrupt:
            cuts += 1
            assert await opens(server, server.master_key)
    assert cuts > 4
    assert done.keys == 0
    assert await opens(server, new)


async def test_keys_made_during_the_change_are_wrapped(server, command, new):
    """A merchant whose first card comes in the middle is not left behind."""
    await server.keep(MERCHANT, NUMBER)

    class Busy(LocalMasterKey):
        is_first = True

        async def wrap(self, key, place):
            if self.is_first:
                self.is_first = False
                await server.keep(MERCHANT + 1, NUMBER)
            return await super().wrap(key, place)

    busy = Busy(command.entropy.take(32), command.entropy)
    await rewrapping(command).change(busy, "file", silent)
    await rewrapping(command).destroy(server.master_key.key_id)
    (made,) = [key for key in await KeyRecords(server.engine).list_keys() if key.id == "card:8:1"]
    assert made.state == "active"
    await keyring(server, busy).of_merchant(MERCHANT + 1)


async def test_the_new_key_is_put_in_its_place_at_once(server, command, new):
    """Between the moment that it is active and the end servers already find it where they look."""
    await server.keep(MERCHANT, NUMBER)
    seen = []

    class Watched(KeyRecords):
        async def settle_inserts(self):
            seen.append("settled")

    desk = rewrapping(command)
    desk._keys = Watched(command.engine)
    for _ in range(2):
        seen.clear()
        await desk.change(new, "file", silent, lambda: seen.append("put"))
        assert seen == ["put", "settled"]
    assert (await masters(server.engine))[new.key_id] == "active"


async def test_what_would_lose_keys_is_refused(server, command, new):
    """An active master key, an unknown one, and one that alone opens some key."""
    await server.keep(MERCHANT, NUMBER)
    desk = rewrapping(command)
    with pytest.raises(UnusableMasterKey, match="knows no master key 0123"):
        await desk.destroy("0123")
    with pytest.raises(UnusableMasterKey, match="is needed"):
        await desk.destroy(server.master_key.key_id)
    await desk.change(new, "file", silent)
    forget = "DELETE FROM key_wraps WHERE master_key_id = ? AND purpose = 'card'"
    await server.engine.apply([Write(forget, (new.key_id,))])
    with pytest.raises(UnusableMasterKey, match="is needed"):
        await desk.destroy(server.master_key.key_id)


async def test_a_master_key_that_came_back(server, command, new):
    """One may return as long as it was not destroyed."""
    await server.keep(MERCHANT, NUMBER)
    old = server.master_key
    await rewrapping(command).change(new, "file", silent)
    back = Rewrapping(
        command.engine, keyring(command, new), command.clock, command.audit, cryptoperiod_days=DAYS
    )
    await back.change(old, "file", silent)
    assert await masters(server.engine) == {old.key_id: "active", new.key_id: "decrypt_only"}
    await back.destroy(new.key_id)
    with pytest.raises(UnusableMasterKey, match="was destroyed"):
        await rewrapping(command).change(new, "file", silent)


async def test_a_change_that_was_done_is_done(server, command, new):
    """Asked for again with the master key in force, it changes nothing."""
    await server.keep(MERCHANT, NUMBER)
    first = await rewrapping(command).change(new, "file", silent)
    again = await rewrapping(command).change(new, "file", silent)
    assert (again.old_id, again.keys, first.keys > 0) == (new.key_id, 0, True)


async def test_unfit_master_keys(server, command):
    """A sandbox's for a live vault, and one that does not open what it wraps."""
    await server.keep(MERCHANT, NUMBER)

    class Faulty(LocalMasterKey):
        async def unwrap(self, wrapped, place):
            return bytearray(32)

    entropy = command.entropy
    for unfit, why in (
        (LocalMasterKey(entropy.take(32), entropy, is_sandbox=True), "do not share"),
        (Faulty(entropy.take(32), entropy), "does not open"),
    ):
        with pytest.raises(UnusableMasterKey, match=why):
            await rewrapping(command).change(unfit, "file", silent)
    assert await masters(server.engine) == {server.master_key.key_id: "active"}


async def test_one_change_at_a_time(server, command, new):
    """Nor beside a rotation of other keys."""
    async with server.engine.exclusive(NAME):
        with pytest.raises(RotationRuns):
            await rewrapping(command).change(new, "file", silent)


async def test_the_active_master_key_is_replaced_once(server, command, new):
    """Whoever comes late with the same old one conflicts."""
    records = KeyRecords(server.engine)
    (row,) = await records.list_masters()
    await rewrapping(command).change(new, "file", silent)
    with pytest.raises(Conflict):
        await records.replace_master(row.id, row._replace(id="other"), is_known=False)
