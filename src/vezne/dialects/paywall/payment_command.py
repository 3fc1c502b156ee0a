"""From the request of a payment to the command of the house.

Fields are checked in the order of the documentation's error list: the payment's detail, the card,
the products. What only routes a payment to one of several providers is checked and then has no
effect, as there is one provider; what only marketplaces send is refused.
"""

import ipaddress
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Final

import msgspec

from vezne.core.card import SealedCard
from vezne.core.merchant import BlockageRelease
from vezne.core.money import SCALE, UNIT, e8_from_decimal
from vezne.core.payment import BasketLine, LineKind, PaymentKind
from vezne.core.pricing import LineSplit
from vezne.dialects.paywall import payment_errors
from vezne.dialects.paywall.cards import masked_name
from vezne.dialects.paywall.endpoint import DOOR, Call
from vezne.dialects.paywall.errors import Failure
from vezne.dialects.paywall.payment_card import (
    check_id,
    check_text,
    checked_holder,
    customer_of,
    new_card,
    stored_card,
)
from vezne.dialects.paywall.payment_enums import (
    CHANNELS,
    CURRENCIES,
    PAY_ROUTE_TYPES,
    REGION_ID_MAX,
    ROUTE_GROUP,
    CardSource,
)
from vezne.dialects.paywall.payment_shapes import (
    CardSave,
    Customer,
    PaymentCard,
    PaymentDetail,
    Product,
    Start,
)
from vezne.dialects.paywall.temp import Borrowed, borrow
from vezne.flows.inquire import check_reference_free
from vezne.flows.pay import CardOnFile, NewCard, Pay

# A basket that fills a body of the largest size has several thousand lines; no shop's has.
PRODUCTS_MAX: Final = 500
CODE_LENGTH_MAX: Final = 250
_TEXT_LENGTH_MAX: Final = 1000
_INSTALLMENTS_MAX: Final = 255
_INT32_MAX: Final = 2**31 - 1
_CENT_E8: Final = UNIT // 100

BLOCKAGE_RELEASE: Final = BlockageRelease.SAME_TIME
"""When a payment's blockage ends, which this protocol says nothing about."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The card to charge, what kind it is, and the name on it as it may be shown.

    `borrowed` is the temporary card that it is, to be spent once the bank was asked.
    """

    card: NewCard | CardOnFile
    source: CardSource
    owner: str = ""
    borrowed: Borrowed | None = None

    def spend(self) -> None:
        """The bank was asked: a temporary card is not to be used again."""
        if self.borrowed is not None:
            self.borrowed.spend()


@asynccontextmanager
async def planned(call: Call[Start], kind: PaymentKind) -> AsyncIterator[tuple[Pay, Chosen]]:
    """The command behind a payment, and its card, which is there inside the context only.

    A UniqueCode goes before a TempCardToken, and that before a number. Raises Failure; Refusal:
    REFERENCE_TAKEN and those of `borrow`.
    """
    body = call.body
    detail = _checked_detail(body.payment_detail)
    amount_e8 = positive_e8(detail.amount)
    lines = _lines(call, body.products, amount_e8)
    if body.card is None:
        raise Failure(payment_errors.CARD_INVALID)
    await check_reference_free(call.merchant, detail.merchant_unique_code, call.desk.ports)
    async with _chosen(call, body.card) as chosen:
        yield (
            Pay(
                merchant=call.merchant,
                door=DOOR,
                kind=kind,
                card=chosen.card,
                price_e8=amount_e8,
                paid_e8=amount_e8,
                currency=CURRENCIES[detail.currency_id or 0],
                installments=detail.installment or 1,
                lines=lines,
                line_split=LineSplit.EXACT,
                blockage_release=BLOCKAGE_RELEASE,
                conversation_id=detail.merchant_unique_code,
                claims_reference=True,
                basket_id=detail.tracking_code or None,
                channel=str(detail.channel_id) if detail.channel_id else None,
                group=str(detail.tag_id) if detail.tag_id else None,
                parties=_parties(detail, body.customer, chosen),
            ),
            chosen,
        )


def positive_e8(amount: Decimal | None) -> int:
    """A mandatory amount, of two decimals at most.

    Raises Failure(AMOUNT_NOT_POSITIVE), also for one beyond any payment.
    """
    try:
        asked = amount or Decimal(0)
        amount_e8 = e8_from_decimal(asked)
    except ValueError:
        amount_e8 = 0
    # Beyond the eighth decimal the amount was rounded.
    if amount_e8 <= 0 or amount_e8 % _CENT_E8 or Decimal(amount_e8).scaleb(-SCALE) != asked:
        raise Failure(payment_errors.AMOUNT_NOT_POSITIVE)
    return amount_e8


def checked_merchant_code(code: str) -> str:
    """The mandatory MerchantUniqueCode, space around it aside.

    Raises Failure(MERCHANT_CODE_INVALID).
    """
    code = code.strip()
    if not code:
        raise Failure(payment_errors.MERCHANT_CODE_INVALID)
    check_id(code, CODE_LENGTH_MAX, payment_errors.MERCHANT_CODE_INVALID)
    return code


