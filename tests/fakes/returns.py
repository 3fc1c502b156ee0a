"""Payments whose cardholder is at the bank, and a bank whose word is easily forged."""

from collections.abc import Mapping

import msgspec

from builders import ports
from fakes import records
from fakes.books import MemoryBooks
from fakes.world import FixedClock
from vezne.core.acquirer import ForgedReturn, Returned
from vezne.core.authentication import (
    LIFE_MS,
    Authentication,
    AuthenticationResult,
    AuthenticationState,
)
from vezne.core.payment import Payment, PaymentState
from vezne.core.ports import Ports

TRANSACTION_ID = "d5b2a3f0-6f0f-4a43-8d6a-1f2e3d4c5b6a"


class TrustingBank:
    """The part of `vezne.core.ports.Acquirer` that reads returns: `proof` must say `bank`."""

    name = "trusting"

    def read_return(self, fields: Mapping[str, str]) -> Returned:
        if fields.get("proof") != "bank":
            raise ForgedReturn
        return Returned(
            merchant_id=1,
            payment_number=int(fields["payment"]),
            result=AuthenticationResult(
                md_status=int(fields["md"]), transaction_id=TRANSACTION_ID, eci="05", cavv="proof"
            ),
        )


class HoldingVault:
    """The part of `vezne.core.ports.Vault` that holds cards: it does, until it drops them."""

    def __init__(self) -> None:
        self.dropped: list[int] = []

    async def is_held(self, merchant_id: int, payment_number: int) -> bool:
        return payment_number not in self.dropped

    async def drop_held(self, merchant_id: int, payment_number: int) -> None:
        self.dropped.append(payment_number)


def payment_at_the_bank(**changes: object) -> Payment:
    """A payment that waits for its cardholder."""
    authentication = Authentication(
        state=AuthenticationState.OPEN,
        opened_ms=records.AT_MS,
        expires_ms=records.AT_MS + LIFE_MS,
        success_url="https://shop.example/thanks",
        failure_url="https://shop.example/sorry",
        caller_key="demo-api-key",
        is_card_held=True,
        transaction_id=TRANSACTION_ID,
    )
    changed = msgspec.structs.replace(authentication, **changes)
    return records.payment(state=PaymentState.AUTHENTICATING, authentication=changed)


def returning_ports(*payments: Payment) -> Ports:
    """Ports over the fakes of this module and books that hold the payments."""
    books = MemoryBooks()
    books.payments = {(each.merchant_id, each.number): each for each in payments}
    return ports(
        books=books,
        vault=HoldingVault(),
        acquirer=TrustingBank(),
        clock=FixedClock(records.AT_MS + 60_000),
    )
