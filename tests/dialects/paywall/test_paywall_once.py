"""The header Idempotency-Key at PayWall's door: what it has that other doors have not."""

import pytest

from fakes.acquirer import APPROVED
from fakes.paywall_house import NEW_CARD, parsed
from fakes.paywall_payments import DIRECT, PAN, PayWallShop, payment_request, raw

KEY = {"idempotency-key": "order-1"}
TOKEN = {"ClientCardSave": True, "ThreeDSession": False, "ExpiryMin": 30}
CARD = {
    "cardOwnerName": "Emir Selim Tütüncü",
    "cardNumber": PAN,
    "cardCvv": "123",
    "cardExpiryMonth": "12",
    "cardExpiryYear": "30",
}


@pytest.fixture
def shop(house) -> PayWallShop:
    return PayWallShop(house)


@pytest.mark.parametrize(
    ("locale", "text"),
    [("tr", "kullanılmış, bu istek işlenmedi"), ("en", "this one was not executed")],
)
async def test_both_apis_refuse_a_reused_key_alike(shop, locale, text):
    """The number is the same, the envelope the API's own."""
    headers = {**KEY, "locale": locale}
    first = await shop.house.call("POST", "/paywall/card", NEW_CARD, headers)
    other = await shop.house.call(
        "POST", "/paywall/card", {**NEW_CARD, "RelationalId1": "2"}, headers
    )
    paying = await shop.post(DIRECT, payment_request(), headers)
    assert first["Result"] is True
    for refused, field in ((other, "ErrorCode"), (paying, "ErrorCodeType")):
        assert (refused["ErrorCode"], refused["Result"], refused["Body"]) == (422, False, None)
        assert next(iter(refused)) == field
        assert text in refused["Message"]
    assert shop.bank.asks == []


async def test_a_payment_with_3d_secure_begins_once(shop):
    """A repetition gets the RedirectUrl of the first call, instead of a taken reference."""
    first = await shop.post("payment/start3d", payment_request(), KEY)
    assert await shop.post("payment/start3d", payment_request(), KEY) == first
    assert len(shop.bank.begun) == 1
    again = await shop.post("payment/start3d", payment_request())
    assert again["Message"] == "MerchantUniqueCode zaten mevcut"


async def test_browsers_have_keys_of_their_own(shop):
    """What a page sends under a key cannot use up that of the merchant's server."""
    opened = await shop.post("temptoken", TOKEN)
    token = {"token": opened["Body"]["Token"], **KEY}
    brought = [
        await shop.house.send("POST", "/api/paywall/tempcard", raw(CARD), token) for _ in range(2)
    ]
    assert parsed(brought[0])["Result"] is True
    assert brought[1].body == brought[0].body
    assert dict(brought[1].headers)[b"idempotency-replayed"] == b"true"
    shop.bank.script(APPROVED)
    paid = await shop.post(DIRECT, payment_request(), KEY)
    assert paid["Result"] is True
