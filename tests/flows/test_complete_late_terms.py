"""What a caller says of a payment with 3-D Secure only when it is to be authorized."""

import pytest

from builders import authenticate_command, complete_command
from fakes.acquirer import APPROVED, returned_for
from vezne.core.payment import PaymentKind, PaymentState
from vezne.flows.authenticate import begin, receive
from vezne.flows.complete import complete
from vezne.flows.pay import NewCard


@pytest.mark.parametrize(
    ("late", "kind", "reference"),
    [
        ({}, PaymentKind.SALE, "123456789"),
        ({"kind": PaymentKind.HOLD}, PaymentKind.HOLD, "123456789"),
        ({"conversation_id": "late"}, PaymentKind.SALE, "late"),
    ],
)
async def test_late_terms(world, late, kind, reference):
    """Kind and reference are those of the second call where it has any."""
    card = NewCard(card=world.vault.present(), holder="John Doe", email="email@email.com")
    begun = await begin(authenticate_command(card=card), world.ports)
    payment = await receive(returned_for(begun.payment), world.ports)
    world.acquirer.script(APPROVED)
    paid = await complete(complete_command(payment, **late), world.ports)
    assert (paid.kind, paid.conversation_id) == (kind, reference)
    is_sale = kind is PaymentKind.SALE
    assert paid.state is (PaymentState.CAPTURED if is_sale else PaymentState.AUTHORIZED)
    ((_, ask),) = world.acquirer.asks
    assert ask.is_capture is is_sale
    assert await world.books.find_payment_by_reference(7, reference) == paid
