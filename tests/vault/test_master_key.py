import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.randomness import SeededEntropy
from vezne.vault.files import create_private_file
from vezne.vault.master_key import (
    LocalMasterKey,
    UnusableMasterKey,
    create_master_key,
    is_weak,
    load_master_key,
)
from vezne.vault.seal import SealBroken

KEY = SeededEntropy(5).take(32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "master.key"


def load(path, text):
    create_private_file(path, text)
    return load_master_key(path, SeededEntropy())


def test_a_made_key_is_private_and_lasts(path):
    """It is made once with mode 0600; making it again changes nothing."""
    create_master_key(path, SeededEntropy(1))
    first = load_master_key(path, SeededEntropy())
    create_master_key(path, SeededEntropy(2))
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_master_key(path, SeededEntropy()).key_id == first.key_id


@pytest.mark.parametrize(
    "text",
    [
        KEY.hex(),
        KEY.hex().upper() + "\n",
        base64.b64encode(KEY).decode(),
        base64.urlsafe_b64encode(KEY).decode() + "\r\n",
    ],
)
def test_accepted_forms(path, text):
    """Hexadecimal and both kinds of base64, white space around them aside, are the same key."""
    key = load(path, text.encode())
    assert key.key_id == LocalMasterKey(KEY, SeededEntropy()).key_id


@pytest.mark.parametrize(
    "text",
    [
        b"",
        KEY,
        KEY.hex()[:-2].encode(),
        KEY.hex().encode() + b"00",
        KEY.hex().replace(KEY.hex()[:2], "zz").encode(),
        b" ".join((KEY.hex()[:31].encode(), KEY.hex()[32:].encode())),
        base64.b64encode(KEY[:31]),
        base64.b64encode(KEY + b"0"),
        base64.b64encode(KEY)[:-1],
        b"\xff" * 64,
    ],
)
def test_refused_forms(path, text):
    """Another length or alphabet is refused; the message names the file and not its content."""
    with pytest.raises(UnusableMasterKey, match=r"master\.key must hold 32 bytes") as refused:
        load(path, text)
    assert not text or text.decode("latin-1") not in str(refused.value)


@pytest.mark.parametrize(
    "key",
    [
        bytes(32),
        b"\xff" * 32,
        bytes(range(32)),
        bytes(range(0, 256, 8)),
        bytes.fromhex("0123456789abcdef" * 4),
        KEY[:8] * 4,
        b"correct horse battery staple 123",
        b"kV8#pQ2!zR5$wT9&xY3*mN6^bC1@dF4%",
    ],
)
def test_weak_keys_are_refused(path, key):
    """Constants, sequences, repetitions and plain text are no random keys."""
    assert is_weak(key)
    with pytest.raises(UnusableMasterKey, match="not random"):
        load(path, key.hex().encode())


@given(st.integers(0, 2**64))
def test_random_keys_are_not_weak(seed):
    """The check leaves what a random source makes alone."""
    assert not is_weak(SeededEntropy(seed).take(32))


def test_a_missing_key(path):
    """The message says what is missing."""
    with pytest.raises(UnusableMasterKey, match=r"master\.key: No such file"):
        load_master_key(path, SeededEntropy())


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o604])
def test_a_key_that_others_can_read_is_refused(path, mode):
    """Group or others may not even read."""
    create_master_key(path, SeededEntropy())
    path.chmod(mode)
    with pytest.raises(UnusableMasterKey, match="chmod 600"):
        load_master_key(path, SeededEntropy())


async def test_wrapping():
    """A wrapped key opens at its place and nowhere else; the name does not betray the key."""
    master = LocalMasterKey(KEY, SeededEntropy())
    wrapped = await master.wrap(b"k" * 32, b"here")
    assert await master.unwrap(wrapped, b"here") == b"k" * 32
    assert b"k" * 8 not in wrapped
    with pytest.raises(SealBroken):
        await master.unwrap(wrapped, b"there")
    other = LocalMasterKey(SeededEntropy(6).take(32), SeededEntropy())
    with pytest.raises(SealBroken):
        await other.unwrap(wrapped, b"here")
    assert len(master.key_id) == 16
    assert master.key_id not in KEY.hex()
    assert KEY.hex() not in repr(vars(master))
    assert repr(KEY) not in repr(vars(master))
