"""Who is calling: a merchant by HTTP Basic, with its iyzico API key and secret key."""

import base64
import binascii
import hmac
from typing import Final

from vezne.core.audit import claim_caller
from vezne.core.merchant import Merchant
from vezne.core.ports import Merchants
from vezne.dialects.sandbox import errors
from vezne.dialects.sandbox.errors import Failure

# The door whose keys are asked for: every merchant has a pair of them.
_KEYS_OF: Final = "iyzico"
_SCHEME: Final = "basic"


async def authenticate(authorization: str, merchants: Merchants) -> tuple[Merchant, str]:
    """The merchant behind an Authorization header (RFC 7617), and its API key.

    Raises Failure(UNAUTHORIZED), and what the gate raises. Secrets are compared in constant time.
    """
    scheme, _, rest = authorization.strip().partition(" ")
    key, secret = _pair(rest) if scheme.lower() == _SCHEME else ("", "")
    if key:
        claim_caller(key)
    # No database has to store what cannot be printed.
    found = await merchants.find_credential(_KEYS_OF, key) if key.isprintable() else None
    expected = b"" if found is None else found.secret
    if not hmac.compare_digest(secret.encode(), expected) or found is None:
        raise Failure(errors.UNAUTHORIZED)
    return found.merchant, key


def _pair(text: str) -> tuple[str, str]:
    """User name and password; empty where there are none."""
    try:
        decoded = base64.b64decode(text.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    key, _, secret = decoded.partition(":")
    return key, secret
