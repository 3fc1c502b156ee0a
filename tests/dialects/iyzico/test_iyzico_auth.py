"""The current request scheme of the iyzico door."""

import base64
import hmac

import iyzipay
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.iyzico_caller import (
    KEY,
    PAYMENT,
    PAYMENT_CARD,
    RANDOM_KEY,
    SECRET,
    OneCaller,
    problem_of,
    request_of,
    token_from,
    token_headers,
)
from vezne.core.body import MalformedBody
from vezne.dialects.iyzico.auth import AuthProblem, Unauthenticated, authenticate

PATH = "/payment/iyzipos/installment"
COMPACT = b'{"locale":"tr","conversationId":"123456789","binNumber":"554960","price":"100"}'
SPACED = b'{"locale": "tr", "conversationId": "123456789", "binNumber": "554960", "price": "100"}'
DETAILS = "/v2/reporting/payment/details"
JAVA_TEXT = rb'"[data\u003dvalue]"'

VECTORS = {
    "compact": (
        PATH,
        COMPACT,
        "3a21d9e62c975dcddc511bb8cd3748da0b1abf0af1c833dc2605196bb86185fe",
    ),
    "python spacing": (
        PATH,
        SPACED,
        "47bc454312c390cb07cd83e1948c0cf24e01a968e841239918dd80d83f8e5fa8",
    ),
    "get, no body": (
        DETAILS,
        b"",
        "7e4d2d3deba6aed027478221b25fde422a9899e6c68378e1795acb53b2a6bb5e",
    ),
    "get, null": (
        DETAILS,
        b"null",
        "343be86da08538a328b2c813efa5e0337b18fca88c31441e3a6ca42452eedaab",
    ),
    "get, empty object": (
        DETAILS,
        b"{}",
        "ba42401dd9c39deab76ce610bebcc1b27b458e8a4aefacced10ff2240b4b3adc",
    ),
}

