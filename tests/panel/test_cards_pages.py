"""Stored cards in the panel: found by every name that they have, masked, deleted once."""

import asyncio
from urllib.parse import quote, urlencode

import pytest

from fakes.panel_cards import NUMBER, put_card
from vezne.bootstrap.house import own_room
from vezne.core.audit import AuditAction
from vezne.core.card import Expiry
from vezne.core.member import Role
from vezne.flows.blocklist import block_card
from vezne.flows.store_card import CardOfOwner
from vezne.panel.pages.cards import CARDS_A_PAGE, OWNERS_A_PAGE

EVIL = "<script>alert(1)</script>\"'"
MASK = "552879******0008"


def page_of(stored) -> str:
    return f"/panel/cards/{stored.owner.key.hex()}/{stored.card.token.hex()}"


def owner_page_of(stored) -> str:
    return f"/panel/cards/{stored.owner.key.hex()}"


async def find(panel, text, **options):
    return await panel.get("/panel/cards?" + urlencode({"q": text}), **options)


async def test_cards_are_listed_by_customer(panel) -> None:
    """Newest first, in both languages, and nothing of a number but its ends."""
    first = await put_card(panel)
    second = await put_card(panel, email="mehmet@example.com")
    page = (await panel.get("/panel/cards", Role.VIEWER)).text
    assert page.index("mehmet@example.com") < page.index("ayse@example.com")
    assert MASK in page
    assert f'href="{page_of(first)}"' in page
    assert f'href="{owner_page_of(second)}"' in page
    assert "Saklı kartlar" in (await panel.get("/panel/cards", language="tr")).text


async def test_no_page_shows_a_number(panel) -> None:
    """Not the whole of it, nor the two digits that would make its BIN longer, nor its holder."""
    stored = await put_card(panel)
    for path in (
        "/panel/cards",
        owner_page_of(stored),
        page_of(stored),
        f"{page_of(stored)}/delete",
    ):
        text = (await panel.get(path)).text
        assert MASK in text
        assert NUMBER not in text
        assert NUMBER[:8] not in text
        assert "Öztürk" not in text


async def test_customers_have_pages(panel) -> None:
    """Each once, newest first, and a way back."""
    for number in range(OWNERS_A_PAGE + 1):
        await put_card(panel, email=f"customer{number}@example.com", external_id=None)
    first = (await panel.get("/panel/cards")).text
    assert "customer1@" in first
    assert "customer0@" not in first
    further = first.partition('rel="next" href="')[2].partition('"')[0]
    second = (await panel.get(further)).text
    assert "customer0@" in second
    assert "customer1@" not in second
    assert 'href="/panel/cards">Newest' in second


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("ayse@example.com", True),
        ("AYSE@", True),
        ("customer-7", True),
        ("customer-8", False),
        ("nobody@example.com", False),
    ],
)
async def test_customers_are_found(panel, text, is_found) -> None:
    """By their e-mail address or a part of it, and by the merchant's own name."""
    stored = await put_card(panel)
    page = (await find(panel, text)).text
    assert (owner_page_of(stored) in page) is is_found
    assert ("Nothing fits" in page) is not is_found


async def test_a_customer_found_twice_is_shown_once(panel) -> None:
    """Their address may be the merchant's own name for them."""
    stored = await put_card(panel, external_id="ayse@example.com")
    page = (await find(panel, "ayse@example.com")).text
    assert page.count(f'<a href="{owner_page_of(stored)}"') == 1


async def test_cards_are_found_by_what_doors_call_them(panel) -> None:
    """Every name that a card's page shows leads to it, and an owner's to theirs."""
    stored = await put_card(panel)
    names, now_ms = panel.desk.card_names, panel.house.ports.clock.now_ms()
    for name in names.of_card(stored.owner, stored.card, now_ms):
        assert (await find(panel, name.value)).location == page_of(stored)
        assert quote(name.value, safe="") not in page_of(stored)
    for name in names.of_owner(stored.owner):
        if name.field in {"cardUserKey", "card_owner_id"}:
            assert (await find(panel, name.value)).location == owner_page_of(stored)
    unknown = await find(panel, bytes(20).hex())
    assert "Nothing fits" in unknown.text


async def test_a_search_goes_on_where_it_ended(panel) -> None:
    """What has no place in an address begins anew."""
    stored = await put_card(panel)
    token = stored.card.token.hex()
    for before in ("zz", "00-zz", "-", f"{'ff' * 21}-00"):
        answer = await panel.get(f"/panel/cards?q={token}&before={before}")
        assert answer.location == page_of(stored)
    assert "Nothing fits" in (await panel.get(f"/panel/cards?q={token}&before=00-00")).text


