"""The bank's pages, walked through as a browser without JavaScript does."""

import html
import re

import pytest

from fakes.acs import CHALLENGE_PAN, RETURN_URL, AcsVisit, Browsed, transaction_of
from fakes.asgi_caller import call, post
from fakes.bank import RETURN_KEY
from fakes.html_page import HtmlPage
from simbank.acs.pages import acs_app
from simbank.acs.transactions import LIFE_MS
from simbank.cards import OWN_SCENARIOS, own_pan
from vezne.core.acquirer import ForgedReturn
from vezne.core.money import UNIT

HOSTILE = "</dd><script>alert(1)</script>\"'&{{ 7 * 7 }}"


@pytest.fixture
def visit() -> AcsVisit:
    return AcsVisit()


async def all_pages(visit: AcsVisit) -> dict[str, Browsed]:
    """One of each kind of page."""
    challenge = await visit.open()
    wrong = await visit.press(challenge, "code", code="000000")
    return {
        "waiting": await visit.enter(await visit.begin()),
        "challenge": challenge,
        "wrong code": wrong,
        "passed": await visit.press(challenge, "code", code="123456"),
        "failed": await visit.press(challenge, "cancel"),
        "closed": await visit.open(own_pan(95013)),
        "bad token": await visit.send("/bank/3ds", {"token": "x"}),
    }


async def test_right_code_passes(visit: AcsVisit) -> None:
    """Method step, challenge, code: the acquirer reads an authenticated holder with a proof."""
    challenge = await visit.begin()
    assert challenge.url == "http://127.0.0.1:8080/bank/3ds"
    waiting = await visit.enter(challenge)
    assert waiting.page.form("continue").buttons == ["Devam et"]
    asked = await visit.press(waiting, "continue")
    done = await visit.press(asked, "code", code="123456")
    returned = visit.returned(done)
    assert (returned.merchant_id, returned.payment_number) == (7, 11_441_120)
    assert returned.result.md_status == 1
    assert returned.result.transaction_id == challenge.transaction_id
    assert returned.result.eci == "02"
    assert len(returned.result.cavv) == 28
    assert done.page.forms[0].buttons == ["İş yerine dön"]


@pytest.mark.parametrize("code", ["123 456", " 123-456 ", "123\u00a0456"])
async def test_a_code_may_be_typed_with_gaps(visit: AcsVisit, code: str) -> None:
    """People copy codes as they are printed."""
    assert visit.returned(await visit.press(await visit.open(), "code", code=code)).result.cavv


async def test_three_wrong_codes_fail(visit: AcsVisit) -> None:
    """Two wrong codes are told, with what is left; the third ends it."""
    at = await visit.open()
    for left in (2, 1):
        at = await visit.press(at, "code", code="654321")
        assert f"Kod hatalı. Kalan deneme hakkı: {left}" in at.page.words
        assert {"class": "notice bad", "id": "notice", "role": "alert"} in at.page.all("p")
        assert at.response.text.count('aria-invalid="true"') == 1
        assert "<title>Hata: " in at.response.text
    done = await visit.press(at, "code", code="654321")
    result = visit.returned(done).result
    assert (result.md_status, result.eci, result.cavv) == (0, "", "")


async def test_the_right_code_after_two_wrong_ones_passes(visit: AcsVisit) -> None:
    """Wrong codes are counted, and nothing else is held against the holder."""
    at = await visit.open()
    at = await visit.press(at, "code", code="1")
    at = await visit.press(at, "code", code="１２３４５６")
    assert visit.returned(await visit.press(at, "code", code="123456")).result.md_status == 1


async def test_no_code_is_no_wrong_code(visit: AcsVisit) -> None:
    """Pressing the button too early costs nothing."""
    at = await visit.open()
    for _ in range(5):
        at = await visit.press(at, "code", code=" ")
        assert "Kodu girin." in at.page.words
    assert transaction_of(at).wrong_codes == 0


async def test_cancel_fails(visit: AcsVisit) -> None:
    """Whoever gives up is not authenticated."""
    assert visit.returned(await visit.press(await visit.open(), "cancel")).result.md_status == 0


