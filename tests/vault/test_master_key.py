import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.randomness import SeededEntropy
from vezne.vault.key_check import key_check_value
from vezne.vault.master_key import LocalMasterKey, is_weak
from vezne.vault.seal import SealBroken

KEY = SeededEntropy(5).take(32)


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
        bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
        bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2),
    ],
)
def test_weak_keys_are_known(key):
    """Constants, sequences, repetitions, plain text and published keys are no random keys."""
    assert is_weak(key)


@given(st.integers(0, 2**64))
def test_random_keys_are_not_weak(seed):
    """The check leaves what a random source makes alone."""
    assert not is_weak(SeededEntropy(seed).take(32))


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


def test_what_a_key_tells_of_itself():
    """Its check value is as the standard has it, and it is no sandbox's unless that is said."""
    master = LocalMasterKey(KEY, SeededEntropy())
    assert master.kcv == key_check_value(KEY)
    assert master.is_sandbox is False
    assert LocalMasterKey(KEY, SeededEntropy(), is_sandbox=True).is_sandbox is True