FOREIGN_VECTORS = {
    "java": (
        ("apiKey", "secretKey", "random"),
        "/v2/uri",
        JAVA_TEXT,
        "a90ec1aecd68e37cc30942f85ce6b0d53435a4ca45e04769b46e3c35d81bf6fe",
    ),
    "java with a query": (
        ("apiKey", "secretKey", "random"),
        "/v2/uri?test=true",
        JAVA_TEXT,
        "1c404f72827c254123433ebf13f577975d805b61033139f20f5f13cab7eabb61",
    ),
    "java with a query and no body": (
        ("apiKey", "secretKey", "random"),
        "/v2/uri?test=true",
        b"",
        "b7a2f634de9cd593accd9a53af28f78b82ec76dc2627f657f6643cf662c2667a",
    ),
    "node": (
        ("api_key", "secret_key", "random_string"),
        "uri",
        b'"body"',
        "017508921a29ee5601bcd1fbe83efd2e2be43af02eceff30cf2e91a539aab355",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
async def test_published_signatures_are_accepted(name: str):
    """Signatures that three clients' own functions make for one key pair are this scheme's."""
    path, raw, signature = VECTORS[name]
    headers = token_from(f"apiKey:{KEY}&randomKey:{RANDOM_KEY}&signature:{signature}")
    assert await problem_of(request_of(raw, headers, path)) is None


async def test_the_whole_header_of_a_client_is_accepted():
    """A header exactly as a client sends it, base64 and all, is understood."""
    token = (
        "YXBpS2V5OmRlbW8tYXBpLWtleSZyYW5kb21LZXk6Um5kNFRlc3Qmc2lnbmF0dXJlOjNhMjFkOWU2MmM5NzVkY2RkYzUxM"
        "WJiOGNkMzc0OGRhMGIxYWJmMGFmMWM4MzNkYzI2MDUxOTZiYjg2MTg1ZmU="
    )
    request = request_of(COMPACT, {"authorization": f"IYZWSv2 {token}"}, PATH)
    assert await problem_of(request) is None


@pytest.mark.parametrize("name", FOREIGN_VECTORS)
async def test_unit_test_vectors_of_the_clients_are_accepted(name: str):
    """What the Java and Node clients assert of their own signatures holds here."""
    (key, secret, random_key), target, raw, signature = FOREIGN_VECTORS[name]
    headers = token_from(f"apiKey:{key}&randomKey:{random_key}&signature:{signature}")
    assert await problem_of(request_of(raw, headers, target), OneCaller(key, secret)) is None


class Recorder:
    """Stands where the official Python client expects `http.client`, and keeps its requests."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes, dict[str, str]]] = []

    def HTTPSConnection(self, host: str) -> "Recorder":  # noqa: N802 - the client's word
        return self

    def request(self, method: str, url: str, body: str, headers: dict[str, str]) -> None:
        lower = {name.lower(): value for name, value in headers.items()}
        self.sent.append((method, url, body.encode(), lower))

    def getresponse(self) -> None:
        return None


CLIENT_OPTIONS = {"api_key": KEY, "secret_key": SECRET, "base_url": "localhost:8443"}
CLIENT_CALLS = {
    "payment": (iyzipay.Payment(), "create", PAYMENT | {"basketId": "Şule Ğ"}),
    "card": (iyzipay.Card(), "create", {"email": "email@email.com", "card": {"cardAlias": "a"}}),
    "card deleted": (iyzipay.Card(), "delete", {"cardUserKey": "u", "cardToken": "t"}),
    "refund over the payment": (iyzipay.Payment(), "refund", {"paymentId": "1", "price": "0.5"}),
    "get with a query": (iyzipay.RetrievePaymentDetails(), "retrieve", {"paymentId": "1"}),
}


@pytest.mark.parametrize("name", CLIENT_CALLS)
async def test_the_official_python_client_is_believed(name: str):
    """Requests that the published package really makes pass, with non-ASCII text and queries."""
    resource, verb, parameters = CLIENT_CALLS[name]
    recorder = Recorder()
    resource.httplib = recorder
    getattr(resource, verb)(parameters, CLIENT_OPTIONS)
    method, target, raw, headers = recorder.sent[0]
    request = request_of(raw, headers, target, PAYMENT_CARD, method=method)
    assert await problem_of(request) is None


@pytest.mark.parametrize(
    ("signed", "target", "scheme", "host"),
    [
        # .NET without ".com" in the URL: from the third character on, never the query.
        ("ps://localhost:8443/payment/auth", "/payment/auth", "https", "localhost:8443"),
        ("p://localhost:8080/payment/auth", "/payment/auth?a=1", "http", "localhost:8080"),
        # .NET behind a proxy that ends TLS.
        ("ps://pay.local/payment/auth", "/payment/auth", "http", "pay.local"),
        # .NET after ".com", with a port or with what follows in the name.
        ("/payment/auth", "/payment/auth", "https", "pay.example.com"),
        (":8443/payment/auth", "/payment/auth", "https", "pay.example.com:8443"),
        ("pany.local/payment/auth", "/payment/auth?a=1", "https", "pay.company.local"),
        # PHP below /v2: the whole URL, query and all.
        ("https://localhost:8443/v2/a/b?c=1&d", "/v2/a/b?c=1&d", "https", "localhost:8443"),
        ("http://localhost:8080/v2/a/b", "/v2/a/b", "http", "localhost:8080"),
        # PHP below /v2 without a query: shortened by the length of scheme and host.
        ("/v2/iyzilink/produc", "/v2/iyzilink/products/abcdefghij", "http", "p.com"),
        ("", "/v2/payment/refund", "https", "sandbox-api.example.com"),
        # The path as the client wrote it, not as it is decoded or routed.
        ("/payment/%61uth/", "/payment/%61uth/", "https", "localhost"),
    ],
)
async def test_what_clients_sign_instead_of_the_path(
    signed: str, target: str, scheme: str, host: str
):
    """Each client's own idea of the path is accepted, and only with its own body."""
    headers = token_headers(signed, b'{"a":"b"}')
    request = request_of(b'{"a":"b"}', headers, target, scheme=scheme, host=host)
    assert await problem_of(request) is None
    request = request_of(b'{"a":"c"}', headers, target, scheme=scheme, host=host)
    assert await problem_of(request) is AuthProblem.BAD_SIGNATURE


@pytest.mark.parametrize("target", ["/v2/payment/refund?", "/payment/detail/of/long/path"])
async def test_a_path_is_shortened_only_where_the_client_does_it(target: str):
    """Elsewhere a signature over no path at all is worth nothing."""
    request = request_of(b'{"a":1}', token_headers("", b'{"a":1}'), target, host="x" * 99)
    assert await problem_of(request) is AuthProblem.BAD_SIGNATURE


async def test_a_signed_path_cannot_hide_in_the_random_key():
    """A signature for one endpoint does not pass on another whose path is shortened to nothing."""
    raw = b'{"paymentId":"1","price":"1","ip":"1.2.3.4"}'
    moved = token_headers("", raw, random_key=f"{RANDOM_KEY}/payment/detail")
    request = request_of(raw, moved, "/v2/payment/refund", host="sandbox-api.example.com")
    assert await problem_of(request) is AuthProblem.BAD_SIGNATURE
    plain = token_headers("/v2/payment/refund", raw, random_key="c2xhc2g/+w==")
    assert await problem_of(request_of(raw, plain, "/v2/payment/refund")) is None


@pytest.mark.parametrize("raw", [b"", b"[]"])
async def test_a_body_that_says_nothing_may_be_unsigned(raw: bytes):
    """The PHP client sends `[]` for no parameters and signs nothing in its place."""
    assert await problem_of(request_of(raw, token_headers(PATH, b""), PATH)) is None
    assert await problem_of(request_of(raw, token_headers(PATH, raw), PATH)) is None


@given(raw=st.binary(min_size=1, max_size=40) | st.sampled_from([b"{}", b"null", b"[[]]", b"0"]))
async def test_a_body_that_says_something_must_be_signed(raw: bytes):
    """The exception for empty bodies never lets another body in."""
    try:
        request = request_of(raw, token_headers(PATH, b""), PATH)
    except MalformedBody:
        return
    expected = None if request.body.is_empty else AuthProblem.BAD_SIGNATURE
    assert await problem_of(request) is expected
    assert request.body.is_empty == (not raw.strip() or raw.split() in ([b"[]"], [b"[", b"]"]))


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "IYZWSv2",
        "IYZWSv2 ",
        "IYZWS",
        "IYZWS no-colon",
        "Basic ZGVtbzpkZW1v",
        "IYZWSv3 YQ==",
        "IYZWSv2 not base64",
        "IYZWSv2 YQ",
        "IYZWSv2 şifre",
        "IYZWSv2 " + "&" * 5_000,
    ],
)
async def test_a_header_that_names_nobody_is_no_header(authorization: str):
    """Absent, foreign and broken headers are one case, whatever is broken."""
    request = request_of(COMPACT, {"authorization": authorization})
    assert await problem_of(request) is AuthProblem.MISSING_HEADER
    assert await problem_of(request_of(COMPACT, {})) is AuthProblem.MISSING_HEADER


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"apiKey:demo-api-key",
        b"apiKey:demo-api-key&randomKey:Rnd4Test",
        b"apiKey:demo-api-key&signature:00",
        b"randomKey:Rnd4Test&signature:00",
        b"apiKey:demo-api-key&apiKey:demo-api-key&randomKey:Rnd4Test&signature:00",
        b"apiKey:demo-api-key&randomKey:a&randomKey:b&signature:00",
        b"apiKey:demo-api-key&randomKey:a&signature:00&signature:01",
        b"apiKey:\xff\xfe&randomKey:Rnd4Test&signature:00",
        b"&&&",
    ],
)
async def test_a_token_that_lacks_or_repeats_a_part_is_no_header(text: bytes):
    """A token is whole or it is nothing; the key in half a token is not even looked up."""
    callers = OneCaller()
    request = request_of(COMPACT, token_from(text), PATH)
    assert await problem_of(request, callers) is AuthProblem.MISSING_HEADER
    assert callers.asked == []


