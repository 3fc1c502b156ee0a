"""The part of the books in memory that is about payouts."""

from vezne.core.changes import (
    AddCrossBooking,
    AddJournalEntry,
    AddPayable,
    AddPayout,
    Change,
    ChangePayout,
    Conflict,
    MarkPaid,
)
from vezne.core.journal import JournalEntry
from vezne.core.payable import Batch, Payable, Place, Unpaid
from vezne.core.payment import Payment
from vezne.core.payout import Payout, PayoutState


class PayoutBooks:
    """Payables by merchant, subject, version and party; `taken` says by which payout."""

    payments: dict[tuple[int, int], Payment]

    def __init__(self) -> None:
        self.payables: dict[tuple[int, int, int, str], Payable] = {}
        self.taken: dict[tuple[int, int, int, str], int] = {}
        self.payouts: dict[tuple[int, int], Payout] = {}
        self.paid_until: dict[int, int] = {}
        self.turns: dict[tuple[int, str, str], int] = {}
        self.journal: dict[tuple[int, JournalEntry], None] = {}

    def apply_payout(self, change: Change) -> None:
        match change:
            case AddPayable(item):
                key = (item.merchant_id, item.subject, item.version, item.party)
                if key in self.payables:
                    raise Conflict("a record of this key is stored already")
                self.payables[key] = item
            case AddJournalEntry(merchant_id, entry):
                self.journal[merchant_id, entry] = None
            case AddPayout(payout):
                self._add_payout(change)
                self._take_turn((payout.merchant_id, payout.currency, payout.party), change.turn)
            case AddCrossBooking(booked):
                giver = (booked.merchant_id, booked.currency, booked.giver)
                self._take_turn(giver, change.turn)
            case ChangePayout(payout):
                self._change_payout(payout)
            case MarkPaid(merchant_id, paid_until_ms, instead_of_ms):
                if self.paid_until.get(merchant_id) != instead_of_ms:
                    raise Conflict("payouts are made until another time")
                self.paid_until[merchant_id] = paid_until_ms

    def _take_turn(self, key: tuple[int, str, str], turn: int) -> None:
        if self.turns.get(key, 0) != turn - 1:
            raise Conflict("somebody else has taken the turn")
        self.turns[key] = turn

    def _add_payout(self, change: AddPayout) -> None:
        payout = change.payout
        of_party = (payout.merchant_id, payout.currency, payout.party)
        for other in self.payouts.values():
            is_party = (other.merchant_id, other.currency, other.party) == of_party
            if other.number == payout.number or (is_party and other.sequence == payout.sequence):
                raise Conflict("a record of this key is stored already")
        if change.last is not None:
            unpaid = self._unpaid(*of_party, change.last[0])
            keys = [key for key, item in unpaid.items() if _place(item) <= change.last]
            if len(keys) != payout.payables:
                raise Conflict("a write touched another number of rows than expected")
            self.taken.update(dict.fromkeys(keys, payout.number))
        self.payouts[payout.merchant_id, payout.number] = payout

    def _change_payout(self, payout: Payout) -> None:
        stored = self.payouts.get((payout.merchant_id, payout.number))
        if stored is None or stored.version != payout.version - 1:
            raise Conflict("another version of the payout is stored")
        self.payouts[payout.merchant_id, payout.number] = payout
        if payout.state is PayoutState.BOUNCED:
            self.taken = {
                key: number
                for key, number in self.taken.items()
                if (key[0], number) != (payout.merchant_id, payout.number)
            }

    def _unpaid(
        self, merchant_id: int, currency: str, party: str, until_ms: int
    ) -> dict[tuple[int, int, int, str], Payable]:
        return {
            key: item
            for key, item in self.payables.items()
            if (item.merchant_id, item.currency, item.party) == (merchant_id, currency, party)
            and item.available_ms <= until_ms
            and key not in self.taken
        }

    async def list_payments_after(self, merchant_id: int, number: int, limit: int) -> list[Payment]:
        keys = sorted(key for key in self.payments if key[0] == merchant_id and key[1] > number)
        return [self.payments[key] for key in keys[:limit]]

    async def list_payouts_after(self, merchant_id: int, number: int, limit: int) -> list[Payout]:
        keys = sorted(key for key in self.payouts if key[0] == merchant_id and key[1] > number)
        return [self.payouts[key] for key in keys[:limit]]

    async def list_payments_named(
        self, merchant_id: int, conversation_id: str, limit: int
    ) -> list[Payment]:
        found = [
            payment
            for (owner_id, _), payment in self.payments.items()
            if owner_id == merchant_id and payment.conversation_id == conversation_id
        ]
        found.sort(key=lambda each: (each.created_ms, each.number), reverse=True)
        return found[:limit]

    def _entries(self, merchant_id: int, since_ms: int, until_ms: int) -> list[JournalEntry]:
        return sorted(
            entry
            for owner_id, entry in self.journal
            if owner_id == merchant_id and since_ms <= entry.at_ms < until_ms
        )

    async def count_journal(self, merchant_id: int, *, since_ms: int, until_ms: int) -> int:
        return len(self._entries(merchant_id, since_ms, until_ms))

    async def find_journal_entry(
        self, merchant_id: int, attempt: int, *, since_ms: int, until_ms: int
    ) -> JournalEntry | None:
        for entry in self._entries(merchant_id, since_ms, until_ms):
            if entry.attempt == attempt:
                return entry
        return None

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
        found = self._entries(merchant_id, since_ms, until_ms)
        if beyond is not None:
            found = [entry for entry in found if entry != beyond]
            found = [entry for entry in found if (entry < beyond) is is_newest_first]
        if is_newest_first:
            found.reverse()
        return found[skip : skip + limit]

    async def list_payouts(self, merchant_id: int, *, since_ms: int, until_ms: int) -> list[Payout]:
        found = [
            payout
            for payout in self.payouts.values()
            if payout.merchant_id == merchant_id and since_ms <= payout.value_ms < until_ms
        ]
        return sorted(found, key=lambda payout: (payout.value_ms, payout.number))

    async def list_open_payouts(self, merchant_id: int) -> list[Payout]:
        return [
            payout
            for key, payout in sorted(self.payouts.items())
            if key[0] == merchant_id and payout.is_open
        ]

    async def find_last_payout(self, merchant_id: int, currency: str, party: str) -> Payout | None:
        found = [
            payout
            for payout in self.payouts.values()
            if (payout.merchant_id, payout.currency, payout.party) == (merchant_id, currency, party)
        ]
        return max(found, key=lambda payout: payout.sequence, default=None)

    async def list_unpaid_parties(
        self, merchant_id: int, *, until_ms: int
    ) -> list[tuple[str, str]]:
        carrying = {
            key[1:]
            for key in self.turns
            if key[0] == merchant_id
            and (last := await self.find_last_payout(*key)) is not None
            and last.is_carrying
        }
        unpaid = {
            (item.currency, item.party)
            for key, item in self.payables.items()
            if item.merchant_id == merchant_id
            and item.available_ms <= until_ms
            and key not in self.taken
        }
        return sorted(carrying | unpaid)

    async def find_turn(self, merchant_id: int, currency: str, party: str) -> int:
        return self.turns.get((merchant_id, currency, party), 0)

    async def find_batch(
        self, merchant_id: int, currency: str, party: str, *, until_ms: int, limit: int
    ) -> Batch:
        unpaid = self._unpaid(merchant_id, currency, party, until_ms)
        found = sorted(unpaid.values(), key=_place)[:limit]
        last = _place(found[-1]) if found else None
        return Batch(len(found), sum(item.amount_e8 for item in found), last)

    async def sum_unpaid(
        self, merchant_id: int, currency: str, party: str, *, until_ms: int
    ) -> Unpaid:
        found = self._unpaid(merchant_id, currency, party, until_ms)
        return Unpaid(len(found), sum(item.amount_e8 for item in found.values()))

    async def list_payables(self, merchant_id: int, payout_number: int) -> list[Payable]:
        keys = sorted(
            key
            for key, number in self.taken.items()
            if (key[0], number) == (merchant_id, payout_number) and key in self.payables
        )
        return [self.payables[key] for key in keys]

    async def find_paid_until(self, merchant_id: int) -> int | None:
        return self.paid_until.get(merchant_id)

    async def count_payments(self, merchant_id: int) -> int:
        return len([key for key in self.payments if key[0] == merchant_id])

    async def list_payouts_in_sequence(
        self, merchant_id: int, *, after: tuple[str, str, int], limit: int
    ) -> list[Payout]:
        found = sorted(
            (payout.currency, payout.party, payout.sequence, payout.number)
            for key, payout in self.payouts.items()
            if key[0] == merchant_id
        )
        beyond = [number for *place, number in found if tuple(place) > after]
        return [self.payouts[merchant_id, number] for number in beyond[:limit]]

    async def list_payables_after(
        self, merchant_id: int, *, after: tuple[int, int, str], limit: int
    ) -> list[Payable]:
        keys = sorted(key for key in self.payables if key[0] == merchant_id and key[1:] > after)
        return [self.payables[key] for key in keys[:limit]]

    async def sum_taken(self, merchant_id: int, payout_number: int) -> Unpaid:
        found = await self.list_payables(merchant_id, payout_number)
        return Unpaid(len(found), sum(item.amount_e8 for item in found))


def _place(payable: Payable) -> Place:
    return payable.available_ms, payable.subject, payable.version
