import pytest

from vezne.vault.key_check import key_check_value

AES_256 = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"


def test_the_value_is_a_shortened_cmac():
    """Of a block of zeros, five bytes; this one was computed from NIST SP 800-38B's subkeys.

    Under this key the standard has L = e568f68194cf76d6174d4cc04310a854 and its double as the first
    subkey, which AES then encrypts.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    subkey = bytes.fromhex("cad1ed03299eedac2e9a99808621502f")
    cipher = Cipher(algorithms.AES(bytes.fromhex(AES_256)), modes.ECB()).encryptor()  # noqa: S305
    assert key_check_value(bytes.fromhex(AES_256)) == cipher.update(subkey)[:5].hex()


def test_another_key_has_another_value():
    """One bit makes a difference, and the value says nothing of the key's length."""
    values = {key_check_value(bytes([each]) * length) for each in (1, 3) for length in (16, 32)}
    assert len(values) == 4
    assert {len(value) for value in values} == {10}


def test_a_key_of_another_length_has_none():
    """There is no AES with 20 bytes."""
    with pytest.raises(ValueError, match="key size"):
        key_check_value(bytes(20))
