"""Merchants for tests: new ones, and the same as new."""

from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from vezne.core.card import holds_card_number
from vezne.core.sandbox_merchants import NameTaken, ResetContested, UnusableUrl
from vezne.dialects.sandbox import errors
from vezne.dialects.sandbox.endpoint import Answer, Call, read
from vezne.dialects.sandbox.errors import Failure

_NAME_LENGTH_MAX: Final = 100
_URLS_MAX: Final = 3

Name = Annotated[str, Meta(min_length=1, max_length=_NAME_LENGTH_MAX)]
# By door: iyzico, paywall, paynet.
WebhookUrls = Annotated[dict[str, str], Meta(max_length=_URLS_MAX)]


class MerchantWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /sandbox/merchants. `webhook_urls` are by door."""

    name: Name
    webhook_urls: WebhookUrls = {}


class IyzicoKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What the merchant calls the iyzico door with, and this one."""

    api_key: str
    secret_key: str


class PaywallKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What the merchant calls the PayWall door with."""

    public_key: str
    public_client: str
    private_key: str
    private_client: str


class PaynetKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What the merchant calls the Paynet door with."""

    publishable_key: str
    secret_key: str


class MerchantAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A new merchant, with its keys as `sandbox.json` has those of the demo merchant."""

    id: int
    name: str
    iyzico: IyzicoKeys
    paywall: PaywallKeys
    paynet: PaynetKeys


class ResetWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /sandbox/reset. `webhook_urls` take the place of those that the merchant has."""

    webhook_urls: WebhookUrls | None = None


class ResetAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The merchant that has the keys now."""

    id: int
    name: str


async def add(call: Call) -> Answer:
    """POST /sandbox/merchants: for whoever has the demo merchant's keys.

    Raises Failure: ONLY_DEMO, BODY_INVALID, NAME_TAKEN.
    """
    if not call.merchant.is_demo:
        raise Failure(errors.ONLY_DEMO)
    wish = read(MerchantWish, call.payload)
    if not wish.name.isprintable() or holds_card_number(wish.name):
        raise Failure(errors.BODY_INVALID, "name")
    try:
        made = await call.desk.sandbox_merchants.add(wish.name, wish.webhook_urls)
    except NameTaken:
        raise Failure(errors.NAME_TAKEN) from None
    except UnusableUrl:
        raise Failure(errors.BODY_INVALID, "webhook_urls") from None
    shown = {"id": made.merchant.id, "name": made.merchant.name, **made.keys}
    return Answer(msgspec.convert(shown, MerchantAnswer), HTTPStatus.CREATED)


async def reset(call: Call) -> Answer:
    """POST /sandbox/reset: everything that the merchant had is gone for it, its keys stay.

    Raises Failure: NOT_DEMO, BODY_INVALID, RESET_CONTESTED.
    """
    if call.merchant.is_demo:
        raise Failure(errors.NOT_DEMO)
    wish = ResetWish() if call.payload is None else read(ResetWish, call.payload)
    try:
        fresh = await call.desk.sandbox_merchants.begin_anew(call.merchant, wish.webhook_urls)
    except UnusableUrl:
        raise Failure(errors.BODY_INVALID, "webhook_urls") from None
    except ResetContested:
        raise Failure(errors.RESET_CONTESTED) from None
    call.desk.faults.clear(call.merchant.id)
    return Answer(ResetAnswer(id=fresh.id, name=fresh.name))
