"""Who is calling, proven by a pair of headers: a client's name and its key.

Every merchant has two pairs. Which one a service asks for is its own matter; the other one and any
further header may come along and say nothing.
"""

import hmac
from collections.abc import Mapping
from typing import Final

import msgspec

from vezne.core.audit import claim_caller
from vezne.core.merchant import Credential
from vezne.core.ports import Merchants
from vezne.dialects.paywall import errors
from vezne.dialects.paywall.errors import Failure
from vezne.edge.messages import Request


class Pair(msgspec.Struct, frozen=True):
    """One of the two pairs: the name under which its credentials are kept, and its headers."""

    door: str
    client_header: str
    key_header: str


PUBLIC: Final = Pair("paywall.public", "apiclientpublic", "apikeypublic")
PRIVATE: Final = Pair("paywall.private", "apiclientprivate", "apikeyprivate")


async def authenticate(request: Request, merchants: Merchants, pair: Pair) -> Credential:
    """The credential that a pair of headers proves.

    Raises Failure: HEADER_MISSING when either header is absent or empty, UNAUTHORIZED when nobody
    has that client or its key is another; what the gate raises. Keys are compared in constant time.
    """
    client = _sent(request, pair.client_header)
    key = _sent(request, pair.key_header)
    claim_caller(client)
    # No database has to store what cannot be printed; NUL, for one, is an error in PostgreSQL.
    found = await merchants.find_credential(pair.door, client) if client.isprintable() else None
    expected = b"" if found is None else found.secret
    if not hmac.compare_digest(key.encode(), expected) or found is None:
        raise Failure(errors.UNAUTHORIZED)
    return found


def claimed_client(headers: Mapping[str, str]) -> str:
    """The client that a caller names, which is not proven; empty where it names none."""
    return headers.get(PRIVATE.client_header) or headers.get(PUBLIC.client_header, "")


def _sent(request: Request, header: str) -> str:
    value = request.headers.get(header, "").strip()
    if not value:
        raise Failure(errors.HEADER_MISSING, header)
    return value
