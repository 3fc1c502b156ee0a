"""A payable and its payout, as they are stored."""

import msgspec

from fakes.records import AT_MS
from vezne.core.changes import AddPayout
from vezne.core.payable import Payable, Place
from vezne.core.payout import Payout, PayoutState

FAR_MS = 2**63 - 1


def payable(**changes: object) -> Payable:
    """What the sample payment makes available."""
    record = Payable(
        merchant_id=1,
        subject=10_000_000,
        version=3,
        party="",
        currency="TRY",
        available_ms=AT_MS,
        amount_e8=79_850_000,
        lines=((10_000_001, 79_850_000),),
    )
    return msgspec.structs.replace(record, **changes)


def payout(**changes: object) -> Payout:
    """The payout of it, planned."""
    record = Payout(
        merchant_id=1,
        number=20_000_000,
        version=1,
        state=PayoutState.PLANNED,
        party="",
        currency="TRY",
        sequence=1,
        value_ms=AT_MS,
        payables=1,
        taken_e8=79_850_000,
        carried_in_e8=0,
        amount_e8=79_000_000,
        iban="",
        planned_ms=AT_MS,
    )
    return msgspec.structs.replace(record, **changes)


def added(record: Payout, last: Place | None = (AT_MS, FAR_MS, FAR_MS), turn: int = 0) -> AddPayout:
    """The change that adds a payout of all that is available, in the turn of its sequence."""
    return AddPayout(record, last, turn or record.sequence)
