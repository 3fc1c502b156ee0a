"""No page, log line, table or file has a card number or a security code, wherever they were sent.

The numbers are drawn anew for every run. The shop's samples, whose cards are published, are seen
before anybody else's card came.
"""

import base64
import json
import re
import secrets
from collections import Counter
from urllib.parse import quote, urlencode, urljoin, urlsplit

import pytest

from fakes.door_caller import iyzico_payment, paynet_payment, paywall_payment
from fakes.hostile import Witness
from fakes.leaks import files, leaks
from fakes.log_lines import capture_logs
from fakes.panel_addresses import GETS, address
from fakes.panel_browser import PASSWORD
from fakes.panel_town import stored_card
from vezne.core.card import is_luhn_valid
from vezne.core.member import Role
from vezne.panel.paths import PANEL_PATH

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Banks that the built-in bank knows, and the lengths of their numbers.
BINS = (("374427", 15), ("552879", 16), ("454671", 16), ("979203", 16))
# Four digits, which American Express has, and which chance puts nowhere by itself.
CODE = "9473"
CODE_ALONE = re.compile(rf"(?<![0-9A-Za-z.]){CODE}(?![0-9A-Za-z])".encode())
# Between the digits of a number, also in addresses.
SEPARATORS = re.compile(rb"%20|[ +-]")
A_KIND = 40
IDS = re.compile(r"/(?:[0-9a-f]{16,}|[0-9]+|[a-p]{32})(?=/|$)")


def draw(place):
    """A number that nobody has published, and without the code, whose last four are shown."""
    first, length = BINS[place % len(BINS)]
    middle = "".join(secrets.choice("0123456789") for _ in range(length - len(first) - 1))
    number = next(
        first + middle + digit for digit in "0123456789" if is_luhn_valid(first + middle + digit)
    )
    return draw(place) if CODE in number else number


PANS = tuple(draw(place) for place in range(8))


@pytest.fixture
def own(town):
    return town.quarters[0]


def spellings(pan):
    """As people type it."""
    groups = [pan[at : at + 4] for at in range(0, len(pan), 4)]
    return pan, " ".join(groups), "-".join(groups)


async def send_cards(caller):
    """Numbers where they belong, at every door, and where they do not."""
    for pan in PANS:
        await caller.iyzico("/payment/auth", iyzico_payment(pan, CODE))
        await caller.iyzico("/payment/preauth", iyzico_payment(pan, CODE))
        request = iyzico_payment(pan, CODE, callbackUrl="https://shop.example/back")
        await caller.iyzico("/payment/3dsecure/initialize", request)
        await caller.iyzico("/cardstorage/card", stored_card(f"m{pan[-4:]}", pan))
        name = f"ref-{pan[-4:]}"
        for path in ("startdirect", "start3d"):
            request = paywall_payment(f"{name}{path}", pan, CODE)
            request["Customer"]["Email"] = "a@b.example"
            await caller.paywall(f"/api/paywall/payment/{path}", request)
        await caller.paynet("/v2/transaction/payment", paynet_payment(name, pan, CODE))
        card = {"Nickname": "x", "HolderName": "x", "Number": pan, "Month": 12, "Year": 2030}
        await caller.paywall("/paywall/card", {"RelationalId1": name, "Card": card})
        block = {"Number": pan, "CardNumber": pan}
        await caller.paywall("/paywall/blacklist/card", block)
        await caller.iyzico("/payment/bin/check", {"binNumber": pan})
        for text in spellings(pan):
            await misplace(caller, text, pan)


