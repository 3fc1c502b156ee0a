"""What this door writes as text is what its records would be written as, and reads likewise."""

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from fakes.iyzico_door import DENIZBANK_CC_PAN, FOREIGN_PAN, PAN, IyzicoDoor
from vezne.core.card import CardScope, Expiry, StoredCard
from vezne.dialects.iyzico import answers, envelope
from vezne.dialects.iyzico.bin_words import BINS_MAX, BinWords
from vezne.dialects.iyzico.cards import card_facts, token_text
from vezne.dialects.iyzico.cardstorage import _card_detail
from vezne.dialects.iyzico.iyzwsv2 import Claim, read_claim
from vezne.dialects.iyzico.switches import switches_for

LOCALES = st.sampled_from(["tr", "en", "TR", "En"])
REFERENCES = st.none() | st.text()
DOORS = {profile: IyzicoDoor(profile) for profile in ("classic", "current")}


class Sought:
    """A directory without a record, which counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def find(self, bin: str) -> None:
        self.asked += 1


@given(LOCALES, REFERENCES, st.integers(0, 2**50), st.booleans())
def test_iyzico_front_of_an_answer_is_that_of_the_record(locale, reference, now_ms, is_empty):
    """The envelope's fields in their order, and the payload's after them."""
    front = envelope.Success(
        status="success", locale=locale, system_time=now_ms, conversation_id=reference
    )
    payload = None if is_empty else answers.CardList(card_user_key="k")
    written = envelope.success(envelope.Context(locale, reference), now_ms, payload)
    fields = msgspec.to_builtins(front) | ({} if is_empty else {"cardUserKey": "k"})
    assert written == msgspec.json.encode(fields)


@pytest.mark.parametrize("profile", DOORS)
@given(
    st.text(),
    st.sampled_from([PAN, DENIZBANK_CC_PAN, FOREIGN_PAN]),
    st.integers(2000, 2099),
    st.integers(1, 12),
)
def test_iyzico_listed_card_is_that_of_the_record(profile, alias, pan, year, month):
    """Whatever a customer calls the card, and whoever has given it."""
    ports, switches = DOORS[profile].ports, switches_for(profile, {})
    card = StoredCard(
        merchant_id=1,
        owner_key=b"o" * 20,
        token=bytes(range(20)),
        alias=alias,
        bin=pan[:8],
        last4=pan[-4:],
        expiry=Expiry(year, month),
        created_ms=1,
        scope=CardScope.PAYMENT,
    )
    facts = card_facts(ports.bins.find(card.bin), switches)
    is_detailed = switches.list_details
    record = answers.CardDetail(
        card_token=token_text(card.token),
        card_alias=alias or UNSET,
        bin_number=card.bin[: switches.card_bin_digits],
        last_four_digits=card.last4 if is_detailed else UNSET,
        card_type=facts.type,
        card_association=facts.association,
        card_family=facts.family,
        card_bank_code=facts.bank_code,
        card_bank_name=facts.bank_name,
        expire_month=f"{month:02d}" if is_detailed else UNSET,
        expire_year=str(year) if is_detailed else UNSET,
    )
    written = _card_detail(card, switches, BinWords(ports.bins, switches))
    assert written.encode() == msgspec.json.encode(record)


def test_iyzico_words_of_bins_are_kept_within_a_bound():
    """Those that are asked for again are not looked up again, as long as there is room."""
    sought = Sought()
    words = BinWords(sought, switches_for("classic", {}))
    for _ in range(3):
        assert words.of("40000000") == ""
    assert sought.asked == 1
    for number in range(BINS_MAX):
        words.of(f"{number:08d}")
    words.of("40000000")
    assert sought.asked == BINS_MAX + 2


PARTS = st.lists(
    st.tuples(
        st.sampled_from([b"apiKey", b"randomKey", b"signature", b"other", b""]),
        st.sampled_from([b":", b"", b"::"]),
        st.sampled_from([b"a", b"", b"b:c", b"\xff", b"\n", "ş".encode()]),
    ),
    max_size=5,
)
USUAL = st.tuples(*[st.binary(max_size=6) for _ in range(3)]).map(
    lambda values: list(
        zip((b"apiKey", b"randomKey", b"signature"), (b":",) * 3, values, strict=True)
    )
)


@given(PARTS | USUAL)
def test_iyzico_token_is_read_part_by_part(parts):
    """The way that most tokens take comes to what a look at each part comes to."""
    plain = b"&".join(b"".join(part) for part in parts)
    split = [part.partition(b":") for part in plain.split(b"&")]
    values = {name: value for name, _, value in split}
    expected = None
    if len(values) == len(split) and {b"apiKey", b"randomKey", b"signature"} <= set(values):
        try:
            key = values[b"apiKey"].decode()
            expected = Claim(key, values[b"randomKey"], values[b"signature"])
        except UnicodeDecodeError:
            expected = None
    assert read_claim(base64.b64encode(plain).decode()) == expected
