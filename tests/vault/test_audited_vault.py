"""Every access to card data leaves a line (PCI DSS v4.0.1 10.2.1.1)."""

import msgspec
import pytest

from vezne.core.audit import AuditAction
from vezne.core.card import CardSlot
from vezne.core.ports import AuditFailure, CardGone, LineFailure
from vezne.engines.engine import EngineClosed
from vezne.vault.service import open_vault

MERCHANT = 7
PAN = "5528790000000008"


class Bank:
    """Answers, or fails."""

    def __init__(self):
        self.failure = None
        self.messages = []

    async def exchange(self, message):
        self.messages.append(message)
        if self.failure is not None:
            raise self.failure
        return b"ok"


class FailingTrail:
    """A trail whose disk is full."""

    def record(self, event):
        raise AuditFailure("no space left")

    async def settled(self):
        raise AuditFailure("no space left")


@pytest.fixture
def told(audit):
    """What the trail says since the last look: action, subject, whether it succeeded, why not."""

    def take():
        lines = [event for event, _ in audit.lines if event.merchant_id == MERCHANT]
        audit.lines.clear()
        return [
            (event.action, event.subject, event.is_success, event.reason)
            for event in lines
            if event.action is not AuditAction.KEY_CREATED
        ]

    return take


async def test_stored_read_blocked_deleted(vault, present, told):
    """A line each; a stored card is named by its token, one in transit is not named."""
    card = present()
    token = await vault.keep(MERCHANT, card, "John Doe")
    name = token.hex()
    assert told() == [(AuditAction.CARD_STORED, name, True, "")]
    assert await vault.holder_of(MERCHANT, token) == "John Doe"
    assert told() == [(AuditAction.HOLDER_READ, name, True, "")]
    stored = msgspec.structs.replace(card, token=token, transit_id=None, has_cvv=False)
    await vault.block(MERCHANT, card)
    await vault.unblock(MERCHANT, stored)
    assert told() == [
        (AuditAction.CARD_BLOCKED, "in transit", True, ""),
        (AuditAction.CARD_UNBLOCKED, name, True, ""),
    ]
    await vault.forget(MERCHANT, token)
    assert told() == [(AuditAction.CARD_DELETED, name, True, "")]


async def test_what_fails_says_so(vault, present, told):
    """In a second line, without what the exception says."""
    with pytest.raises(CardGone):
        await vault.holder_of(MERCHANT, b"t" * 20)
    name = (b"t" * 20).hex()
    assert told() == [
        (AuditAction.HOLDER_READ, name, True, ""),
        (AuditAction.HOLDER_READ, name, False, "CardGone"),
    ]


async def test_a_card_that_is_not_stored_says_so(vault, engine, present, told):
    """As well: the line of what was begun stands there already."""
    await vault.keep(MERCHANT, present(), "x")
    told()
    await engine.close()
    with pytest.raises(EngineClosed):
        await vault.keep(MERCHANT, present(), "x")
    begun, failed = told()
    assert begun == (AuditAction.CARD_STORED, begun[1], True, "")
    assert failed == (AuditAction.CARD_STORED, begun[1], False, "EngineClosed")


async def test_a_broken_seal_is_told_of(vault, engine, present, told):
    """Whoever alters a row leaves a trace when the card is wanted."""
    token = await vault.keep(MERCHANT, present(), "x")
    told()
    with engine._writer:
        engine._writer.execute("UPDATE sealed_cards SET sealed = zeroblob(80)")
    with pytest.raises(CardGone):
        await vault.holder_of(MERCHANT, token)
    assert (AuditAction.CARD_REFUSED, token.hex(), False, "") in told()


async def test_a_number_that_is_sent(vault, present, told):
    """A line before; another when no answer came, or nothing was sent."""
    bank = Bank()
    line = vault.line(bank, timeout_s=1)
    await line.send(MERCHANT, [b"echo"], None)
    assert told() == []
    card = present()
    await line.send(MERCHANT, [CardSlot.PAN, CardSlot.CVV], card)
    sent = (AuditAction.CARD_SENT, "in transit", True, "")
    assert told() == [sent]
    for is_sent, why in ((True, "no answer"), (False, "not sent")):
        bank.failure = LineFailure("silence", is_sent=is_sent)
        with pytest.raises(LineFailure):
            await line.send(MERCHANT, [CardSlot.PAN], card)
        assert told() == [sent, (AuditAction.CARD_SENT, "in transit", False, why)]
    vault.release(card.transit_id)
    with pytest.raises(CardGone):
        await line.send(MERCHANT, [CardSlot.PAN], card)
    assert told() == [sent, (AuditAction.CARD_SENT, "in transit", False, "not sent")]


async def test_without_a_trail_no_card_is_touched(
    vault, engine, master_key, clock, entropy, present
):
    """What cannot be written down is not done (10.7.2)."""
    await vault.keyring.of_merchant(MERCHANT)
    silent = await open_vault(engine, master_key, clock, entropy, FailingTrail())
    silent.transit.hold(vault.transit.pan(present().transit_id), None)
    card = msgspec.structs.replace(present(), transit_id=1, has_cvv=False)
    bank = Bank()
    with pytest.raises(LineFailure, match="audit trail") as failure:
        await silent.line(bank, timeout_s=1).send(MERCHANT, [CardSlot.PAN], card)
    assert (failure.value.is_sent, bank.messages) == (False, [])
    with pytest.raises(AuditFailure):
        await silent.keep(MERCHANT, card, "x")
    with pytest.raises(AuditFailure):
        await silent.forget(MERCHANT, b"t" * 20)
    assert await engine.fetch("SELECT count(*) FROM sealed_cards") == [(0,)]


async def test_a_bank_s_silence_is_no_failure_of_the_trail(
    vault, engine, master_key, clock, entropy, present
):
    """A trail that fails after the message went out must not hide what became of it."""

    class FailingLater(FailingTrail):
        left = 1

        def record(self, event):
            if not self.left:
                super().record(event)
            self.left -= 1

    await vault.keyring.of_merchant(MERCHANT)
    again = await open_vault(engine, master_key, clock, entropy, FailingLater())
    again.transit.hold(vault.transit.pan(present().transit_id), None)
    card = msgspec.structs.replace(present(), transit_id=1, has_cvv=False)
    bank = Bank()
    bank.failure = LineFailure("silence", is_sent=True)
    with pytest.raises(LineFailure, match="silence"):
        await again.line(bank, timeout_s=1).send(MERCHANT, [CardSlot.PAN], card)


async def test_no_line_holds_a_number(vault, present, audit):
    """Nor a code, nor the first or last digits."""
    card = present(PAN, "987")
    token = await vault.keep(MERCHANT, card, "John Doe")
    await vault.line(Bank(), timeout_s=1).send(MERCHANT, [CardSlot.PAN, CardSlot.CVV], card)
    await vault.block(MERCHANT, card)
    await vault.forget(MERCHANT, token)
    said = msgspec.json.encode([event for event, _ in audit.lines if event.subject != token.hex()])
    for secret in (PAN, PAN[:6], PAN[-4:], "987", "John"):
        assert secret.encode() not in said
