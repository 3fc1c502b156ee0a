"""The back door: fills card data into a message, carries it to a bank, cleans the reply."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Protocol

from vezne.core.card import CardSlot, SealedCard
from vezne.core.ports import CardGone, LineFailure
from vezne.vault.keyring import Keyring
from vezne.vault.pan import Pan
from vezne.vault.records import VaultRecords
from vezne.vault.stored import open_stored
from vezne.vault.transit import Transit


class Transport(Protocol):
    """A way to one bank. The message holds card data: it must be neither logged nor kept."""

    async def exchange(self, message: bytes) -> bytes:
        """The reply. Raises LineFailure, with `is_sent` False when the bank cannot have seen it.

        A refused connection or an unknown host counts as not sent. Any other exception counts as
        sent, and only its type is passed on.
        """


class Egress:
    """Implements `vezne.core.ports.CardLine` over one transport."""

    def __init__(
        self,
        transport: Transport,
        timeout_s: float | None,
        transit: Transit,
        records: VaultRecords,
        keyring: Keyring,
    ) -> None:
        self._transport = transport
        self._timeout_s = timeout_s
        self._transit = transit
        self._records = records
        self._keyring = keyring

    async def send(
        self, merchant_id: int, template: Sequence[bytes | CardSlot], card: SealedCard | None
    ) -> bytes:
        """The bank's reply, with the number masked should it stand there.

        The number is the stored card's when the card has a token, else the one in transit. The
        code of a message that has a slot for it is wiped from transit as soon as the bank may have
        seen it.

        Raises CardGone before anything is sent; LineFailure.
        """
        pan = await self._pan(merchant_id, card) if CardSlot.PAN in template else None
        try:
            outcome = await self._exchange(self._fill(template, pan, card))
            return self._clean(outcome, pan, card if CardSlot.CVV in template else None)
        finally:
            if pan is not None:
                pan.wipe()

    async def _pan(self, merchant_id: int, card: SealedCard | None) -> Pan:
        """A number of our own to wipe."""
        if card is None:
            raise CardGone("the message asks for a card and there is none")
        if card.token is None:
            return Pan(bytearray(self._transit.pan(card.transit_id).reveal()))
        opened = await open_stored(self._records, self._keyring, merchant_id, card.token)
        return opened.pan

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
        may_be_sent = isinstance(outcome, bytes) or outcome.is_sent
        if spent is not None and may_be_sent:
            self._transit.drop_cvv(spent.transit_id)
        if isinstance(outcome, bytes):
            if pan is None or (digits := pan.reveal()) not in outcome:
                return outcome
            return outcome.replace(digits, pan.mask.encode())
        why = str(outcome)
        if pan is not None:
            why = why.replace(pan.reveal().decode(), pan.mask)
        raise LineFailure(why, is_sent=outcome.is_sent)
