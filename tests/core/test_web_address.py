"""Which texts are addresses that a browser may be sent to."""

import pytest

from vezne.core.card import holds_card_number
from vezne.core.web_address import is_origin, is_web_address

GOOD = [
    "https://shop.example",
    "http://localhost:8080/thanks?order=1#top",
    "HTTPS://SHOP.EXAMPLE/",
    "https://[2001:db8::1]:8443/back",
    "https://shop.example/1528282342393123",
    "https://shop.example/5528790000000009",
]
BAD = [
    "",
    "shop.example",
    "ftp://shop.example/",
    "javascript:alert(1)",
    "https://user@shop.example/",
    "https://shop.example\\@evil.example/",
    "https://shop.example/a b",
    "https://shop.example/a\nb",
    "https://shop.example:0/",
    "https://shop.example:99999/",
    "https://[::1",
    "https://[:::::]/",
    "https:///path",
]


@pytest.mark.parametrize("text", GOOD)
def test_web_addresses(text: str) -> None:
    """Absolute, with a host, and nothing that a browser reads in another way."""
    assert is_web_address(text)


@pytest.mark.parametrize("text", BAD)
def test_texts_that_are_no_web_address(text: str) -> None:
    """Other schemes, hidden hosts, blanks, ports that are none."""
    assert not is_web_address(text)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("https://shop.example/?card=5528790000000008", True),
        ("https://shop.example/375622005485014/", True),
        ("https://shop.example/a9792030000000000b", True),
        ("https://shop.example/1528282342393123", False),
        ("https://shop.example/5528790000000009", False),
        ("https://shop.example/45528790000000008", False),
    ],
)
def test_card_numbers_in_addresses(text: str, holds: bool) -> None:  # noqa: FBT001
    """A number of a card's length and beginning whose check digit fits; times and ids are none."""
    assert holds_card_number(text) is holds


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://shop.example", True),
        ("https://[::1]:8443", True),
        ("https://shop.example/", False),
        ("https://shop.example?x", False),
        ("https://shop.example#x", False),
        ("https://a b", False),
    ],
)
def test_origins(text: str, is_one: bool) -> None:  # noqa: FBT001
    """An origin has no path, no query and no fragment."""
    assert is_origin(text) is is_one
