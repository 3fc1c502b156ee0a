"""The check of a ledger, for tests that are about something else."""

from vezne.core.ledger_check import Difference
from vezne.core.payout_books import LedgerBooks
from vezne.flows.check_ledger import check_ledger


async def checked(books: LedgerBooks, merchant_id: int = 7, page: int = 3) -> list[Difference]:
    """What is wrong with a merchant's ledger. Small pages, so that their edges are tested too."""
    return await check_ledger(merchant_id, books, lambda _count: None, page=page)
