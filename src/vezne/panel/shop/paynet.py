"""The shop as a merchant of Paynet's: the secret key behind `Basic`, one amount, no basket."""

import hmac
from collections.abc import Mapping, Sequence
from typing import Final

from vezne.core.merchant import Credential
from vezne.panel.shop import purchase as shop
from vezne.panel.shop.exchange import CODE, NUMBER, Asked, Caller, Header
from vezne.panel.shop.listed import ListedCard
from vezne.panel.shop.orders import Way
from vezne.panel.shop.purchase import Purchase
from vezne.panel.shop.samples import Recipe

DOOR: Final = "paynet"

_NAMES: Final = ("session_id", "token_id")
_BIN_DIGITS: Final = 6
_LAST_DIGITS: Final = 4


class SecretKey:
    """The secret key itself."""

    def __init__(self, credential: Credential, language: str) -> None:
        self._key = Header(
            name="authorization",
            text="Basic ",
            secret=credential.secret.decode(),
            variable="PAYNET_SECRET_KEY",
        )
        self._language = Header(name="accept-language", text=language)

    def headers(self, _target: str, _body: bytes) -> Sequence[Header]:
        """`Authorization`, and the language of messages."""
        return (self._key, self._language)

    def recipe(self, _target: str) -> Recipe:
        """The key stands in a variable."""
        key = self._key
        return Recipe(names=frozenset({key.name}), secrets=((key.name, key.text, key.variable),))


class PaynetTill:
    """Pays through the Paynet door."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def list_cards(self) -> list[ListedCard]:
        """POST /v1/card/list, by the shop's own name for its customer."""
        payload = {"user_unique_id": shop.CUSTOMER}
        asked = Asked(purpose="shop.call.list", target="/v1/card/list", payload=payload)
        rows = (await self._caller.call(asked)).get("Data")
        return [
            ListedCard(
                bin=str(row.get("card_no", ""))[:_BIN_DIGITS],
                last4=str(row.get("card_no", ""))[-_LAST_DIGITS:],
                alias=str(row.get("card_desc", "")),
                names={name: str(row.get(name, "")) for name in ("card_hash", "card_owner_id")},
            )
            for row in (rows if isinstance(rows, list) else [])
        ]

    async def pay(self, purchase: Purchase, stored: ListedCard | None) -> None:
        """POST /v2/transaction/payment."""
        target = "/v2/transaction/payment"
        asked = Asked(purpose="shop.call.pay", target=target, payload=_payment(purchase, stored))
        await self._caller.call(asked)

    async def begin(self, purchase: Purchase, stored: ListedCard | None) -> Way | None:
        """POST /v2/transaction/tds_initial: its answer says where the browser goes."""
        payload = {**_payment(purchase, stored), "return_url": purchase.return_url}
        target = "/v2/transaction/tds_initial"
        answer = await self._caller.call(
            Asked(purpose="shop.call.begin", target=target, payload=payload)
        )
        url, names = answer.get("post_url"), {name: answer.get(name) for name in _NAMES}
        if not isinstance(url, str) or not all(names.values()):
            return None
        return Way(url=url, names={name: str(value) for name, value in names.items()})

    def is_genuine(self, way: Way, form: Mapping[str, str]) -> bool:
        """Whether the form has both names of this payment's session."""
        return all(
            hmac.compare_digest(form.get(name, "").encode(), way.names[name].encode())
            for name in _NAMES
        )

    async def complete(self, _purchase: Purchase, way: Way, _form: Mapping[str, str]) -> None:
        """POST /v2/transaction/tds_charge: takes the money, if the bank vouched for the holder."""
        target = "/v2/transaction/tds_charge"
        asked = Asked(purpose="shop.call.complete", target=target, payload=way.names)
        await self._caller.call(asked)


def _payment(purchase: Purchase, stored: ListedCard | None) -> dict[str, object]:
    return {
        "amount": purchase.total.replace(".", ","),
        "reference_no": purchase.reference,
        "domain": "shop.example",
        "card_holder_mail": shop.EMAIL,
        "card_holder_phone": shop.PHONE,
        "description": ", ".join(purchase.texts),
        **(_new_card(purchase) if stored is None else stored.names),
    }


def _new_card(purchase: Purchase) -> dict[str, object]:
    card: dict[str, object] = {
        "card_holder": shop.HOLDER,
        "pan": NUMBER,
        "month": purchase.expiry.month,
        "year": purchase.expiry.year,
        "cvc": CODE,
    }
    if purchase.saves_card:
        card |= {
            "save_card": True,
            "card_desc": shop.CARD_ALIAS,
            "user_unique_id": shop.CUSTOMER,
        }
    return card
