"""The messages between the built-in bank and its acquirer."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.wire.simhost import (
    MalformedMessage,
    Operation,
    Reply,
    Request,
    ResponseCode,
    decode_reply,
    decode_request,
    encode_around_card,
    encode_reply,
    encode_request,
)

REQUEST = Request(
    operation=Operation.SALE,
    merchant_id=7,
    trace=11_441_121,
    amount_e8=120_000_000,
    currency="TRY",
    installments=3,
    expiry="3012",
)
HEAD = b'{"operation":"sale","merchant_id":7,"trace":1,"amount_e8":1,"currency":"TRY"'


def test_request_survives_the_wire() -> None:
    """What was asked is what is read."""
    assert decode_request(encode_request(REQUEST)) == REQUEST


@pytest.mark.parametrize("cvv", ["", "123", "1234"])
def test_card_fits_into_the_cuts(cvv: str) -> None:
    """Digits, or nothing, in both cuts make the message whole."""
    head, middle, tail = encode_around_card(REQUEST)
    message = head + b"5528790000000008" + middle + cvv.encode() + tail
    request = decode_request(message)
    assert (request.pan, request.cvv) == ("5528790000000008", cvv)
    assert (request.trace, request.expiry) == (REQUEST.trace, REQUEST.expiry)


def test_reply_survives_the_wire() -> None:
    """What was answered is what is read; fields that are not there stay apart from false."""
    reply = Reply(trace=7, code=ResponseCode.APPROVED, auth_code="123456", is_test_card=False)
    assert decode_reply(encode_reply(reply)) == reply
    assert decode_reply(b'{"trace":7,"code":"ZZ"}').is_test_card is None


def test_printed_request_shows_no_card() -> None:
    """A request in a log or a traceback gives neither PAN nor CVV away."""
    request = Request(
        operation="sale",
        merchant_id=7,
        trace=7,
        amount_e8=1,
        currency="TRY",
        pan="5528790000000008",
        cvv="987",
    )
    assert "5528" not in repr(request)
    assert "987" not in repr(request)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        HEAD,
        HEAD + b"}x",
        HEAD + b',"reference":"\xff"}',
        HEAD + b',"reference":"\\ud800"}',
        HEAD + b',"extra":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        HEAD.replace(b'"merchant_id":7,', b"") + b"}",
        HEAD.replace(b'"merchant_id":7', b'"merchant_id":-1') + b"}",
        HEAD.replace(b'"trace":1', b'"trace":0') + b"}",
        HEAD.replace(b'"trace":1', b'"trace":9223372036854775808') + b"}",
        HEAD.replace(b'"trace":1', b'"trace":"1"') + b"}",
        HEAD.replace(b"TRY", b"try") + b"}",
        HEAD.replace(b"TRY", b"TRY\\n") + b"}",
        HEAD + b',"amount_e8":1.5}',
        HEAD + b',"pan":"5528 7900"}',
        HEAD + b',"pan":5528790000000008}',
        HEAD + b',"pan":"55287900000000080000"}',
        HEAD + b',"cvv":"12"}',
        HEAD + b',"expiry":"3013"}',
        HEAD + b',"installments":0}',
    ],
)
def test_malformed_request(message: bytes) -> None:
    """Anything but a request of the right shape is refused with one kind of error."""
    with pytest.raises(MalformedMessage) as caught:
        decode_request(message)
    assert str(caught.value) == ""


PATTERNS = {
    "pan": r"[0-9]{0,19}",
    "cvv": r"([0-9]{3,4})?",
    "expiry": r"([0-9]{2}(0[1-9]|1[0-2]))?",
    "currency": r"[A-Z]{3}",
}
NEARLY = st.text("0123459 AZaİ٣\n", max_size=5) | st.text("0123456789", max_size=20)


@given(
    st.fixed_dictionaries(
        {
            name: st.from_regex(pattern, fullmatch=True) | NEARLY
            for name, pattern in PATTERNS.items()
        }
    )
)
def test_what_may_stand_in_texts(texts: dict[str, str]) -> None:
    """Numbers, codes, months and currencies are what the notation says, and nothing like it."""
    is_sound = all(re.fullmatch(PATTERNS[name], text) for name, text in texts.items())
    message = msgspec.json.encode(
        {"operation": "sale", "merchant_id": 7, "trace": 1, "amount_e8": 1, **texts}
    )
    if is_sound:
        request = decode_request(message)
        assert {name: getattr(request, name) for name in texts} == texts
    else:
        with pytest.raises(MalformedMessage):
            decode_request(message)


def test_head_of_malformed_requests_is_sound() -> None:
    """The malformed messages above are malformed by what follows their beginning."""
    assert decode_request(HEAD + b"}").trace == 1


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"{}",
        b'{"trace":7}',
        b'{"trace":7,"code":"0"}',
        b'{"trace":7,"code":"000"}',
        b'{"trace":7,"code":"0o"}',
        b'{"trace":7,"code":"0 "}',
        b'{"trace":7,"code":0}',
        b'{"trace":"7","code":"00"}',
        b'{"trace":7,"code":"00","verdict":"maybe"}',
        b'{"trace":7,"code":"00","auth_code":"\xff"}',
        b'{"trace":7,"code":"00","found":{"code":"00"}}',
        b'{"trace":7,"code":"00","x":' + b"[" * 100_000,
    ],
)
def test_malformed_reply(message: bytes) -> None:
    """A reply of another shape is refused likewise."""
    with pytest.raises(MalformedMessage):
        decode_reply(message)