@pytest.mark.parametrize("key", ["", "demo-api-kez", "DEMO-API-KEY", "anahtar-şğü"])
async def test_a_key_of_nobody_is_unknown(key: str):
    """A well signed request of a key that does not exist has its own answer."""
    request = request_of(COMPACT, token_headers(PATH, COMPACT, key=key), PATH)
    assert await problem_of(request) is AuthProblem.UNKNOWN_KEY


async def test_an_unprintable_key_is_unknown_without_a_search():
    """Bytes that a database would choke on never reach one."""
    callers = OneCaller()
    request = request_of(COMPACT, token_headers(PATH, COMPACT, key="demo\x00key"), PATH)
    assert await problem_of(request, callers) is AuthProblem.UNKNOWN_KEY
    assert callers.asked == []


async def test_a_signature_is_spelled_in_lower_case():
    """Clients send lower-case digits; any other spelling of the same number is refused."""
    signature = VECTORS["compact"][2]
    for spelling in (signature.upper(), f" {signature}", f"{signature}0", "ş", ""):
        headers = token_from(f"apiKey:{KEY}&randomKey:{RANDOM_KEY}&signature:{spelling}")
        assert await problem_of(request_of(COMPACT, headers, PATH)) is AuthProblem.BAD_SIGNATURE


