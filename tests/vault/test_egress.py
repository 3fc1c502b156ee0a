import asyncio
import socket
import traceback

import msgspec
import pytest

from vezne.core.card import CardSlot
from vezne.core.ports import CardGone, LineFailure
from vezne.engines.engine import ANY_ROWS, Write
from vezne.vault.transit import AGE_MAX_MS

PAN = "5528790000000008"
MASK = "552879******0008"
MERCHANT = 7
TEMPLATE = (b"<pan>", CardSlot.PAN, b"</pan><cvv>", CardSlot.CVV, b"</cvv>")
WITHOUT_CARD = (b"<void/>",)


class Bank:
    """Answers with what it is given, and remembers the messages."""

    def __init__(self, reply=b"approved"):
        self.reply = reply
        self.messages = []

    def answer(self, message):
        self.messages.append(message)
        if isinstance(self.reply, BaseException):
            raise self.reply
        return self.reply

    async def exchange(self, message):
        return self.answer(message)


class BankNextDoor:
    """The same without a way to it: nobody has to wait."""

    def __init__(self, bank):
        self.exchange = bank.answer


class SilentBank:
    """Takes the message and never answers."""

    async def exchange(self, message):
        await asyncio.Event().wait()


@pytest.fixture
def bank():
    return Bank()


@pytest.fixture(params=[5, None], ids=["with a time-out", "at once"])
def line(request, vault, bank):
    return vault.line(bank if request.param else BankNextDoor(bank), timeout_s=request.param)


@pytest.fixture
def stored(vault, present):
    """The card as the books name it after its request is over; perhaps with a new code."""

    async def store(cvv=None):
        card = present()
        token = await vault.keep(MERCHANT, card, "John Doe")
        vault.transit.release(card.transit_id)
        transit_id = None if cvv is None else present("", cvv).transit_id
        return msgspec.structs.replace(
            card, token=token, transit_id=transit_id, has_cvv=cvv is not None
        )

    return store


async def test_a_card_in_transit_is_filled_in(line, bank, present):
    """Number and code stand where the template has slots; the reply comes back."""
    assert await line.send(MERCHANT, TEMPLATE, present()) == b"approved"
    assert bank.messages == [b"<pan>5528790000000008</pan><cvv>123</cvv>"]


async def test_a_stored_card_is_filled_in(line, bank, stored):
    """The number is opened under the token; without a code its slot stays empty."""
    await line.send(MERCHANT, TEMPLATE, await stored())
    assert bank.messages == [b"<pan>5528790000000008</pan><cvv></cvv>"]


async def test_a_stored_card_with_a_new_code(line, bank, stored):
    """The number comes from storage, the code from the request."""
    await line.send(MERCHANT, TEMPLATE, await stored("321"))
    assert bank.messages == [b"<pan>5528790000000008</pan><cvv>321</cvv>"]


async def test_the_token_wins_over_a_number_in_transit(line, bank, stored, present):
    """A request that names a stored card and brings another number charges the stored one."""
    card = await stored()
    other = present("5400360000000003", "999")
    card = msgspec.structs.replace(card, transit_id=other.transit_id, has_cvv=True)
    await line.send(MERCHANT, TEMPLATE, card)
    assert bank.messages == [b"<pan>5528790000000008</pan><cvv>999</cvv>"]


async def test_a_message_without_a_card(line, bank, present):
    """A follow-up needs no card, and no card is opened for one that has no slots."""
    assert await line.send(MERCHANT, WITHOUT_CARD, None) == b"approved"
    gone = msgspec.structs.replace(present(), token=b"x" * 20)
    assert await line.send(MERCHANT, WITHOUT_CARD, gone) == b"approved"
    assert await line.send(MERCHANT, (b"cvv:", CardSlot.CVV), None) == b"approved"
    assert bank.messages == [b"<void/>", b"<void/>", b"cvv:"]


async def test_the_code_dies_with_the_answer(line, vault, present):
    """After a reply the code is wiped, the number stays until the request ends."""
    card = present()
    cvv = vault.transit.cvv(card.transit_id)
    await line.send(MERCHANT, TEMPLATE, card)
    with pytest.raises(ValueError, match="wiped"):
        cvv.reveal()
    assert vault.transit.pan(card.transit_id).reveal() == PAN.encode()
    with pytest.raises(CardGone, match="security code"):
        await line.send(MERCHANT, TEMPLATE, card)


@pytest.mark.parametrize("reply", [b"begun", LineFailure("cut off", is_sent=True)])
async def test_a_code_that_was_not_sent_lives_on(line, vault, bank, present, reply):
    """A message that asks for the number only is not the one that the code is for."""
    bank.reply = reply
    card = present()
    try:
        await line.send(MERCHANT, (b"<pan>", CardSlot.PAN, b"</pan>"), card)
    except LineFailure:
        assert isinstance(reply, LineFailure)
    assert bank.messages == [b"<pan>5528790000000008</pan>"]
    assert vault.transit.cvv(card.transit_id).reveal() == b"123"


