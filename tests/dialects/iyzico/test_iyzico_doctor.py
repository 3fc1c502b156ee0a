"""The doctor of the iyzico door finds what was signed wrongly with today's scheme."""

import base64
import hashlib
import hmac
import json

import iyzipay
import pytest

from fakes.iyzico_caller import (
    KEY,
    PAYMENT,
    PAYMENT_CARD,
    RANDOM_KEY,
    SECRET,
    request_of,
    token_from,
    token_headers,
)
from fakes.key_register import Register
from vezne.core.diagnosis import Cause, Certainty, Diagnosis, Part
from vezne.dialects.iyzico.doctor import BODY_BYTES_MAX, Practice, doctor
from vezne.dialects.secret_slips import Candidate, secret_candidates
from vezne.edge.messages import Request

PATH = "/payment/auth"
PATHS = (PATH, "/payment/preauth", "/payment/detail", "/cardstorage/card")
# As JavaScript writes it: compact, nothing escaped.
BODY: dict[str, object] = {
    **PAYMENT,
    "callbackUrl": "https://shop.example/çok?a=1&b=<2>",
    "price": 1.20,
    "installment": 1,
    "basketId": None,
    "paymentGroup": "",
}
RAW = json.dumps(BODY, ensure_ascii=False, separators=(",", ":")).encode()
PAN = "5528790000000008"


@pytest.fixture
def register() -> Register:
    """A shop with two keys, a demo merchant and a stranger."""
    register = Register()
    register.add(register.shop, "iyzico", KEY, SECRET)
    register.add(register.shop, "iyzico", "older-api-key", "older-secret", is_revoked=True)
    register.add(register.shop, "paywall.public", "shop-client", "shop-client-key")
    register.add(register.demo, "iyzico", "sandbox-abcdefghijkl", "sandbox-demosecret")
    register.add(register.stranger, "iyzico", "stranger-api-key", "stranger-secret")
    return register


async def diagnose(
    register: Register, request: Request, *, refuses_repeats: bool = False
) -> Diagnosis | None:
    practice = Practice(register=register, paths=PATHS, refuses_repeats=refuses_repeats)
    return await doctor(practice)(request)


def payment(headers: dict[str, str], raw: bytes = RAW, target: str = PATH) -> Request:
    return request_of(raw, headers, target, PAYMENT_CARD)


async def causes(register: Register, request: Request) -> list[Cause]:
    found = await diagnose(register, request)
    assert found is not None
    assert_secretless(found)
    return [finding.cause for finding in found.findings]


def assert_secretless(found: Diagnosis) -> None:
    """Nothing of a card or a secret stands in a diagnosis."""
    text = repr(found)
    for secret in (PAN, SECRET, "older-secret", "stranger-secret", "shop-client-key", "cvc=123"):
        assert secret not in text
    assert '"cvc":"123"' not in text


SECRETS = {
    "the key itself": (KEY, Cause.SECRET_IS_KEY),
    "with a newline": (f"{SECRET}\n", Cause.SECRET_WITH_SPACE),
    "with a space": (f" {SECRET}", Cause.SECRET_WITH_SPACE),
    "of a rolled key": ("older-secret", Cause.SECRET_OF_OTHER_KEY),
    "of another door": ("shop-client-key", Cause.SECRET_OF_OTHER_KEY),
    "empty": ("", Cause.SECRET_EMPTY),
}


@pytest.mark.parametrize("name", SECRETS)
async def test_another_secret_is_recognized(register, name):
    """Whatever of the merchant's own a caller signs with is named; it is no secret of another's."""
    secret, cause = SECRETS[name]
    found = await diagnose(register, payment(token_headers(PATH, RAW, secret=secret)))
    assert found is not None
    assert found.findings[0].cause is cause
    assert found.findings[0].certainty is Certainty.PROVEN
    assert found.merchant_id == register.shop.id
    assert found.difference is None
    assert_secretless(found)


async def test_a_prefix_that_was_left_out_is_recognized(register):
    register.add(register.shop, "iyzico", "sandbox-key", "sandbox-of-the-shop")
    headers = token_headers(PATH, RAW, key="sandbox-key", secret="of-the-shop")
    assert await causes(register, payment(headers)) == [Cause.SECRET_WITHOUT_PREFIX]


async def test_the_key_of_a_rolled_secret_is_named(register):
    headers = token_headers(PATH, RAW, secret="older-secret")
    found = await diagnose(register, payment(headers))
    assert found is not None
    assert found.findings[0].about == "older-api-key"