async def test_resend_three_times(visit: AcsVisit) -> None:
    """The page counts down what is left, then takes the button away and says no to the rest."""
    at = first = await visit.open()
    for left in (2, 1, 0):
        assert at.page.form("resend").buttons == ["Kodu yeniden gönder"]
        at = await visit.press(at, "resend")
        assert "Yeni kod gönderildi." in at.page.words
        assert f"Kalan gönderme hakkı: {left}" in at.page.words
    assert [form for form in at.page.forms if form.fields["action"] == "resend"] == []
    again = at.page.form("code").fields | {"action": "resend"}
    assert "Yeni kod gönderilemez." in (await visit.send("/bank/3ds/challenge", again)).page.words
    assert transaction_of(at).deadline_ms == transaction_of(first).deadline_ms
    assert visit.returned(await visit.press(at, "code", code="123456")).result.md_status == 1


@pytest.mark.parametrize("action", ["code", "resend", "cancel", "continue", "en"])
async def test_the_deadline_is_the_servers(visit: AcsVisit, action: str) -> None:
    """After three minutes nothing helps, the right code neither."""
    at = await visit.open()
    visit.now_ms += 180_000
    result = visit.returned(await visit.press(at, action, code="123456")).result
    assert (result.md_status, result.cavv) == (0, "")


async def test_the_last_moment_counts(visit: AcsVisit) -> None:
    """The window is three minutes from the first sight of the page, not from the begin."""
    waiting = await visit.enter(await visit.begin())
    visit.now_ms += 60_000
    at = await visit.press(waiting, "continue")
    visit.now_ms += 179_999
    assert visit.returned(await visit.press(at, "code", code="123456")).result.md_status == 1


async def test_the_window_is_on_the_page(visit: AcsVisit) -> None:
    """Without JavaScript the time of the deadline is printed; with it a countdown starts."""
    at = await visit.open()
    assert "Kodu şu saate kadar girin: 13:55:22" in at.page.words
    (countdown,) = [item for item in at.page.all("p") if item.get("id") == "countdown"]
    assert (countdown["data-seconds"], countdown["role"]) == ("180", "timer")
    assert "hidden" in countdown
    visit.now_ms += 100_500
    at = await visit.press(at, "code", code="0")
    assert 'data-seconds="80"' in at.response.text
    assert "13:55:22" in at.page.words


async def test_time_out_card(visit: AcsVisit) -> None:
    """Its window is three seconds; what the countdown sends then leads back with a failure."""
    at = await visit.open(own_pan(95012))
    assert 'data-seconds="3"' in at.response.text
    visit.now_ms += 3_000
    assert visit.returned(await visit.press(at, "continue")).result.md_status == 0


async def test_time_out_card_in_time(visit: AcsVisit) -> None:
    """A quick hand still passes, and a countdown that is early is shown the page again."""
    at = await visit.open(own_pan(95012))
    visit.now_ms += 2_999
    at = await visit.press(at, "continue")
    assert 'data-seconds="1"' in at.response.text
    assert visit.returned(await visit.press(at, "code", code="123456")).result.md_status == 1


@pytest.mark.parametrize("number", [95001, 95010])
async def test_an_old_begin_fails(visit: AcsVisit, number: int) -> None:
    """Who comes back when the acquirer has stopped waiting gets a failure, not a page."""
    waiting = await visit.enter(await visit.begin(own_pan(number)))
    visit.now_ms += LIFE_MS
    assert visit.returned(await visit.press(waiting, "continue")).result.md_status == 0


async def test_the_window_ends_with_the_transaction(visit: AcsVisit) -> None:
    """A page that is first shown late has less time on it."""
    waiting = await visit.enter(await visit.begin())
    visit.now_ms += LIFE_MS - 5_000
    assert 'data-seconds="5"' in (await visit.press(waiting, "continue")).response.text


DECIDED = {
    95000: 0,
    95001: 1,
    95002: 2,
    95003: 3,
    95004: 4,
    95005: 5,
    95006: 6,
    95007: 7,
    95008: 8,
    95009: -1,
}


@pytest.mark.parametrize(
    ("pan", "md_status"),
    [(own_pan(number), md_status) for number, md_status in DECIDED.items()]
    + [("4131111111111117", 0), ("4141111111111115", 4)],
)
async def test_cards_decided_without_the_holder(visit: AcsVisit, pan: str, md_status: int) -> None:
    """After the method step the result leads back at once; only 1 and 4 have a proof."""
    result = visit.returned(await visit.open(pan)).result
    assert result.md_status == md_status
    assert (result.eci, bool(result.cavv)) == {1: ("05", True), 4: ("06", True)}.get(
        md_status, ("", False)
    )