async def test_the_reply_is_scrubbed(line, bank, present, stored):
    """A bank that repeats the number is not heard doing so."""
    bank.reply = f"declined {PAN} {PAN}".encode()
    for card in (present(), await stored()):
        assert await line.send(MERCHANT, TEMPLATE, card) == f"declined {MASK} {MASK}".encode()


@pytest.mark.parametrize(
    ("error", "is_sent"),
    [
        (LineFailure("no route", is_sent=False), False),
        (LineFailure("cut off", is_sent=True), True),
        (ConnectionRefusedError(111, "refused"), False),
        (socket.gaierror(-2, "unknown host"), False),
        (ConnectionResetError(104, "reset"), True),
        (TimeoutError(), True),
        (EOFError("half a reply"), True),
        (asyncio.IncompleteReadError(b"", 4), True),
        (OSError("anything"), True),
        (RuntimeError("a bug"), True),
    ],
)
async def test_failures_of_the_line(vault, bank, line, present, error, is_sent):
    """Only what surely never reached the bank counts as not sent; the code outlives no doubt."""
    bank.reply = error
    card = present()
    with pytest.raises(LineFailure) as failed:
        await line.send(MERCHANT, TEMPLATE, card)
    assert failed.value.is_sent is is_sent
    if is_sent:
        with pytest.raises(CardGone):
            vault.transit.cvv(card.transit_id)
    else:
        assert vault.transit.cvv(card.transit_id)


@pytest.mark.parametrize(
    "error",
    [RuntimeError(f"cannot parse {PAN}"), LineFailure(f"bad reply {PAN}", is_sent=True)],
)
async def test_failures_do_not_quote_the_message(bank, line, present, error):
    """Neither the failure's text nor its traceback, nor what it was raised from, has the number."""
    bank.reply = error
    with pytest.raises(LineFailure) as failed:
        await line.send(MERCHANT, TEMPLATE, present())
    assert PAN not in "".join(traceback.format_exception(failed.value))
    assert failed.value.__context__ is None
    assert failed.value.__cause__ is None


async def test_failure_without_a_card(bank, line):
    """A follow-up fails like anything else."""
    bank.reply = LineFailure("down", is_sent=False)
    with pytest.raises(LineFailure, match="down"):
        await line.send(MERCHANT, WITHOUT_CARD, None)


async def test_silence_ends(vault, present):
    """A bank that does not answer in time may have seen the message."""
    line = vault.line(SilentBank(), timeout_s=0.01)
    with pytest.raises(LineFailure, match="TimeoutError") as failed:
        await line.send(MERCHANT, TEMPLATE, present())
    assert failed.value.is_sent


async def test_cancelling_is_no_line_failure(vault, present):
    """Whoever cancels the request hears of that."""
    task = asyncio.create_task(vault.line(SilentBank(), 5).send(MERCHANT, TEMPLATE, present()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_card_that_is_gone(vault, line, bank, clock, present, stored):
    """Deleted, of another merchant, released, too old, or none at all: nothing is sent."""
    deleted = await stored()
    await vault.forget(MERCHANT, deleted.token)
    other = await stored()
    released = present()
    vault.transit.release(released.transit_id)
    too_old = present()
    clock.advance(ms=AGE_MAX_MS)
    for merchant_id, card in (
        (MERCHANT, deleted),
        (MERCHANT + 1, other),
        (MERCHANT, released),
        (MERCHANT, too_old),
        (MERCHANT, None),
    ):
        with pytest.raises(CardGone):
            await line.send(merchant_id, TEMPLATE, card)
    assert bank.messages == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE sealed_cards SET sealed = substr(sealed, 1, 40)",
        "UPDATE sealed_cards SET key_version = 2",
        "UPDATE sealed_cards SET merchant_id = 8",
        "UPDATE sealed_cards SET sealed = (SELECT max(sealed) FROM sealed_cards)",
    ],
)
async def test_an_altered_or_moved_row_does_not_open(engine, line, bank, stored, damage):
    """A ciphertext opens in its own row only, never in that of another card or merchant."""
    cards = [await stored(), await stored()]
    await engine.apply([Write(damage, (), ANY_ROWS)])
    merchant_id = 8 if "merchant_id" in damage else MERCHANT
    refused = 0
    for card in cards:
        try:
            await line.send(merchant_id, TEMPLATE, card)
        except CardGone:
            refused += 1
    assert refused == (1 if "max" in damage else 2)
    assert len(bank.messages) == 2 - refused
