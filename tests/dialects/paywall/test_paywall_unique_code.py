"""UniqueCode: what it says, for how long, and to whom."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from vezne.core.card import Expiry, StoredCard
from vezne.dialects.paywall.unique_code import (
    CardName,
    Rotation,
    UnusableCode,
    card_named,
    unique_code,
)
from vezne.vault.name_box import VaultNameBox

NAMES = VaultNameBox(bytes(range(64)))
HOUR_MS = 3_600_000
ROTATION = Rotation(period_ms=HOUR_MS, overlap_ms=HOUR_MS // 2)
START_MS = SAMPLE_TIME_MS - SAMPLE_TIME_MS % HOUR_MS
CARD = StoredCard(
    merchant_id=7,
    owner_key=b"o" * 20,
    token=b"t" * 20,
    alias="",
    bin="454671",
    last4="7894",
    expiry=Expiry(2026, 12),
    created_ms=SAMPLE_TIME_MS,
)
CODE = unique_code(CARD, NAMES, ROTATION, START_MS)


def read(text, now_ms=START_MS, merchant_id=7, rotation=ROTATION):
    return card_named(text, merchant_id, NAMES, rotation, now_ms)


def test_a_code_names_its_card():
    """Eighty characters of standard Base64 that show neither name."""
    assert read(CODE) == CardName(CARD.owner_key, CARD.token)
    assert len(CODE) == 80
    assert b"tttt" not in base64.b64decode(CODE)


def test_a_code_is_the_same_for_its_whole_period():
    """And another one in the next."""
    assert unique_code(CARD, NAMES, ROTATION, START_MS + HOUR_MS - 1) == CODE
    assert unique_code(CARD, NAMES, ROTATION, START_MS + HOUR_MS) != CODE


@pytest.mark.parametrize(
    ("age_ms", "is_good"), [(0, True), (HOUR_MS, True), (HOUR_MS * 3 // 2, True)]
)
def test_a_code_is_good_until_its_overlap_ends(age_ms, is_good):
    """Period and overlap, to within a second."""
    assert bool(read(CODE, START_MS + age_ms)) is is_good
    with pytest.raises(UnusableCode) as problem:
        read(CODE, START_MS + HOUR_MS * 3 // 2 + 1000)
    assert problem.value.is_expired


def test_short_periods_are_not_cut_short():
    """Codes tell seconds; what begins between two of them is rounded in the holder's favour."""
    quick = Rotation(period_ms=250, overlap_ms=0)
    at_ms = START_MS + 900
    code = unique_code(CARD, NAMES, quick, at_ms)
    assert read(code, at_ms + 99, rotation=quick)
    with pytest.raises(UnusableCode):
        read(code, at_ms + 2000, rotation=quick)


def test_a_new_rotation_counts_for_old_codes():
    """A shorter one ends them earlier, a longer one later."""
    with pytest.raises(UnusableCode):
        read(CODE, START_MS + HOUR_MS, rotation=Rotation(period_ms=60_000, overlap_ms=0))
    assert read(
        CODE, START_MS + 20 * HOUR_MS, rotation=Rotation(period_ms=24 * HOUR_MS, overlap_ms=0)
    )


def test_another_merchant_cannot_read_it():
    """Nor is what was sealed for another purpose a code."""
    foreign = base64.b64encode(NAMES.seal(7, "else", b"x" * 44)).decode()
    short = base64.b64encode(NAMES.seal(7, "paywall unique code", b"x" * 43)).decode()
    for text, merchant_id in ((CODE, 8), (foreign, 7), (short, 7)):
        with pytest.raises(UnusableCode) as problem:
            read(text, merchant_id=merchant_id)
        assert not problem.value.is_expired


@given(
    st.text(max_size=200) | st.binary(max_size=90).map(lambda raw: base64.b64encode(raw).decode())
)
def test_nothing_else_is_a_code(text):
    """Whatever is sent is refused as no code."""
    with pytest.raises(UnusableCode) as problem:
        read(text)
    assert not problem.value.is_expired