async def test_a_challenge_that_fails_in_spite_of_the_right_code(visit: AcsVisit) -> None:
    """The page is like any other; the right code leads to a failure."""
    at = await visit.open(own_pan(95011))
    assert visit.returned(await visit.press(at, "code", code="123456")).result.md_status == 0


@pytest.mark.parametrize("pan", [CHALLENGE_PAN, own_pan(95010), "4242424242424242", own_pan(10206)])
async def test_every_other_card_gets_a_challenge(visit: AcsVisit, pan: str) -> None:
    """Whatever a payment with the card comes to later."""
    at = await visit.open(pan)
    assert visit.returned(await visit.press(at, "code", code="123456")).result.md_status == 1


@pytest.mark.parametrize("delay_ms", [0, LIFE_MS])
async def test_a_closed_browser_never_returns(visit: AcsVisit, delay_ms: int) -> None:
    """The page says so, has nothing to press and no script."""
    waiting = await visit.enter(await visit.begin(own_pan(95013)))
    visit.now_ms += delay_ms
    at = await visit.press(waiting, "continue")
    assert "Bu sayfa iş yerine dönmez." in at.page.words
    assert (at.page.forms, at.page.all("script")) == ([], [])


async def test_the_language_can_be_switched(visit: AcsVisit) -> None:
    """Both ways, without losing what happened before, and the way back speaks it too."""
    at = await visit.press(await visit.open(), "code", code="0")
    turkish = transaction_of(at)
    at = await visit.press(at, "en")
    assert at.page.all("html") == [{"lang": "en"}]
    assert "Confirm your payment" in at.page.words
    assert "TRY 1.20" in at.page.words
    assert "6 Jun 2018, 13:52" in at.page.words
    assert transaction_of(at).wrong_codes == 1
    assert transaction_of(at).deadline_ms == turkish.deadline_ms
    done = await visit.press(at, "cancel")
    assert "Not confirmed" in done.page.words
    at = await visit.press(at, "tr")
    assert transaction_of(at) == turkish
    assert "Ödemeyi onaylayın" in at.page.words


async def test_the_merchants_language_comes_first(visit: AcsVisit) -> None:
    """A begin in English leads to English pages from the start."""
    waiting = await visit.enter(await visit.begin(language="en"))
    assert waiting.page.all("html") == [{"lang": "en"}]
    at = await visit.press(waiting, "continue")
    assert "Tries left: 2" in (await visit.press(at, "code", code="0")).page.words


