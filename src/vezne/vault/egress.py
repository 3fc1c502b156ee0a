"""The back door: fills card data into a message, carries it to a bank, cleans the reply."""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.card import CardSlot, SealedCard
from vezne.core.ports import Audit, AuditFailure, CardGone, LineFailure
from vezne.vault.keyring import Keyring
from vezne.vault.pan import Pan
from vezne.vault.records import VaultRecords
from vezne.vault.stored import open_stored
from vezne.vault.transit import Transit

# What the trail calls a card that has no token.
_IN_TRANSIT: Final = "in transit"


class Transport(Protocol):
    """A way to one bank. The message holds card data: it must be neither logged nor kept."""

    async def exchange(self, message: bytes) -> bytes:
        """The reply. Raises LineFailure, with `is_sent` False when the bank cannot have seen it.

        A refused connection or an unknown host counts as not sent. Any other exception counts as
        sent, and only its type is passed on.
        """


class Opener:
    """Finds the numbers and codes that messages ask for."""

    def __init__(self, transit: Transit, records: VaultRecords, keyring: Keyring) -> None:
        self.transit = transit
        self._records = records
        self._keyring = keyring

    async def pan(self, merchant_id: int, card: SealedCard) -> Pan:
        """The number of a card, for the caller to wipe. Raises CardGone."""
        if card.token is None:
            return Pan(bytearray(self.transit.pan(card.transit_id).reveal()))
        opened = await open_stored(self._records, self._keyring, merchant_id, card.token)
        return opened.pan


class Egress:
    """Implements `vezne.core.ports.CardLine` over one transport."""

    def __init__(
        self, transport: Transport, timeout_s: float | None, opener: Opener, audit: Audit
    ) -> None:
        self._transport = transport
        self._timeout_s = timeout_s
        self._opener = opener
        self._transit = opener.transit
        self._audit = audit

    async def send(
        self, merchant_id: int, template: Sequence[bytes | CardSlot], card: SealedCard | None
    ) -> bytes:
        """The bank's reply, with the number masked should it stand there.

        The number is the stored card's when the card has a token, else the one in transit. The
        code of a message that has a slot for it is wiped from transit as soon as the bank may have
        seen it. A line about a message with a number is on its way before the number is opened
        (PCI DSS v4.0.1 10.2.1.1); whoever answers waits for it. When the trail is known to fail,
        the message is not sent.

        Raises CardGone before anything is sent; LineFailure.
        """
        if CardSlot.PAN not in template:
            return await self._ask(template, None, card)
        if card is None:
            raise CardGone("the message asks for a card and there is none")
        event = self._announce(merchant_id, card)
        try:
            return await self._send_number(merchant_id, template, card)
        except CardGone:
            self._tell_failure(event, "not sent")
            raise
        except LineFailure as failure:
            self._tell_failure(event, "no answer" if failure.is_sent else "not sent")
            raise

    async def _send_number(
        self, merchant_id: int, template: Sequence[bytes | CardSlot], card: SealedCard
    ) -> bytes:
        pan = await self._opener.pan(merchant_id, card)
        try:
            return await self._ask(template, pan, card)
        finally:
            pan.wipe()

    async def _ask(
        self, template: Sequence[bytes | CardSlot], pan: Pan | None, card: SealedCard | None
    ) -> bytes:
        message = self._fill(template, pan, card)
        spent = card if CardSlot.CVV in template else None
        try:
            outcome = await self._exchange(message)
        except asyncio.CancelledError:
            # Whoever asked is gone, and the message may be out: its code has served.
            self._drop_code(spent)
            raise
        return self._clean(outcome, pan, spent)

    def _announce(self, merchant_id: int, card: SealedCard) -> AuditEvent:
        event = AuditEvent(
            action=AuditAction.CARD_SENT, merchant_id=merchant_id, subject=name_of(card)
        )
        try:
            self._audit.record(event)
        except AuditFailure:
            raise LineFailure("the audit trail cannot be written", is_sent=False) from None
        return event

    def _tell_failure(self, event: AuditEvent, why: str) -> None:
        # A trail that fails by now has the announcement; the bank's answer must not be lost for it.
        with contextlib.suppress(AuditFailure):
            self._audit.record(msgspec.structs.replace(event, is_success=False, reason=why))

    def _fill(
        self, template: Sequence[bytes | CardSlot], pan: Pan | None, card: SealedCard | None
    ) -> bytes:
        fillings = {CardSlot.PAN: b"", CardSlot.CVV: b""}
        if pan is not None:
            fillings[CardSlot.PAN] = pan.reveal()
        if card is not None and card.has_cvv and CardSlot.CVV in template:
            fillings[CardSlot.CVV] = self._transit.cvv(card.transit_id).reveal()
        return b"".join(
            segment if isinstance(segment, bytes) else fillings[segment] for segment in template
        )

    async def _exchange(self, message: bytes) -> bytes | LineFailure:
        """Failures are returned, so that what is raised drags no frame with the message along."""
        try:
            if self._timeout_s is None:
                return await self._transport.exchange(message)
            async with asyncio.timeout(self._timeout_s):
                return await self._transport.exchange(message)
        except LineFailure as failure:
            return LineFailure(str(failure), is_sent=failure.is_sent)
        except (ConnectionRefusedError, socket.gaierror) as error:
            return LineFailure(type(error).__name__, is_sent=False)
        except Exception as error:  # noqa: BLE001 - once a message may be out, doubt is the answer
            return LineFailure(type(error).__name__, is_sent=True)

    def _clean(
        self, outcome: bytes | LineFailure, pan: Pan | None, spent: SealedCard | None
    ) -> bytes:
        """The reply to a message that carried the code of the `spent` card."""
        if isinstance(outcome, bytes) or outcome.is_sent:
            self._drop_code(spent)
        if isinstance(outcome, bytes):
            if pan is None or (digits := pan.reveal()) not in outcome:
                return outcome
            return outcome.replace(digits, pan.mask.encode())
        why = str(outcome)
        if pan is not None:
            why = why.replace(pan.reveal().decode(), pan.mask)
        raise LineFailure(why, is_sent=outcome.is_sent)

    def _drop_code(self, spent: SealedCard | None) -> None:
        """Wipe the code of a card that was sent along (PCI DSS v4.0.1 3.3.1)."""
        if spent is not None:
            self._transit.drop_cvv(spent.transit_id)


def name_of(card: SealedCard) -> str:
    """What the trail calls a card."""
    return _IN_TRANSIT if card.token is None else card.token.hex()
