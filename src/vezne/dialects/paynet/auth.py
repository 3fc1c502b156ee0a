"""Who is calling: one of a merchant's two keys, sent as it is behind the word `Basic`.

The publishable key is good for PaynetJ, the secret one for everything. Some clients send what HTTP
calls basic credentials, base64 of the key and a colon, and the browser library repeats the key in
the body as `token`; both are believed.
"""

import base64
import binascii
from typing import Final

import msgspec

from vezne.core.audit import claim_caller
from vezne.core.merchant import Merchant
from vezne.core.ports import Merchants, NameBox
from vezne.dialects.paynet import errors
from vezne.dialects.paynet.errors import Failure

# The door names of the two keys' credentials.
PUBLISHABLE_DOOR: Final = "paynet"
SECRET_DOOR: Final = "paynet.secret"  # noqa: S105
_KEY_PURPOSE: Final = "api key"
_KEY_LENGTH_MAX: Final = 512
_SCHEME: Final = "basic"
# Enough of a sealed key to tell it from others.
_NAME_DIGITS: Final = 32


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The merchant that calls, its publishable key, and whether it showed the secret one."""

    merchant: Merchant
    publishable_key: str
    has_secret: bool


def secret_name(names: NameBox, secret: str) -> str:
    """The name under which a secret key is looked up: stored, it shows nothing of the key."""
    return names.seal(0, _KEY_PURPOSE, secret.encode()).hex()


async def authenticate(
    authorization: str, token: str | None, merchants: Merchants, names: NameBox
) -> Caller:
    """The caller behind an Authorization header, or behind the body field `token` without one.

    Raises Failure(UNAUTHORIZED), also when the two do not belong to one merchant; what the gate
    raises.
    """
    scheme, _, rest = authorization.strip().partition(" ")
    key = rest.strip() if scheme.lower() == _SCHEME else ""
    caller = await _find_caller(key, merchants, names) if key else None
    if authorization and caller is None:
        raise Failure(errors.UNAUTHORIZED)
    if not token:
        if caller is None:
            raise Failure(errors.UNAUTHORIZED)
        return caller
    named = await _find(token, merchants, names)
    if named is None or (caller or named).publishable_key != named.publishable_key:
        raise Failure(errors.UNAUTHORIZED)
    return caller or named


async def find_by_publishable_key(key: str, merchants: Merchants) -> Merchant | None:
    """The merchant that has a publishable key; None when nobody has."""
    # No database has to store what cannot be printed.
    if not key.isprintable() or len(key) > _KEY_LENGTH_MAX:
        return None
    credential = await merchants.find_credential(PUBLISHABLE_DOOR, key)
    return None if credential is None else credential.merchant


async def _find_caller(key: str, merchants: Merchants, names: NameBox) -> Caller | None:
    """The caller of a key as sent, or as the user name of basic credentials (RFC 7617)."""
    caller = await _find(key, merchants, names)
    if caller is not None:
        return caller
    try:
        user, _, _ = base64.b64decode(key, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return await _find(user, merchants, names) if user else None


async def _find(key: str, merchants: Merchants, names: NameBox) -> Caller | None:
    merchant = await find_by_publishable_key(key, merchants)
    if merchant is not None:
        claim_caller(key)
        return Caller(merchant=merchant, publishable_key=key, has_secret=False)
    if len(key) > _KEY_LENGTH_MAX:
        return None
    try:
        sealed = secret_name(names, key)
    except UnicodeEncodeError:
        return None
    claim_caller(sealed[:_NAME_DIGITS])
    credential = await merchants.find_credential(SECRET_DOOR, sealed)
    if credential is None:
        return None
    return Caller(
        merchant=credential.merchant,
        publishable_key=credential.secret.decode(),
        has_secret=True,
    )
