"""What a search for payments asks for."""

from vezne.core.search import FoundPayment, PaymentQuery, Place
from vezne.core.standing import Standing


def test_a_time_or_a_reference_is_no_filter():
    """They say where to look; whatever else is said leaves payments out that are there."""
    for query in (
        PaymentQuery(),
        PaymentQuery(since_ms=1, until_ms=2),
        PaymentQuery(conversation_id="order"),
    ):
        assert not query.has_filter
    for query in (
        PaymentQuery(standings=(Standing.CAPTURED,)),
        PaymentQuery(least_e8=0),
        PaymentQuery(conversation_id="order", last4="0008"),
    ):
        assert query.has_filter


def test_a_found_payment_knows_its_place():
    found = FoundPayment(
        created_ms=2,
        number=1,
        standing=Standing.CAPTURED,
        door="iyzico",
        currency="TRY",
        paid_e8=1,
        bin="552879",
        last4="0008",
    )
    assert found.place == Place(2, 1)


def test_whatever_is_said_beside_a_reference_narrows_it():
    assert not PaymentQuery(conversation_id="order").is_narrowed
    assert PaymentQuery(conversation_id="order", since_ms=1).is_narrowed
    assert PaymentQuery(conversation_id="order", last4="0008").is_narrowed
