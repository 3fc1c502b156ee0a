import json

import pytest

from builders import SAMPLE_TIME_MS
from fakes.audit import MemoryAudit
from fakes.randomness import SeededEntropy
from fakes.vault import CARD_FIELDS
from fakes.world import FixedClock
from vezne.core.card import Expiry, SealedCard
from vezne.engines.sqlite import open_sqlite
from vezne.vault.master_key import LocalMasterKey
from vezne.vault.service import open_vault


@pytest.fixture
def clock():
    return FixedClock(SAMPLE_TIME_MS)


@pytest.fixture
def entropy():
    return SeededEntropy()


@pytest.fixture
def audit():
    return MemoryAudit()


@pytest.fixture
def master_key(entropy):
    return LocalMasterKey(entropy.take(32), entropy)


@pytest.fixture
async def engine(tmp_path):
    opened = open_sqlite(tmp_path / "vault.db")
    yield opened
    await opened.close()


@pytest.fixture
async def vault(engine, master_key, clock, entropy, audit):
    return await open_vault(engine, master_key, clock, entropy, audit)


@pytest.fixture
def present(vault):
    """A card that came with a request, as a dialect would describe it."""

    def take(number="5528790000000008", cvv="123"):
        raw = json.dumps({"paymentCard": {"cardNumber": number, "cvc": cvv}}).encode()
        lifted = vault.intake.lift(raw, CARD_FIELDS).card
        return SealedCard(
            bin=lifted.bin,
            last4=lifted.last4,
            expiry=Expiry(2030, 12),
            transit_id=lifted.transit_id,
            has_cvv=bool(cvv),
        )

    return take