async def test_a_search_goes_to_an_address(panel) -> None:
    """Which can be kept; nothing asked is the list."""
    for text, address in (("", "/panel/cards"), ("a b&c", "/panel/cards?q=a+b%26c")):
        assert (await panel.post("/panel/cards/find", {"q": text}, Role.VIEWER)).location == address


@pytest.mark.parametrize("number", [NUMBER, "5528 7900 0000 0008", f"kart {NUMBER}"])
async def test_nothing_is_found_by_a_number(panel, number) -> None:
    """It is refused, and stands nowhere on the page nor in an address."""
    await put_card(panel)
    answer = await panel.post("/panel/cards/find", {"q": number})
    assert answer.status == 422
    assert "cannot be found by their number" in answer.text
    assert number not in answer.text
    assert MASK not in answer.text
    by_hand = await find(panel, number)
    assert (by_hand.status, by_hand.location) == (303, "/panel/cards")


async def test_a_long_name_is_none(panel) -> None:
    """It is not looked for."""
    assert (await panel.post("/panel/cards/find", {"q": "x" * 300})).status == 422
    assert (await find(panel, "x" * 300)).location == "/panel/cards"


async def test_an_owner_s_cards_have_pages(panel) -> None:
    """However many there are."""
    stored = await put_card(panel, alias="the first")
    for _ in range(CARDS_A_PAGE):
        await put_card(panel, owner_key=stored.owner.key)
    first = (await panel.get(owner_page_of(stored))).text
    assert "the first" not in first
    further = first.partition('rel="next" href="')[2].partition('"')[0]
    second = (await panel.get(further)).text
    assert "the first" in second
    assert "Newest" in second


async def test_a_card_says_what_it_is(panel) -> None:
    """Its bank, what the merchant noted, and what each door calls it."""
    stored = await put_card(panel, metadata={"kampanya": "bahar"})
    text = (await panel.get(page_of(stored))).text
    now_ms = panel.house.ports.clock.now_ms()
    for name in panel.desk.card_names.of_card(stored.owner, stored.card, now_ms):
        assert f"<code>{name.field}</code>" in text
    for shown in ("Halk Bankası", "Mastercard", "Paraf", "kampanya", "bahar", "kartım", "Usable"):
        assert shown in text


async def test_an_expired_card_says_so(panel) -> None:
    """By the merchant's clock."""
    stored = await put_card(panel)
    assert "Expired" not in (await panel.get(page_of(stored))).text
    ahead_ms = 20 * 366 * 86_400_000
    await panel.house.merchants.change_clock(panel.merchant.id, ahead_ms, instead_of_ms=0)
    for path in ("/panel/cards", owner_page_of(stored), page_of(stored)):
        assert "Expired" in (await panel.get(path)).text


async def test_a_blocked_card_says_so(panel) -> None:
    """Nobody can pay with it."""
    stored = await put_card(panel)
    await block_card(named(panel, stored), panel.house.ports)
    text = (await panel.get(page_of(stored))).text
    assert "Blocked" in text
    assert "Usable" not in text


def named(panel, stored) -> CardOfOwner:
    return CardOfOwner(merchant=panel.merchant, owner_key=stored.owner.key, token=stored.card.token)


async def test_a_card_is_deleted_after_a_question(panel) -> None:
    """It goes from the books and the vault; who did it is on record."""
    stored = await put_card(panel)
    question = (await panel.get(f"{page_of(stored)}/delete", Role.OPERATOR)).text
    assert "cannot be undone" in question
    assert (await panel.get(page_of(stored))).status == 200
    answer = await panel.post(f"{page_of(stored)}/delete", role=Role.OPERATOR)
    assert (answer.status, answer.location) == (303, owner_page_of(stored))
    assert (await panel.get(page_of(stored))).status == 404
    assert await panel.house.ports.vault.list_tokens(panel.merchant.id, b"", 9) == []
    assert "no stored card" in (await panel.get(owner_page_of(stored))).text


async def test_a_card_is_deleted_once(panel) -> None:
    """Whoever comes second is told."""
    stored = await put_card(panel)
    await panel.post(f"{page_of(stored)}/delete")
    answer = await panel.post(f"{page_of(stored)}/delete")
    assert answer.location == owner_page_of(stored)
    assert answer.note.startswith("-")
    assert "deleted already" in answer.note


