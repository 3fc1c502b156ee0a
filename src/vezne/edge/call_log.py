"""Keeps the log of calls: stands around the doors of a sandbox and notes what comes and goes.

On a request's own way only its body is masked, because the vault forgets the original with the
answer. Everything else is done later, for many calls at once.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from http import HTTPStatus
from typing import Final, Protocol

import msgspec

from vezne.core.audit import current_origin
from vezne.core.body import MaskedBody
from vezne.core.call_log import ApiCall, CallBook, CallSummary
from vezne.core.diagnosis import Diagnosis
from vezne.core.masked_body import masked_number
from vezne.core.merchant import Merchant
from vezne.core.ports import Clock
from vezne.edge.call_texts import (
    find_reference,
    reference_pattern,
    shown_answer,
    shown_answer_headers,
    shown_body,
    shown_headers,
    shown_name,
    shown_path,
    shown_target,
)
from vezne.edge.logs import describe_fault
from vezne.edge.messages import (
    Answer,
    BadRequest,
    Door,
    Handler,
    Outcome,
    Request,
    Response,
    Route,
)
from vezne.event_log import EventLog

# What waits to be written is bounded; what comes on top is counted and forgotten.
CALLS_MAX: Final = 2_000
BYTES_MAX: Final = 32_000_000
# How many are written at a time: a few milliseconds of work.
BATCH_MAX: Final = 64
# After how many calls the oldest are looked for: the log grows beyond its size by so many.
PRUNE_EVERY: Final = 250

FAILED: Final = "failed"
_NOTHING: Final = Response(0, b"")
_PAGE: Final = Response(200, b"")
# Room in a millisecond, and for processes that share a database.
_IN_A_MS: Final = 1_000
SHARDS: Final = 256

_log = EventLog(__name__)


class Owners(Protocol):
    """Whose a call is."""

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        """A merchant by number, as it stands now."""

    async def owner_of(self, door: str, claimed: str) -> int:
        """The merchant that has a key of a door, working or not; 0 if nobody has it."""

    async def demo(self) -> int:
        """The merchant whose members see the calls of nobody's."""


class _Call:
    """A call while it is under way, and until it is written."""

    __slots__ = (
        "answer",
        "begun_ms",
        "begun_ns",
        "body",
        "card_header",
        "diagnosis",
        "door",
        "duration_us",
        "headers",
        "is_failed",
        "is_waiting",
        "method",
        "origin",
        "path",
        "target",
        "why",
    )

    def __init__(self, door: Door, method: str, path: str, begun_ms: int) -> None:
        self.door = door
        self.method = method
        self.path = path
        self.begun_ms = begun_ms
        self.begun_ns = time.perf_counter_ns()
        self.origin = current_origin()
        self.target = path
        self.headers: Mapping[str, str] = {}
        self.card_header: tuple[tuple[str, str], ...] = ()
        self.body: MaskedBody | None = None
        self.answer: Answer = _NOTHING
        self.why = ""
        self.duration_us = 0
        self.is_failed = False
        self.is_waiting = False
        self.diagnosis: Diagnosis | None = None

    @property
    def size(self) -> int:
        """How many bytes it keeps in memory, about."""
        body = 0 if self.body is None else len(self.body.text)
        return body + len(self.response.body)

    def forget(self) -> None:
        """It is written: a connection that idles must not keep what came over it."""
        self.headers, self.card_header, self.body, self.answer = {}, (), None, _NOTHING

    @property
    def claimed(self) -> str:
        """Who the caller said it was: to the door, or in what no handler saw."""
        if self.origin.claimed or self.door.claimed is None:
            return self.origin.claimed
        return self.door.claimed(self.headers)

    @property
    def outcome(self) -> str:
        """What became of it, in the log's words."""
        return FAILED if self.is_failed else self.response.outcome.value

    @property
    def response(self) -> Response:
        """The answer, or what is known of a page before it is made."""
        return self.answer if isinstance(self.answer, Response) else _PAGE


