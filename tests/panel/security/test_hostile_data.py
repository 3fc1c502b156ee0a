"""Whatever merchants, buyers and strangers send, on the panel's pages it is text."""

import csv
import io
import json
import re
from html import unescape
from itertools import cycle
from urllib.parse import quote, urlencode, urljoin, urlsplit

import pytest
import pytest_asyncio

from fakes.door_caller import iyzico_payment, paynet_payment, paywall_payment
from fakes.hostile import FORMULAS, MARK, TEXTS, Witness
from fakes.panel_addresses import GETS, address
from fakes.panel_town import furnish, open_panel_town, stored_card
from fakes.sub_merchants import sub_merchant_request
from vezne.core.member import Role
from vezne.core.webhook import Reply, Undelivered
from vezne.panel.paths import PANEL_PATH

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = f'{TEXTS[0]}"><img src=x onerror={MARK}()>'
# Two references, three of each line, five of each address and of the buyer, the holder is not kept.
FIELDS = 2 + 3 * 3 + 2 * 5 + 5
# How often links are followed, and how many of a kind each time.
ROUNDS = {"en": 4, "tr": 2}
A_KIND = 24
IDS = re.compile(r"/(?:[0-9a-f]{16,}|[0-9]+|[a-p]{32})(?=/|$)")
# Kinds of pages with texts of other people.
SHOWING = {
    "/panel/account",
    "/panel/cards",
    "/panel/cards/#",
    "/panel/cards/#/#",
    "/panel/cards/#/#/delete",
    "/panel/payments/#",
    "/panel/requests",
    "/panel/requests/#",
    "/panel/sandbox",
    "/panel/team",
    "/panel/webhooks/#/#",
}
# What nobody sees, and what turns the direction of everything after it.
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# Where the door's own page goes to the bank.
BANK_PAGE = "/bank"


class HostileServer:
    """A merchant's server that answers webhooks with whatever breaks readers."""

    def __init__(self) -> None:
        self.count = 0

    async def deliver(self, message) -> Reply:
        self.count += 1
        text = TEXTS[self.count % len(TEXTS)]
        if self.count % 2:
            raise Undelivered("answered 500", Reply(500, text))
        return Reply(200, text)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def victim(tmp_path_factory):
    """A merchant with a hostile name, at whose doors everybody sends hostile texts."""
    async with open_panel_town(tmp_path_factory.mktemp("hostile") / "data") as town:
        quarter = await town.add_quarter("kurban", NAME)
        await furnish(quarter)
        for text in TEXTS:
            quarter.ids[text] = str(await pay_with(quarter.caller, text))
            await store_with(quarter.caller, text)
            await call_with(quarter.caller, text)
        await type_in(quarter)
        await town.tell(quarter, HostileServer())
        await town.house.recorder.write()
        yield quarter


async def pay_with(caller, text):
    """Payments through every door with the text in all of their fields, or in those that take it.

    Returns the number of the one that has it nearly everywhere.
    """
    sample = iyzico_payment()
    address_of = dict.fromkeys(("contactName", "city", "country", "address", "zipCode"), text)
    items = [
        {**item, "id": text, "name": text, "category1": text, "category2": text}
        for item in sample["basketItems"]
    ]
    free = dict.fromkeys(("id", "name", "surname", "city", "country", "registrationAddress"), text)
    whole = {
        **sample,
        "conversationId": text,
        "basketId": text,
        "basketItems": items,
        "shippingAddress": address_of,
        "billingAddress": address_of,
        "paymentCard": {**sample["paymentCard"], "cardHolderName": text},
        "buyer": {**sample["buyer"], **free},
    }
    paid = await caller.iyzico("/payment/auth", whole)
    back = {"callbackUrl": f"https://shop.example/?x={quote(text)}"}
    await caller.iyzico("/payment/3dsecure/initialize", {**whole, **back})
    for changes in (
        {"conversationId": text},
        {"buyer": dict.fromkeys(sample["buyer"], text)},
        {"paymentChannel": text, "paymentGroup": text, "locale": text, "currency": text},
        {"callbackUrl": text},
    ):
        await caller.iyzico("/payment/3dsecure/initialize", {**sample, **back, **changes})
    await caller.paywall("/api/paywall/payment/startdirect", paywall_payment(text))
    await caller.paywall("/api/paywall/payment/startdirect", changed("direct", text))
    await caller.paywall("/api/paywall/payment/start3d", changed("secure", text))
    await caller.paynet("/v2/transaction/payment", paynet_payment(text))
    plain = {"card_holder": "Ayse Yilmaz", "card_holder_mail": "a@b.example"}
    plain |= {"card_holder_phone": "5321234567", "reference_no": f"{text[:40]}-paynet"}
    await caller.paynet("/v2/transaction/payment", {**paynet_payment(text), **plain})
    return paid.get("paymentId")


