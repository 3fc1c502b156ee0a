import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.randomness import SeededEntropy
from vezne.vault.keyring import SealingKeys
from vezne.vault.seal import SealingKey
from vezne.vault.secret_box import VaultSecretBox

SECRET = b"demo-secret-key"


def key(version):
    return SealingKey(SeededEntropy(version).take(32), version, SeededEntropy())


BOX = VaultSecretBox(SealingKeys({1: key(1)}, 1))


@given(st.binary(max_size=64), st.binary(max_size=64))
async def test_a_secret_comes_back(secret, context):
    """Whatever the bytes, under the same context."""
    assert await BOX.open(await BOX.seal(secret, context), context) == secret


async def test_the_sealed_form_tells_nothing():
    """It does not hold the secret and differs from one seal to the next."""
    first, second = await BOX.seal(SECRET, b"iyzico"), await BOX.seal(SECRET, b"iyzico")
    assert SECRET not in first
    assert first != second


@given(st.data())
async def test_any_flipped_bit_is_refused(data):
    """In the key version, the ciphertext or the context."""
    sealed = bytearray(await BOX.seal(SECRET, b"context"))
    context = bytearray(b"context")
    target = data.draw(st.sampled_from([sealed, context]))
    bit = data.draw(st.integers(0, len(target) * 8 - 1))
    target[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ValueError, match="does not open"):
        await BOX.open(bytes(sealed), bytes(context))


@pytest.mark.parametrize("length", [0, 3, 4, 20])
async def test_a_shortened_secret_is_refused(length):
    """Whatever is left of it."""
    with pytest.raises(ValueError, match="does not open"):
        await BOX.open((await BOX.seal(SECRET, b""))[:length], b"")


async def test_secrets_of_an_older_key_version_open():
    """After a rotation the new version seals and the old one still opens."""
    rotated = VaultSecretBox(SealingKeys({1: key(1), 2: key(2)}, 2))
    assert await rotated.open(await BOX.seal(SECRET, b"c"), b"c") == SECRET
    assert (await rotated.seal(SECRET, b"c"))[:4] == b"\0\0\0\2"
    with pytest.raises(ValueError, match="does not open"):
        await BOX.open(await rotated.seal(SECRET, b"c"), b"c")