async def test_of_two_deletions_at_once_one_counts(panel) -> None:
    """Neither is a fault, and the other customer's card stays."""
    stored, other = await put_card(panel), await put_card(panel)
    answers = await asyncio.gather(*(panel.post(f"{page_of(stored)}/delete") for _ in range(2)))
    assert [answer.location for answer in answers] == [owner_page_of(stored)] * 2
    assert await panel.house.ports.vault.list_tokens(panel.merchant.id, b"", 9) == [
        other.card.token
    ]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DEVELOPER])
async def test_who_may_not_delete_cards_cannot(panel, role) -> None:
    """Nor sees a button for it."""
    stored = await put_card(panel)
    assert "/delete" not in (await panel.get(page_of(stored), role)).text
    assert "/delete" not in (await panel.get(owner_page_of(stored), role)).text
    assert (await panel.get(f"{page_of(stored)}/delete", role)).status == 403
    assert (await panel.post(f"{page_of(stored)}/delete", role=role)).status == 403
    assert (await panel.get(page_of(stored), role)).status == 200


async def test_another_merchant_s_cards_do_not_exist(panel) -> None:
    """Neither in lists, nor by any name, nor to be deleted."""
    stored = await put_card(panel)
    other = await panel.add_merchant("Other")
    assert "ayse" not in (await panel.get("/panel/cards", merchant=other)).text
    for text in ("ayse@example.com", "customer-7", stored.card.token.hex(), stored.owner.key.hex()):
        answer = await find(panel, text, merchant=other)
        assert answer.status == 200
        assert page_of(stored) not in answer.text
    now_ms = panel.house.ports.clock.now_ms()
    for name in panel.desk.card_names.of_card(stored.owner, stored.card, now_ms):
        assert (await find(panel, name.value, merchant=other)).status == 200
    for path in (owner_page_of(stored), page_of(stored), f"{page_of(stored)}/delete"):
        assert (await panel.get(path, merchant=other)).status == 404
    assert (await panel.post(f"{page_of(stored)}/delete", merchant=other)).status == 404
    assert (await panel.get(page_of(stored))).status == 200


async def test_whatever_a_merchant_writes_is_text(panel) -> None:
    """In every field, on every page, in searches too."""
    stored = await put_card(
        panel, alias=EVIL, email=f"{EVIL}@example.com", external_id=EVIL, metadata={EVIL: EVIL}
    )
    paths = ["/panel/cards", owner_page_of(stored), page_of(stored), f"{page_of(stored)}/delete"]
    for path in [*paths, "/panel/cards?" + urlencode({"q": EVIL})]:
        text = (await panel.get(path)).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize(
    "path",
    [
        "/panel/cards/zz",
        "/panel/cards/" + "ab" * 70,
        "/panel/cards/00%00",
        "/panel/cards/AB",
        "/panel/cards/ab/cd",
        "/panel/cards/ab/zz/delete",
    ],
)
async def test_an_address_of_nothing_is_no_page(panel, path) -> None:
    """Whatever stands in it."""
    assert (await panel.get(path)).status == 404


@pytest.mark.parametrize("query", ["before=zz", "before=%00", "q=%00", "q=%ff", "q=%F0%9F%92%B3"])
async def test_a_strange_address_is_no_fault(panel, query) -> None:
    """It finds what it can."""
    await put_card(panel)
    assert (await panel.get(f"/panel/cards?{query}")).status == 200


async def test_a_card_of_an_unknown_bank_and_an_unnamed_customer(panel) -> None:
    """Has a page as well."""
    stored = await put_card(
        panel,
        number="4111111111111111",
        email="",
        external_id=None,
        alias="",
        expiry=Expiry(2031, 1),
    )
    assert "Customer without a name" in (await panel.get("/panel/cards")).text
    text = (await panel.get(page_of(stored))).text
    assert "411111******1111" in text
    assert "UniqueCode" not in text


async def test_deleting_leaves_two_lines_in_the_trail(panel) -> None:
    """Who wanted it, and what the vault did."""
    stored = await put_card(panel)
    recorded = []
    audit = own_room(panel.house).audit
    write = audit.record
    audit.record = lambda event: (recorded.append(event), write(event))[1]
    await panel.post(f"{page_of(stored)}/delete")
    actions = [event.action for event in recorded]
    assert actions == [AuditAction.ADMINISTERED, AuditAction.CARD_DELETED]
    assert stored.card.token.hex() in recorded[0].subject
