"""The shop as a merchant of iyzico's: `IYZWSv2`, baskets in lines, 3-D Secure by a page."""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from typing import Final

from vezne.core.merchant import Credential
from vezne.core.money import plain_text
from vezne.core.ports import Entropy
from vezne.panel.shop import purchase as shop
from vezne.panel.shop.exchange import CODE, NUMBER, Asked, Caller, Header
from vezne.panel.shop.listed import ListedCard
from vezne.panel.shop.orders import Way
from vezne.panel.shop.purchase import Purchase
from vezne.panel.shop.samples import Recipe, Signed

DOOR: Final = "iyzico"

_AUTHORIZATION: Final = "authorization"
_RANDOM_BYTES: Final = 8
_SIGNED: Final = ("conversationData", "conversationId", "mdStatus", "paymentId", "status")
_ADDRESS: Final = {
    "contactName": f"{shop.FIRST_NAME} {shop.LAST_NAME}",
    "city": shop.CITY,
    "country": shop.COUNTRY,
    "address": shop.ADDRESS,
}


class Signature:
    """HMAC-SHA256 over a random key, the path and the body (iyzico documentation, IYZWSv2)."""

    def __init__(self, credential: Credential, entropy: Entropy) -> None:
        self._credential = credential
        self._entropy = entropy

    def headers(self, target: str, body: bytes) -> Sequence[Header]:
        """`Authorization`."""
        key, secret = self._credential.key, self._credential.secret
        random_key = self._entropy.take(_RANDOM_BYTES).hex()
        signature = hmac.digest(secret, random_key.encode() + target.encode() + body, "sha256")
        claim = f"apiKey:{key}&randomKey:{random_key}&signature:{signature.hex()}"
        token = base64.b64encode(claim.encode()).decode()
        return [Header(name=_AUTHORIZATION, text=f"IYZWSv2 {token}")]

    def recipe(self, target: str) -> Recipe:
        """The secret key stands in a variable."""
        signed = Signed(key=self._credential.key, target=target, variable="IYZICO_SECRET_KEY")
        return Recipe(names=frozenset({_AUTHORIZATION}), signed=signed)


