"""Sealed names: the same for the same name, and nobody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.audit import MemoryAudit
from vezne.vault.name_box import NAME_KEY_BYTES, VaultNameBox
from vezne.vault.service import open_vault

BOX = VaultNameBox(bytes(range(NAME_KEY_BYTES)))


@given(
    merchant_id=st.integers(0, 2**63 - 1),
    purpose=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    name=st.binary(max_size=200),
)
def test_a_name_opens_again(merchant_id, purpose, name):
    """Sealed twice it is the same bytes, sixteen more than it has, and none of its own."""
    sealed = BOX.seal(merchant_id, purpose, name)
    assert sealed == BOX.seal(merchant_id, purpose, name)
    assert len(sealed) == len(name) + 16
    assert BOX.open(merchant_id, purpose, sealed) == name


def test_a_name_opens_for_its_merchant_and_purpose_only():
    """What was sealed for somebody or something else is no name here."""
    sealed = BOX.seal(7, "paywall card", b"token")
    for merchant_id, purpose in [(8, "paywall card"), (7, "paywall cards"), (7, "")]:
        assert BOX.seal(merchant_id, purpose, b"token") != sealed
        with pytest.raises(ValueError, match="does not open") as refused:
            BOX.open(merchant_id, purpose, sealed)
        assert refused.value.__cause__ is None


@given(sealed=st.binary(max_size=60))
def test_a_made_up_name_does_not_open(sealed):
    """Nobody can make one without the key."""
    with pytest.raises(ValueError, match="does not open"):
        BOX.open(7, "paywall card", sealed)


@pytest.mark.parametrize("place", [0, 15, 16, -1])
def test_an_altered_name_does_not_open(place):
    """One changed bit, anywhere."""
    sealed = bytearray(BOX.seal(7, "x", b"a name of ours"))
    sealed[place] ^= 1
    with pytest.raises(ValueError, match="does not open"):
        BOX.open(7, "x", bytes(sealed))


def test_another_key_seals_otherwise():
    """And a key has one length."""
    other = VaultNameBox(bytes(NAME_KEY_BYTES))
    assert other.seal(7, "x", b"name") != BOX.seal(7, "x", b"name")
    with pytest.raises(ValueError, match="64 bytes"):
        VaultNameBox(bytes(32))


async def test_names_open_after_a_restart(vault, engine, master_key, clock, entropy):
    """The key is the vault's own and lasts as long as the vault."""
    sealed = vault.names.seal(7, "paywall card", b"token")
    again = await open_vault(engine, master_key, clock, entropy, MemoryAudit())
    assert again.names.open(7, "paywall card", sealed) == b"token"
    assert again.names.seal(7, "paywall card", b"token") == sealed