async def test_the_page_names_the_payment(visit: AcsVisit) -> None:
    """Merchant, amount, instalments, card, date, and the code of the sandbox."""
    at = await visit.open(amount_e8=123_456 * UNIT + UNIT // 2, installments=3)
    for text in ("Kitapçı", "123.456,50 TL", "Taksit3", "5528 79•• •••• 0008", "06.06.2018 13:52"):
        assert text in at.page.words
    assert "Bütün kartların kodu: 123456" in at.page.words
    assert "sonu 0008 olan kart" in at.page.words
    assert CHALLENGE_PAN not in at.response.text
    assert "Taksit" not in (await visit.open()).page.words


async def test_the_code_field_is_accessible(visit: AcsVisit) -> None:
    """Labelled, described, numeric, and filled in by phones; errors belong to it."""
    at = await visit.press(await visit.open(), "code", code="0")
    (field,) = [item for item in at.page.all("input") if item.get("type") != "hidden"]
    assert (field["name"], field["inputmode"]) == ("code", "numeric")
    assert field["autocomplete"] == "one-time-code"
    assert {"for": field["id"]} in at.page.all("label")
    ids = [attributes["id"] for _, attributes in at.page.elements if "id" in attributes]
    assert set(field["aria-describedby"].split()) <= set(ids)
    assert len(ids) == len(set(ids))
    live = {item["id"]: item["aria-live"] for item in at.page.all("p") if "aria-live" in item}
    assert live == {"countdown": "off", "announcer": "polite"}


async def test_forms_work_without_javascript(visit: AcsVisit) -> None:
    """Every form has a button, but the one that only the countdown sends."""
    for name, (_, page) in (await all_pages(visit)).items():
        silent = [form for form in page.forms if not form.buttons]
        assert len(silent) == ("code" in name or name == "challenge")
        assert all(form.fields["action"] == "continue" for form in silent)
        assert len(page.all("h1")) == 1


async def test_nothing_inline_and_nothing_foreign(visit: AcsVisit) -> None:
    """No script or style in a page, no attribute that holds one, no address of a third party."""
    for _, page in (await all_pages(visit)).values():
        assert all(item["src"].startswith("/bank/static/") for item in page.all("script"))
        assert page.all("style") == []
        names = {name for _, attributes in page.elements for name in attributes}
        assert {name for name in names if name.startswith("on")} | (names & {"style"}) == set()
        links = [item.get("src") or item.get("href") for _, item in page.elements]
        assert all(link.startswith("/bank/") for link in links if link)


async def test_headers(visit: AcsVisit) -> None:
    """Every page has the strict policy, is not stored, and may be framed by the merchant."""
    policy = {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self'",
        "frame-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
    }
    pages = [at.response for at in (await all_pages(visit)).values()]
    pages.append(await call(visit.app, "GET", "/bank/3ds/method"))
    for response in pages:
        parts = response.headers["content-security-policy"].split("; ")
        assert dict(part.split(" ", 1) for part in parts) == policy
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["referrer-policy"] == "origin"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert {"x-frame-options", "set-cookie"}.isdisjoint(response.headers)


async def test_static_files(visit: AcsVisit) -> None:
    """Whatever a page links to is there with its type; nothing else is."""
    links = {
        item.get("src") or item.get("href")
        for _, page in (await all_pages(visit)).values()
        for _, item in page.elements
    }
    types = {}
    for link in links - {None}:
        response = await call(visit.app, "GET", link)
        assert response.status == 200
        assert response.body
        types[link] = response.headers["content-type"]
    assert types == {
        "/bank/3ds/method": "text/html; charset=utf-8",
        "/bank/static/bank.css": "text/css; charset=utf-8",
        "/bank/static/bank.svg": "image/svg+xml",
        "/bank/static/countdown.js": "text/javascript; charset=utf-8",
        "/bank/static/submit.js": "text/javascript; charset=utf-8",
    }
    for name in ("pages.py", "..", "bank.css/", ""):
        assert (await call(visit.app, "GET", f"/bank/static/{name}")).status == 404


async def test_a_hostile_merchant_name_is_text(visit: AcsVisit) -> None:
    """A name is shown as it is and never becomes part of the page."""
    at = await visit.open(merchant_name=HOSTILE)
    assert html.escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in (
        at.response.text
    )
    assert at.page.all("script") == [{"src": "/bank/static/countdown.js", "defer": None}]
    assert HOSTILE in at.page.words


BAD_TOKENS = ["", ".", "x", "e30=.00", "é", "%00", "a" * 100_000]


@pytest.mark.parametrize("path", ["/bank/3ds", "/bank/3ds/challenge"])
@pytest.mark.parametrize("token", BAD_TOKENS, ids=range(len(BAD_TOKENS)))
async def test_a_made_up_token_is_refused(visit: AcsVisit, path: str, token: str) -> None:
    """A page with a clear word, not a fault and not a form."""
    at = await visit.send(path, {"token": token, "action": "continue"})
    assert (at.response.status, at.page.forms) == (400, [])
    assert "Bu doğrulama sürdürülemiyor" in at.page.words


async def test_an_altered_token_is_refused(visit: AcsVisit) -> None:
    """Changing any one character of a token spoils it."""
    token = (await visit.begin()).fields["token"]
    for place in range(0, len(token), 7):
        other = "A" if token[place] != "A" else "B"
        altered = token[:place] + other + token[place + 1 :]
        assert (await visit.send("/bank/3ds", {"token": altered})).response.status == 400


async def test_a_foreign_token_is_refused(visit: AcsVisit) -> None:
    """A bank with another key does not take up what this one began."""
    other = acs_app(return_key=b"x" * 32, seed="bank", now_ms=lambda: visit.now_ms)
    fields = (await visit.begin()).fields
    assert (await post(visit.app, "/bank/3ds", fields)).status == 200
    assert (await post(other, "/bank/3ds", fields)).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"token",
        b"\xff\xfe",
        b"token=%ff",
        b"action=continue",
        b"&".join(b"a%d=1" % number for number in range(20)),
    ],
)
async def test_a_strange_body_is_refused(visit: AcsVisit, body: bytes) -> None:
    """Whatever is no form of the bank's gets the same page."""
    for path in ("/bank/3ds", "/bank/3ds/challenge"):
        assert (await call(visit.app, "POST", path, body)).status == 400


