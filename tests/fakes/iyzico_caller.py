"""Requests as the edge would hand them to the iyzico dialect, and a directory of one caller."""

import base64
import hmac
from urllib.parse import unquote

import msgspec

from builders import SAMPLE_TIME_MS, merchant
from fakes.world import FixedClock
from vezne.core.body import CardFields
from vezne.core.merchant import Credential
from vezne.edge.messages import Request
from vezne.vault.intake import VaultIntake
from vezne.vault.transit import Transit

KEY = "demo-api-key"
SECRET = "demo-secret-key"
RANDOM_KEY = "Rnd4Test"

PAYMENT_CARD = CardFields(("paymentCard",), "cardNumber", "cvc")
STORED_CARD = CardFields(("card",), "cardNumber")


class OneCaller:
    """Implements `vezne.core.ports.Merchants` for a single key pair of the iyzico door."""

    def __init__(self, key: str = KEY, secret: str = SECRET) -> None:
        self.credential = Credential(
            merchant=merchant(), door="iyzico", key=key, secret=secret.encode()
        )
        self.asked: list[str] = []

    async def find_credential(self, door: str, key: str) -> Credential | None:
        self.asked.append(key)
        known = (self.credential.door, self.credential.key)
        return self.credential if (door, key) == known else None


def request_of(
    raw: bytes,
    headers: dict[str, str],
    target: str = "/payment/iyzipos/installment",
    card: CardFields | None = None,
    **changes: object,
) -> Request:
    """A POST with the given body, its card lifted by the vault. Raises MalformedBody."""
    path, _, query = target.partition("?")
    request = Request(
        method="POST",
        scheme="https",
        host="localhost:8443",
        path=unquote(path).removesuffix("/"),
        target=target,
        query=query,
        headers=headers,
        body=VaultIntake(Transit(FixedClock(SAMPLE_TIME_MS))).lift(raw, card),
    )
    return msgspec.structs.replace(request, **changes)


def token_headers(
    path: str, raw: bytes, *, key: str = KEY, secret: str = SECRET, random_key: str = RANDOM_KEY
) -> dict[str, str]:
    """The `IYZWSv2` header for a path and a body as signed."""
    message = random_key.encode() + path.encode() + raw
    signature = hmac.digest(secret.encode(), message, "sha256").hex()
    return token_from(f"apiKey:{key}&randomKey:{random_key}&signature:{signature}")


def token_from(text: str | bytes) -> dict[str, str]:
    """The `IYZWSv2` header that says a text."""
    plain = text.encode() if isinstance(text, str) else text
    return {"authorization": f"IYZWSv2 {base64.b64encode(plain).decode()}"}
