"""Names of the house as this door prints them.

Sessions, instalment keys, tokens and transactions have a prefix and sealed text of at most a
hundred characters; owners and stored cards look like a GUID. `/` is written `*` in the name of a
transaction, as the documentation's samples have it.
"""

import base64
import re
from typing import Final

from vezne.core.ids import TOKEN_BYTES
from vezne.core.ports import NameBox

SESSION: Final = "js_"
INSTALMENT: Final = "ji_"
TOKEN: Final = "jt_"  # noqa: S105
TRANSACTION: Final = "xk_"

LENGTH_MAX: Final = 100
_NUMBER_BYTES: Final = 20
_PURPOSES: Final = {
    SESSION: "paynet session",
    INSTALMENT: "paynet instalment",
    TOKEN: "paynet token",
    TRANSACTION: "paynet transaction",
}
# A GUID's groups, the last one longer: 8-4-4-4-20.
_GROUPS: Final = re.compile(r"(.{8})(.{4})(.{4})(.{4})(.{20})")
_NOT_HEX: Final = re.compile(r"[\s{}-]")


class NotAName(Exception):
    """The text is no name of ours, or not one of this merchant."""


def sealed_name(names: NameBox, merchant_id: int, prefix: str, name: bytes) -> str:
    """A name of ours, sealed, behind the prefix of its kind."""
    text = base64.b64encode(names.seal(merchant_id, _PURPOSES[prefix], name)).decode()
    return prefix + (text.replace("/", "*") if prefix == TRANSACTION else text)


def opened_name(names: NameBox, merchant_id: int, prefix: str, text: str) -> bytes:
    """Its inverse. Raises NotAName.

    A blank stands for the `+` that became one on the way through a form, and so does what is
    missing at the end, where blanks are lost.
    """
    if len(text) > LENGTH_MAX:
        raise NotAName
    body = text.strip().removeprefix(prefix).replace(" ", "+").replace("*", "/")
    body += "+" * (-len(body) % 4)
    try:
        sealed = base64.b64decode(body, validate=True)
        return names.open(merchant_id, _PURPOSES[prefix], sealed)
    except ValueError:
        raise NotAName from None


def transaction_name(names: NameBox, merchant_id: int, number: int) -> str:
    """The `xact_id` of a payment or of an attempt about one."""
    name = number.to_bytes(_NUMBER_BYTES, "big")
    return sealed_name(names, merchant_id, TRANSACTION, name)


def transaction_number(names: NameBox, merchant_id: int, text: str) -> int:
    """The number that an `xact_id` names. Raises NotAName."""
    return int.from_bytes(opened_name(names, merchant_id, TRANSACTION, text), "big")


def guid_like(token: bytes) -> str:
    """A `card_owner_id` or `card_hash`: the key of an owner, or the token of a stored card."""
    return "-".join(_groups_of(token.hex()))


def token_from_guid(text: str) -> bytes:
    """Its inverse. Raises NotAName."""
    try:
        token = bytes.fromhex(_NOT_HEX.sub("", text))
    except ValueError:
        raise NotAName from None
    if len(token) != TOKEN_BYTES:
        raise NotAName
    return token


def _groups_of(digits: str) -> tuple[str, ...]:
    match = _GROUPS.fullmatch(digits)
    if match is None:
        raise ValueError("not a token of ours")
    return match.groups()
