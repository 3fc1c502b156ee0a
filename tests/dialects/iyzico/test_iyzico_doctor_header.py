"""The doctor of the iyzico door reads headers that are in no form, and keys that are nobody's."""

import base64
import json

import pytest

from fakes.iyzico_caller import KEY, PAYMENT_CARD, RANDOM_KEY, SECRET, request_of, token_headers
from fakes.key_register import Register
from vezne.core.diagnosis import Cause, Certainty, Diagnosis
from vezne.dialects.iyzico.doctor import Practice, doctor
from vezne.edge.messages import Request

PATH = "/payment/detail"
RAW = b'{"paymentId":"1"}'


@pytest.fixture
def register() -> Register:
    register = Register()
    register.add(register.shop, "iyzico", KEY, SECRET)
    register.add(register.shop, "paynet", "pbk_shop", "sck_shop")
    register.add(register.demo, "iyzico", "sandbox-abcdefghijkl", "sandbox-demosecret")
    register.add(register.stranger, "iyzico", "stranger-api-key", "stranger-secret")
    return register


async def diagnose(register: Register, request: Request) -> Diagnosis:
    practice = Practice(register=register, paths=(PATH,), refuses_repeats=False)
    found = await doctor(practice)(request)
    assert found is not None
    assert SECRET not in repr(found)
    return found


def with_header(header: str, raw: bytes = RAW) -> Request:
    return request_of(raw, {"authorization": header} if header else {}, PATH, PAYMENT_CARD)


def right_header() -> str:
    return token_headers(PATH, RAW)["authorization"]


def plain_token() -> str:
    return base64.b64decode(right_header().split()[1]).decode()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def url_safe_header() -> str:
    """A right token whose base64 has signs in which the two alphabets differ."""
    for number in range(1000):
        headers = token_headers(PATH, RAW, random_key=f"{RANDOM_KEY}~~{number}>?")
        token = headers["authorization"].split()[1]
        if "+" in token or "/" in token:
            return "IYZWSv2 " + token.replace("+", "-").replace("/", "_")
    raise AssertionError("no such token")


def unpadded_header() -> str:
    for number in range(3):
        token = token_headers(PATH, RAW, random_key="r" * (number + 4))["authorization"]
        if token.endswith("="):
            return token.rstrip("=")
    raise AssertionError("no such token")


TOKEN = right_header().split()[1]
HEADERS = {
    "in lower case": (f"iyzwsv2 {TOKEN}", [Cause.SCHEME_MISSPELT]),
    "with another V": (f"IYZWSV2 {TOKEN}", [Cause.SCHEME_MISSPELT]),
    "with a colon": (f"IYZWSv2: {TOKEN}", [Cause.SCHEME_MISSPELT]),
    "without a space": (f"IYZWSv2{TOKEN}", [Cause.SCHEME_MISSPELT]),
    "as a bearer's": (f"Bearer {TOKEN}", [Cause.SCHEME_MISSPELT]),
    "as the older scheme": (f"IYZWS {TOKEN}", [Cause.SCHEME_MISSPELT]),
    "not encoded": (f"IYZWSv2 {plain_token()}", [Cause.TOKEN_NOT_ENCODED]),
    "with a space": (f"IYZWSv2 {TOKEN[:20]} {TOKEN[20:]}", [Cause.TOKEN_SPACED]),
    "url-safe": (url_safe_header(), [Cause.TOKEN_URL_SAFE]),
    "unpadded": (unpadded_header(), [Cause.TOKEN_UNPADDED]),
    "parts misspelt": (
        "IYZWSv2 " + encoded(plain_token().replace("apiKey:", "api_key=")),
        [Cause.PART_MISSING],
    ),
}


@pytest.mark.parametrize("name", HEADERS)
async def test_a_header_in_the_wrong_form_is_read_all_the_same(register, name):
    """And when all is right but the form, the form is all that is said."""
    header, expected = HEADERS[name]
    found = await diagnose(register, with_header(header))
    assert [finding.cause for finding in found.findings] == expected
    assert {finding.certainty for finding in found.findings} == {Certainty.PROVEN}
    assert found.merchant_id == register.shop.id


