"""Calls are kept as documents, which say no more than there is to say."""

import msgspec

from vezne.core.call_log import ApiCall, CallQuery, CallSummary, CallText, TextForm


def test_a_call_comes_back_from_its_document():
    """What stands at its default takes no room."""
    call = ApiCall(
        summary=CallSummary(
            number=1,
            merchant_id=2,
            at_ms=3,
            duration_us=4,
            door="iyzico",
            method="POST",
            path="/payment/auth",
            status=200,
            outcome="served",
        ),
        target="/payment/auth",
        address="",
        caller="",
        is_proven=False,
        headers=(("host", "x"),),
        body=CallText(),
        answer_headers=(),
        answer=CallText(text="why", form=TextForm.LEFT_OUT),
    )
    document = msgspec.json.encode(call)
    assert msgspec.json.decode(document, type=ApiCall) == call
    assert b"diagnosis" not in document
    assert b'"body":{}' in document


def test_a_query_asks_for_everything_unless_it_says_otherwise():
    query = CallQuery(merchant_id=1)
    assert (query.door, query.status, query.since_ms, query.before) == ("", None, None, None)