def _checked_detail(detail: PaymentDetail | None) -> PaymentDetail:
    """What is paid, and how, with the MerchantUniqueCode as it counts. Raises Failure."""
    if detail is None:
        raise Failure(payment_errors.DETAIL_INVALID)
    code = checked_merchant_code(detail.merchant_unique_code)
    if detail.currency_id not in CURRENCIES:
        raise Failure(payment_errors.CURRENCY_INVALID)
    if not 0 <= detail.installment <= _INSTALLMENTS_MAX:
        raise Failure(payment_errors.INSTALLMENT_INVALID)
    if detail.client_ip and not _is_ip(detail.client_ip):
        raise Failure(payment_errors.CLIENT_IP_INVALID)
    check_id(detail.tracking_code, CODE_LENGTH_MAX, payment_errors.TRACKING_CODE_INVALID)
    if detail.channel_id and detail.channel_id not in CHANNELS:
        raise Failure(payment_errors.UNEXPECTED_PARAMETERS, "PaymentDetail.ChannelId")
    if not 0 <= detail.tag_id <= _INT32_MAX:
        raise Failure(payment_errors.UNEXPECTED_PARAMETERS, "PaymentDetail.TagId")
    _check_routing(detail)
    if detail.market_place is not None:
        raise Failure(payment_errors.MARKETPLACE_UNEXPECTED)
    return msgspec.structs.replace(detail, merchant_unique_code=code)


def _check_routing(detail: PaymentDetail) -> None:
    """What chooses between providers. There is one."""
    if detail.region_id is not None and not 0 <= detail.region_id <= REGION_ID_MAX:
        raise Failure(payment_errors.REGION_NOT_FOUND)
    if detail.provider_based and not detail.provider_key:
        raise Failure(payment_errors.PROVIDER_KEY_MISSING)
    if detail.pos_based and not 0 < (detail.pos_id or 0) <= _INT32_MAX:
        raise Failure(payment_errors.POS_ID_MISSING)
    if not detail.pay_route_by_pass:
        return
    if detail.pay_route_type not in PAY_ROUTE_TYPES:
        raise Failure(payment_errors.PAY_ROUTE_INVALID)
    if detail.pay_route_type == ROUTE_GROUP and not detail.route_group_key:
        raise Failure(payment_errors.ROUTE_GROUP_MISSING)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip())
    except ValueError:
        return False
    return True


def _lines(
    call: Call[Start], products: Sequence[Product] | None, amount_e8: int
) -> tuple[BasketLine, ...]:
    """The basket, whose lines make up the amount. Raises Failure."""
    if not products:
        if call.desk.switches.products_required:
            raise Failure(payment_errors.PRODUCTS_EMPTY)
        return ()
    if len(products) > PRODUCTS_MAX:
        raise Failure(payment_errors.UNEXPECTED_PARAMETERS, "Products")
    lines = tuple(_line(place, product) for place, product in enumerate(products))
    if sum(line.price_e8 for line in lines) != amount_e8:
        raise Failure(payment_errors.PRODUCTS_DO_NOT_SUM)
    return lines


def _line(place: int, product: Product) -> BasketLine:
    # The merchant is no marketplace, so it has no members; a part for one is not dropped silently.
    if product.member_id:
        raise Failure(payment_errors.MEMBER_INVALID)
    field = f"Products[{place}]"
    for text in (product.product_name, product.product_category, product.product_description):
        check_text(text, _TEXT_LENGTH_MAX, payment_errors.UNEXPECTED_PARAMETERS, field)
    check_id(product.product_id, CODE_LENGTH_MAX, payment_errors.UNEXPECTED_PARAMETERS, field)
    return BasketLine(
        item_id=product.product_id,
        name=product.product_name,
        category=product.product_category,
        # The protocol does not say what has to be shipped.
        kind=LineKind.VIRTUAL,
        price_e8=positive_e8(product.product_amount),
    )


@asynccontextmanager
async def _chosen(call: Call[Start], card: PaymentCard) -> AsyncIterator[Chosen]:
    """The card of a payment. Raises Failure; Refusal as `borrow` does."""
    if card.unique_code.strip():
        yield Chosen(card=stored_card(call, card), source=CardSource.STORED)
    elif card.temp_card_token.strip():
        async with borrow(call.merchant, card.temp_card_token, call.desk.ports) as borrowed:
            held = borrowed.held
            yield Chosen(
                card=_with_wish(card.card_save, held.card, held.holder),
                source=CardSource.TEMPORARY,
                owner=masked_name(held.holder),
                borrowed=borrowed,
            )
    else:
        holder = checked_holder(card.owner_name)
        sealed = new_card(call.card, card.expire_month, card.expire_year)
        yield Chosen(
            card=_with_wish(card.card_save, sealed, holder),
            source=CardSource.NEW,
            owner=masked_name(holder),
        )


def _with_wish(wish: CardSave | None, sealed: SealedCard, holder: str) -> NewCard:
    """A new card, to be stored after the payment if the caller wishes so. Raises Failure."""
    if wish is None or not wish.save:
        return NewCard(card=sealed, holder=holder)
    return NewCard(
        card=sealed,
        holder=holder,
        register=True,
        external_id=customer_of(wish),
        alias=wish.nickname.strip(),
    )


def _parties(
    detail: PaymentDetail, customer: Customer | None, chosen: Chosen
) -> dict[str, dict[str, str]]:
    """What is kept beside the payment for this door's own query, and for people.

    The error list has nothing for a customer, so no field of one is mandatory. Raises Failure.
    """
    about: dict[str, str] = {}
    for name, text in msgspec.to_builtins(customer or Customer()).items():
        check_text(text, _TEXT_LENGTH_MAX, payment_errors.UNEXPECTED_PARAMETERS, f"Customer.{name}")
        about[name] = text
    return {
        "buyer": about | ({"ip": detail.client_ip.strip()} if detail.client_ip else {}),
        "card": {"source": chosen.source, "owner": chosen.owner},
    }