def changed(code, text):
    """A PayWall payment with the text where it is read most freely."""
    request = paywall_payment(text)
    request["PaymentDetail"]["MerchantUniqueCode"] = f"{code}-{TEXTS.index(text)}"
    request["Customer"] |= {"Email": "a@b.example", "Phone": "5321234567"}
    return request


async def store_with(caller, text):
    """A stored card, and a sub-merchant who sells."""
    place = TEXTS.index(text)
    await caller.iyzico("/cardstorage/card", stored_card(text))
    base = stored_card(f"c{place}")
    card = {**base["card"], "cardAlias": text, "cardHolderName": text}
    for changes in (
        {"externalId": text},
        {"email": f"{MARK}'{{{{7*7}}}}={place}@example.com"},
        {"email": text},
        {"card": card},
        {"card": {**card, "metadata": {text[:40]: text[:200]}}},
    ):
        await caller.iyzico("/cardstorage/card", {**base, **changes})
    names = ("name", "contactName", "contactSurname", "address", "subMerchantExternalId")
    for fields in (names, names[:-1], names[-1:]):
        seller = sub_merchant_request(subMerchantExternalId=f"seller-{place}")
        seller |= dict.fromkeys(fields, text)
        key = (await caller.iyzico("/onboarding/submerchant", seller)).get("subMerchantKey")
        part = {"subMerchantKey": key or text, "subMerchantPrice": "0.1"}
        items = [{**item, **part} for item in iyzico_payment()["basketItems"]]
        await caller.iyzico("/payment/auth", iyzico_payment(basketItems=items))


async def call_with(caller, text):
    """Calls that no door understands, with the text in path, query, headers, key and body."""
    plain = text.encode("ascii", "ignore").decode().translate(dict.fromkeys(range(32)))
    for target in (f"/payment/{quote(text)}", f"/v1/{plain}".replace(" ", ""), f"/?x={plain}"):
        for method in ("GET", "POST", plain[:30].replace(" ", "")):
            await caller.call(method, target, text.encode(), {})
    headers = dict.fromkeys(
        ("user-agent", "accept-language", "x-iyzi-rnd", "x-iyzi-client-version"), plain
    )
    headers |= {"host": plain[:60], "idempotency-key": plain, "content-type": plain}
    await caller.iyzico("/payment/auth", iyzico_payment(), **headers)
    for name in ("authorization", "apiclientpublic", "apikeypublic"):
        for path in ("/payment/auth", "/paywall/card", "/v1/card/list"):
            await caller.call("POST", path, json.dumps({"x": text}).encode(), {name: plain})
    for body in (text, f'{{"{plain}": "', f"<a>{text}</a>", f"a={quote(text)}"):
        for kind in ("application/json", "text/xml", "application/x-www-form-urlencoded"):
            await caller.call("POST", "/payment/auth", body.encode(), {"content-type": kind})


async def type_in(quarter):
    """What a member of the merchant may type and leave behind."""
    fault = {"kind": "answer_500_after_commit", "times": "always", "path": f"/{TEXTS[0]}"}
    await quarter.post("/sandbox/faults", {**fault, "newest": "0"})
    await quarter.fill_in(
        "/team", "/team/invitations", email=f"{MARK}'{{{{7*7}}}}@example.com", role="viewer"
    )
    for text in TEXTS:
        browser = quarter.town.browser()
        path = f"{PANEL_PATH}/sign-in"
        form = (await browser.get(path)).text.partition('name="form" value="')[2].partition('"')[0]
        fields = {"email": text, "password": text, "form": form, "next": text}
        await browser.post(path, fields)
    browser = quarter.town.browser()
    form = (await browser.get(path)).text.partition('name="form" value="')[2].partition('"')[0]
    fields = {"email": quarter.email(Role.OWNER), "password": "correct horse 42 staple"}
    await browser.post(path, {**fields, "form": form}, headers={"user-agent": TEXTS[1]})


