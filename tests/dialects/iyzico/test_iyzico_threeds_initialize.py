"""POST /payment/3dsecure/initialize and its relatives: the page that goes to the bank."""

import base64

import pytest

from builders import SAMPLE_TIME_MS
from fakes.acquirer import challenge_for
from fakes.html_forms import Page
from fakes.iyzico_door import (
    API_KEY,
    CALLBACK_URL,
    FOREIGN_PAN,
    PAN,
    SECRET,
    IyzicoDoor,
    basic_threeds_request,
    card_fields,
    replaced,
    threeds_request,
    without,
)
from vezne.core.acquirer import Challenge
from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.core.authentication import AuthenticationState
from vezne.core.money import UNIT
from vezne.core.payment import PaymentKind, PaymentState
from vezne.dialects.iyzico.auth import response_signature
from vezne.dialects.iyzico.callback import CALLBACK_URL_LENGTH_MAX
from vezne.dialects.iyzico.challenge_page import challenge_page

INITIALIZE = "/payment/3dsecure/initialize"
CHALLENGE = challenge_for(10_851_936)
BASKETS = [INITIALIZE, f"{INITIALIZE}/preauth"]
BASICS = [
    f"{INITIALIZE}/basic",
    f"{INITIALIZE}/preauth/basic",
    "/payment/iyziconnect/initialize3ds/preauth",
]


def request_for(path: str, **changes: object) -> dict[str, object]:
    return basic_threeds_request(**changes) if path in BASICS else threeds_request(**changes)


def page_of(answer: dict[str, object]) -> Page:
    return Page(base64.b64decode(str(answer["threeDSHtmlContent"]), validate=True).decode())


@pytest.mark.parametrize("path", BASKETS + BASICS)
async def test_iyzico_initialize_answers_page_payment_and_signature(door, path) -> None:
    """Every field of the answer, in order, and the published values' signature."""
    answer = await door.begin(request_for(path, locale="tr"), path)
    assert list(answer) == [
        "status",
        "locale",
        "systemTime",
        "conversationId",
        "threeDSHtmlContent",
        "paymentId",
        "signature",
    ]
    assert answer["status"] == "success"
    assert answer["systemTime"] == SAMPLE_TIME_MS
    assert answer["paymentId"] == "10851936"
    assert answer["signature"] == (
        "18b44609b5fd736220c0757f5c8d662b1b28a92e7a47b3ab08dc8561471d3bb7"
    )


async def test_iyzico_initialize_signs_an_absent_reference_as_empty(door) -> None:
    """The colon stays."""
    answer = await door.begin(without(threeds_request(), "conversationId"))
    assert "conversationId" not in answer
    assert answer["signature"] == response_signature(SECRET, ["10851936", ""])


@pytest.mark.parametrize(("locale", "language"), [("tr", "tr"), ("EN", "en"), ("fr", "tr")])
async def test_iyzico_initialize_gives_a_page_that_posts_itself(door, locale, language) -> None:
    """One form with the known id, the challenge as hidden fields, a script, and a button for
    browsers that run none, or a site whose policy forbids it."""
    answer = await door.begin(threeds_request(locale=locale))
    page = page_of(answer)
    assert page.doctype == "doctype html"
    assert page.elements["html"] == [{"lang": language}]
    (form,) = page.forms
    assert form.attributes["id"] == "iyzico-3ds-form"
    assert (form.method, form.action) == ("post", CHALLENGE.url)
    assert form.fields == CHALLENGE.fields
    assert set(form.types.values()) == {"hidden"}
    assert len(page.elements["script"]) == 1
    assert "src" not in page.elements["script"][0]
    assert ("button", "form") in page.parents


