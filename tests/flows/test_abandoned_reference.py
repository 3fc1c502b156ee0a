"""A reference whose payment was left at the bank's page."""

import pytest

from builders import authentication, merchant
from fakes import records
from fakes.returns import returning_ports
from vezne.core.authentication import LIFE_MS
from vezne.core.payment import PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.flows.inquire import check_reference_free


async def test_abandoned_payment_frees_its_reference() -> None:
    """While the cardholder may come back it is taken; after the fifteen minutes it is free."""
    waiting = records.payment(
        merchant_id=merchant().id,
        state=PaymentState.AUTHENTICATING,
        authentication=authentication(expires_ms=records.AT_MS + LIFE_MS),
    )
    ports = returning_ports(waiting)
    ports.clock.at_ms = records.AT_MS + LIFE_MS - 1
    with pytest.raises(Refusal) as refused:
        await check_reference_free(merchant(), "123456789", ports)
    assert refused.value.reason is Reason.REFERENCE_TAKEN
    ports.clock.advance(ms=1)
    await check_reference_free(merchant(), "123456789", ports)
