"""A card number in a field where none belongs is refused before any page sees it."""

from urllib.parse import urlencode

import pytest

from vezne.core.member import Role
from vezne.panel.app import PAGES
from vezne.panel.card_numbers import are_among, is_card_number, is_in_address

CARD = "5528790000000008"
WIDE = "".join(chr(0xFF10 + int(digit)) for digit in CARD)
ARABIC = "".join(chr(0x660 + int(digit)) for digit in CARD)
SPELT = (
    CARD,
    WIDE,
    ARABIC,
    "5528 7900 0000 0008",
    "5528-7900-0000-0008",
    "5528_7900_0000_0008",
    "5528/7900/0000/0008",
    "5528.7900.0000.0008",
    "5528\n7900\n0000\n0008",
    f"{CARD}@example.com",
    "order 5 of card 5528 7900 0000 0008 today",
)


@pytest.mark.parametrize("text", SPELT)
def test_a_number_is_seen_however_it_is_spelt(text: str) -> None:
    """With digits of any script, and marks between them."""
    assert is_card_number(text)
    assert is_in_address(f"/panel/x?{urlencode({'q': text})}") or "/" in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10851936",
        "1795367168123",
        "1795367168123.10851936",
        "2026-11-22 15:26:08.123",
        "tr33 0006 1005 1978 6457 8413 26",
        "TR330006100519786457841326",
        "0f4a9d7c3b2e1855a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3",
        "+90 535 000 00 00",
        "1.234,50",
    ],
)
def test_other_numbers_are_none(text: str) -> None:
    """Payments, times, accounts, tokens, telephones, amounts."""
    assert not is_card_number(text)


def test_passwords_are_not_looked_at() -> None:
    """They are shown to nobody and kept as a digest."""
    assert not are_among([("password", CARD), ("new_password", CARD)])
    assert are_among([("password", "x"), ("email", CARD)])


@pytest.mark.parametrize("page", [page for page in PAGES if not page.minds_card_numbers])
@pytest.mark.parametrize("text", [CARD, WIDE])
async def test_every_page_refuses_it(panel, page, text) -> None:
    """Whatever the field is called; what was typed is not in the answer."""
    path = "/panel" + page.path
    if page.takes_foreign_forms or "{" in path:
        return
    if page.method == "POST":
        answer = await panel.post(path, {"anything": text}, Role.OWNER)
    else:
        answer = await panel.get(f"{path}?{urlencode({'anything': text})}", Role.OWNER)
    assert answer.status == 400
    assert "No card number belongs here" in answer.text
    for spelt in (CARD, WIDE, urlencode({"": text})):
        assert spelt not in answer.text + repr(answer.headers)


async def test_the_card_search_refuses_wide_digits(panel) -> None:
    """As it does plain ones."""
    answer = await panel.post("/panel/cards/find", {"q": WIDE})
    assert answer.status == 422
    assert WIDE not in answer.text


async def test_who_is_not_signed_in_is_sent_away_without_it(panel) -> None:
    """The way back after the sign-in has no number either."""
    answer = await panel.get(f"/panel/cards/{CARD}", None)
    assert answer.status == 303
    assert CARD not in answer.location


async def test_a_new_note_is_not_dropped_with_the_old_one(panel) -> None:
    """A page that sends the browser on leaves a note of its own."""
    old = b"+old".hex()
    cookie = f"vezne_language=en; vezne_session=owner-{panel.merchant.id}; vezne_note={old}"
    path = f"/panel/cards?q={CARD}"
    answer = await panel.get(path, headers={"cookie": cookie})
    assert answer.status == 303
    (kept,) = [text for text in answer.cookies if text.startswith("vezne_note=")]
    assert "Max-Age=0" not in kept
    shown = await panel.get("/panel", headers={"cookie": cookie})
    (dropped,) = [text for text in shown.cookies if text.startswith("vezne_note=")]
    assert "Max-Age=0" in dropped
