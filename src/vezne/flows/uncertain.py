"""The payments of which a bank's answer is missing."""

from collections.abc import AsyncIterator
from typing import Final

from vezne.core.merchant import Merchant
from vezne.core.payment import Payment
from vezne.core.ports import Ports
from vezne.flows.merchant_time import ports_at
from vezne.flows.record import INQUIRY_DELAYS_MS

_PAGE: Final = 500


async def list_uncertain(merchant: Merchant, ports: Ports) -> AsyncIterator[Payment]:
    """A merchant's payments with an unanswered attempt, in the order of the next inquiry.

    The attempt may also have been made this moment: then its answer is still on its way.
    """
    now_ms = ports_at(merchant, ports).clock.now_ms()
    # No inquiry lies further ahead. What else becomes due by then is left out.
    until_ms = now_ms + INQUIRY_DELAYS_MS[-1]
    after = (0, 0)
    while page := await ports.books.list_due_payments(
        merchant.id, until_ms=until_ms, limit=_PAGE, after=after
    ):
        for payment in page:
            if payment.open_attempt is not None:
                yield payment
        after = (page[-1].due_ms or 0, page[-1].number)
