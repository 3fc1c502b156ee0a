"""What this door keeps beside a payment of its own, to say it again when asked."""

from typing import Final

import msgspec

from vezne.core.payment import Payment

_KEY: Final = "paynet"


class Remarks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The caller's words on a payment, and the ratio that it was priced with.

    `session` is the key of its session in hex, `token_number` what names its token in it.
    `ratio_e8` and `tax_e8` are fractions of 1 in 1e-8; without the former the payment was made
    through another door.
    """

    session: str = ""
    token_number: int = 0
    user_id: str = ""
    agent_id: str = ""
    pos_type: str = ""
    ratio_code: str = ""
    ratio_e8: int | None = None
    tax_e8: int = 0
    add_commission: bool = False
    holder: str = ""
    phone: str = ""
    email: str = ""
    ip: str = ""
    client_id: str = ""
    description: str = ""
    card_desc: str = ""
    save_card: bool = False


def parties_of(remarks: Remarks) -> dict[str, dict[str, str]]:
    """Remarks as a payment keeps them."""
    return {_KEY: texts_of(remarks)}


def remarks_of(payment: Payment) -> Remarks:
    """The remarks of a payment; those of one from another door are empty."""
    return msgspec.convert(payment.parties.get(_KEY, {}), Remarks, strict=False)


def texts_of(record: msgspec.Struct) -> dict[str, str]:
    """The fields of a record that are not the default, as texts."""
    fields: dict[str, object] = msgspec.to_builtins(record)
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in fields.items()
    }
