"""The requests of this door as records, and how leniently they are read.

Card numbers and security codes are not in them: the vault took them out.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType
from typing import Final, TypeVar, get_args

import msgspec

from vezne.dialects.paynet import errors
from vezne.dialects.paynet.amounts import KurusAmount
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.scalars import READERS, Prose

# Other spellings of a field, by pages and clients, for records that have it under the main one.
SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "add_commission": (
        "add_comission_amount",
        "add_commission_amount",
        "addcomission_to_amount",
        "addcomisson_to_amount",
        "addcommission_to_amount",
        "add_comission_to_amount",
    ),
    "save_card": ("card_save",),
    "card_desc": ("save_card_desc",),
    "user_gsm_no": ("user_gsm", "save_card_gsm"),
    "reference_no": ("referance_no",),
    "instalment": ("installment",),
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What every request may carry: the publishable key once more."""

    token: str | None = None


Shape = TypeVar("Shape", bound=msgspec.Struct)


class Auth(Asked, frozen=True, kw_only=True):
    """POST /v1/paynetj/auth. Some fields change nothing here, and are taken all the same."""

    amount: KurusAmount | None = None
    agent_id: str | None = None
    pos_type: str | None = None
    add_commission: bool | None = None
    reference_no: str | None = None
    ratio_code: str | None = None
    ratio_code_method: str | None = None
    domain: str | None = None
    tds_required: bool | None = None
    show_tds_error: bool | None = None
    merge_option: bool | None = None
    invoice_no: str | None = None
    save_card: bool | None = None
    user_unique_id: str | None = None
    card_owner_id: str | None = None
    card_desc: Prose | None = None
    user_gsm_no: Prose | None = None
    return_url: str | None = None


class AuthUpdate(Asked, frozen=True, kw_only=True):
    """POST /v1/paynetj/auth_update. What is absent stays as it is."""

    session_id: str | None = None
    amount: KurusAmount | None = None
    add_commission: bool | None = None
    ratio_code: str | None = None
    save_card: bool | None = None
    card_desc: Prose | None = None
    user_gsm_no: Prose | None = None


class CheckBin(Asked, frozen=True, kw_only=True):
    """POST /v1/paynetj/check_bin."""

    session_id: str | None = None
    bin: str | None = None
    no_instalment: bool | None = None


class CheckCardBin(Asked, frozen=True, kw_only=True):
    """POST /v1/paynetj/check_card_bin."""

    session_id: str | None = None
    card_hash: str | None = None
    card_owner_id: str | None = None
    user_unique_id: str | None = None
    no_instalment: bool | None = None


class SaveCard(Asked, frozen=True, kw_only=True):
    """POST /v1/paynetj/save_card."""

    session_id: str | None = None
    card_desc: Prose | None = None
    user_gsm_no: Prose | None = None


class TokenTerms(Asked, frozen=True, kw_only=True):
    """What the two ways to a token have in common."""

    session_id: str | None = None
    instalment_key: str | None = None
    do_3ds: bool | None = None
    ip: str | None = None
    client_id: str | None = None
    description: Prose | None = None
    card_holder_phone: Prose | None = None
    card_holder_mail: Prose | None = None


class CreateToken(TokenTerms, frozen=True, kw_only=True):
    """POST /v1/paynetj/create_token. The card's number and code were taken out."""

    card_holder: Prose | None = None
    month: int | None = None
    year: int | None = None
    save_card: bool | None = None
    card_desc: Prose | None = None
    user_gsm_no: Prose | None = None


class CreateCardToken(TokenTerms, frozen=True, kw_only=True):
    """POST /v1/paynetj/create_card_token. A security code that came along was taken out."""

    card_hash: str | None = None
    card_owner_id: str | None = None
    user_unique_id: str | None = None


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """GET and POST /v1/paynetjgate/tds."""

    session_id: str | None = None
    token_id: str | None = None
    publishable_key: str | None = None


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/transaction/charge."""

    session_id: str | None = None
    token_id: str | None = None
    reference_no: str | None = None
    transaction_type: str | None = None
    amount: str | None = None
    add_commission: bool | None = None
    ratio_code: str | None = None


class CardList(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/card/list. Who does not know the `card_owner_id` may name the customer."""

    card_owner_id: str | None = None
    user_unique_id: str | None = None
    limit: int | None = None
    starting_after: int | None = None
    ending_before: int | None = None


class CardSave(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/card/save. The card's number and code were taken out."""

    card_desc: Prose | None = None
    card_holder: Prose | None = None
    expire_month: int | None = None
    expire_year: int | None = None
    user_unique_id: str | None = None
    card_owner_id: str | None = None


class CardName(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/card/delete."""

    card_owner_id: str | None = None
    user_unique_id: str | None = None
    card_hash: str | None = None


class CardDescription(CardName, frozen=True, kw_only=True):
    """POST /v1/card/desc_update."""

    card_desc: Prose | None = None


def read(shape: type[Shape], payload: object) -> Shape:
    """A body as a record of the given shape: an object, or nothing at all.

    Unknown fields are ignored; names may be written in any case. Null and empty texts count as
    absent. Raises Failure(MALFORMED) with the name of the field, and Failure(BAD_REQUEST) for what
    is no object.
    """
    if payload is None or payload == []:
        return shape()
    if not isinstance(payload, dict):
        raise Failure(errors.BAD_REQUEST)
    sent = {name.lower(): value for name, value in payload.items() if value not in (None, "")}
    values: dict[str, object] = {}
    for name, reader in _plan(shape):
        for spelling in (name, *SPELLINGS.get(name, ())):
            if spelling in sent:
                values[name] = _read_field(name, reader, sent[spelling])
                break
    return shape(**values)


def text_field(payload: object, name: str) -> str | None:
    """A single field of a body as a text; None where there is none."""
    value = payload.get(name) if isinstance(payload, dict) else None
    return value if isinstance(value, str) and value else None


def _read_field(name: str, reader: Callable[[object], object], value: object) -> object:
    try:
        return reader(value)
    except ValueError:
        raise Failure(errors.MALFORMED, name) from None


@cache
def _plan(shape: type[msgspec.Struct]) -> tuple[tuple[str, Callable[[object], object]], ...]:
    """The fields of a record and how each is read."""
    return tuple(
        (field.encode_name, _reader_of(field.type)) for field in msgspec.structs.fields(shape)
    )


def _reader_of(kind: object) -> Callable[[object], object]:
    """The reader of a field of type `X | None`."""
    (plain,) = (part for part in get_args(kind) if part is not NoneType)
    return READERS[plain]