@pytest.mark.parametrize("scheme", ["iyzwsv2", "IYZWSV2", "IyzWSv2"])
async def test_a_scheme_has_one_spelling(scheme: str):
    """Every client writes the scheme's name alike, so nothing else is taken for it."""
    headers = token_headers(PATH, COMPACT)
    headers["authorization"] = headers["authorization"].replace("IYZWSv2", scheme)
    assert await problem_of(request_of(COMPACT, headers, PATH)) is AuthProblem.MISSING_HEADER


async def test_a_token_is_strict_base64():
    """A decoder that skips what it does not know would take many tokens for one."""
    headers = token_headers(PATH, COMPACT)
    scheme, token = headers["authorization"].split(" ")
    for spoiled in (f"{token}!", f"{token[:9]} {token[9:]}", f" {token}"):
        request = request_of(COMPACT, {"authorization": f"{scheme} {spoiled}"}, PATH)
        assert await problem_of(request) is AuthProblem.MISSING_HEADER


async def test_unknown_parts_and_another_random_header_do_not_matter():
    """Clients differ in what else they send; what is signed stands in the token."""
    signature = VECTORS["compact"][2]
    headers = token_from(
        f"v:2&signature:{signature}&randomKey:{RANDOM_KEY}&apiKey:{KEY}",
    ) | {"x-iyzi-rnd": "other"}
    assert await problem_of(request_of(COMPACT, headers, PATH)) is None


def flipped(data: bytes, place: int, bit: int) -> bytes:
    """The data with one bit of one byte turned over."""
    place %= len(data)
    return data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]


@given(
    part=st.sampled_from(["body", "path", "randomKey", "apiKey", "signature", "secret"]),
    place=st.integers(0, 1_000),
    bit=st.integers(0, 7),
)
async def test_any_flipped_bit_refuses(part: str, place: int, bit: int):
    """Body, path, random key, key, signature and secret are all bound together."""
    signature = VECTORS["compact"][2]
    values = {
        "body": COMPACT,
        "path": PATH.encode(),
        "apiKey": KEY.encode(),
        "randomKey": RANDOM_KEY.encode(),
        "signature": signature.encode(),
        "secret": SECRET.encode(),
    }
    values[part] = flipped(values[part], place, bit)
    names = ("apiKey", "randomKey", "signature")
    headers = token_from(b"&".join(name.encode() + b":" + values[name] for name in names))
    callers = OneCaller(secret=values["secret"].decode("latin-1"))
    try:
        request = request_of(values["body"], headers, values["path"].decode("latin-1"))
    except MalformedBody:
        return
    assert await problem_of(request, callers) in AuthProblem


@given(st.text() | st.text(alphabet=st.characters(max_codepoint=255)))
async def test_no_header_breaks_the_door(text: str):
    """Whatever is written after a scheme is refused in one of the three documented ways."""
    for scheme in ("IYZWSv2", "IYZWS"):
        headers = {"authorization": f"{scheme} {text}", "x-iyzi-rnd": text}
        assert await problem_of(request_of(COMPACT, headers, PATH)) in AuthProblem
    assert await problem_of(request_of(COMPACT, token_from(text), PATH)) in AuthProblem


class CountingBody:
    """A body of one text that counts how often it is signed."""

    payload = None
    card = None
    is_empty = False

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.signings = 0

    async def is_hmac_sha256(self, signature: bytes, key: bytes, prefix: bytes) -> bool:
        self.signings += 1
        return hmac.digest(key, prefix + self.raw, "sha256").hex().encode() == signature


async def test_the_usual_request_is_hashed_once():
    """The path as sent, without its query, over the raw body is what is tried first."""
    body = CountingBody(COMPACT)
    headers = token_headers(f"{PATH}/%61/", COMPACT)
    request = request_of(b"", headers, f"{PATH}/%61/?a=b", body=body)
    assert await problem_of(request) is None
    assert body.signings == 1


async def test_a_refusal_says_nothing_of_the_secret():
    """The text of the exception is the problem and nothing else."""
    request = request_of(COMPACT, token_headers(PATH, SPACED), PATH)
    with pytest.raises(Unauthenticated) as refused:
        await authenticate(request, OneCaller())
    assert str(refused.value) == "bad_signature"


def test_the_token_is_what_the_client_makes():
    """The headers of these tests are the official client's, byte for byte."""
    token = iyzipay.Payment.generate_v2_hash(KEY, PATH, SECRET, RANDOM_KEY, COMPACT.decode())
    assert token_headers(PATH, COMPACT) == {"authorization": f"IYZWSv2 {token}"}
    assert base64.b64decode(token).startswith(b"apiKey:demo-api-key&randomKey:")
