import logging
import re
import traceback

import pytest

from builders import sealed_card
from fakes.randomness import SeededEntropy
from vezne.core.ports import CardGone, HoldingFull
from vezne.vault.holding import Held, Holding
from vezne.vault.pan import Cvv, Pan
from vezne.vault.transit import AGE_MAX_MS

PAN = "5528790000000008"
CVV = "987"
MERCHANT = 7
NUMBER = 10_851_936
ADDRESS = re.compile(r"\bat 0x[0-9a-f]+")


@pytest.fixture
def holding(clock, entropy):
    return Holding(clock, entropy)


def held(pan=PAN, cvv=CVV, holder="Ayşe Öztürk"):
    return Held(
        card=sealed_card(),
        pan=Pan(bytearray(pan, "ascii")) if pan else None,
        cvv=Cvv(bytearray(cvv, "ascii")) if cvv else None,
        holder=holder,
    )


def everything(holding):
    """All bytes that the holding keeps, wherever it keeps them."""
    return b"".join(bytes(entry.sealed) for entry in holding._entries.values())


@pytest.mark.parametrize(
    ("pan", "cvv", "holder"),
    [(PAN, CVV, "Ayşe Öztürk"), (PAN, "", ""), ("", "1234", "x"), ("4" * 19, CVV, "9" * 300)],
)
def test_what_is_held_opens_again(holding, pan, cvv, holder):
    """Number, code and name come back as they were, each where there was one; twice even."""
    holding.hold(MERCHANT, NUMBER, held(pan, cvv, holder))
    for _ in range(2):
        opened = holding.open(MERCHANT, NUMBER)
        assert (opened.pan.reveal().decode() if opened.pan else "") == pan
        assert (opened.cvv.reveal().decode() if opened.cvv else "") == cvv
        assert (opened.holder, opened.card) == (holder, sealed_card())


def test_the_copies_are_independent(holding):
    """Wiping what came in, or what was opened, leaves what is held alone."""
    first = held()
    holding.hold(MERCHANT, NUMBER, first)
    first.pan.wipe()
    first.cvv.wipe()
    opened = holding.open(MERCHANT, NUMBER)
    opened.pan.wipe()
    opened.cvv.wipe()
    assert holding.open(MERCHANT, NUMBER).pan.reveal() == PAN.encode()


def test_what_is_held_is_sealed(holding):
    """Neither number nor code nor name stands in memory for as long as the holder takes."""
    holding.hold(MERCHANT, NUMBER, held())
    kept = everything(holding)
    for secret in (PAN, CVV, "Ayşe", "Öztürk"):
        assert secret.encode() not in kept


def test_a_dropped_card_is_wiped(holding):
    """The sealed bytes are overwritten, and dropping again is no error."""
    holding.hold(MERCHANT, NUMBER, held())
    (entry,) = holding._entries.values()
    holding.drop(MERCHANT, NUMBER)
    holding.drop(MERCHANT, NUMBER)
    assert not any(entry.sealed)
    assert not holding.is_held(MERCHANT, NUMBER)
    with pytest.raises(CardGone):
        holding.open(MERCHANT, NUMBER)


@pytest.mark.parametrize("ask", ["is_held", "open", "hold"])
def test_nothing_is_held_for_longer_than_its_age(holding, clock, ask):
    """Whoever asks next finds it wiped, and leaves what is younger."""
    holding.hold(MERCHANT, NUMBER, held())
    (entry,) = holding._entries.values()
    clock.advance(ms=AGE_MAX_MS - 1)
    assert holding.is_held(MERCHANT, NUMBER)
    holding.hold(MERCHANT, NUMBER + 1, held())
    clock.advance(ms=1)
    if ask == "is_held":
        assert not holding.is_held(MERCHANT, NUMBER)
    elif ask == "open":
        with pytest.raises(CardGone):
            holding.open(MERCHANT, NUMBER)
    else:
        holding.hold(MERCHANT, NUMBER + 2, held())
    assert not any(entry.sealed)
    assert holding.is_held(MERCHANT, NUMBER + 1)


@pytest.mark.parametrize(("share_max", "count_max"), [(2, 9), (9, 2)])
def test_nobody_elses_card_gives_way(clock, entropy, share_max, count_max):
    """Memory is bounded, and so is a merchant's part of it; what is held stays."""
    holding = Holding(clock, entropy, count_max=count_max, share_max=share_max)
    for number in (1, 2, 1):
        holding.hold(MERCHANT, number, held())
    with pytest.raises(HoldingFull):
        holding.hold(MERCHANT, 3, held())
    assert [holding.is_held(MERCHANT, number) for number in (1, 2, 3)] == [True, True, False]
    if share_max < count_max:
        holding.hold(MERCHANT + 1, 3, held())
    holding.drop(MERCHANT, 1)
    holding.drop(MERCHANT, 1)
    if share_max < count_max:
        holding.hold(MERCHANT, 4, held())
        assert len(holding) == 3
    clock.advance(ms=AGE_MAX_MS)
    holding.hold(MERCHANT, 5, held())
    holding.hold(MERCHANT, 6, held())
    assert len(holding) == 2


def test_a_card_opens_for_its_own_payment_only(holding):
    """Moved to another payment or merchant, the sealed card does not open."""
    holding.hold(MERCHANT, NUMBER, held())
    (entry,) = holding._entries.values()
    for place in ((MERCHANT, NUMBER + 1), (MERCHANT + 1, NUMBER)):
        assert not holding.is_held(*place)
        holding._entries[place] = entry
        with pytest.raises(CardGone, match="does not open"):
            holding.open(*place)


def test_an_altered_card_does_not_open(holding):
    """Nor does one of another process."""
    holding.hold(MERCHANT, NUMBER, held())
    (entry,) = holding._entries.values()
    entry.sealed[20] ^= 1
    with pytest.raises(CardGone):
        holding.open(MERCHANT, NUMBER)


def test_every_process_has_a_key_of_its_own(clock, entropy):
    """What one process sealed is worth nothing to the next."""
    first, second = Holding(clock, entropy), Holding(clock, SeededEntropy(99))
    first.hold(MERCHANT, NUMBER, held())
    second._entries.update(first._entries)
    with pytest.raises(CardGone):
        second.open(MERCHANT, NUMBER)


def test_no_text_shows_a_secret(holding, clock, caplog):
    """Neither the holding nor what comes out of it, nor an error, nor its traceback."""
    caplog.set_level(logging.DEBUG)
    holding.hold(MERCHANT, NUMBER, held())
    opened = holding.open(MERCHANT, NUMBER)
    (entry,) = holding._entries.values()
    texts = [f"{value} {value!r}" for value in (holding, opened, entry, opened.pan, opened.cvv)]
    entry.sealed[20] ^= 1
    for spoil in (lambda: None, lambda: clock.advance(ms=AGE_MAX_MS)):
        spoil()
        with pytest.raises(CardGone) as gone:
            holding.open(MERCHANT, NUMBER)
        assert gone.value.__cause__ is None
        texts += [repr(gone.value), "".join(traceback.format_exception(gone.value))]
    for text in (*texts, caplog.text):
        assert PAN not in text
        # Where in memory something is may have the same digits in it.
        assert CVV not in ADDRESS.sub("", text)