def assert_harmless(answer, where):
    """No hostile text has become anything else, and no template has read one."""
    witness = Witness(answer.text)
    assert witness.found == [], where
    words = "".join(witness.words)
    assert f"49{MARK}" not in words
    assert not UNSEEN.search(answer.text)
    return witness


async def crawl(quarter, language):
    """What pages say, by kind: those that links lead to from the first, some of each kind."""
    browser = quarter.browser(Role.OWNER)
    browser.cookies["vezne_language"] = language
    found = [PANEL_PATH + address(page, quarter.ids) for page in GETS]
    seen, words = set(found), {}
    for _ in range(ROUNDS[language]):
        by_kind = {}
        for path in found:
            by_kind.setdefault(IDS.sub("/#", path.partition("?")[0]), []).append(path)
        found = []
        for kind, paths in by_kind.items():
            for path in paths[:: -(-len(paths) // A_KIND)]:
                answer = await browser.get(path)
                assert answer.status < 500, path
                is_page = "text/html" in answer.headers.get("content-type", "")
                if not is_page or path.endswith(BANK_PAGE):
                    continue
                witness = assert_harmless(answer, path)
                words[kind] = words.get(kind, "") + "".join(witness.words)
                found += [link for link in targets(path, witness.links) if link not in seen]
                seen.update(found)
    return words


def targets(path, links):
    """Where the links of a page lead to in the panel."""
    for link in links:
        parts = urlsplit(urljoin(f"http://127.0.0.1:8080{path}", link))
        if parts.netloc == "127.0.0.1:8080" and parts.path.startswith(PANEL_PATH):
            yield f"{parts.path}?{parts.query}".rstrip("?")


@pytest.mark.parametrize("language", ROUNDS)
async def test_hostile_texts_stay_texts_on_every_page(victim, language):
    """Followed link by link from every page; and they are there to be read, as they were sent."""
    words = await crawl(victim, language)
    everything = "\n".join(words.values())
    assert MARK in everything.replace(NAME, "")
    if language == "en":
        assert [text for text in TEXTS if text.isprintable() and text not in everything] == []
        assert [kind for kind in SHOWING if MARK not in words[kind].replace(NAME, "")] == []


async def test_every_field_of_a_payment_is_shown_as_it_was_sent(victim):
    """References, basket, buyer, addresses and seller, each of them hostile."""
    paid = [text for text in TEXTS if victim.ids[text] != "None" and text.isprintable()]
    # Some are longer than a reference may be.
    assert len(paid) >= 10
    for text in paid:
        answer = await victim.get(f"/payments/{victim.ids[text]}")
        witness = assert_harmless(answer, text)
        assert "".join(witness.words).count(text) >= FIELDS


async def test_live_parts_are_harmless_too(victim):
    """The script puts them into the page as they come."""
    for page in GETS:
        answer = await victim.get(address(page, victim.ids), **{"x-live": "1"})
        if answer.status == 200 and not page.path.endswith(BANK_PAGE):
            assert_harmless(answer, page.path)


async def test_what_is_typed_into_an_address_stays_text(victim):
    """Every name of a parameter that any page reads, with one text after the other."""
    names = (
        *("amount", "basket", "before", "bin", "caller", "conversation", "currency", "door"),
        *("key", "kind", "last4", "least", "line", "link", "most", "next", "outcome", "path", "q"),
        *("reference", "since", "standing", "state", "status", "until", "way", "ticket", "began"),
        *("action", "failed"),
    )
    for page in GETS:
        if page.path.endswith(BANK_PAGE):
            continue
        path = address(page, victim.ids)
        for first in range(0, len(TEXTS) - 1, 3):
            texts = cycle(TEXTS[first:-1] + TEXTS[:first])
            query = urlencode(dict(zip(names, texts, strict=False)))
            answer = await victim.get(f"{path}?{query}")
            assert answer.status < 500
            assert_harmless(answer, page.path)


FORMS = {
    "/payments": ("bin", "last4", "least", "most", "conversation", "basket", "since", "until"),
    "/payments/search": ("q",),
    "/cards/find": ("q",),
    "/settings/webhooks": ("webhook_iyzico", "webhook_paywall", "webhook_paynet"),
    "/settings/account": ("iban", "marketplace"),
    "/settings/access": ("networks",),
    "/settings/plan": ("commission_rate", "fee", "blockage_rate", "blockage_days"),
    "/settings/rates": ("rate_USD", "rate_EUR", "rate_GBP"),
    "/settings/installments/0": ("surcharge_2", "surcharge_3"),
    "/sandbox/faults": ("kind", "operation", "bin", "amount", "currency", "path", "times", "code"),
    "/sandbox/clock/advance": ("count",),
    "/sandbox/clock/set": ("moment",),
    "/team/invitations": ("email",),
    "/account/password": ("current", "new", "again"),
    "/account/second-factor/begin": ("password",),
    "/shop": ("quantity_coffee", "quantity_bag", "door", "way", "card", "save"),
    "/preferences": ("back", "language", "theme"),
}
FIXED = {
    "/team/invitations": {"role": "viewer"},
    "/sandbox/faults": {"newest": "0"},
    "/sandbox/clock/advance": {"unit": "days", "offset_ms": "0"},
    "/shop": {"order": "b" * 32},
}


@pytest.mark.parametrize("path", FORMS)
async def test_what_is_typed_into_a_form_stays_text(victim, path):
    """The form comes back with it, or the page after it says it."""
    shown = await victim.get(path.rpartition("/")[0] if path.count("/") > 1 else path)
    mark = shown.text.partition('name="mark" value="')[2].partition('"')[0]
    for text in TEXTS[:-1]:
        fields = {**dict.fromkeys(FORMS[path], text), **FIXED.get(path, {}), "mark": mark}
        answer = await victim.post(path, fields)
        assert answer.status in {200, 303, 400, 404, 422, 429}, (path, text)
        assert_harmless(answer, path)
        if answer.status == 303:
            assert answer.location.startswith(PANEL_PATH)
            assert not {"\r", "\n"} & set(answer.location)
            after = await victim.get(answer.location.removeprefix(PANEL_PATH))
            assert_harmless(after, path)


async def test_cookies_are_texts_as_well(victim):
    """Somebody else on the host may have put them there."""
    for text in TEXTS[:-1]:
        browser = victim.browser(Role.OWNER)
        plain = text.encode("ascii", "ignore").decode().replace(";", "").replace("\x00", "")
        for name in ("vezne_language", "vezne_theme", "vezne_note", "vezne_form", "vezne_code"):
            browser.cookies[name] = plain
        answer = await browser.get(f"{PANEL_PATH}/account")
        assert_harmless(answer, "account")
        browser.cookies["vezne_note"] = f"-{text}".encode().hex()
        assert_harmless(await browser.get(f"{PANEL_PATH}/account"), "note")
        stranger = victim.town.browser()
        stranger.cookies["vezne_form"] = plain
        assert_harmless(await stranger.get(f"{PANEL_PATH}/sign-in"), "sign-in")


async def test_a_spreadsheet_has_no_formulas(victim):
    """In no cell of the export, whatever references and baskets are called."""
    began = await victim.post("/payments/export", {})
    answer = await victim.get(f"/payments/export/part?{began.location.partition('?')[2]}")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert any(MARK in cell for row in rows for cell in row)
    assert len({len(row) for row in rows}) == 1
    for row in rows[1:]:
        for cell in row:
            assert not cell.strip(" \u00a0").startswith(FORMULAS), cell


async def test_the_witness_would_have_seen_them(victim):
    """Each text that is an element or an attribute by itself is found where nobody escapes it."""
    for text in TEXTS:
        page = f'<p title="{text}">{text}</p><p title=\'{text}\'></p><a href="{text}">x</a>'
        is_seen = Witness(page).found != []
        assert is_seen or unescape(text) == text or "&lt;" in text, text
    assert Witness('<a href="javascript:x()">').found
    assert Witness('<a href="//evil.example">').found
    assert Witness("<script>x()</script>").found
