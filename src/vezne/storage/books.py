"""The books over an SQL engine."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

from vezne.core.card import Owner, StoredCard
from vezne.core.changes import (
    AddBooking,
    AddCard,
    AddCrossBooking,
    AddDelivery,
    AddJournalEntry,
    AddNotice,
    AddOnceKey,
    AddOwner,
    AddPayable,
    AddPayment,
    AddPayout,
    AddSession,
    AddSubMerchant,
    Change,
    ChangeCard,
    ChangeNotice,
    ChangeOnceKey,
    ChangePayment,
    ChangePayout,
    ChangeSession,
    ChangeSubMerchant,
    ClaimReference,
    Conflict,
    EndOnceLeases,
    HastenNotices,
    MarkPaid,
    RemoveCard,
    RemoveOnceKey,
)
from vezne.core.journal import JournalEntry
from vezne.core.ledger import Balance, Booking
from vezne.core.once import OnceKey
from vezne.core.payable import Batch, Payable
from vezne.core.payment import Payment
from vezne.core.payout import Payout
from vezne.core.session import Session
from vezne.core.sub_merchant import CrossBooking, SubMerchant
from vezne.engines.engine import Conflict as EngineConflict
from vezne.engines.engine import Engine, Write
from vezne.storage import (
    cards,
    deliveries,
    journal,
    ledger,
    once,
    outbox,
    parties,
    payments,
    payouts,
    references,
    sessions,
    sub_merchants,
)


class SqlBooks:
    """Implements `vezne.core.ports.Books`. The engine has the migrations of `vezne.storage`.

    Servers that share a database should each have a `shard` of the balances.
    """

    def __init__(self, engine: Engine, shard: int = 0) -> None:
        self._engine = engine
        self._shard = shard

    async def apply(self, changes: Sequence[Change]) -> None:
        """Write all changes or none, durably. Raises Conflict."""
        writes: list[Write] = []
        for change in changes:
            write = _WRITES.get(type(change))
            if write is not None:
                writes.append(write(change))
            elif isinstance(change, AddBooking):
                writes += ledger.add_booking(change.booking, self._shard)
            else:
                writes += _SEVERAL_WRITES[type(change)](change)
        try:
            await self._engine.apply(writes)
        except EngineConflict as conflict:
            raise Conflict(str(conflict)) from conflict

    async def find_owner(self, merchant_id: int, key: bytes) -> Owner | None:
        """An owner by key."""
        return await cards.find_owner(self._engine, merchant_id, key)

    async def find_owners(self, merchant_id: int, external_id: str) -> list[Owner]:
        """The owners that have the merchant's own name for a customer, oldest first."""
        return await cards.find_owners(self._engine, merchant_id, external_id)

    async def find_card(
        self, merchant_id: int, owner_key: bytes, token: bytes
    ) -> StoredCard | None:
        """A stored card by owner and token."""
        return await cards.find_card(self._engine, merchant_id, owner_key, token)

    def list_cards(
        self, merchant_id: int, owner_key: bytes
    ) -> Coroutine[Any, Any, list[StoredCard]]:
        """An owner's cards, oldest first."""
        return cards.list_cards(self._engine, merchant_id, owner_key)

    async def find_payment(self, merchant_id: int, number: int) -> Payment | None:
        """A payment by number."""
        return await payments.find_payment(self._engine, merchant_id, number)

    async def find_payment_of_line(self, merchant_id: int, line_number: int) -> Payment | None:
        """The payment that has a line of this number."""
        return await payments.find_payment_of_line(self._engine, merchant_id, line_number)

    async def find_payment_by_reference(
        self, merchant_id: int, conversation_id: str
    ) -> Payment | None:
        """The newest payment with the merchant's own reference."""
        return await payments.find_payment_by_reference(self._engine, merchant_id, conversation_id)

    async def list_payments(
        self, merchant_id: int, *, since_ms: int, until_ms: int, before: int | None, limit: int
    ) -> list[Payment]:
        """A merchant's payments made from `since_ms` on and before `until_ms`, newest first."""
        span = payments.Span(since_ms, until_ms, before)
        return await payments.list_payments(self._engine, merchant_id, span, limit)

    async def find_claim(self, merchant_id: int, reference: str) -> int | None:
        """The number of the payment that claimed a reference of the merchant's."""
        return await references.find_claim(self._engine, merchant_id, reference)

    async def find_session(self, merchant_id: int, key: bytes) -> Session | None:
        """A session by key, its time over or not."""
        return await sessions.find_session(self._engine, merchant_id, key)

    async def find_once_key(self, merchant_id: int, scope: str, key: bytes) -> OnceKey | None:
        """What became of the request that a merchant gave a key, its time over or not."""
        return await once.find_once_key(self._engine, merchant_id, scope, key)

    async def list_due_payments(
        self, merchant_id: int, *, until_ms: int, limit: int, after: tuple[int, int] = (0, 0)
    ) -> list[Payment]:
        """Payments that somebody has to look at by a time (`Payment.due_ms`), the oldest first."""
        span = payments.DueSpan(after, until_ms)
        return await payments.list_due_payments(self._engine, merchant_id, span, limit)

    async def find_sub_merchant(self, merchant_id: int, key: str) -> SubMerchant | None:
        """A sub-merchant by key."""
        return await sub_merchants.find_sub_merchant(self._engine, merchant_id, key)

    async def find_sub_merchant_named(
        self, merchant_id: int, external_id: str
    ) -> SubMerchant | None:
        """The sub-merchant that has the merchant's own name."""
        return await sub_merchants.find_sub_merchant_named(self._engine, merchant_id, external_id)

    async def find_last_cross_booking(self, merchant_id: int) -> CrossBooking | None:
        """A merchant's cross booking that no other follows."""
        return await sub_merchants.find_last_cross_booking(self._engine, merchant_id)

    async def list_balances_of(self, merchant_id: int, currency: str, party: str) -> list[Balance]:
        """What is on the accounts of the merchant itself or a sub-merchant in a currency."""
        return await ledger.list_balances_of(self._engine, merchant_id, currency, party)

    async def list_balances(self, merchant_id: int) -> list[Balance]:
        """What is on a merchant's accounts, and on those of its sub-merchants, by currency."""
        return await ledger.list_balances(self._engine, merchant_id)

    async def list_bookings(
        self, merchant_id: int, *, after: tuple[int, int], limit: int
    ) -> list[Booking]:
        """A merchant's bookings beyond a subject and version, in that order."""
        return await ledger.list_bookings(self._engine, merchant_id, after, limit)

    async def list_payments_named(
        self, merchant_id: int, conversation_id: str, limit: int
    ) -> list[Payment]:
        """The payments with the merchant's own reference, newest first."""
        return await payments.list_payments_named(self._engine, merchant_id, conversation_id, limit)

    async def count_journal(self, merchant_id: int, *, since_ms: int, until_ms: int) -> int:
        """How many entries a merchant's journal has from one time on and before another."""
        period = journal.Period(merchant_id, since_ms, until_ms)
        return await journal.count_entries(self._engine, period)

    async def find_journal_entry(
        self, merchant_id: int, attempt: int, *, since_ms: int, until_ms: int
    ) -> JournalEntry | None:
        """The entry of an attempt, if it lies between the two times."""
        period = journal.Period(merchant_id, since_ms, until_ms)
        return await journal.find_entry(self._engine, period, attempt)

    async def list_journal(
        self,
        merchant_id: int,
        *,
        since_ms: int,
        until_ms: int,
        beyond: JournalEntry | None = None,
        is_newest_first: bool = True,
        skip: int = 0,
        limit: int,
    ) -> list[JournalEntry]:
        """Entries from one time on and before another; those after `beyond` in their order."""
        return await journal.list_entries(
            self._engine,
            journal.Period(merchant_id, since_ms, until_ms),
            beyond=beyond,
            is_newest_first=is_newest_first,
            skip=skip,
            limit=limit,
        )

    async def list_payouts(self, merchant_id: int, *, since_ms: int, until_ms: int) -> list[Payout]:
        """A merchant's payouts whose value date lies between two times, in that order."""
        return await payouts.list_payouts(self._engine, merchant_id, since_ms, until_ms)

    async def list_open_payouts(self, merchant_id: int) -> list[Payout]:
        """A merchant's payouts that are on their way, oldest first."""
        return await payouts.list_open_payouts(self._engine, merchant_id)

    async def find_last_payout(self, merchant_id: int, currency: str, party: str) -> Payout | None:
        """A party's payout in a currency that no other follows."""
        return await payouts.find_last_payout(self._engine, merchant_id, currency, party)

    async def list_unpaid_parties(
        self, merchant_id: int, *, until_ms: int
    ) -> list[tuple[str, str]]:
        """The currencies and parties that something may be paid to."""
        return await payouts.list_unpaid_parties(self._engine, merchant_id, until_ms)

    async def find_turn(self, merchant_id: int, currency: str, party: str) -> int:
        """How often a party's money in a currency was spent, by a payout or a cross booking."""
        return await parties.find_turn(self._engine, (merchant_id, currency, party))

    async def find_batch(
        self, merchant_id: int, currency: str, party: str, *, until_ms: int, limit: int
    ) -> Batch:
        """The first of a party's payables available by a time that no payout has taken."""
        return await payouts.find_batch(
            self._engine, merchant_id, (currency, party), until_ms, limit
        )

    async def list_payables(self, merchant_id: int, payout_number: int) -> list[Payable]:
        """What a payout has taken."""
        return await payouts.list_payables(self._engine, merchant_id, payout_number)

    async def find_paid_until(self, merchant_id: int) -> int | None:
        """Until when a merchant's payouts are made; None when none were looked for yet."""
        return await payouts.find_paid_until(self._engine, merchant_id)


