"""The signed form that takes the bank's word back, and the 3-D Secure parts of messages."""

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vezne.wire.simacs import (
    Begin,
    ForgedForm,
    Offer,
    Outcome,
    Proof,
    bind,
    open_return,
    sign_return,
)
from vezne.wire.simhost import (
    MalformedMessage,
    Operation,
    Reply,
    Request,
    decode_reply,
    decode_request,
    encode_around_pan,
    encode_reply,
    encode_request,
)

KEY = b"k" * 32
OUTCOME = Outcome(
    merchant_id=7,
    payment_number=11_441_120,
    transaction_id="0d8d6c6e-5c1e-4d6a-9e8f-0123456789ab",
    md_status=1,
    eci="05",
    cavv="AAABBBCCCDDDEEEFFFGGGHHHIII=",
)
NAMES = sorted(sign_return(KEY, OUTCOME))
BEGIN = Begin(
    merchant_name="Kitapçı <b>&amp;</b>",
    language="tr",
    return_url="https://pay.example:8443/3ds/return/simulator",
)
REQUEST = Request(
    operation=Operation.BEGIN,
    merchant_id=7,
    trace=5,
    amount_e8=1,
    currency="TRY",
    begin=BEGIN,
)


@pytest.mark.parametrize(
    "outcome",
    [
        OUTCOME,
        msgspec.structs.replace(OUTCOME, md_status=-1, eci="", cavv=""),
        msgspec.structs.replace(OUTCOME, merchant_id=0, payment_number=2**63 - 1),
    ],
)
def test_an_outcome_survives_the_form(outcome: Outcome) -> None:
    """What the bank says is what is read, failures among it."""
    assert open_return(KEY, sign_return(KEY, outcome)) == outcome


def test_the_form_has_the_documented_fields() -> None:
    """Whoever reads the form elsewhere relies on these names."""
    assert list(sign_return(KEY, OUTCOME)) == [
        *("merchantId", "orderId", "transactionId", "mdStatus", "eci", "cavv", "signature")
    ]


@given(name=st.sampled_from(NAMES), value=st.text())
def test_any_single_change_is_refused(name: str, value: str) -> None:
    """No field can be altered, whatever is put in its place."""
    form = sign_return(KEY, OUTCOME)
    assume(form[name] != value)
    with pytest.raises(ForgedForm):
        open_return(KEY, form | {name: value})


@given(
    form=st.dictionaries(st.sampled_from([*NAMES, "extra"]), st.text(), max_size=8),
)
def test_a_form_made_up_is_refused(form: dict[str, str]) -> None:
    """Whatever fields a forger sends, the answer is one kind of error."""
    with pytest.raises(ForgedForm):
        open_return(KEY, form)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mark", [" ", "0", "\0", "é", "\ud800"])
def test_no_field_may_be_stretched(name: str, mark: str) -> None:
    """A number with a zero before it, or a text with something after it, is another one."""
    form = sign_return(KEY, OUTCOME)
    for value in (mark + form[name], form[name] + mark):
        with pytest.raises(ForgedForm):
            open_return(KEY, form | {name: value})


@pytest.mark.parametrize("name", NAMES)
def test_every_field_must_be_there(name: str) -> None:
    """A form without one of its fields is refused, even when it was empty."""
    form = sign_return(KEY, msgspec.structs.replace(OUTCOME, eci="", cavv=""))
    del form[name]
    with pytest.raises(ForgedForm):
        open_return(KEY, form)


def test_no_field_may_be_added() -> None:
    """What is not signed has no place in the form."""
    with pytest.raises(ForgedForm):
        open_return(KEY, sign_return(KEY, OUTCOME) | {"status": "success"})


def test_another_key_is_refused() -> None:
    """A bank with another key cannot speak for this one."""
    with pytest.raises(ForgedForm):
        open_return(b"x" * 32, sign_return(KEY, OUTCOME))


def test_values_cannot_trade_places() -> None:
    """Moving a character from one value to its neighbour changes the signed message."""
    form = sign_return(KEY, OUTCOME)
    moved = form | {"eci": form["eci"] + form["cavv"][0], "cavv": form["cavv"][1:]}
    with pytest.raises(ForgedForm):
        open_return(KEY, moved)


@given(st.lists(st.text()), st.lists(st.text()))
def test_bound_texts_are_unambiguous(one: list[str], other: list[str]) -> None:
    """Two messages are the same only when all their texts are."""
    assert (bind(*one) == bind(*other)) == (one == other)


def test_a_begin_survives_the_wire() -> None:
    """Every field of a begin and of its offer arrives, the PAN where it belongs."""
    head, tail = encode_around_pan(REQUEST)
    request = decode_request(head + b"5528790000000008" + tail)
    assert (request.begin, request.pan, request.cvv) == (BEGIN, "5528790000000008", "")
    offer = Offer(url="http://[::1]:8080/bank/3ds", token="t", transaction_id="i")
    assert decode_reply(encode_reply(Reply(trace=5, code="00", offer=offer))).offer == offer


def test_a_proof_survives_the_wire() -> None:
    """An authorization carries its proof, and says nothing of one that it has not."""
    proof = Proof(transaction_id="i", eci="05", cavv="c")
    sale = Request(operation=Operation.SALE, merchant_id=7, trace=5, amount_e8=1, currency="TRY")
    assert decode_request(encode_request(msgspec.structs.replace(sale, proof=proof))).proof == proof
    assert encode_request(sale) == (
        b'{"operation":"sale","merchant_id":7,"trace":5,"amount_e8":1,"currency":"TRY"}'
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/3ds/return",
        "javascript:alert(1)",
        "ftp://pay.example/",
        "https://",
        "https://user@pay.example/",
        "https://pay.example/?a=1",
        "https://pay.example/#a",
        "https://pay.example/ x",
        "https://pay.example;script-src *",
        'https://pay.example/"><script>',
        "https://pay.example/\n",
        "https://pay.example/ö",
    ],
)
def test_a_strange_return_url_is_malformed(url: str) -> None:
    """Addresses end up in pages and headers, so only plain ones are taken."""
    begin = msgspec.structs.replace(BEGIN, return_url=url)
    with pytest.raises(MalformedMessage):
        decode_request(encode_request(msgspec.structs.replace(REQUEST, begin=begin)))


@pytest.mark.parametrize("changes", [{"language": "de"}])
def test_a_strange_begin_is_malformed(changes: dict[str, object]) -> None:
    """A begin of another shape is refused as every other message is."""
    begin = msgspec.structs.replace(BEGIN, **changes)
    with pytest.raises(MalformedMessage):
        decode_request(encode_request(msgspec.structs.replace(REQUEST, begin=begin)))
