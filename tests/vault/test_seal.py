import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fakes.randomness import SeededEntropy
from vezne.vault import seal
from vezne.vault.pan import parse_pan
from vezne.vault.seal import (
    NUMBERS_MAX,
    BlockedPlace,
    CardPlace,
    OpenedCard,
    SealBroken,
    SealingKey,
    open_card,
    place,
    seal_card,
)

PAN = "5528790000000008"
TOKEN = bytes(range(20))
MERCHANT = 7
KEY = SealingKey(SeededEntropy(3).take(32), 1, SeededEntropy(4))


class FixedNonce:
    def __init__(self, nonce):
        self.nonce = bytes.fromhex(nonce)

    def take(self, count):
        assert count == len(self.nonce)
        return self.nonce


# The GCM specification of McGrew and Viega, appendix B, test cases 13 to 16 (AES-256).
_KEY = "feffe9928665731c6d6a8f9467308308" * 2
_NONCE = "cafebabefacedbaddecaf888"
_PLAIN = (
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
)
_CIPHER = (
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
)
VECTORS = [
    ("00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    (
        "00" * 32,
        "00" * 12,
        "00" * 16,
        "",
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919",
    ),
    (_KEY, _NONCE, _PLAIN, "", _CIPHER, "b094dac5d93471bdec1a502270e3cc6c"),
    (
        _KEY,
        _NONCE,
        _PLAIN[:120],
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        _CIPHER[:120],
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
]


@pytest.mark.parametrize(("key", "nonce", "plain", "data", "cipher", "tag"), VECTORS)
def test_published_vectors(key, nonce, plain, data, cipher, tag):
    """A seal is nonce, ciphertext and tag of AES-256-GCM, and opens to the plain text."""
    sealing = SealingKey(bytes.fromhex(key), 1, FixedNonce(nonce))
    sealed = sealing.seal(bytes.fromhex(plain), bytes.fromhex(data))
    assert sealed.hex() == nonce + cipher + tag
    assert sealing.open(sealed, bytes.fromhex(data)).hex() == plain


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_only_256_bit_keys(length):
    """AES-128 would be a valid key for the library, and is none here."""
    with pytest.raises(ValueError, match="32 bytes"):
        SealingKey(bytes(length), 1, SeededEntropy())


FINGERPRINT = bytes(range(32, 64))
WHERE = CardPlace(MERCHANT, TOKEN, FINGERPRINT, 1)


def sealed_card(where=WHERE, holder="Ayşe Öztürk"):
    return seal_card(KEY, where, OpenedCard(parse_pan(PAN), holder))


@given(st.text(max_size=80))
def test_a_sealed_card_opens_to_what_it_was(holder):
    """Number and holder come back, whatever the holder's name is."""
    sealed = sealed_card(holder=holder)
    card = open_card(KEY, WHERE, sealed)
    assert card.pan.reveal() == PAN.encode()
    assert card.holder == holder
    assert PAN.encode() not in sealed


def test_the_same_card_never_looks_the_same():
    """Two seals of one card have different nonces and share no ciphertext."""
    first, second = sealed_card(), sealed_card()
    assert first[:12] != second[:12]
    assert first[12:] != second[12:]


BITS = {
    "merchant_id": 63,
    "token": 160,
    "fingerprint": 256,
    "fingerprint_version": 31,
    "sealed": 8 * len(sealed_card()),
    "key_version": 31,
}


@given(st.data())
def test_any_flipped_bit_is_refused(data):
    """In ciphertext, nonce, tag, token, merchant, fingerprint or one of the versions alike."""
    sealed, where, key = sealed_card(), WHERE, KEY
    which = data.draw(st.sampled_from(sorted(BITS)))
    bit = data.draw(st.integers(0, BITS[which] - 1))
    if which == "sealed":
        sealed = flip(sealed, bit)
    elif which == "key_version":
        key = SealingKey(SeededEntropy(3).take(32), 1 ^ (1 << bit), SeededEntropy())
    else:
        before = getattr(WHERE, which)
        after = flip(before, bit) if isinstance(before, bytes) else before ^ (1 << bit)
        where = replace(WHERE, **{which: after})
    with pytest.raises(SealBroken):
        open_card(key, where, sealed)


def test_rows_of_before_fingerprints_were_covered():
    """They open whatever stands beside them, and cannot pass for newer ones or the other way."""
    old = replace(WHERE, fingerprint_version=0)
    sealed = seal_card(KEY, old, OpenedCard(parse_pan(PAN), "x"))
    assert open_card(KEY, replace(old, fingerprint=b""), sealed).holder == "x"
    for where, text in ((WHERE, sealed), (old, sealed_card())):
        with pytest.raises(SealBroken):
            open_card(KEY, where, text)


def test_a_blocked_number_is_no_card():
    """What is sealed for a blocklist opens there only, under its own fingerprint."""
    where = BlockedPlace(MERCHANT, FINGERPRINT, 1)
    sealed = seal_card(KEY, where, OpenedCard(parse_pan(PAN), ""))
    assert open_card(KEY, where, sealed).pan.reveal() == PAN.encode()
    others = [replace(where, merchant_id=8), replace(where, fingerprint=bytes(32))]
    for other in (*others, replace(where, fingerprint_version=2), WHERE):
        with pytest.raises(SealBroken):
            open_card(KEY, other, sealed)


def flip(value, bit):
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("length", [0, 5, 12, 27, 28, 40])
def test_a_shortened_seal_is_refused(length):
    """Whatever is left of it."""
    with pytest.raises(SealBroken):
        KEY.open(sealed_card()[:length], b"")


def test_another_key_does_not_open():
    """Same version, other bytes."""
    other = SealingKey(SeededEntropy(9).take(32), 1, SeededEntropy())
    with pytest.raises(SealBroken) as refused:
        open_card(other, WHERE, sealed_card())
    assert PAN not in str(refused.value)


parts = st.lists(st.binary(max_size=12) | st.integers(0, 2**63 - 1), max_size=4)


@given(parts, parts)
def test_places_are_unambiguous(first, second):
    """Two places read the same only if their parts are the same."""
    as_bytes = [
        [part if isinstance(part, bytes) else part.to_bytes(8, "big") for part in parts]
        for parts in (first, second)
    ]
    is_same = as_bytes[0] == as_bytes[1]
    assert (place(b"vezne card", *first) == place(b"vezne card", *second)) is is_same


numbers = st.integers(0, 2**63 - 1)


tokens = st.binary(min_size=20, max_size=20) | st.binary(max_size=40)
fingerprints = st.binary(min_size=32, max_size=32) | st.binary(max_size=40)


@given(numbers, tokens, fingerprints, numbers, numbers)
def test_a_card_s_place_is_that_of_its_parts(merchant_id, token, fingerprint, version, key_version):
    """Written in one go, it is what the parts make one by one, whatever their lengths."""
    parts = [token, merchant_id, key_version]
    if version:
        parts += [version, fingerprint]
    where = CardPlace(merchant_id, token, fingerprint, version)
    assert where.bound_to(key_version) == place(b"vezne card", *parts)


def test_numbers_are_kept_within_a_bound():
    """However many merchants there are, and the place of a card is right with and without."""
    places = [CardPlace(number, TOKEN, FINGERPRINT, 1) for number in range(NUMBERS_MAX + 10)]
    for where in (*places, *places[:10]):
        parts = (TOKEN, where.merchant_id, 1, 1, FINGERPRINT)
        assert where.bound_to(1) == place(b"vezne card", *parts)
    assert seal._numbers.cache_info().currsize == NUMBERS_MAX


def test_purposes_are_told_apart():
    """A part cannot pass for a purpose, or two parts for one."""
    values = {place(b"a", b"bc"), place(b"ab", b"c"), place(b"abc"), place(b"a", b"b", b"c")}
    assert len(values) == 4