_WRITES: Final[Mapping[type, Callable[[Any], Write]]] = {
    ChangePayment: payments.change_payment,
    AddPayment: payments.add_payment,
    AddPayable: payouts.add_payable,
    AddJournalEntry: journal.add_entry,
    MarkPaid: payouts.mark_paid,
    AddCard: cards.add_card,
    ChangeCard: lambda change: cards.change_card(change.card),
    RemoveCard: lambda change: cards.remove_card(change.card),
    AddNotice: lambda change: outbox.add_notice(change.notice),
    ChangeNotice: lambda change: outbox.change_notice(change.notice),
    HastenNotices: lambda change: outbox.hasten_notices(change.merchant_id, change.now_ms),
    ClaimReference: references.claim_reference,
    AddSession: lambda change: sessions.add_session(change.session),
    ChangeSession: lambda change: sessions.change_session(change.session),
    AddSubMerchant: lambda change: sub_merchants.add_sub_merchant(change.sub_merchant),
    ChangeSubMerchant: lambda change: sub_merchants.change_sub_merchant(change.sub_merchant),
    AddOnceKey: lambda change: once.add_once_key(change.once),
    ChangeOnceKey: lambda change: once.change_once_key(change.once),
    RemoveOnceKey: lambda change: once.remove_once_key(change.once),
    EndOnceLeases: lambda change: once.end_once_leases(change.now_ms),
}
_SEVERAL_WRITES: Final[Mapping[type, Callable[[Any], tuple[Write, ...]]]] = {
    AddDelivery: lambda change: deliveries.add_delivery(change.delivery),
    AddOwner: cards.add_owner,
    AddPayout: payouts.add_payout,
    ChangePayout: payouts.change_payout,
    AddCrossBooking: sub_merchants.add_cross_booking,
}
