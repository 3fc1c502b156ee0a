import hashlib

import pytest

from vezne.vault.fingerprint import FingerprintKeys
from vezne.vault.pan import parse_pan


def hmac_by_definition(key, message):
    """RFC 2104 for keys of at most one block, written out."""
    padded = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


def fingerprint(key, pan):
    """By the one version that there is."""
    return FingerprintKeys({1: key}, 1).of(pan, 1)


@pytest.mark.parametrize("number", ["5528790000000008", "374427000000003"])
def test_it_is_hmac_sha256_of_the_digits(number):
    """The value is that of RFC 2104 over SHA-256, with spaces of no effect."""
    key = bytes(range(32))
    value = fingerprint(key, parse_pan(number))
    assert value == hmac_by_definition(key, number.encode())
    assert value == fingerprint(key, parse_pan(f"{number[:4]} {number[4:]}"))


def test_keys_and_numbers_tell_apart():
    """Another number, or the same under another merchant's key, has another fingerprint."""
    pan = parse_pan("5528790000000008")
    values = {
        fingerprint(bytes(32), pan),
        fingerprint(b"\1" * 32, pan),
        fingerprint(bytes(32), parse_pan("5400360000000003")),
    }
    assert len(values) == 3