class CallRecorder:
    """Implements `vezne.core.call_log.CallTally`, and records what doors are asked.

    `rows_max` is how many calls are kept. `shard` is another number, below 256, for each process
    that writes to the same log.
    """

    def __init__(
        self, book: CallBook, owners: Owners, clock: Clock, *, rows_max: int, shard: int = 0
    ) -> None:
        self._book = book
        self._owners = owners
        self._clock = clock
        self._rows_max = rows_max
        self._shard = shard
        self._waiting: deque[_Call] = deque()
        self._waiting_bytes = 0
        self._lost = 0
        self._last_number = 0
        self._unpruned = PRUNE_EVERY
        self._patterns: dict[str, re.Pattern[str] | None] = {}
        self._newest: ContextVar[_Call | None] = ContextVar("call", default=None)

    @property
    def lost(self) -> int:
        """How many calls could not be written since the start."""
        return self._lost

    def record(self, door: Door) -> Door:
        """The door with the recorder around its handlers and its refusals."""
        self._patterns[door.name] = reference_pattern(door)
        return msgspec.structs.replace(
            door,
            routes=tuple(
                msgspec.structs.replace(route, handle=self._recording(door, route))
                for route in door.routes
            ),
            unknown_path=self._refusing(door, door.unknown_path),
            wrong_method=self._refusing(door, door.wrong_method),
            malformed=self._refusing(door, door.malformed),
            too_large=self._refusing(door, door.too_large),
            fault=self._refusing(door, door.fault, is_fault=True),
        )

    async def write(self) -> None:
        """Write what waits. What cannot be written is lost, and counted."""
        while self._waiting:
            count = min(len(self._waiting), BATCH_MAX)
            batch = [self._waiting.popleft() for _ in range(count)]
            for call in batch:
                call.is_waiting = False
                self._waiting_bytes -= call.size
            built = await self._built(batch)
            try:
                await self._book.add_calls(built)
                await self._prune(count)
            except Exception as error:  # noqa: BLE001 - a log must not end the server
                self._lost += len(built)
                _log.error("calls not logged", count=len(built), **describe_fault(error))

    async def _begin(self) -> None:
        """Go on after the newest call, though the clock may have gone back since."""
        if not self._last_number:
            newest = await self._book.find_newest()
            self._last_number = newest // SHARDS * SHARDS + self._shard

    async def _built(self, batch: Sequence[_Call]) -> list[ApiCall]:
        """Calls as they are written. One that cannot be is lost, and no other is with it."""
        known: dict[int, Merchant | None] = {}
        built: list[ApiCall] = []
        for call in batch:
            # Masking takes milliseconds at worst, and callers wait meanwhile.
            await asyncio.sleep(0)
            try:
                await self._begin()
                built.append(await self._logged(call, known))
            except Exception as error:  # noqa: BLE001 - a log must not end the server
                self._lost += 1
                _log.error("call not logged", door=call.door.name, **describe_fault(error))
            if not call.is_waiting:
                call.forget()
        return built

    def _recording(self, door: Door, route: Route) -> Handler:
        handle, clock = route.handle, self._clock

        async def record(request: Request) -> Answer:
            call = _Call(door, request.method, route.path, clock.now_ms())
            call.target, call.headers = request.target, request.headers
            self._newest.set(call)
            try:
                answer = await handle(request)
            except Exception:
                # The door's own answer follows, where it is given in this process.
                _look_at_body(call, route, request)
                call.is_failed = True
                self._end(call, _NOTHING)
                raise
            _look_at_body(call, route, request)
            if isinstance(answer, Response) and _is_denied(answer):
                call.diagnosis = await _diagnosis_of(door, request)
            self._end(call, answer)
            return answer

        return record

    def _refusing(
        self, door: Door, refuse: Callable[[BadRequest], Response], *, is_fault: bool = False
    ) -> Callable[[BadRequest], Response]:
        def answer(bad: BadRequest) -> Response:
            response = refuse(bad)
            call = self._newest.get()
            if call is None or call.origin is not current_origin():
                call = _Call(door, bad.method, bad.path, self._clock.now_ms())
                call.why = bad.why
            call.headers = call.headers or bad.headers
            call.is_failed = is_fault
            self._end(call, response)
            return response

        return answer

    def _end(self, call: _Call, answer: Answer) -> None:
        """A call was answered; or answered otherwise than its handler said."""
        if call.is_waiting:
            self._waiting_bytes -= call.size
        elif len(self._waiting) >= CALLS_MAX or self._waiting_bytes >= BYTES_MAX:
            self._lost += 1
            return
        else:
            call.is_waiting = True
            self._waiting.append(call)
        call.answer = answer
        call.duration_us = (time.perf_counter_ns() - call.begun_ns) // 1_000
        self._waiting_bytes += call.size

    async def _logged(self, call: _Call, known: dict[int, Merchant | None]) -> ApiCall:
        """The call as it is written. `known` are the merchants that were looked up lately."""
        origin, owner_id = call.origin, 0
        if not origin.caller:
            owner_id = await self._owners.owner_of(call.door.name, call.claimed)
        merchant_id = await self._merchant_of(call, owner_id)
        if merchant_id not in known:
            known[merchant_id] = await self._owners.find_merchant(merchant_id)
        merchant = known[merchant_id]
        target = shown_target(call.target)
        body = shown_body(call.body, call.why)
        caller, is_known = origin.caller or call.claimed, bool(origin.caller or owner_id)
        headers = (*shown_headers(call.headers, caller, is_known=is_known), *call.card_header)
        summary = CallSummary(
            number=self._next_number(),
            merchant_id=merchant_id,
            at_ms=call.begun_ms + (0 if merchant is None else merchant.clock_offset_ms),
            duration_us=call.duration_us,
            door=call.door.name,
            method=call.method,
            path=shown_path(call.path),
            status=call.response.status,
            outcome=call.outcome,
            reason=call.response.reason,
            reference=find_reference(self._patterns[call.door.name], body, target, headers),
            payment_number=origin.payment_number,
        )
        return ApiCall(
            summary=summary,
            target=target,
            address=origin.address,
            caller=shown_name(caller, is_known=is_known),
            is_proven=bool(origin.caller),
            headers=headers,
            body=body,
            answer_headers=shown_answer_headers(call.door, call.answer),
            answer=shown_answer(call.answer),
            diagnosis=call.diagnosis,
        )

    async def _merchant_of(self, call: _Call, owner_id: int) -> int:
        """Whose members may read it: the caller's, or else the owner's of the key it named."""
        if call.origin.caller:
            return call.origin.merchant_id
        if call.diagnosis is not None and call.diagnosis.merchant_id:
            return call.diagnosis.merchant_id
        return owner_id or await self._owners.demo()

    def _next_number(self) -> int:
        now = self._clock.now_ms() * _IN_A_MS * SHARDS + self._shard
        self._last_number = max(now, self._last_number + SHARDS)
        return self._last_number

    async def _prune(self, count: int) -> None:
        self._unpruned += count
        if self._unpruned >= PRUNE_EVERY:
            self._unpruned = 0
            await self._book.prune(self._rows_max)


def _look_at_body(call: _Call, route: Route, request: Request) -> None:
    """Take the masked body, while the vault has the original."""
    body = request.body
    try:
        if route.card_header is not None and body.card is not None:
            # What the vault has as a body came in a header.
            call.card_header = ((route.card_header, masked_number(body.card)),)
            call.body = MaskedBody(b"", is_as_sent=True)
        else:
            call.body = body.masked()
    except Exception as error:  # noqa: BLE001 - without its body, then
        _log.error("body not logged", door=call.door.name, **describe_fault(error))


def _is_denied(answer: Response) -> bool:
    """Whether the caller was not believed, or was and may not do this with its key."""
    is_forbidden = answer.status == HTTPStatus.FORBIDDEN
    return is_forbidden or answer.outcome is Outcome.UNAUTHENTICATED


async def _diagnosis_of(door: Door, request: Request) -> Diagnosis | None:
    if door.diagnose is None:
        return None
    try:
        return await door.diagnose(request)
    except Exception as error:  # noqa: BLE001 - the caller is to have its answer
        _log.error("no diagnosis", door=door.name, **describe_fault(error))
        return None