async def misplace(caller, text, pan):
    """In free texts, in addresses, in headers, in bodies that are none."""
    sample = iyzico_payment(pan, CODE)
    for changes in (
        {"conversationId": text},
        {"basketId": text},
        {"buyer": {**sample["buyer"], "name": text, "email": f"{pan}@example.com"}},
        {"paymentCard": {**sample["paymentCard"], "cardHolderName": text}},
        {"basketItems": [{**item, "name": text} for item in sample["basketItems"]]},
    ):
        await caller.iyzico("/payment/auth", {**sample, **changes})
    await caller.paywall("/api/paywall/payment/startdirect", paywall_payment(text, pan, CODE))
    await caller.paynet("/v2/transaction/payment", paynet_payment(text, pan, CODE))
    body = json.dumps(sample).encode()
    for target, sent in (
        (f"/payment/{quote(text)}", body),
        (f"/payment/auth?card={quote(text)}&cvc={CODE}", body),
        ("/payment/auth", body[:-9]),
        ("/payment/auth", b"[" * 99 + body),
        (
            "/payment/auth",
            body.replace(pan[:4].encode(), b"\\u00" + pan[:1].encode().hex().encode()),
        ),
        ("/v2/transaction/payment", urlencode({"pan": pan, "cvc": CODE}).encode()),
        ("/paywall/card", f"<Card><Number>{pan}</Number><Cvv>{CODE}</Cvv></Card>".encode()),
    ):
        for kind in ("application/json", "application/x-www-form-urlencoded", "text/xml"):
            headers = {"content-type": kind, "user-agent": text, "authorization": f"Basic {text}"}
            await caller.call("POST", target, sent, headers)


async def type_cards(quarter):
    """What people type at the panel, where it has no place. Returns what was answered."""
    answers = {}
    for text in (*spellings(PANS[0]), *spellings(PANS[1])):
        browser = quarter.town.browser()
        path = f"{PANEL_PATH}/sign-in"
        form = (await browser.get(path)).text.partition('name="form" value="')[2].partition('"')[0]
        for email in (text, f"{text}@example.com"):
            fields = {"email": email, "password": text, "form": form, "next": f"/panel/{text}"}
            answer = await browser.post(path, fields, headers={"user-agent": text})
            answers[f"sign-in {email}"] = answer
        browser = quarter.town.browser()
        await browser.get(path)
        fields = {"email": quarter.email(Role.OWNER), "password": "correct horse 42 staple"}
        sent = {**fields, "form": browser.cookies["vezne_form"]}
        await browser.post(path, sent, headers={"user-agent": f"Browser {text}"})
        for page, names in FORMS.items():
            shown = await quarter.get("/settings")
            mark = shown.text.partition('name="mark" value="')[2].partition('"')[0]
            fields = {**dict.fromkeys(names, text), "mark": mark, "newest": "0", "role": "viewer"}
            fields |= {"unit": "days", "offset_ms": "0"}
            answers[f"POST {page} {text}"] = await quarter.post(page, fields)
        queries = ("q", "conversation", "basket", "bin", "caller", "reference", "path", "key")
        for page in ("/payments", "/cards", "/requests", "/audit", "/webhooks", "/keys/revoke"):
            query = urlencode(dict.fromkeys(queries, text))
            answers[f"GET {page}? {text}"] = await quarter.get(f"{page}?{query}")
            answers[f"GET {page}/ {text}"] = await quarter.get(f"{page}/{quote(text)}")
        unknown = await quarter.get(f"/{quote(text)}?{urlencode({'next': text})}")
        answers[f"GET / {text}"] = unknown
    return answers


FORMS = {
    "/payments": ("bin", "last4", "least", "most", "conversation", "basket", "since", "until"),
    "/payments/search": ("q",),
    "/cards/find": ("q",),
    "/settings/webhooks": ("webhook_iyzico", "webhook_paywall", "webhook_paynet"),
    "/settings/account": ("iban", "marketplace"),
    "/settings/access": ("networks",),
    "/settings/plan": ("commission_rate", "fee", "blockage_rate", "blockage_days"),
    "/sandbox/faults": ("kind", "bin", "last4", "amount", "currency", "path", "times", "code"),
    "/sandbox/clock/advance": ("count",),
    "/sandbox/clock/set": ("moment",),
    "/team/invitations": ("email",),
    "/account/merchant": ("merchant",),
    "/keys/revoke": ("door", "key"),
    "/shop": ("quantity_coffee", "door", "way", "card"),
}


