"""A guarded door, its callers, and a clock that tests move."""

import asyncio

import msgspec

from fakes.audit import MemoryAudit
from fakes.intake import PlainBody
from vezne.core.audit import (
    Origin,
    begin_origin,
    claim_caller,
    hear_bank,
    name_payer,
    prove_caller,
)
from vezne.core.body import FieldState, LiftedCard
from vezne.edge.guard import Guard
from vezne.edge.guard_visit import GuardLimits, GuardMemory
from vezne.edge.messages import Door, Outcome, Request, Response, Route

MERCHANT_ID = 7
PATH = "/pay"
RETRY_AFTER = b"retry-after"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the handler sees it, and what comes of it.

    `key` None is a caller that says nothing; one with `is_browser` proves itself without a claim.
    `payer` is where the caller's customer is. `bank` is what the bank says to it, if it is asked,
    about the card `stored` if that is set.
    """

    key: str | None = "merchant"
    is_right: bool = True
    is_browser: bool = False
    address: str = "198.51.100.7"
    card: bytes = b""
    payer: str = ""
    bank: bool | None = None
    stored: bytes | None = None


class GuardedDoor:
    """One route behind a guard. `seconds` is the time; `served` counts what got through."""

    def __init__(self, entries_max: int = 1000, *, is_shared: bool = False, **limits: int) -> None:
        self.seconds = 1000.0
        self.served = 0
        self.audit = MemoryAudit()
        self.memory = GuardMemory(GuardLimits(**limits), entries_max, is_shared=is_shared)
        self.guard = Guard(self.memory, self.audit, lambda: self.seconds, entries_max=entries_max)
        self._call = Call()
        self.door = self.guard.protect(plain_door(self._handle))

    def send(self, **changes: object) -> Response:
        """The response to a call."""
        return asyncio.run(self._send(Call(**changes)))

    def statuses(self, times: int, **changes: object) -> list[int]:
        """What the same call is answered, again and again."""
        return [self.send(**changes).status for _ in range(times)]

    def wait_s(self, **changes: object) -> int:
        """How long a call is told to wait; 0: it is not."""
        headers = dict(self.send(**changes).headers)
        return int(headers.get(RETRY_AFTER, b"0"))

    @property
    def lines(self) -> list[tuple[str, str, str, int]]:
        """The audit trail: action, subject, reason, count."""
        events = [event for event, _ in self.audit.lines]
        return [(event.action.value, event.subject, event.reason, event.count) for event in events]

    async def _send(self, call: Call) -> Response:
        self._call = call
        body = PlainBody(b"", None)
        if call.card:
            found = {"number": FieldState.VALID, "cvv": FieldState.ABSENT}
            body.card = LiftedCard(transit_id=1, tag=call.card, **found)
        begin_origin(Origin(address=call.address, door="desk", path=PATH))
        request = Request(
            method="POST",
            scheme="https",
            host="desk",
            path=PATH,
            target=PATH,
            query="",
            headers={},
            body=body,
        )
        answer = await self.door.routes[0].handle(request)
        assert isinstance(answer, Response)
        return answer

    async def _handle(self, _request: Request) -> Response:
        call = self._call
        if call.key is None:
            return Response(401, b"who?", outcome=Outcome.UNAUTHENTICATED)
        if not call.is_browser:
            claim_caller(call.key)
        if not call.is_right:
            return Response(401, b"no", outcome=Outcome.UNAUTHENTICATED)
        prove_caller(MERCHANT_ID, call.key)
        self.served += 1
        name_payer(call.payer)
        if call.bank is None:
            return Response(200, b"done")
        hear_bank(call.stored, is_approved=call.bank)
        outcome = Outcome.SERVED if call.bank else Outcome.DECLINED
        return Response(200, b"the bank has spoken", outcome=outcome)


def plain_door(handle) -> Door:
    """A door with one route, and a number for every answer of its own."""

    def refuse(status: int):
        return lambda _request: Response(status, b"desk", ((b"x-desk", b"1"),))

    return Door(
        name="desk",
        routes=(Route(method="POST", path=PATH, handle=handle),),
        headers=(),
        unknown_path=refuse(404),
        wrong_method=refuse(405),
        malformed=refuse(400),
        too_large=refuse(413),
        fault=refuse(500),
        too_many=refuse(429),
        overloaded=refuse(503),
    )