def test_iyzico_page_escapes_what_the_bank_sends() -> None:
    """Quotes, brackets, entities and other alphabets arrive as they were."""
    nasty = "\"><script>alert(1)</script>&amp;'ğü✓{action}"
    challenge = Challenge(
        url='https://bank.example/3ds?a=1&lt;2&b="><p>', fields={nasty: nasty}, transaction_id="1"
    )
    text = base64.b64decode(challenge_page(challenge, "tr"), validate=True).decode()
    (form,) = Page(text).forms
    assert form.action == challenge.url
    assert form.fields == {nasty: nasty}
    assert len(Page(text).elements["script"]) == 1


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (INITIALIZE, PaymentKind.SALE),
        (f"{INITIALIZE}/basic", PaymentKind.SALE),
        (f"{INITIALIZE}/preauth", PaymentKind.HOLD),
        (f"{INITIALIZE}/preauth/basic", PaymentKind.HOLD),
        ("/payment/iyziconnect/initialize3ds/preauth", PaymentKind.HOLD),
    ],
)
async def test_iyzico_initialize_promises_a_payment_and_moves_no_money(door, path, kind) -> None:
    """The payment waits in the books; the bank was not asked for money."""
    await door.begin(request_for(path, locale="en"), path)
    (payment,) = door.books.payments.values()
    assert payment.state is PaymentState.AUTHENTICATING
    assert payment.kind is kind
    assert payment.door == "iyzico"
    assert not any(payment.attempts for payment in door.books.payments.values())
    waiting = payment.authentication
    assert waiting.state is AuthenticationState.OPEN
    assert (waiting.success_url, waiting.failure_url) == (CALLBACK_URL, CALLBACK_URL)
    assert waiting.caller_key == API_KEY
    assert waiting.language == "en"
    assert waiting.transaction_id == CHALLENGE.transaction_id


async def test_iyzico_initialize_tells_the_bank_what_its_page_shows(door) -> None:
    """Merchant, amount, card, language, and where the browser comes back to."""
    await door.begin(threeds_request(installment="3"))
    (ask,) = door.acquirer.begun
    assert ask.merchant_name == "Kitapçı"
    assert ask.payment_number == 10_851_936
    assert (ask.amount_e8, ask.currency, ask.installments) == (12 * UNIT // 10, "TRY", 3)
    assert ask.card.mask == "552879******0008"
    assert ask.language == "tr"
    assert ask.return_url == "http://localhost/3ds/return/scripted"


@pytest.mark.parametrize("host", ["shop.example:8443", "[::1]:8080", "127.0.0.1", "my_host"])
async def test_iyzico_browsers_come_back_to_the_host_that_was_called(door, host) -> None:
    """Names, addresses and ports as a client may have configured them."""
    door.host = host
    await door.begin(threeds_request())
    assert door.acquirer.begun[0].return_url == f"http://{host}/3ds/return/scripted"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a/b",
        "user@host",
        "a b",
        'x"',
        "ğ.example",
        "a\n",
        "[",
        "[::1",
        "a]",
        ":",
        "localhost:1:2",
        "localhost:0",
        "localhost:99999",
        "host?x",
        "host#x",
    ],
)
async def test_iyzico_odd_hosts_are_refused(door, host) -> None:
    """What could lead a browser elsewhere is error 11, in both languages; nothing is written."""
    door.host = host
    for locale, text in (("tr", "Geçersiz istek: Host"), ("en", "Invalid request: the Host")):
        answer = await door.call(INITIALIZE, threeds_request(locale=locale))
        assert answer["errorCode"] == "11"
        assert str(answer["errorMessage"]).startswith(text)
    assert not door.books.payments


async def test_iyzico_a_public_url_replaces_the_host() -> None:
    """Behind a proxy the setting decides, whatever host the proxy sends."""
    door = IyzicoDoor(public_url="https://pay.example")
    door.host = "a/b"
    await door.begin(threeds_request())
    assert door.acquirer.begun[0].return_url == "https://pay.example/3ds/return/scripted"


@pytest.mark.parametrize("path", BASKETS + BASICS)
@pytest.mark.parametrize("url", [None, "", "absent"])
async def test_iyzico_callback_url_is_mandatory(door, path, url) -> None:
    """Error 23 in the published words, and in English."""
    request = request_for(path, callbackUrl=url)
    if url == "absent":
        request = without(request, "callbackUrl")
    answer = await door.call(path, {**request, "locale": "tr"})
    assert (answer["errorCode"], answer["errorMessage"]) == (
        "23",
        "Callback url gönderilmesi zorunludur",
    )
    answer = await door.call(path, {**request, "locale": "en"})
    assert answer["errorMessage"] == "Callback URL is mandatory"
    assert not door.books.payments