async def crawl(quarter):
    """Pages that links lead to, and live parts, by address: so many of each kind."""
    browser = quarter.browser(Role.OWNER)
    waiting = [PANEL_PATH + address(page, quarter.ids) for page in GETS]
    seen, pages, kinds = set(waiting), {}, Counter()
    while waiting:
        path = waiting.pop(0)
        kind = IDS.sub("/#", path.partition("?")[0])
        if kinds[kind] == A_KIND:
            continue
        kinds[kind] += 1
        answer = await browser.get(path)
        pages[f"page {path}"] = f"{answer.text} {answer.headers}".encode()
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        for link in Witness(answer.text).links:
            parts = urlsplit(urljoin(f"http://127.0.0.1:8080{path}", link))
            target = f"{parts.path}?{parts.query}".rstrip("?")
            if parts.path.startswith(PANEL_PATH) and target not in seen:
                seen.add(target)
                waiting.append(target)
    return pages


async def test_what_is_secret_is_shown_once_or_never(town, own):
    """Keys, links, sessions and passwords: on no page after, in no file, in no log line."""
    with capture_logs() as lines:
        issued = await own.fill_in("/keys", "/keys", door="paywall.private")
        (secret,) = re.findall(r"<code>([0-9A-Za-z]{64})</code>", issued.text)
        link = await own.invite("sixth@example.com")
        browser = await own.sign_in(Role.OWNER)
        pages = await crawl(own)
    await town.house.recorder.write()
    await town.house.audit.settled()
    assert issued.headers["cache-control"] == "no-store"
    places = {**pages, **files(town.house.settings.data), "log": repr(lines).encode()}
    doors = own.caller.keys
    names = ("secret_key", "public_key", "private_key")
    secrets_of_all = [secret, link, PASSWORD, browser.cookies["vezne_session"]]
    secrets_of_all += [pair[name] for pair in doors.values() for name in names if name in pair]
    secrets_of_all += [each["vezne_session"] for each in own.sessions.values()]
    assert len(secrets_of_all) == 12
    for text in secrets_of_all:
        forms = (text.encode(), text.encode().hex().encode(), quote(text).encode())
        assert [name for name, place in places.items() if any(map(place.count, forms))] == []


async def test_a_stranger_cannot_have_a_command_sent_to_their_host(own):
    """A call that proved nothing names a host; the page shows it, and copies it into no command."""
    body, headers = b"{}", {"host": "evil.example", "authorization": "IYZWSv2 x"}
    key = own.caller.keys["iyzico"]["api_key"]
    claim = base64.b64encode(f"apiKey:{key}&randomKey:r&signature:00".encode()).decode()
    headers["authorization"] = f"IYZWSv2 {claim}"
    await own.caller.call("POST", "/payment/auth", body, headers)
    await own.town.house.recorder.write()
    newest = re.search(r"/panel/requests/\d+", (await own.get("/requests")).text)[0]
    page = (await own.get(newest.removeprefix(PANEL_PATH))).text
    assert "evil.example" in page
    assert "//evil.example" not in page


async def test_no_number_and_no_code_is_anywhere(town, own):
    """After all of it: pages, log lines, the data folder, and what the panel answered."""
    with capture_logs() as lines:
        await send_cards(own.caller)
        answers = await type_cards(own)
        await own.town.house.recorder.write()
        pages = await crawl(own)
    began = await own.post("/payments/export", {})
    part = await own.get(f"/payments/export/part?{began.location.partition('?')[2]}")
    assert part.status == 200
    await town.house.audit.settled()
    places = {
        **pages,
        **files(town.house.settings.data),
        "log": repr(lines).encode(),
        "export": part.text.encode(),
        "rows": repr(town.rows()).encode(),
    }
    for name, answer in answers.items():
        places[name] = f"{answer.text} {answer.headers} {answer.cookies}".encode()
    bare = {f"{name}, bare": SEPARATORS.sub(b"", text) for name, text in places.items()}
    assert list(leaks(PANS, places | bare)) == []
    assert [name for name, text in places.items() if CODE_ALONE.search(text)] == []
    assert any("552879" in text.decode("utf-8", "replace") for text in pages.values())
    assert sum(b"374427****" in text or b"374427" in text for text in pages.values()) > 10
