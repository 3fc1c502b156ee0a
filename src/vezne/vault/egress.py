"""The back door: fills card data into a message, carries it to a bank, cleans the reply."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Sequence
from typing import Final, Protocol

import msgspec

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.card import CardSlot, SealedCard
from vezne.core.ports import Audit, AuditFailure, CardGone, LineFailure
from vezne.vault.keyring import Keyring
from vezne.vault.pan import Cvv, Pan
from vezne.vault.records import VaultRecords
from vezne.vault.stored import open_stored
from vezne.vault.transit import Transit

# Bound once: to look a member up in its enum costs as much as a call.
_PAN: Final = CardSlot.PAN
_CVV: Final = CardSlot.CVV
_CARD_SENT: Final = AuditAction.CARD_SENT

# What the trail calls a card that has no token.
_IN_TRANSIT: Final = "in transit"


class Transport(Protocol):
    """A way to one bank. The message holds card data: it must be neither logged nor kept."""

    def exchange(self, message: bytes) -> bytes | Awaitable[bytes]:
        """The reply, at once or to be waited for.

        Raises LineFailure, with `is_sent` False when the bank cannot have seen the message. A
        refused connection or an unknown host counts as not sent. Any other exception counts as
        sent, and only its type is passed on.
        """


class Opener:
    """Finds what messages ask for: what is in transit, and the numbers of stored cards."""

    def __init__(self, transit: Transit, records: VaultRecords, keyring: Keyring) -> None:
        self.transit = transit
        self._records = records
        self._keyring = keyring

    async def stored_digits(self, merchant_id: int, token: bytes) -> bytes:
        """The number of a stored card, for the message at hand. Raises CardGone."""
        opened = await open_stored(self._records, self._keyring, merchant_id, token)
        try:
            return opened.pan.reveal()
        finally:
            opened.pan.wipe()


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
        has_pan, has_cvv = _PAN in template, _CVV in template
        event = self._announce(merchant_id, card) if has_pan else None
        digits = code = b""
        spent_id: int | None = None
        try:
            if card is not None:
                if has_cvv:
                    spent_id = card.transit_id
                if has_pan and card.token is not None:
                    digits = await self._opener.stored_digits(merchant_id, card.token)
                needs_pan, needs_cvv = has_pan and not digits, has_cvv and card.has_cvv
                if needs_pan or needs_cvv:
                    pan, cvv = self._transit.find(card.transit_id)
                    digits = _revealed(pan, "card number") if needs_pan else digits
                    code = _revealed(cvv, "security code") if needs_cvv else code
            outcome = self._exchange(template, digits, code)
            if not isinstance(outcome, (bytes, LineFailure)):
                outcome = await self._wait_for(outcome, spent_id)
            return self._heard(outcome, digits, spent_id)
        except CardGone:
            self._tell_failure(event, "not sent")
            raise
        except LineFailure as failure:
            self._tell_failure(event, "no answer" if failure.is_sent else "not sent")
            raise

    def _exchange(
        self, template: Sequence[bytes | CardSlot], digits: bytes, code: bytes
    ) -> bytes | Awaitable[bytes] | LineFailure:
        """What the transport has to say to a message.

        Failures are returned, so that what is raised drags no frame with the message along.
        """
        try:
            parts = []
            # A comprehension would be a call, with a cell for each of the two.
            for part in template:
                parts.append(digits if part is _PAN else code if part is _CVV else part)  # noqa: PERF401
            return self._transport.exchange(b"".join(parts))
        except Exception as error:  # noqa: BLE001 - once a message may be out, doubt is the answer
            return _failure_of(error)

    def _heard(self, outcome: bytes | LineFailure, digits: bytes, spent_id: int | None) -> bytes:
        """The reply without the number. Raises LineFailure, also without it."""
        if isinstance(outcome, bytes):
            self._transit.drop_cvv(spent_id)
            # Not `in`, which first takes the digits for a number.
            if digits and outcome.find(digits) >= 0:
                return outcome.replace(digits, _mask_of(digits).encode())
            return outcome
        if outcome.is_sent:
            self._transit.drop_cvv(spent_id)
        why = str(outcome)
        if digits:
            why = why.replace(digits.decode(), _mask_of(digits))
        raise LineFailure(why, is_sent=outcome.is_sent)

    def _announce(self, merchant_id: int, card: SealedCard | None) -> AuditEvent:
        if card is None:
            raise CardGone("the message asks for a card and there is none")
        event = AuditEvent(action=_CARD_SENT, merchant_id=merchant_id, subject=name_of(card))
        try:
            self._audit.record(event)
        except AuditFailure:
            raise LineFailure("the audit trail cannot be written", is_sent=False) from None
        return event

    def _tell_failure(self, event: AuditEvent | None, why: str) -> None:
        if event is None:
            return
        # A trail that fails by now has the announcement; the bank's answer must not be lost for it.
        with contextlib.suppress(AuditFailure):
            self._audit.record(msgspec.structs.replace(event, is_success=False, reason=why))

    async def _wait_for(self, reply: Awaitable[bytes], spent_id: int | None) -> bytes | LineFailure:
        """Failures are returned, as above."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await reply
        except asyncio.CancelledError:
            # Whoever asked is gone, and the message may be out: its code has served.
            self._transit.drop_cvv(spent_id)
            raise
        except Exception as error:  # noqa: BLE001 - likewise
            return _failure_of(error)


def _failure_of(error: Exception) -> LineFailure:
    """What an exception of the transport means, without its frames."""
    if isinstance(error, LineFailure):
        return LineFailure(str(error), is_sent=error.is_sent)
    is_sent = not isinstance(error, (ConnectionRefusedError, socket.gaierror))
    return LineFailure(type(error).__name__, is_sent=is_sent)


def _revealed(secret: Pan | Cvv | None, what: str) -> bytes:
    if secret is None:
        raise CardGone(f"no {what} in transit")
    return secret.reveal()


def _mask_of(digits: bytes) -> str:
    return Pan(bytearray(digits)).mask


def name_of(card: SealedCard) -> str:
    """What the trail calls a card."""
    return _IN_TRANSIT if card.token is None else card.token.hex()
