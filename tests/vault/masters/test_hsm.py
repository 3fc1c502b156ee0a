"""Master keys in a device, on a library in memory; the contract tests use SoftHSM2."""

import threading

import pytest

from fakes.pkcs11_library import MODULE, PIN, MemoryLibrary
from fakes.randomness import SeededEntropy
from vezne.vault.key_check import key_check_value
from vezne.vault.master_key import UnusableMasterKey
from vezne.vault.masters.hsm import create_in_device, open_device
from vezne.vault.masters.pkcs11_uri import Pkcs11Key
from vezne.vault.seal import SealBroken

KEY = bytes(range(100, 132))


@pytest.fixture
def library():
    made = MemoryLibrary(SeededEntropy(3))
    made.add("vezne-2027")
    return made


@pytest.fixture
def named(tmp_path):
    pin_file = tmp_path / "pin"
    pin_file.write_text(f"{PIN}\n")
    pin_file.chmod(0o600)
    return Pkcs11Key(module=MODULE, pin_file=pin_file, token="vault", label="vezne-2027")


@pytest.fixture
def open_key(library, named):
    async def open_one(key=named):
        return await open_device(key, SeededEntropy(), load=library.load)

    return open_one


def other(named, **changes):
    values = {name: getattr(named, name) for name in named.__struct_fields__}
    return Pkcs11Key(**(values | changes))


async def test_wrapping(open_key):
    """A wrapped key opens at its place only; two wraps of it differ."""
    key = await open_key()
    first, second = await key.wrap(KEY, b"here"), await key.wrap(KEY, b"here")
    assert first != second
    assert await key.unwrap(first, b"here") == await key.unwrap(second, b"here") == KEY
    for wrapped, place in ((first, b"there"), (first[:-1], b"here"), (b"", b"here")):
        with pytest.raises(SealBroken):
            await key.unwrap(wrapped, place)
    assert await key.unwrap(first, b"here") == KEY


async def test_what_it_tells_of_itself(library, open_key):
    """The check value is that of the key, computed where the key is; the id is the key's alone."""
    key = await open_key()
    assert key.kcv == key_check_value(library.objects[0][1])
    assert (await open_key()).key_id == key.key_id
    library.objects.clear()
    library.add("vezne-2027")
    library.restart()
    assert (await open_key()).key_id != key.key_id


async def test_check_values_of_many_keys(open_key, library):
    """Of keys whose first subkey is reduced as of those whose is not."""
    for _ in range(8):
        library.objects.clear()
        library.add("vezne-2027")
        library.restart()
        assert (await open_key()).kcv == key_check_value(library.objects[0][1])


async def test_a_device_without_single_blocks(library, open_key):
    """It tells no check value, and wraps all the same."""
    library.has_ecb = False
    key = await open_key()
    assert key.kcv == ""
    assert await key.unwrap(await key.wrap(KEY, b"x"), b"x") == KEY


async def test_a_device_that_was_restarted(library, open_key):
    """It is logged in to again, once."""
    key = await open_key()
    wrapped = await key.wrap(KEY, b"x")
    library.restart()
    assert await key.unwrap(wrapped, b"x") == KEY
    library.restart()
    assert await key.unwrap(await key.wrap(KEY, b"x"), b"x") == KEY
    assert library.logins == 3


async def test_two_keys_of_one_process(library, open_key, named):
    """The second finds the process logged in."""
    library.add("sandbox-2027")
    first, second = await open_key(), await open_key(other(named, label="sandbox-2027"))
    assert (first.is_sandbox, second.is_sandbox) == (False, True)
    assert first.key_id != second.key_id
    with pytest.raises(SealBroken):
        await second.unwrap(await first.wrap(KEY, b"x"), b"x")


async def test_another_key_under_the_name(library, open_key):
    """Somebody replaced it in the running device: no key is wrapped under the new one unasked."""
    key = await open_key()
    library.objects.clear()
    library.add("vezne-2027")
    library.restart()
    with pytest.raises(UnusableMasterKey, match="another master key"):
        await key.wrap(KEY, b"x")