async def test_the_secret_of_another_merchant_is_only_wrong(register):
    """Nobody is told that a secret is somebody else's."""
    headers = token_headers(PATH, RAW, secret="stranger-secret")
    found = await diagnose(register, payment(headers))
    assert found is not None
    assert [finding.cause for finding in found.findings] == [
        Cause.SECRET_WRONG,
        Cause.SIGNED_OTHERWISE,
    ]
    assert found.findings[0].certainty is Certainty.LIKELY
    assert_secretless(found)


async def test_what_should_have_been_signed_is_shown_without_the_card(register):
    found = await diagnose(register, payment(token_headers(PATH, RAW, secret="x")))
    assert found is not None
    assert [segment.part for segment in found.signed] == [Part.RANDOM_KEY, Part.PATH, Part.BODY]
    assert found.signed[0].text == RANDOM_KEY
    assert found.signed[1].text == PATH
    assert '"cardNumber":"552879******0008"' in found.signed[2].text
    assert '"cvc":"***"' in found.signed[2].text


TARGETS = {
    "another order of the query": (
        f"{PATH}?b=2&a=1",
        f"{PATH}?a=1&b=2",
        Cause.PATH_QUERY_CHANGED,
    ),
    "the query decoded": (f"{PATH}?a=%C3%A7", f"{PATH}?a=ç", Cause.PATH_QUERY_CHANGED),
    "a slash too many": (PATH, f"{PATH}/", Cause.PATH_SLASH),
    "a slash too few": (f"{PATH}/", PATH, Cause.PATH_SLASH),
    "no slash in front": (PATH, PATH[1:], Cause.PATH_SLASH),
    "no path": (PATH, "", Cause.PATH_MISSING),
    "the host in front": (PATH, f"localhost:8443{PATH}", Cause.PATH_WITH_HOST),
    "another path": (PATH, "/payment/preauth", Cause.PATH_OTHER),
}


@pytest.mark.parametrize("name", TARGETS)
async def test_another_path_is_recognized(register, name):
    """And the first difference is in the path, or where the path should be."""
    target, signed, cause = TARGETS[name]
    text = RANDOM_KEY.encode() + signed.encode("latin-1") + RAW
    signature = hmac.digest(SECRET.encode(), text, "sha256").hex()
    headers = token_from(f"apiKey:{KEY}&randomKey:{RANDOM_KEY}&signature:{signature}")
    found = await diagnose(register, payment(headers, target=target))
    assert found is not None
    assert found.findings[0].cause is cause
    assert found.findings[0].about == signed
    assert found.difference is not None
    assert_secretless(found)


async def test_the_first_difference_is_pointed_at(register):
    found = await diagnose(register, payment(token_headers("/payment/preauth", RAW)))
    assert found is not None
    assert found.difference is not None
    place = found.signed[found.difference.segment]
    assert place.part is Part.PATH
    assert place.text[: found.difference.at] == "/payment/"
    assert found.difference.ours.startswith("auth{")
    assert found.difference.theirs.startswith("preauth{")


def compact(values: object, **options: object) -> bytes:
    return json.dumps(values, separators=(",", ":"), **options).encode()  # type: ignore[arg-type]


