"""Whatever a caller mixes up, no secret and no signature of his is kept whole."""

import base64
import time

import pytest

from vezne.core.masked_body import BODY_BYTES_MAX
from vezne.edge.call_texts import (
    shown_headers,
    shown_name,
    shown_path,
    shown_target,
    without_numbers,
)
from vezne.edge.foreign_text import LEFT_OUT, mask_foreign, mask_numbers, mask_plain_numbers
from vezne.edge.logs import mask_digits
from vezne.edge.refusals import hinted

PAN = "5528790000000008"
SECRET = "sandbox-Zu9xR3vLq7Kp2mTw"
SIGNATURE = "9c1f3d5e7a8b0c2d4e6f8091a3b5c7d9e1f20314253647586970a1b2c3d4e5f6"
SHA1 = "kO3mXv7yQ2pLs8RtUw1zAb4cDe0="
UUID = "8f14e45f-ceea-167a-5a36-dedd4bea2543"


def test_of_a_name_that_nobody_has_the_beginning_is_shown():
    assert hinted("short") == "short"
    assert hinted(SECRET) == "sandbox-…"
    assert hinted(f"key {PAN}") == "key [mas…"
    assert shown_name(SECRET, is_known=False) == "sandbox-…"
    assert shown_name("sandbox-known-key", is_known=True) == "sandbox-known-key"


def test_headers_show_known_names_only():
    sent = {
        "apiclientprivate": SECRET,
        "apiclientpublic": "known",
        "x-iyzi-rnd": SIGNATURE,
        "authorization": f"IYZWS {SHA1}:key",
        "user-agent": "a test",
    }
    shown = dict(shown_headers(sent, "known", is_known=True))
    assert shown == {
        "apiclientprivate": "sandbox-…",
        "apiclientpublic": "known",
        "x-iyzi-rnd": "9c1f3d5e…",
        "authorization": "IYZWS known",
        "user-agent": "a test",
    }
    stranger = dict(shown_headers({"authorization": f"IYZWS {SHA1}"}, SHA1, is_known=False))
    assert stranger == {"authorization": "IYZWS kO3mXv7y…"}
    assert shown_headers({"authorization": SIGNATURE}, "", is_known=False) == ()


@pytest.mark.parametrize("word", [SIGNATURE, SHA1, SHA1.replace("=", "%3D"), "sck_" + "a1" * 9])
def test_no_signature_stands_in_an_address(word):
    for target in (f"/pay?auth={word}", f"/pay/{word}", f"/pay?a=1&b={word}&c=2"):
        shown = shown_target(target)
        assert word not in shown
        assert word[8:20] not in shown
        assert word[:8] in shown
    assert "secret" not in shown_target("/pay?a=" + "x" * 3_000)


def test_names_stay_in_an_address():
    for target in (f"/pay/{UUID}", "/retrieve-checkout-form-auth-ecom-detail", "/pay?id=order-17"):
        assert shown_target(target) == target
    assert shown_path("/a%20b?c") == "/a%20b?c"


def test_a_secret_key_in_a_body_is_cut():
    text = without_numbers('{"token":"sck_AbCdEfGhIjKl"}')
    assert text == '{"token":"sck_AbCd…"}'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('"CVV2Val":"947"', '"CVV2Val":"***"'),
        ('{"x":"{\\"cvc\\":\\"947\\"}"}', '{"x":"{\\"cvc\\":\\"***\\"}"}'),
        ("card[cvc]=947&a=1", "card[cvc]=***&a=1"),
        ("cardVerificationCode: 9471", "cardVerificationCode: ***"),
        ("<guvenlikKodu>947<", "<guvenlikKodu>***<"),
        ('"cvc":"***","expireYear":"2030"', '"cvc":"***","expireYear":"2030"'),
    ],
)
def test_codes_are_masked_by_name_wherever_they_stand(text, shown):
    assert mask_numbers(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "5528.7900.0000.0008",
        "\uff15\uff15\uff12\uff18 7900 0000 0008",
        "5528\\u00207900\\u002000000008",
        "5528%2079000000%200008",
        "".join(f"%3{digit}" for digit in PAN),
        base64.b64encode(PAN.encode()).decode(),
        base64.b64encode(b'{"cvc":"947"}').decode(),
    ],
)
def test_no_notation_hides_a_number(text):
    for shown in (
        mask_numbers(f'{{"ref":"{text}"}}'),
        mask_foreign(text),
        shown_target(f"/?a={text}"),
    ):
        assert text not in shown
        assert "[masked]" in shown or "***" in shown or shown == LEFT_OUT


def test_times_and_dates_stay():
    for text in ("2026-11-22 21:11:34.123", '"at":1795358311765', "a 1795358311773"):
        assert mask_numbers(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        "45,", "cvc ", '"cvc":', "\\", "\\u0031x", "%35x", "&a", "&#53;", "35" * 12 + "x", "c_v_",
        "TTEx", "abcdEFGH12345678 ", "123456789012x", ("5" + " " * 40) * 11 + "x", "5" * 16 + "x",
        "sck_", "_", "0x35, ", "\u0663", "g venl",
    ],
)  # fmt: skip
def test_no_text_takes_long(piece):
    """Whoever writes it. The limit is twenty times what it takes."""
    text = (piece * BODY_BYTES_MAX)[:BODY_BYTES_MAX]
    begun = time.process_time()
    mask_numbers(text)
    mask_plain_numbers(text)
    mask_digits(text)
    shown_target(f"/?{text}")
    assert time.process_time() - begun < 1.5


def test_what_cannot_be_looked_through_is_left_out():
    assert mask_plain_numbers("45," * 9_000) == LEFT_OUT
    assert mask_numbers("%41" * 5_000) == LEFT_OUT
    assert mask_digits("1" * 5_000) == "[masked]"
