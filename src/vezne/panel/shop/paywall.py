"""The shop as a merchant of PayWall's: keys in headers, and a payment that completes by itself."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from vezne.core.merchant import Credential
from vezne.core.money import plain_text
from vezne.panel.shop import purchase as shop
from vezne.panel.shop.exchange import CODE, NUMBER, Asked, Caller, Header
from vezne.panel.shop.listed import ListedCard
from vezne.panel.shop.orders import Way
from vezne.panel.shop.purchase import Purchase
from vezne.panel.shop.samples import Recipe

PUBLIC_DOOR: Final = "paywall.public"
PRIVATE_DOOR: Final = "paywall.private"

_LIRA: Final = 1
_SIGNED: Final = ("paymentId", "uniqueCode", "amount", "installment")


class KeyPairs:
    """Both pairs of headers, so that one caller may ask for every service."""

    def __init__(self, public: Credential, private: Credential, language: str) -> None:
        self._headers = (
            Header(name="apiclientpublic", text=public.key),
            Header(
                name="apikeypublic",
                secret=public.secret.decode(),
                variable="PAYWALL_PUBLIC_KEY",
            ),
            Header(name="apiclientprivate", text=private.key),
            Header(
                name="apikeyprivate",
                secret=private.secret.decode(),
                variable="PAYWALL_PRIVATE_KEY",
            ),
            Header(name="locale", text=language),
        )

    def headers(self, _target: str, _body: bytes) -> Sequence[Header]:
        """The four headers, and the language of messages."""
        return self._headers

    def recipe(self, _target: str) -> Recipe:
        """The keys stand in variables."""
        secret = [header for header in self._headers if header.secret]
        return Recipe(
            names=frozenset(header.name for header in secret),
            secrets=tuple((header.name, header.text, header.variable) for header in secret),
        )


class PaywallTill:
    """Pays through the PayWall door."""

    def __init__(self, caller: Caller, public_key: bytes) -> None:
        self._caller = caller
        self._public_key = public_key

    async def list_cards(self) -> list[ListedCard]:
        """GET /paywall/card, by the shop's own name for its customer."""
        asked = Asked(
            purpose="shop.call.list",
            method="GET",
            target="/paywall/card",
            headers=(Header(name="relationalid1", text=shop.CUSTOMER),),
        )
        rows = (await self._caller.call(asked)).get("Body")
        return [
            ListedCard(
                bin=str(row.get("CardBin", "")),
                last4=str(row.get("CardLastFour", "")),
                alias=str(row.get("Name", "")),
                names={"UniqueCode": str(row.get("UniqueCode", ""))},
            )
            for row in (rows if isinstance(rows, list) else [])
        ]

    async def pay(self, purchase: Purchase, stored: ListedCard | None) -> None:
        """POST /api/paywall/payment/startdirect."""
        target = "/api/paywall/payment/startdirect"
        payload = _payment(purchase, stored)
        asked = Asked(purpose="shop.call.pay", target=target, payload=payload)
        await self._caller.call(asked)

    async def begin(self, purchase: Purchase, stored: ListedCard | None) -> Way | None:
        """POST /api/paywall/payment/start3d: its answer says where the browser goes."""
        target = "/api/paywall/payment/start3d"
        payload = _payment(purchase, stored)
        asked = Asked(purpose="shop.call.begin", target=target, payload=payload)
        body = (await self._caller.call(asked)).get("Body")
        url = body.get("RedirectUrl") if isinstance(body, dict) else None
        if not isinstance(url, str):
            return None
        return Way(url=url, names={"uniqueCode": purchase.reference})

    def is_genuine(self, way: Way, form: Mapping[str, str]) -> bool:
        """Whether the form is about this order and has the hash that only we two can make."""
        text = "".join(f"###{form.get(name, '')}" for name in _SIGNED)
        expected = hashlib.sha256(self._public_key + text.encode()).hexdigest()
        is_ours = form.get("uniqueCode") == way.names["uniqueCode"]
        return is_ours and hmac.compare_digest(expected.encode(), form.get("hash", "").encode())

    async def complete(self, purchase: Purchase, _way: Way, _form: Mapping[str, str]) -> None:
        """GET /api/paywall/private/query: the payment is complete, and this is how it went."""
        asked = Asked(
            purpose="shop.call.query",
            method="GET",
            target="/api/paywall/private/query",
            headers=(Header(name="merchantuniquecode", text=purchase.reference),),
        )
        await self._caller.call(asked)


def _payment(purchase: Purchase, stored: ListedCard | None) -> dict[str, object]:
    return {
        "PaymentDetail": {
            "Amount": _number(purchase.total),
            "MerchantUniqueCode": purchase.reference,
            "MerchantSuccessBackUrl": purchase.return_url,
            "MerchantFailBackUrl": purchase.return_url,
            "CurrencyId": _LIRA,
            "Installment": 1,
            "ClientIP": purchase.address,
        },
        "Card": _new_card(purchase) if stored is None else stored.names,
        "Customer": {
            "FullName": f"{shop.FIRST_NAME} {shop.LAST_NAME}",
            "Phone": shop.PHONE,
            "Email": shop.EMAIL,
            "Country": shop.COUNTRY,
            "City": shop.CITY,
            "Address": shop.ADDRESS,
        },
        "Products": [
            {
                "ProductId": line.good.name,
                "ProductName": text,
                "ProductCategory": "Vezne",
                "ProductDescription": text,
                "ProductAmount": _number(plain_text(line.price_e8)),
            }
            for line, text in zip(purchase.lines, purchase.texts, strict=True)
        ],
    }


def _new_card(purchase: Purchase) -> dict[str, object]:
    card: dict[str, object] = {
        "OwnerName": shop.HOLDER,
        "Number": NUMBER,
        "ExpireMonth": f"{purchase.expiry.month:02}",
        "ExpireYear": str(purchase.expiry.year),
        "Cvv": CODE,
    }
    if purchase.saves_card:
        card["CardSave"] = {
            "Save": True,
            "Nickname": shop.CARD_ALIAS,
            "RelationalId1": shop.CUSTOMER,
        }
    return card


def _number(text: str) -> msgspec.Raw:
    """An amount as a JSON number, exact."""
    return msgspec.Raw(text.encode())