async def test_a_doubled_field_is_refused(visit: AcsVisit) -> None:
    """Two values for one field leave open which one counts."""
    token = (await visit.begin()).fields["token"]
    body = f"token={token}&action=continue&token={token}".encode()
    assert (await call(visit.app, "POST", "/bank/3ds/challenge", body)).status == 400


@pytest.mark.parametrize("action", ["", "CODE", "return"])
async def test_an_unknown_action_is_refused(visit: AcsVisit, action: str) -> None:
    """A genuine token does not make up for a step that there is not."""
    token = (await visit.begin()).fields["token"]
    at = await visit.send("/bank/3ds/challenge", {"token": token, "action": action})
    assert at.response.status == 400


async def test_a_code_before_the_page_opens_it(visit: AcsVisit) -> None:
    """The method step cannot be skipped to a result."""
    fields = (await visit.begin()).fields | {"action": "code", "code": "123456"}
    at = await visit.send("/bank/3ds/challenge", fields)
    assert at.page.form("code").buttons == ["Onayla"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/bank/3ds", 405),
        ("GET", "/bank/3ds/challenge", 405),
        ("POST", "/bank/3ds/method", 405),
        ("GET", "/bank", 404),
        ("GET", "/bank/", 404),
        ("POST", "/bank/3ds/code", 404),
    ],
)
async def test_other_addresses(visit: AcsVisit, method: str, path: str, status: int) -> None:
    """Somebody who reloads or guesses an address is told so in a page."""
    response = await call(visit.app, method, path)
    assert response.status == status
    assert "Burada bir sayfa yok" in response.text
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "tr"),
        ("de", "tr"),
        ("en-GB,en;q=0.9,tr;q=0.8", "en"),
        ("tr-TR,tr;q=0.9,en;q=0.8", "tr"),
        ("de-DE, EN;q=0.5", "en"),
        ("\u00fc;;,", "tr"),
    ],
)
async def test_errors_speak_the_browsers_language(
    visit: AcsVisit, accepted: str, language: str
) -> None:
    """Without a transaction there is only the browser to ask."""
    for path in ("/bank/3ds", "/bank/nowhere"):
        response = await call(visit.app, "POST", path, b"", {"Accept-Language": accepted})
        assert HtmlPage(response.text).all("html") == [{"lang": language}]


async def test_the_return_form_cannot_be_altered(visit: AcsVisit) -> None:
    """A failure cannot be turned into a success on the way."""
    at = await visit.press(await visit.open(), "cancel")
    (form,) = at.page.forms
    assert form.fields["mdStatus"] == "0"
    with pytest.raises(ForgedReturn):
        visit.acquirer.read_return(form.fields | {"mdStatus": "1"})


async def test_tokens_hold_no_card(visit: AcsVisit) -> None:
    """What the browser and the merchant see of the card is its mask."""
    for pan in (CHALLENGE_PAN, "374427000000003"):
        challenge = await visit.begin(pan)
        transaction = transaction_of(await visit.enter(challenge))
        assert re.fullmatch(r"[0-9]{6}\*+[0-9]{4}", transaction.mask)
        assert len(transaction.mask) == len(pan)
        assert pan not in f"{challenge!r} {transaction!r}"
    assert transaction.return_url == RETURN_URL


def test_the_key_is_not_printed() -> None:
    """Neither the app nor its settings give the key away."""
    app = acs_app(return_key=RETURN_KEY, seed="bank", now_ms=lambda: 0)
    assert RETURN_KEY.decode() not in f"{app!r} {app.routes!r}"


def test_every_own_scenario_is_walked_through() -> None:
    """The tests above leave out only what never gets to a page."""
    walked = {*DECIDED, 95010, 95011, 95012, 95013}
    assert set(OWN_SCENARIOS) - walked == {95020, 95021}