async def test_a_lost_key(library, open_key):
    """What the device says is passed on."""
    key = await open_key()
    library.restart()
    library.objects.clear()
    with pytest.raises(UnusableMasterKey, match="NoSuchKey: No key matching"):
        await key.wrap(KEY, b"x")


async def test_a_device_that_fails(library, open_key):
    """It has the key, and an error for whatever is to be wrapped."""
    key = await open_key()
    library.is_failing = True
    with pytest.raises(UnusableMasterKey, match="device: FunctionFailed"):
        await key.wrap(KEY, b"x")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"module": "/usr/lib/none.so"}, "while loading"),
        ({"token": "walt"}, "NoSuchToken"),
        ({"label": "vezne-2028"}, "NoSuchKey"),
        ({"label": None, "id": b"\x09"}, "NoSuchKey"),
    ],
)
async def test_what_is_not_there(library, open_key, named, changes, words):
    """Library, token and key are each named as the device names them; no session stays open."""
    with pytest.raises(UnusableMasterKey, match=words):
        await open_key(other(named, **changes))
    assert library._sessions == []


async def test_a_token_by_its_serial_number(open_key, named, library):
    """And a key by its id."""
    library.add("other", ID=b"\x09")
    key = await open_key(other(named, token=None, serial=b"0001", label=None, id=b"\x09"))
    assert key.key_id != (await open_key()).key_id


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"VALUE_LEN": 16}, "256 bits"),
        ({"KEY_TYPE": 0x10}, "256 bits"),
        ({"SENSITIVE": False}, "sensitive"),
        ({"EXTRACTABLE": True}, "not extractable"),
    ],
)
async def test_unfit_keys_are_refused(library, open_key, attributes, words):
    """A key that can be read out of the device may as well be in a file."""
    library.objects.clear()
    library.add("vezne-2027", **attributes)
    with pytest.raises(UnusableMasterKey, match=words):
        await open_key()


async def test_a_wrong_pin_is_tried_once(library, open_key, named):
    """Devices lock after a few wrong ones, and then nobody has the key."""
    key = await open_key()
    library.restart()
    library.pin = "changed"
    for _ in range(5):
        with pytest.raises(UnusableMasterKey, match=r"PIN|Pin"):
            await key.wrap(KEY, b"x")
    assert library.logins == 2
    with pytest.raises(UnusableMasterKey, match="PinIncorrect") as refused:
        await open_key()
    assert PIN not in str(refused.value)


async def test_a_pin_that_others_can_read(open_key, named):
    """It guards the key, so it is guarded as a key."""
    named.pin_file.chmod(0o644)
    with pytest.raises(UnusableMasterKey, match="chmod 600"):
        await open_key()
    named.pin_file.unlink()
    with pytest.raises(UnusableMasterKey, match=r"the PIN .*No such file"):
        await open_key()


async def test_a_device_that_hangs(named):
    """It is given up after the time limit."""
    with pytest.raises(UnusableMasterKey, match=r"PKCS #11 device did not answer"):
        await open_device(
            named, SeededEntropy(), load=lambda _: threading.Event().wait(1), timeout_s=0.05
        )


async def test_a_key_is_made_in_the_device(library, open_key, named):
    """It cannot leave, and is fit to be used."""
    new = other(named, label="vezne-2028", id=b"\x01")
    await create_in_device(new, is_sandbox=False, load=library.load)
    key = await open_key(new)
    assert await key.unwrap(await key.wrap(KEY, b"x"), b"x") == KEY
    assert key.is_sandbox is False
    with pytest.raises(UnusableMasterKey, match="has an object vezne-2028 already"):
        await create_in_device(new, is_sandbox=False, load=library.load)


async def test_names_of_new_keys(library, named):
    """A sandbox's key is called so, and no other is; a device's errors are passed on."""
    for label, is_sandbox in (("vezne-2028", True), ("sandbox-1", False), (None, True)):
        with pytest.raises(UnusableMasterKey, match="sandbox…"):
            await create_in_device(
                other(named, label=label, id=b"\x01"), is_sandbox=is_sandbox, load=library.load
            )
    with pytest.raises(UnusableMasterKey, match="NoSuchToken"):
        await create_in_device(other(named, token="walt"), is_sandbox=False, load=library.load)
