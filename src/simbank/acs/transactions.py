"""An authentication as the bank remembers it: in a signed token that the browser carries.

The bank keeps no state, so the browser holds where a challenge stands. The signature keeps it from
being altered. What it does not prevent is going back to an earlier page, whose token has fewer
wrong codes in it.
"""

import base64
import hmac
from typing import Final, Literal

import msgspec

from simbank.acs.scenarios import Scenario

# The path to which the browser first takes a token.
ENTRY_PATH: Final = "/bank/3ds"

# An acquirer holds a security code for fifteen minutes; a later answer helps nobody.
LIFE_MS: Final = 15 * 60 * 1000

Language = Literal["tr", "en"]

_PURPOSE: Final = b"simbank 3-D Secure transaction"


class Transaction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One authentication. Of the card it has the mask and no more.

    `deadline_ms` is when the challenge ends, 0 before its page was first shown. `wrong_codes` and
    `resends` count what the cardholder did on it.
    """

    merchant_id: int
    payment_number: int
    transaction_id: str
    scenario: Scenario
    mask: str
    merchant_name: str
    amount_e8: int
    currency: str
    installments: int
    language: Language
    return_url: str
    begun_ms: int
    expires_ms: int
    deadline_ms: int = 0
    wrong_codes: int = 0
    resends: int = 0


class ForgedToken(Exception):
    """The token is not the bank's, or was altered."""


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Transaction)


def seal(key: bytes, transaction: Transaction) -> str:
    """The token of a transaction: its JSON in base64url, and a signature in hexadecimal digits."""
    content = base64.urlsafe_b64encode(_ENCODER.encode(transaction))
    return f"{content.decode()}.{_sign(key, content)}"


def unseal(key: bytes, token: str) -> Transaction:
    """The transaction in a token. Raises ForgedToken."""
    content, _, signature = token.encode("utf-8", "surrogatepass").rpartition(b".")
    if not hmac.compare_digest(_sign(key, content).encode(), signature):
        raise ForgedToken
    return _DECODER.decode(base64.urlsafe_b64decode(content))


def _sign(key: bytes, content: bytes) -> str:
    return hmac.digest(key, _PURPOSE + b":" + content, "sha256").hex()
