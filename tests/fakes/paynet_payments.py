"""Payments for tests of Paynet's transaction services: of this door, and of another one."""

import msgspec

from builders import basket, pay_command, sealed_card
from fakes.acquirer import APPROVED
from fakes.paynet_house import JsonObject, PaynetHouse
from vezne.core.money import UNIT
from vezne.core.payment import Payment, PaymentKind
from vezne.flows.pay import NewCard, pay

PAYMENT = "/v2/transaction/payment"

# The documentation's v2 payment, with the card of its list of test cards.
PAYMENT_REQUEST: JsonObject = {
    "amount": "20,50",
    "reference_no": "order-1",
    "domain": "www.acme.com",
    "card_holder": "Gökhan Öztorun",
    "pan": "4355084355084358",
    "month": 12,
    "year": 2026,
    "cvc": "000",
    "card_holder_phone": "5XXXXXXXXX",
    "card_holder_mail": "oxxxx@gmail.com",
    "description": "deneme",
}
HOLD = {"transaction_type": 3}
ISTANBUL_BUYER = {
    "name": "John",
    "surname": "Doe",
    "email": "email@email.com",
    "gsmNumber": "+905350000000",
    "ip": "85.34.78.112",
}


def direct_request(**changes: object) -> JsonObject:
    """A request for a payment in one call; None takes a field away."""
    request = {**PAYMENT_REQUEST, **changes}
    return {name: value for name, value in request.items() if value is not None}


async def paid(house: PaynetHouse, **changes: object) -> JsonObject:
    """The answer to a payment in one call that the bank approves."""
    house.acquirer.script(APPROVED)
    return await house.call(PAYMENT, direct_request(**changes))


async def paid_elsewhere(house: PaynetHouse, **changes: object) -> Payment:
    """A payment of three lines, 1.20 for goods of 1.00, that the iyzico door took."""
    house.acquirer.script(APPROVED)
    command = pay_command(
        merchant=house.merchants.record,
        kind=PaymentKind.SALE,
        card=NewCard(card=sealed_card(transit_id=None), holder="John Doe"),
        lines=basket(3 * UNIT // 10, 5 * UNIT // 10, 2 * UNIT // 10),
        conversation_id="iyzico-1",
        parties={"buyer": dict(ISTANBUL_BUYER)},
    )
    return await pay(msgspec.structs.replace(command, **changes), house.ports)


async def stored(house: PaynetHouse, number: object) -> Payment:
    """A payment as the books have it."""
    payment = await house.ports.books.find_payment(house.merchants.record.id, int(str(number)))
    assert payment is not None
    return payment


def only(answer: JsonObject) -> JsonObject:
    """The one row of an answer that lists transactions."""
    rows = answer["Data"]
    assert isinstance(rows, list)
    (row,) = rows
    assert isinstance(row, dict)
    return row
