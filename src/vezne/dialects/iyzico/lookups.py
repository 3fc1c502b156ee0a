"""Endpoints that only look something up: BINs and instalments."""

from collections.abc import Sequence
from typing import Final

from msgspec import UNSET, Raw

from vezne.core import installment
from vezne.core.bin_table import ISSUERS
from vezne.core.card import PAN_LENGTH_MIN
from vezne.dialects.iyzico import answers, checks, errors, shapes
from vezne.dialects.iyzico.cards import bank_name, card_facts
from vezne.dialects.iyzico.decimals import stripped_text
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.payment_rules import CURRENCIES, DEFAULT_CURRENCY
from vezne.flows import inquire

_BIN_DIGITS_MIN: Final = 6
_BIN_DIGITS_MAX: Final = 8


async def check_bin(call: Call[shapes.BinCheck]) -> answers.BinAnswer:
    """POST /payment/bin/check."""
    number = call.body.bin_number
    if not number:
        raise Failure(errors.BIN_MISSING)
    facts = card_facts(
        inquire.find_bin(_checked_bin(number), call.desk.ports.bins), call.desk.switches
    )
    return answers.BinAnswer(
        bin_number=number,
        card_type=facts.type,
        card_association=facts.association,
        card_family=facts.family,
        bank_name=facts.bank_name,
        bank_code=facts.bank_code,
        commercial=facts.commercial,
    )


async def check_bin_echo(call: Call[shapes.BinCheck]) -> answers.BinAnswer:
    """What an error of POST /payment/bin/check repeats, unless it could be a whole number."""
    number = call.body.bin_number or ""
    return answers.BinAnswer(bin_number=number if 0 < len(number) < PAN_LENGTH_MIN else UNSET)


async def installment_info(call: Call[shapes.Installments]) -> answers.InstallmentInfo:
    """POST /payment/iyzipos/installment: for the card of a BIN, or for every programme."""
    body = call.body
    price = checks.checked_price(body.price)
    checks.check_member(body.currency, CURRENCIES, "currency")
    options = inquire.installment_options(
        call.merchant,
        price_e8=price.e8,
        bin=_checked_bin(body.bin_number) if body.bin_number else None,
        currency=body.currency or DEFAULT_CURRENCY,
        counts=call.desk.switches.installment_counts,
        bins=call.desk.ports.bins,
    )
    return answers.InstallmentInfo(
        installment_details=[_detail(call, price, option) for option in options]
    )


def _checked_bin(number: str) -> str:
    """Six to eight digits: iyzico's clients send six, since the BIN grew also eight."""
    if not (number.isascii() and number.isdigit()):
        raise Failure(errors.BIN_NOT_NUMERIC)
    if not _BIN_DIGITS_MIN <= len(number) <= _BIN_DIGITS_MAX:
        raise Failure(errors.BIN_LENGTH)
    return number


def _detail(
    call: Call[shapes.Installments], price: shapes.Amount, option: inquire.InstallmentOption
) -> answers.InstallmentDetail:
    echo = Raw(call.desk.notation.echo(price.e8, price))
    prices = _prices(option.prices)
    number = call.body.bin_number
    if option.record is not None:
        facts = card_facts(option.record, call.desk.switches)
        return answers.InstallmentDetail(
            bin_number=number or UNSET,
            price=echo,
            card_type=facts.type,
            card_association=facts.association,
            card_family_name=facts.family,
            bank_code=facts.bank_code,
            bank_name=facts.bank_name,
            commercial=facts.commercial,
            dcc_enabled=0,
            agriculture_enabled=0,
            installment_prices=prices,
        )
    if option.table is None:
        return answers.InstallmentDetail(
            bin_number=number or UNSET, price=echo, installment_prices=prices
        )
    issuer = ISSUERS.get(option.table.issuer_code)
    return answers.InstallmentDetail(
        price=echo,
        card_family_name=option.table.family,
        bank_code=option.table.issuer_code,
        bank_name=UNSET if issuer is None else bank_name(issuer, call.desk.switches),
        dcc_enabled=0,
        agriculture_enabled=0,
        installment_prices=prices,
    )


def _prices(
    prices: Sequence[installment.InstallmentPrice],
) -> list[answers.InstallmentPrice]:
    """The live service writes these without trailing zeros whatever it does elsewhere."""
    return [
        answers.InstallmentPrice(
            installment_price=Raw(stripped_text(price.part_e8)),
            total_price=Raw(stripped_text(price.total_e8)),
            installment_number=price.count,
        )
        for price in prices
    ]