BODIES = {
    "spaced": (json.dumps(BODY, ensure_ascii=False).encode(), [Cause.BODY_SPACED]),
    "spaced and escaped": (
        json.dumps(BODY).encode(),
        [Cause.BODY_UNICODE_ESCAPED, Cause.BODY_SPACED],
    ),
    "escaped": (compact(BODY), [Cause.BODY_UNICODE_ESCAPED]),
    "escaped in upper case": (
        RAW.replace("ç".encode(), b"\\u00E7"),
        [Cause.BODY_UNICODE_ESCAPED],
    ),
    "indented": (
        json.dumps(BODY, ensure_ascii=False, indent=2).encode(),
        [Cause.BODY_INDENTED],
    ),
    "slashes escaped": (RAW.replace(b"/", b"\\/"), [Cause.BODY_SLASHES_ESCAPED]),
    "of PHP": (
        compact(BODY).replace(b"/", b"\\/"),
        [Cause.BODY_SLASHES_ESCAPED, Cause.BODY_UNICODE_ESCAPED],
    ),
    "of Gson": (
        RAW.replace(b"&", b"\\u0026")
        .replace(b"<", b"\\u003c")
        .replace(b">", b"\\u003e")
        .replace(b"=", b"\\u003d"),
        [Cause.BODY_HTML_ESCAPED],
    ),
    "sorted": (compact(BODY, ensure_ascii=False, sort_keys=True), [Cause.BODY_SORTED]),
    "a newline behind": (RAW + b"\n", [Cause.BODY_NEWLINE]),
    "a byte order mark": (b"\xef\xbb\xbf" + RAW, [Cause.BODY_BOM]),
    "longer numbers": (
        compact(BODY | {"installment": 1.0}, ensure_ascii=False),
        [Cause.BODY_NUMBERS_LONG],
    ),
    "numbers as texts": (
        compact(BODY | {"installment": "1", "price": "1.2"}, ensure_ascii=False),
        [Cause.BODY_NUMBERS_QUOTED],
    ),
    "no nulls": (
        compact(
            {name: value for name, value in BODY.items() if value is not None}, ensure_ascii=False
        ),
        [Cause.BODY_NULLS_DROPPED],
    ),
    "nothing empty": (
        compact({name: value for name, value in BODY.items() if value}, ensure_ascii=False),
        [Cause.BODY_EMPTY_DROPPED],
    ),
    "nothing": (b"", [Cause.BODY_UNSIGNED]),
    "an empty object": (b"{}", [Cause.BODY_EMPTY_OBJECT]),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_was_written_anew_is_recognized(register, name):
    """What was signed is written by another library than what was sent."""
    signed, expected = BODIES[name]
    found = await diagnose(register, payment(token_headers(PATH, signed)))
    assert found is not None
    assert [finding.cause for finding in found.findings] == expected
    assert all(finding.certainty is Certainty.PROVEN for finding in found.findings)
    assert_secretless(found)


async def test_trailing_zeros_that_were_cut_are_recognized(register):
    """`1.20` in the body, `1.2` in what was signed, as clients do that read amounts as floats."""
    raw = RAW.replace(b"1.2,", b"1.20,", 1)
    assert raw != RAW
    headers = token_headers(PATH, RAW)
    assert await causes(register, payment(headers, raw)) == [Cause.BODY_NUMBERS_SHORT]


async def test_line_ends_that_were_changed_are_recognized(register):
    raw = json.dumps(BODY, ensure_ascii=False, indent=2).encode()
    headers = token_headers(PATH, raw.replace(b"\n", b"\r\n"))
    assert await causes(register, payment(headers, raw)) == [Cause.BODY_LINE_ENDS]


async def test_a_body_that_was_sent_plain_but_signed_compact_is_recognized(register):
    """The other way round: a library puts in spaces and escapes after signing."""
    found = await diagnose(register, payment(token_headers(PATH, RAW), json.dumps(BODY).encode()))
    assert found is not None
    assert [finding.cause for finding in found.findings] == [
        Cause.BODY_UNICODE_PLAIN,
        Cause.BODY_COMPACT,
    ]
    assert found.difference is not None
    assert found.signed[found.difference.segment].part is Part.BODY
    assert found.difference.ours.startswith(' "tr"')
    assert found.difference.theirs.startswith('"tr"')


SIGNATURES = {
    "upper case": (lambda digest: digest.hex().upper(), Cause.SIGNATURE_UPPER_CASE),
    "base64": (lambda digest: base64.b64encode(digest).decode(), Cause.SIGNATURE_IN_BASE64),
    "base64 of hex": (
        lambda digest: base64.b64encode(digest.hex().encode()).decode(),
        Cause.SIGNATURE_IN_BASE64,
    ),
}


@pytest.mark.parametrize("name", SIGNATURES)
async def test_another_form_of_the_signature_is_recognized(register, name):
    write, cause = SIGNATURES[name]
    digest = hmac.digest(SECRET.encode(), RANDOM_KEY.encode() + PATH.encode() + RAW, "sha256")
    headers = token_from(f"apiKey:{KEY}&randomKey:{RANDOM_KEY}&signature:{write(digest)}")
    assert await causes(register, payment(headers)) == [cause]


async def test_a_signature_in_url_safe_base64_is_recognized(register):
    random_key, text = url_safe_text()
    headers = token_from(f"apiKey:{KEY}&randomKey:{random_key}&signature:{text}")
    assert await causes(register, payment(headers)) == [Cause.SIGNATURE_URL_SAFE]


def url_safe_text() -> tuple[str, str]:
    """A random key with which the signature differs in the two alphabets of base64."""
    for number in range(100):
        random_key = f"{RANDOM_KEY}{number}"
        message = f"{random_key}{PATH}".encode() + RAW
        digest = hmac.digest(SECRET.encode(), message, "sha256")
        text = base64.urlsafe_b64encode(digest).decode()
        if "-" in text or "_" in text:
            return random_key, text
    raise AssertionError("no such key")


@pytest.mark.parametrize(
    ("name", "cause"), [("sha1", Cause.SIGNATURE_SHA1), ("sha512", Cause.SIGNATURE_SHA512)]
)
async def test_another_digest_is_recognized(register, name, cause):
    """Proven when all else is right, and guessed from its length when it is not."""
    message = RANDOM_KEY.encode() + PATH.encode() + RAW
    for secret, certainty in ((SECRET, Certainty.PROVEN), ("another", Certainty.LIKELY)):
        signature = hmac.digest(secret.encode(), message, name).hex()
        headers = token_from(f"apiKey:{KEY}&randomKey:{RANDOM_KEY}&signature:{signature}")
        found = await diagnose(register, payment(headers))
        assert found is not None
        assert (found.findings[0].cause, found.findings[0].certainty) == (cause, certainty)


async def test_a_digest_without_a_key_is_recognized(register):
    signature = hashlib.sha256(RANDOM_KEY.encode() + PATH.encode() + RAW).hexdigest()
    headers = token_from(f"apiKey:{KEY}&randomKey:{RANDOM_KEY}&signature:{signature}")
    assert await causes(register, payment(headers)) == [Cause.SIGNATURE_KEYLESS]


LOOKS = {
    "not-hex-at-all": Cause.SIGNATURE_IN_BASE64,
    "AB" * 32: Cause.SIGNATURE_UPPER_CASE,
    "ab" * 16: Cause.SIGNATURE_BROKEN,
    "ab" * 32: Cause.SECRET_WRONG,
}


@pytest.mark.parametrize("look", LOOKS)
async def test_the_look_of_a_signature_is_a_hint(register, look):
    headers = token_from(f"apiKey:{KEY}&randomKey:{RANDOM_KEY}&signature:{look}")
    found = await diagnose(register, payment(headers))
    assert found is not None
    assert (found.findings[0].cause, found.findings[0].certainty) == (
        LOOKS[look],
        Certainty.LIKELY,
    )


async def test_a_random_key_that_differs_from_its_header_is_recognized(register):
    """Clients send it twice; what counts is the one in the token."""
    signature = token_headers(PATH, RAW)["authorization"]
    wrong = base64.b64decode(signature.split()[1]).replace(RANDOM_KEY.encode(), b"another")
    headers = token_from(wrong) | {"x-iyzi-rnd": RANDOM_KEY}
    found = await diagnose(register, payment(headers))
    assert found is not None
    assert found.findings[0].cause is Cause.RANDOM_KEY_DIFFERS
    assert found.difference is not None
    assert found.signed[found.difference.segment].part is Part.RANDOM_KEY


async def test_a_repeated_random_key_is_the_cause_when_all_else_is_right(register):
    request = payment(token_headers(PATH, RAW))
    found = await diagnose(register, request, refuses_repeats=True)
    assert found is not None
    assert [finding.cause for finding in found.findings] == [Cause.RANDOM_KEY_REPEATED]


async def test_a_long_body_is_not_tried(register):
    """Whatever it was signed with; what is said is that it was too long."""
    raw = json.dumps({"conversationId": "x" * BODY_BYTES_MAX}).encode()
    headers = token_headers(PATH, raw, secret=KEY)
    assert await causes(register, payment(headers, raw)) == [Cause.TOO_LONG]


def as_the_client_signs(secret: str, body: bytes) -> dict[str, str]:
    """The header that the published Python package makes."""
    token = iyzipay.Payment.generate_v2_hash(KEY, PATH, secret, RANDOM_KEY, body.decode())
    return {"authorization": f"IYZWSv2 {token}"}


async def test_the_official_client_is_understood_when_it_is_used_wrongly(register):
    """Signed by its own code, with the key as secret, and over a text that is not sent."""
    assert await causes(register, payment(as_the_client_signs(KEY, RAW))) == [Cause.SECRET_IS_KEY]
    spaced = json.dumps(BODY).encode()
    assert await causes(register, payment(as_the_client_signs(SECRET, RAW), spaced)) == [
        Cause.BODY_UNICODE_PLAIN,
        Cause.BODY_COMPACT,
    ]


async def test_candidates_do_not_print_secrets(register):
    credential = register.keys[-1].credential
    candidates = await secret_candidates(register, credential)
    assert all(isinstance(candidate, Candidate) for candidate in candidates)
    assert "older-secret" not in repr(candidates)


async def test_a_request_that_is_right_by_now_has_no_diagnosis(register):
    """Its key may have been added in between."""
    assert await diagnose(register, payment(token_headers(PATH, RAW))) is None