BROKEN = {
    "nothing": ("", [Cause.HEADER_MISSING]),
    "no base64": ("IYZWSv2 !!!", [Cause.TOKEN_BROKEN]),
    "no text": ("IYZWSv2 " + base64.b64encode(b"\xff\xfe").decode(), [Cause.TOKEN_BROKEN]),
    "nothing in it": ("IYZWSv2 ", [Cause.PART_MISSING]),
    "no signature": ("IYZWSv2 " + encoded(f"apiKey:{KEY}&randomKey:x"), [Cause.PART_MISSING]),
    "a part twice": (
        "IYZWSv2 " + encoded("apiKey:a&apiKey:&randomKey:&signature:"),
        [Cause.TOKEN_BROKEN],
    ),
    "another scheme": ("Bearer some.token", [Cause.SCHEME_MISSPELT]),
    "one word": ("something", [Cause.SCHEME_MISSPELT]),
    "the older one without a colon": ("IYZWS something", [Cause.COLON_MISSING]),
    "that one misspelt": ("iyzws something", [Cause.SCHEME_MISSPELT, Cause.COLON_MISSING]),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_header_that_says_nothing_is_told_apart(register, name):
    """Nobody is named, so it is for the members of the demo merchant."""
    header, expected = BROKEN[name]
    found = await diagnose(register, with_header(header))
    assert [finding.cause for finding in found.findings] == expected
    assert (found.merchant_id, found.signed) == (0, ())


async def test_a_header_of_another_name_is_found(register):
    headers = {"accept": "*/*", "x-authorization": right_header()}
    request = request_of(RAW, headers, PATH, PAYMENT_CARD)
    found = await diagnose(register, request)
    assert found.findings[0].cause is Cause.HEADER_MISNAMED
    assert found.findings[0].about == "x-authorization"


async def test_what_else_is_wrong_is_said_as_well(register):
    """A scheme that is misspelt and a secret that is another."""
    token = token_headers(PATH, RAW, secret=KEY)["authorization"].split()[1]
    found = await diagnose(register, with_header(f"iyzwsv2 {token}"))
    assert [finding.cause for finding in found.findings] == [
        Cause.SECRET_IS_KEY,
        Cause.SCHEME_MISSPELT,
    ]


async def named(register: Register, key: str) -> Diagnosis:
    return await diagnose(register, with_header(token_headers(PATH, RAW, key=key)["authorization"]))


async def test_a_revoked_key_is_its_merchants_to_know(register):
    register.revoke(KEY)
    found = await named(register, KEY)
    assert (found.findings[0].cause, found.findings[0].about) == (Cause.KEY_REVOKED, KEY)
    assert found.merchant_id == register.shop.id
    assert found.signed[2].text == RAW.decode()


async def test_the_key_of_another_door_is_its_merchants_to_know(register):
    found = await named(register, "pbk_shop")
    assert found.findings[0].cause is Cause.KEY_OF_OTHER_DOOR
    assert found.findings[0].about == "paynet.publishable"
    assert found.merchant_id == register.shop.id


NEAR = ("Sandbox-ABCDEFGHIJKL", '"sandbox-abcdefghijkl"', "abcdefghijkl", "sandbox-abcdfghijkm")


@pytest.mark.parametrize("key", NEAR)
async def test_a_key_with_a_slip_is_compared_with_the_demo_merchants(register, key):
    found = await named(register, key)
    assert found.findings[0].cause is Cause.KEY_NEARLY
    assert found.findings[0].about == "sandbox-abcdefghijkl"
    assert found.merchant_id == 0


async def test_a_key_with_a_slip_is_compared_with_nobody_elses(register):
    """A merchant's keys cannot be found out by trying."""
    found = await named(register, "stranger-api-kex")
    assert found.findings[0].cause is Cause.KEY_UNKNOWN
    assert found.merchant_id == 0
    assert "stranger-api-key" not in repr(found)


async def test_the_demo_merchants_secret_in_place_of_its_key_is_recognized(register):
    found = await named(register, "sandbox-demosecret")
    assert found.findings[0].cause is Cause.KEY_IS_SECRET
    assert "sandbox-demosecret" not in repr(found)


async def test_of_an_unknown_key_only_the_beginning_is_shown(register):
    """It may be a secret of somebody's, with a slip in it."""
    found = await named(register, "x" * 600)
    assert found.findings[0].about == "xxxxxxxx…"
    short = await named(register, "some\x00key")
    assert short.findings[0].cause is Cause.KEY_UNKNOWN


async def test_long_names_are_cut(register):
    found = await diagnose(register, with_header("B" * 200 + " token"))
    assert found.findings[0].about == "B" * 8 + "…"
    assert json.dumps(found.findings[0].about)
