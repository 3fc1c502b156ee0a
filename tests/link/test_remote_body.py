"""The gateway shows bodies from what it has: values without their card."""

from vezne.core.body import FieldState, LiftedCard
from vezne.core.card import CardSlot
from vezne.link.messages import Visit
from vezne.link.remote import RemoteBody


def test_a_body_is_shown_written_anew():
    visit = Visit(
        door="iyzico",
        route_method="POST",
        path="/payment/auth",
        method="POST",
        scheme="http",
        host="",
        target="/payment/auth",
        query="",
        headers={},
        payload={"cardNumber": CardSlot.PAN, "price": 1},
        card=LiftedCard(
            transit_id=1, number=FieldState.VALID, cvv=FieldState.ABSENT, bin="552879", last4="0008"
        ),
        is_empty=False,
    )
    body = RemoteBody(visit, 1, None)
    shown = body.masked()
    assert shown.text == b'{"cardNumber":"552879******0008","price":1}'
    assert not shown.is_as_sent