class IyzicoTill:
    """Pays through the iyzico door."""

    def __init__(self, caller: Caller, secret: bytes) -> None:
        self._caller = caller
        self._secret = secret

    async def list_cards(self) -> list[ListedCard]:
        """POST /cardstorage/cards, by the shop's own name for its customer."""
        payload = {"externalId": shop.CUSTOMER}
        asked = Asked(purpose="shop.call.list", target="/cardstorage/cards", payload=payload)
        answer = await self._caller.call(asked)
        rows = answer.get("cardDetails")
        key = str(answer.get("cardUserKey", ""))
        return [
            ListedCard(
                bin=str(row.get("binNumber", "")),
                last4=str(row.get("lastFourDigits", "")),
                alias=str(row.get("cardAlias", "")),
                names={"cardUserKey": key, "cardToken": str(row.get("cardToken", ""))},
            )
            for row in (rows if isinstance(rows, list) else [])
        ]

    async def pay(self, purchase: Purchase, stored: ListedCard | None) -> None:
        """POST /payment/auth; the card is stored by a call of its own."""
        payload = _payment(purchase, stored)
        asked = Asked(purpose="shop.call.pay", target="/payment/auth", payload=payload)
        if _is_success(await self._caller.call(asked)) and purchase.saves_card:
            await self._save_card(purchase)

    async def begin(self, purchase: Purchase, stored: ListedCard | None) -> Way | None:
        """POST /payment/3dsecure/initialize: its answer has the page that leads to the bank."""
        payload = {**_payment(purchase, stored), "callbackUrl": purchase.return_url}
        target = "/payment/3dsecure/initialize"
        asked = Asked(purpose="shop.call.begin", target=target, payload=payload)
        answer = await self._caller.call(asked)
        if not _is_success(answer):
            return None
        try:
            page = base64.b64decode(str(answer.get("threeDSHtmlContent", "")), validate=True)
        except binascii.Error:
            return None
        return Way(page=page, names={"paymentId": str(answer.get("paymentId", ""))})

    def is_genuine(self, way: Way, form: Mapping[str, str]) -> bool:
        """Whether the form is about this payment and has the gateway's signature."""
        text = ":".join(form.get(name, "") for name in _SIGNED)
        signature = hmac.digest(self._secret, text.encode(), "sha256").hex()
        is_ours = form.get("paymentId") == way.names["paymentId"]
        return is_ours and hmac.compare_digest(
            signature.encode(), form.get("signature", "").encode()
        )

    async def complete(self, purchase: Purchase, way: Way, form: Mapping[str, str]) -> None:
        """POST /payment/3dsecure/auth, if the bank vouches for the holder."""
        if form.get("status") != "success":
            return
        payload = {
            "locale": purchase.language,
            "conversationId": purchase.reference,
            "paymentId": way.names["paymentId"],
        }
        target = "/payment/3dsecure/auth"
        asked = Asked(purpose="shop.call.complete", target=target, payload=payload)
        if _is_success(await self._caller.call(asked)) and purchase.saves_card:
            await self._save_card(purchase)

    async def _save_card(self, purchase: Purchase) -> None:
        """POST /cardstorage/card, for the customer that there is or a new one."""
        owner: dict[str, object] = {"externalId": shop.CUSTOMER, "email": shop.EMAIL}
        if purchase.customer_key:
            owner = {"cardUserKey": purchase.customer_key}
        payload = {
            "locale": purchase.language,
            "conversationId": purchase.reference,
            **owner,
            "card": {
                "cardAlias": shop.CARD_ALIAS,
                "cardNumber": NUMBER,
                "expireMonth": f"{purchase.expiry.month:02}",
                "expireYear": str(purchase.expiry.year),
                "cardHolderName": shop.HOLDER,
            },
        }
        asked = Asked(purpose="shop.call.save", target="/cardstorage/card", payload=payload)
        await self._caller.call(asked)


def _is_success(answer: Mapping[str, object]) -> bool:
    return answer.get("status") == "success"


def _payment(purchase: Purchase, stored: ListedCard | None) -> dict[str, object]:
    return {
        "locale": purchase.language,
        "conversationId": purchase.reference,
        "price": purchase.total,
        "paidPrice": purchase.total,
        "currency": "TRY",
        "installment": 1,
        "basketId": purchase.reference,
        "paymentChannel": "WEB",
        "paymentGroup": "PRODUCT",
        "paymentCard": _new_card(purchase) if stored is None else stored.names,
        "buyer": _buyer(purchase),
        "shippingAddress": _ADDRESS,
        "billingAddress": _ADDRESS,
        "basketItems": [
            {
                "id": line.good.name,
                "name": text,
                "category1": "Vezne",
                "itemType": "PHYSICAL",
                "price": plain_text(line.price_e8),
            }
            for line, text in zip(purchase.lines, purchase.texts, strict=True)
        ],
    }


def _new_card(purchase: Purchase) -> dict[str, object]:
    return {
        "cardHolderName": shop.HOLDER,
        "cardNumber": NUMBER,
        "expireMonth": f"{purchase.expiry.month:02}",
        "expireYear": str(purchase.expiry.year),
        "cvc": CODE,
        "registerCard": 0,
    }


def _buyer(purchase: Purchase) -> dict[str, object]:
    return {
        "id": shop.CUSTOMER,
        "name": shop.FIRST_NAME,
        "surname": shop.LAST_NAME,
        "identityNumber": shop.IDENTITY_NUMBER,
        "email": shop.EMAIL,
        "gsmNumber": shop.PHONE,
        "registrationAddress": shop.ADDRESS,
        "city": shop.CITY,
        "country": shop.COUNTRY,
        "ip": purchase.address,
    }