@pytest.mark.parametrize(
    "url",
    [
        "merchant.com/callback",
        "/callback",
        "//merchant.com/callback",
        "ftp://merchant.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "http:merchant.com",
        "http://",
        "https:///callback",
        "https://?a=b",
        "https://user@merchant.com/",
        "https://user:secret@merchant.com/",
        "https://merchant.com:99999/",
        "https://merchant.com:0/",
        "https://merchant.com:port/",
        "https://[::1/",
        "https://[1:2]/",
        "https://merchant.com/a b",
        "https://merchant.com/\n",
        "https://merchant.com\\@evil.example/",
        "https://merchant.com/\\",
        "https://merchant.com/\u0085",
        "https://merchant.com/\u00a0",
        "https://mağaza.example/",
        "https://mıghty.example/",
        "httpſ://merchant.com/",
        "https://merchant.com%2eevil/",
        " https://merchant.com/",
        "https://merchant.com/\ud800",
    ],
)
async def test_iyzico_callback_url_has_to_be_one(door, url) -> None:
    """What no browser could post to, or would post elsewhere, is refused in both languages."""
    for locale, text in (
        ("tr", "callbackUrl http veya https ile başlayan tam bir adres olmalıdır"),
        ("en", "callbackUrl must be an absolute http or https URL"),
    ):
        answer = await door.call(INITIALIZE, threeds_request(locale=locale, callbackUrl=url))
        assert answer["status"] == "failure"
        if answer["errorCode"] != "11":
            assert (answer["errorCode"], answer["errorMessage"]) == ("92006", text)
    assert not door.books.payments


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000/callback",
        "http://127.0.0.1",
        "HTTPS://www.Merchant.com?order=1&next=http://x/#y",
        "http://[::1]:8080/callback",
        "https://xn--maaza-n1a.example/dönüş?a=<b>'c'",
        "https://my_shop.example/" + "a" * (CALLBACK_URL_LENGTH_MAX - 24),
    ],
)
async def test_iyzico_callback_url_may_be_any_web_address(door, url) -> None:
    """Hosts of every kind, ports, queries; kept as sent."""
    answer = await door.begin(threeds_request(callbackUrl=url))
    assert answer["status"] == "success"
    assert (await door.bring_back(answer["paymentId"])).action == url


async def test_iyzico_callback_url_has_a_longest_length(door) -> None:
    """A longer one is refused like any text that is too long."""
    url = "https://x/" + "a" * (CALLBACK_URL_LENGTH_MAX - 9)
    answer = await door.call(INITIALIZE, threeds_request(locale="en", callbackUrl=url))
    assert answer["errorCode"] == "92001"
    assert answer["errorMessage"] == "callbackUrl must be at most 2048 characters"


async def test_iyzico_callback_url_is_checked_after_the_payment(door) -> None:
    """The order of complaints is the payment's, then callbackUrl, then the rules."""
    broken = {**threeds_request(callbackUrl=None, basketItems=[]), "price": 0}
    broken = without(without(broken, "paymentCard"), "buyer")
    codes = []
    for name in ("price", "paymentCard", "buyer", "basketItems"):
        codes.append((await door.call(INITIALIZE, broken))["errorCode"])
        broken[name] = threeds_request()[name]
    assert codes == ["5005", "5013", "91002", "91031"]
    broken["price"] = "2"
    assert (await door.call(INITIALIZE, broken))["errorCode"] == "23"
    broken["callbackUrl"] = CALLBACK_URL
    assert (await door.call(INITIALIZE, broken))["errorCode"] == "5062"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "USD"}, "5184"),
        ({"currency": "NOK"}, "93003"),
        ({"paymentCard": card_fields(FOREIGN_PAN, cvc="123"), "installment": 2}, "10222"),
        ({"paymentCard": card_fields(expireYear="2017", cvc="123")}, "17"),
        ({"paymentCard": card_fields()}, "15"),
        ({"paymentCard": {"cardToken": "AAAA"}}, "5111"),
        ({"paymentCard": {"cardUserKey": "x", "cardToken": "AAAA"}}, "3005"),
        ({"conversationId": "x" * 256}, "20"),
        ({"basketId": PAN}, "11"),
    ],
)
async def test_iyzico_initialize_has_the_rules_of_a_payment(door, change, code) -> None:
    """What no payment may be is refused before the bank hears of it."""
    answer = await door.call(INITIALIZE, threeds_request(**change))
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    assert "paymentId" not in answer
    assert not door.acquirer.begun


