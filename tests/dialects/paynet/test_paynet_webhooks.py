"""Paynet's confirmation of a payment."""

import json
from decimal import Decimal

import pytest

from builders import merchant, ports
from fakes.acquirer import ScriptedAcquirer
from fakes.books import MemoryBooks
from fakes.outbox import notice
from fakes.records import payment
from fakes.vault import MemoryVault
from vezne.core.money import UNIT
from vezne.core.notice import NoticeKind
from vezne.core.payment import PaymentState
from vezne.core.webhook import Telling
from vezne.dialects.paynet.endpoint import Desk
from vezne.dialects.paynet.remarks import Remarks, parties_of
from vezne.dialects.paynet.switches import switches_for
from vezne.dialects.paynet.webhooks import webhook_door
from vezne.vault.name_box import VaultNameBox

URL = "https://shop.example/webhooks"
REMARKS = Remarks(
    agent_id="1234", holder="Ayşe Yılmaz", ratio_e8=UNIT // 40, tax_e8=18 * UNIT // 100
)


class Nobody:
    """Implements `vezne.core.ports.Merchants` without any."""

    async def find_credential(self, door: str, key: str) -> None:
        return None

    async def find_merchant(self, merchant_id: int) -> None:
        return None


@pytest.fixture
def door():
    world = ports(books=MemoryBooks(), vault=MemoryVault(), acquirer=ScriptedAcquirer())
    desk = Desk(
        ports=world,
        merchants=Nobody(),
        names=VaultNameBox(bytes(range(64))),
        switches=switches_for("classic", {}),
    )
    return webhook_door(desk)


def rendered(door, about=None, **changes):
    paid = about or payment(
        door="paynet",
        state=PaymentState.CAPTURED,
        price_e8=100 * UNIT,
        paid_e8=100 * UNIT,
        auth_code="123456",
        conversation_id="sipariş-1",
        parties=parties_of(REMARKS),
    )
    return door.render(
        Telling(merchant=merchant(), payment=paid, notice=notice(**changes), secret=b"", url=URL)
    )


def test_the_confirmation(door) -> None:
    """The documentation's fields in its order; no signature, because the protocol has none."""
    message = rendered(door)
    assert door.signs_with is None
    assert (message.url, message.headers) == (URL, ())
    fields = json.loads(message.body, parse_float=Decimal)
    assert list(fields.items()) == [
        ("referance_no", "sipariş-1"),
        ("reference_no", "sipariş-1"),
        ("xact_date", fields["xact_date"]),
        ("agent_id", "1234"),
        ("bank_id", "PARF"),
        ("instalment", 0),
        ("card_type", "cc"),
        ("card_holder", "Ayşe Yılmaz"),
        ("card_number", "552879******0008"),
        ("amount", Decimal("100.00")),
        ("netAmount", Decimal("97.05")),
        ("comission", Decimal("2.50")),
        ("comission_tax", Decimal("0.45")),
        ("currency", fields["currency"]),
        ("authorization_code", "123456"),
        ("order_id", "10000000"),
        ("is_succeed", True),
    ]
    assert fields["xact_date"].startswith("2018-06-06")


def test_a_payment_without_reference(door) -> None:
    """Empty, in both spellings."""
    fields = json.loads(rendered(door, payment(conversation_id=None, paid_e8=100 * UNIT)).body)
    assert (fields["referance_no"], fields["reference_no"]) == ("", "")


def test_what_succeeded_is_told(door) -> None:
    """Sales and pre-authorizations."""
    for kind in (NoticeKind.SALE_APPROVED, NoticeKind.HOLD_APPROVED):
        assert json.loads(rendered(door, kind=kind).body)["is_succeed"] is True


def test_what_came_to_nothing_late_is_told(door) -> None:
    """Whoever asked was told that nobody knows; a decline that it heard of is not told again."""
    declined = NoticeKind.AUTHORIZATION_DECLINED
    assert rendered(door, kind=declined) is None
    assert json.loads(rendered(door, kind=declined, is_late=True).body)["is_succeed"] is False


def test_nothing_else_is_told(door) -> None:
    """The protocol confirms payments, not what becomes of them."""
    told = {NoticeKind.SALE_APPROVED, NoticeKind.HOLD_APPROVED, NoticeKind.AUTHORIZATION_DECLINED}
    for kind in set(NoticeKind) - told:
        assert rendered(door, kind=kind, is_late=True) is None
