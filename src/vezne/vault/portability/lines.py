"""A card as a line of an export: one JSON object, its number first."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from vezne.core.card import (
    CardScope,
    Expiry,
    Owner,
    StoredCard,
    holds_card_number,
    holds_pan,
)
from vezne.core.ids import TOKEN_BYTES
from vezne.vault.pan import Pan, parse_pan

_encoder: Final = msgspec.json.Encoder()
_NO_NUMBER: Final = msgspec.Raw(b'""')
_MONTHS: Final = 12
# Longer than any that we know of.
_TOKEN_BYTES_MAX: Final = 64
_BIN: Final = re.compile(r"\d{6}(?:\d{2})?", re.ASCII)
_DIGITS: Final = re.compile(r"\d+", re.ASCII)
_LAST4: Final = re.compile(r"\d{4}", re.ASCII)
# Beyond these no calendar goes.
_YEAR_MAX: Final = 9_999
_TIME_MAX_MS: Final = 2**47


class InvalidLine(Exception):
    """A line is no card. The text says why without quoting it."""


class OwnerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The merchant's customer, by whose `key` its cards belong together."""

    key: str
    email: str
    external_id: str | None = None
    created_ms: int


class CardFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a card but its number. Tokens and keys are hexadecimal.

    An insurance card has no number: it is known by its ends and the holder's `identity` number.
    """

    token: str
    bin: str
    last4: str
    expiry_year: int
    expiry_month: int
    holder: str
    alias: str
    metadata: dict[str, str]
    created_ms: int
    scope: CardScope = CardScope.PAYMENT
    identity: str = ""
    owner: OwnerFacts


class _NumberOf(msgspec.Struct, frozen=True):
    number: msgspec.Raw = _NO_NUMBER


_facts: Final = msgspec.json.Decoder(CardFacts)
_number: Final = msgspec.json.Decoder(_NumberOf)


class CardLine(NamedTuple):
    """A line that was read. The number is wiped by whoever reads it; an insurance card has none."""

    facts: CardFacts
    pan: Pan | None


def facts_of(owner: Owner, card: StoredCard, holder: str, identity: str) -> CardFacts:
    """What a line says of a card beside its number."""
    return CardFacts(
        token=card.token.hex(),
        bin=card.bin,
        last4=card.last4,
        expiry_year=card.expiry.year,
        expiry_month=card.expiry.month,
        holder=holder,
        alias=card.alias,
        metadata=card.metadata,
        created_ms=card.created_ms,
        scope=card.scope,
        identity=identity,
        owner=OwnerFacts(
            key=owner.key.hex(),
            email=owner.email,
            external_id=owner.external_id,
            created_ms=owner.created_ms,
        ),
    )


def write_line(facts: CardFacts, pan: Pan | None) -> bytearray:
    """The line of a card, in one place of memory that the caller wipes."""
    rest = _encoder.encode(facts)
    if pan is None:
        return bytearray().join((rest, b"\n"))
    return bytearray().join((b'{"number":"', pan.reveal(), b'",', rest[1:], b"\n"))


def read_lines(content: bytearray) -> Iterator[CardLine]:
    """The cards of a part. Raises InvalidLine, which counts lines from 1."""
    whole = memoryview(content)
    begin, number = 0, 0
    while begin < len(content):
        number += 1
        end = content.find(b"\n", begin)
        end = len(content) if end < 0 else end
        try:
            line = _read(whole[begin:end])
        except InvalidLine as error:
            raise InvalidLine(f"line {number}: {error}") from None
        yield line
        begin = end + 1


def owner_from(facts: CardFacts, merchant_id: int) -> Owner:
    """Whose card it is, as a merchant's books know them."""
    return Owner(
        merchant_id=merchant_id,
        key=bytes.fromhex(facts.owner.key),
        email=facts.owner.email,
        external_id=facts.owner.external_id,
        created_ms=facts.owner.created_ms,
    )


def card_from(facts: CardFacts, merchant_id: int, token: bytes, identity: bytes) -> StoredCard:
    """The card as a merchant's books know it, under another token."""
    is_insurance = facts.scope is CardScope.INSURANCE
    return StoredCard(
        merchant_id=merchant_id,
        owner_key=bytes.fromhex(facts.owner.key),
        token=token,
        alias=facts.alias,
        bin=facts.bin,
        last4=facts.last4,
        expiry=Expiry(facts.expiry_year, facts.expiry_month),
        metadata=facts.metadata,
        created_ms=facts.created_ms,
        scope=facts.scope,
        holder=facts.holder if is_insurance else "",
        identity=identity,
    )


def _read(line: memoryview) -> CardLine:
    try:
        facts = _facts.decode(line)
        text = bytes(_number.decode(line).number).decode().strip('"')
    except (ValueError, RecursionError):
        facts, text = None, ""
    if facts is None or not _is_sound(facts):
        # Raised out here because the errors above may quote the line.
        raise InvalidLine("it is not as a card is described")
    if _is_loose(facts):
        raise InvalidLine("a card number stands in one of its texts")
    if facts.scope is CardScope.INSURANCE:
        return CardLine(facts, None)
    pan = parse_pan(text)
    if pan is None:
        raise InvalidLine("it has no valid card number")
    return CardLine(msgspec.structs.replace(facts, bin=pan.bin, last4=pan.last4), pan)


def _is_sound(facts: CardFacts) -> bool:
    try:
        token, key = bytes.fromhex(facts.token), bytes.fromhex(facts.owner.key)
    except ValueError:
        return False
    times = (facts.created_ms, facts.owner.created_ms)
    if facts.scope is CardScope.INSURANCE and not _has_ends(facts):
        return False
    return (
        1 <= len(token) <= _TOKEN_BYTES_MAX
        and len(key) == TOKEN_BYTES
        and 1 <= facts.expiry_month <= _MONTHS
        and 1 <= facts.expiry_year <= _YEAR_MAX
        and all(0 <= at_ms < _TIME_MAX_MS for at_ms in times)
    )


def _is_loose(facts: CardFacts) -> bool:
    """Whether a card number stands where every door refuses one."""
    owner, metadata = facts.owner, facts.metadata
    ids = (owner.email, owner.external_id or "", facts.identity, *metadata, *metadata.values())
    return (
        any(map(holds_pan, (facts.holder, facts.alias)))
        or any(map(holds_card_number, ids))
        or _is_number(bytes.fromhex(facts.token))
    )


def _has_ends(facts: CardFacts) -> bool:
    """Whether no more of a number is there than may be shown (PCI DSS v4.0.1 3.4.1)."""
    return bool(_BIN.fullmatch(facts.bin) and _LAST4.fullmatch(facts.last4))


def _is_number(token: bytes) -> bool:
    """Whether a token is a card number in one of its forms, filled up or not.

    Among the digits of a random token something like a card number stands one time in ten thousand;
    then other things stand beside it.
    """
    text = token.hex().lstrip("0")
    if holds_card_number(text) and len(set(_DIGITS.sub("", text))) <= 1:
        return True
    return holds_card_number(token.decode("latin-1"))