@pytest.mark.parametrize(
    ("said", "code", "group"),
    [
        (Declined(reason=DeclineReason.GENERAL_ERROR, code="06"), "10204", "UNKNOWN"),
        (Declined(reason=DeclineReason.LOST_CARD, code="41"), "10041", "LOST_CARD"),
        (Unknown(why="silence"), "10214", "COMMUNICATION_OR_SYSTEM_ERROR"),
    ],
)
@pytest.mark.parametrize("path", [INITIALIZE, f"{INITIALIZE}/basic"])
async def test_iyzico_a_bank_may_refuse_to_begin(door, path, said, code, group) -> None:
    """The bank's code and group, no page; and the payment can never be completed."""
    door.acquirer.script_begin(said)
    answer = await door.call(path, request_for(path))
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    assert answer["errorGroup"] == group
    assert "threeDSHtmlContent" not in answer
    detail = await door.call("/payment/detail", {"paymentConversationId": "123456789"})
    assert (detail["errorCode"], detail["paymentStatus"]) == (code, "FAILURE")
    again = await door.call("/payment/3dsecure/auth", {"paymentId": detail["paymentId"]})
    assert again["errorCode"] == "5115"


async def test_iyzico_ordinary_payments_ignore_a_callback_url(door) -> None:
    """/payment/auth takes no notice of the field, as it is part of the clients' request class."""
    answer = await door.pay(threeds_request(callbackUrl="no url"))
    assert answer["status"] == "success"
    assert "mdStatus" not in answer


async def test_iyzico_a_misplaced_number_is_refused_in_the_url_too(door) -> None:
    """The card's own number inside callbackUrl reaches neither books nor page."""
    request = replaced(threeds_request(), "callbackUrl", f"https://merchant.com/{PAN}")
    answer = await door.call(INITIALIZE, request)
    assert answer["errorCode"] == "11"
    assert not door.books.payments


@pytest.mark.parametrize(
    "query",
    [
        "pan=4111111111111111&cvc=123",
        "x=374427000000003",
        "/5526080000000006",
        "a9792030000000000b",
    ],
)
async def test_iyzico_a_card_number_in_the_callback_is_refused(door, query) -> None:
    """Any card's: it would be stored with the payment and shown to the browser."""
    answer = await door.call(
        INITIALIZE, threeds_request(callbackUrl=f"https://shop.example/cb?{query}")
    )
    assert answer["errorCode"] == "92005"
    assert not door.books.payments


@pytest.mark.parametrize(
    "query",
    ["t=1732252800123", "id=1732252800123456789", "o=5528790000000009", "n=45287900000000081"],
)
async def test_iyzico_long_numbers_in_the_callback_are_no_cards(door, query) -> None:
    """Times, ids and numbers that fail the check digit pass."""
    await door.begin(threeds_request(callbackUrl=f"https://shop.example/cb?{query}"))


async def test_iyzico_too_many_cards_that_wait_are_an_error(door) -> None:
    """The vault has no room to hold another card: nobody's payment is given up for it."""
    door.vault.is_full = True
    answer = await door.call(INITIALIZE, threeds_request())
    assert (answer["errorCode"], answer["errorGroup"]) == ("10242", "LOCAL_ERROR")
    (payment,) = door.books.payments.values()
    assert payment.state is PaymentState.UNAUTHENTICATED
