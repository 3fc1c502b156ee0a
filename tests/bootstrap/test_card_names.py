"""What each door calls a stored card is what that door takes for it."""

import base64

import pytest

from fakes.records import AT_MS, owner, stored_card, token
from vezne.bootstrap.card_names import DoorCardNames
from vezne.core.card import CardScope
from vezne.dialects.paywall.unique_code import Rotation, card_named
from vezne.panel.card_names import NamedCard
from vezne.vault.name_box import VaultNameBox

HOUR_MS = 3_600_000
ROTATION = Rotation(period_ms=24 * HOUR_MS, overlap_ms=HOUR_MS)
BOX = VaultNameBox(bytes(range(64)))


@pytest.fixture
def names() -> DoorCardNames:
    return DoorCardNames(BOX, ROTATION)


def test_every_door_has_a_name_for_a_card(names) -> None:
    """PayWall's is good for a time only, and says for how long."""
    called = {
        (name.door, name.field): name for name in names.of_card(owner(), stored_card(), AT_MS)
    }
    assert set(called) == {
        ("iyzico", "cardToken"),
        ("paywall", "UniqueCode"),
        ("paynet", "card_hash"),
    }
    assert base64.b64decode(called["iyzico", "cardToken"].value) == token(2)
    assert bytes.fromhex(called["paynet", "card_hash"].value.replace("-", "")) == token(2)
    code = called["paywall", "UniqueCode"]
    last_ms = code.until_ms - 1
    assert card_named(code.value, 1, BOX, ROTATION, last_ms).token == token(2)
    assert all(name.until_ms is None for key, name in called.items() if key[0] != "paywall")


def test_a_card_of_an_unnamed_customer_is_unknown_to_paywall(names) -> None:
    """That door finds cards by the merchant's own name alone."""
    called = names.of_card(owner(external_id=None), stored_card(), AT_MS)
    assert [name.door for name in called] == ["iyzico", "paynet"]


def test_an_insurance_card_is_known_to_paywall_alone(names) -> None:
    """No other door has such cards."""
    card = stored_card(scope=CardScope.INSURANCE)
    assert [name.door for name in names.of_card(owner(), card, AT_MS)] == ["paywall"]


def test_every_door_has_a_name_for_an_owner(names) -> None:
    """The merchant's own name is the same at two of them."""
    fields = [(name.field, name.value) for name in names.of_owner(owner())]
    assert [field for field, _ in fields] == [
        "cardUserKey",
        "RelationalId1",
        "card_owner_id",
        "user_unique_id",
    ]
    assert dict(fields)["RelationalId1"] == dict(fields)["user_unique_id"] == "ext-1"
    unnamed = [name.field for name in names.of_owner(owner(external_id=None))]
    assert unnamed == ["cardUserKey", "card_owner_id"]


def test_several_relational_ids_are_taken_apart(names) -> None:
    """As PayWall's callers send them; a name that they cannot make is unknown to that door."""
    several = names.of_owner(owner(external_id='["a","","ç"]'))
    assert [(name.field, name.value) for name in several if name.door == "paywall"] == [
        ("RelationalId1", "a"),
        ("RelationalId3", "ç"),
    ]
    for external_id in ("[a", '["a"]', '["a","",""]', '["a", "b", "c"]', "[1,2,3]"):
        strange = owner(external_id=external_id)
        assert "paywall" not in {name.door for name in names.of_owner(strange)}
        assert "UniqueCode" not in {
            name.field for name in names.of_card(strange, stored_card(), AT_MS)
        }


def test_what_a_door_calls_a_card_is_understood(names) -> None:
    """A code that has expired still says which card it was made for."""
    for name in names.of_card(owner(), stored_card(), 0):
        found = names.meaning_of(1, name.value)
        owner_key = token(1) if name.field == "UniqueCode" else None
        assert found == NamedCard(token=token(2), owner_key=owner_key)
    assert names.meaning_of(1, token(2).hex()) == NamedCard(token=token(2))


@pytest.mark.parametrize("text", ["", "ayşe@example.com", "ext-1", "a" * 200, "AAAA", "00", "\x00"])
def test_other_texts_name_nothing(names, text) -> None:
    """Nor does a code of another merchant."""
    assert names.meaning_of(1, text) is None
    code = next(n for n in names.of_card(owner(), stored_card(), 0) if n.field == "UniqueCode")
    assert names.meaning_of(2, code.value) is None
