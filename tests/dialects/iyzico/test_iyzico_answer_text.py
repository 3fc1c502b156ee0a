"""The answer to a payment is written straight into text: it is what an encoder would write."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from fakes.iyzico_door import FOREIGN_PAN, PAN, IyzicoDoor, card_fields, item, payment_request
from vezne.core.answer import Approved, Risk
from vezne.core.card import holds_pan
from vezne.dialects.iyzico import envelope
from vezne.dialects.iyzico.answers import CreatedCard, PaymentAnswer

# What PostgreSQL stores, a JSON body can say and a text may hold, quotes and line ends among it.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20).filter(
    lambda text: not holds_pan(text)
)
decoder = msgspec.json.Decoder(PaymentAnswer)


@given(
    texts=st.tuples(TEXTS, TEXTS.filter(bool), TEXTS, TEXTS),
    profile=st.sampled_from(("classic", "current")),
    is_foreign=st.booleans(),
    registers=st.booleans(),
    risk=st.sampled_from((Risk.ACCEPTED, Risk.REVIEW)),
)
async def test_iyzico_answer_is_written_as_its_record_would_be(
    texts, profile, is_foreign, registers, risk
) -> None:
    """Every field in its place, every text escaped, nothing beside them."""
    basket_id, item_id, auth_code, reference = texts
    door = IyzicoDoor(profile)
    door.acquirer.script(Approved(auth_code=auth_code, reference=reference, risk=risk))
    card = card_fields(FOREIGN_PAN) if is_foreign else card_fields()
    body = payment_request(
        basketId=basket_id,
        paymentCard={**card, "cvc": "123", "registerCard": int(registers)},
        basketItems=[item(item_id, "0.4"), item("BI102", "0.6")],
    )
    response = await door.send("/payment/auth", json.dumps(body).encode())
    written = decoder.decode(response.body)
    context = envelope.Context(locale="TR", conversation_id="123456789")
    assert response.body == envelope.success(context, SAMPLE_TIME_MS, written)
    assert (written.auth_code, written.host_reference) == (auth_code, reference)
    assert written.basket_id == (basket_id or msgspec.UNSET)
    lines = [json.loads(bytes(line)) for line in written.item_transactions]
    assert [line["itemId"] for line in lines] == [item_id, "BI102"]
    assert (written.card_type is msgspec.UNSET) is is_foreign
    assert (written.card_token is msgspec.UNSET) is not registers


@given(
    texts=st.tuples(TEXTS, TEXTS),
    metadata=st.none() | st.dictionaries(TEXTS, TEXTS, max_size=3),
    profile=st.sampled_from(("classic", "current")),
    pan=st.sampled_from((PAN, FOREIGN_PAN)),
    has_owner=st.booleans(),
)
async def test_iyzico_stored_card_is_written_as_its_record_would_be(
    texts, metadata, profile, pan, has_owner
) -> None:
    """Every text escaped, every field in its place or left out, for new owners and known ones."""
    external_id, alias = texts
    door = IyzicoDoor(profile, {"card_alias_required": "no"})
    fields = {**card_fields(pan), "cardAlias": alias, "metadata": metadata}
    body = {"locale": "TR", "externalId": external_id, "email": "a@b.tr", "card": fields}
    if has_owner:
        known = await door.call("/cardstorage/card", {"email": "c@d.tr", "card": card_fields(PAN)})
        body |= {"cardUserKey": known["cardUserKey"], "email": None}
    response = await door.send("/cardstorage/card", json.dumps(body).encode())
    written = json.loads(response.body)
    assert response.body == msgspec.json.encode(written)
    names = [field.encode_name for field in msgspec.structs.fields(CreatedCard)]
    assert list(written)[3:] == [name for name in names if name in written]
    assert written.get("externalId", "") == external_id
    assert written.get("email") == (None if has_owner else "a@b.tr")
    assert written.get("cardAlias", "") == alias
    assert written.get("metadata") == (metadata or None)
    assert written["binNumber"] == pan[: door.switches.card_bin_digits]
    assert ("lastFourDigits" in written) is door.switches.card_last_four
    assert ("cardType" in written) is (pan == PAN)
