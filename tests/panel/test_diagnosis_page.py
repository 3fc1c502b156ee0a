"""The signature doctor in the panel: what a developer reads about a call that was refused."""

import base64
import json
import re

import pytest

from fakes.panel import PanelCaller
from fakes.signed import signed_headers
from vezne.core.call_log import CallQuery
from vezne.core.diagnosis import Cause, Certainty, Part
from vezne.core.member import Role
from vezne.edge.sites import Incoming
from vezne.panel.wording import TEXTS

PAN = "5528790000000008"
PATH = "/cardstorage/card"
BODY = {
    "locale": "tr",
    "conversationId": "çağrı-1",
    "email": "email@email.com",
    "card": {
        "cardAlias": "<script>alert('x')</script>",
        "cardHolderName": "John Doe",
        "cardNumber": PAN,
        "expireMonth": "12",
        "expireYear": "2030",
    },
}


def keys_of(panel: PanelCaller, door: str = "iyzico") -> dict[str, str]:
    text = (panel.house.settings.data / "sandbox.json").read_text()
    keys: dict[str, str] = json.loads(text)[door]
    return keys


async def send(panel: PanelCaller, path: str, headers: dict[str, str], raw: bytes) -> int:
    """Send a call; the number under which the demo merchant's log has it."""
    sent = {name.lower(): value for name, value in headers.items()} | {"host": "127.0.0.1:8080"}
    await panel.send(Incoming("POST", "http", path, sent, raw, "127.0.0.1"))
    assert panel.house.recorder is not None
    await panel.house.recorder.write()
    assert panel.house.calls is not None
    page = await panel.house.calls.list_calls(CallQuery(merchant_id=panel.merchant.id, limit=1))
    return page.calls[0].number


async def text_about(
    panel: PanelCaller, path: str, headers: dict[str, str], raw: bytes, language: str = "en"
) -> str:
    """What the page of the call says, without tags."""
    number = await send(panel, path, headers, raw)
    answer = await panel.get(f"/panel/requests/{number}", Role.DEVELOPER, language=language)
    assert answer.status == 200
    assert PAN not in answer.text
    assert "<script>alert" not in answer.text
    for secret in keys_of(panel).values():
        if secret == keys_of(panel)["secret_key"]:
            assert secret not in answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


@pytest.mark.parametrize("language", ["tr", "en"])
async def test_a_body_that_was_written_anew_is_explained(panel, language):
    """The cause, what to do, the first difference in place, and the text that was signed."""
    own = keys_of(panel)
    raw = json.dumps(BODY).encode()
    signed = json.dumps(BODY, separators=(",", ":"), ensure_ascii=False).encode()
    headers = signed_headers(own["api_key"], own["secret_key"], PATH, signed)
    text = await text_about(panel, PATH, headers, raw, language)
    place = ("tr", "en").index(language)
    for name in (
        "diagnosis.body_compact",
        "diagnosis.body_compact.do",
        "diagnosis.certainty.proven",
        "diagnosis.part.body",
        "diagnosis.ours",
        "diagnosis.formula.IYZWSv2",
    ):
        assert TEXTS[name][place] in text.replace("&lt;", "<").replace("&gt;", ">")
    assert "552879******0008" in text


async def test_a_wrong_secret_is_explained_without_a_difference(panel):
    own = keys_of(panel)
    headers = signed_headers(own["api_key"], own["api_key"], PATH, json.dumps(BODY).encode())
    text = await text_about(panel, PATH, headers, json.dumps(BODY).encode())
    assert "The API key was used as the secret." in text
    assert "The first difference" not in text


async def test_what_was_signed_of_nothing_ends_where_ours_goes_on(panel):
    own = keys_of(panel)
    headers = signed_headers(own["api_key"], own["secret_key"], PATH, b"")
    text = await text_about(panel, PATH, headers, json.dumps(BODY).encode())
    assert "The body was not signed." in text
    assert "(end of the text)" in text
    assert "Where Path ends and Body begins" in text
    empty = signed_headers(own["api_key"], own["secret_key"], "/payment/detail", b"")
    assert "(empty)" in await text_about(panel, PATH, empty, b"")


async def test_keys_of_other_doors_are_explained_at_each(panel):
    paywall, paynet = keys_of(panel, "paywall"), keys_of(panel, "paynet")
    headers = {
        "apiclientprivate": paywall["public_client"],
        "apikeyprivate": paywall["public_key"],
    }
    assert "a key of another door" in await text_about(panel, "/paywall/card", headers, b"{}")
    headers = {"authorization": f"Bearer {paynet['secret_key']}"}
    text = await text_about(panel, "/v1/card/list", headers, b"{}")
    assert "first word of the Authorization header is wrong" in text
    assert paynet["secret_key"] not in text


async def test_a_key_that_says_too_little_is_explained(panel):
    """Paynet's publishable key where the secret one is wanted is known, and not enough."""
    headers = {"authorization": f"Basic {keys_of(panel, 'paynet')['publishable_key']}"}
    assert "wants the secret key" in await text_about(panel, "/v1/card/list", headers, b"{}")


async def test_another_merchants_calls_are_not_explained_to_the_demo_merchant(panel):
    """A revoked or wrongly used key is a matter of the merchant that has it."""
    other = await panel.add_merchant("Başka")
    (key,) = [
        held.credential.key
        for held in await panel.house.merchants.list_keys(other.id, 10)
        if held.credential.door == "iyzico"
    ]
    own = keys_of(panel)
    headers = signed_headers(own["api_key"], own["api_key"], PATH, b"{}")
    first = await send(panel, PATH, headers, b"{}")
    theirs = signed_headers(key, own["secret_key"], PATH, b"{}")
    assert await send(panel, PATH, theirs, b"{}") == first
    assert panel.house.calls is not None
    page = await panel.house.calls.list_calls(CallQuery(merchant_id=other.id, limit=5))
    (summary,) = page.calls
    answer = await panel.get(f"/panel/requests/{summary.number}", merchant=other)
    assert "The secret is not this key" in answer.text
    assert "another of your keys" not in answer.text


async def test_a_right_call_has_no_diagnosis(panel):
    own = keys_of(panel)
    raw = json.dumps(BODY).encode()
    headers = signed_headers(own["api_key"], own["secret_key"], PATH, raw)
    assert "Why was this call refused" not in await text_about(panel, PATH, headers, raw)


async def test_a_broken_header_is_explained_to_the_demo_merchant(panel):
    headers = {"authorization": "IYZWSv2 " + base64.b64encode(b"apiKey:x").decode()}
    text = await text_about(panel, PATH, headers, b"{}")
    assert "A part of the token is missing" in text


def test_everything_that_may_be_found_has_words():
    """In both languages, and what to do about it as well."""
    names = [f"diagnosis.{cause.value}" for cause in Cause]
    names += [f"{name}.do" for name in names]
    names += [f"diagnosis.certainty.{certainty.value}" for certainty in Certainty]
    names += [f"diagnosis.part.{part.value}" for part in Part]
    missing = [name for name in names if not all(TEXTS.get(name, ("", "")))]
    assert missing == []


def test_no_words_are_left_over():
    """A cause that is gone takes its words along."""
    known = {cause.value for cause in Cause}
    about_causes = {
        name.removeprefix("diagnosis.").removesuffix(".do")
        for name in TEXTS
        if name.startswith("diagnosis.") and name.endswith(".do")
    }
    assert about_causes == known
