"""One end of the link: questions and answers by number, many at a time, in both directions.

A frame is its length in four bytes and then a row. Rows of one side are read in the order in which
they were written, and a notice has been heard before anything that comes after it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

import msgspec

from vezne.core.audit import Origin, begin_origin, current_origin
from vezne.edge.logs import describe_fault
from vezne.event_log import EventLog
from vezne.link.codec import decode, encoder
from vezne.link.failures import (
    Failure,
    FrameTooLarge,
    LinkDown,
    RemoteFault,
    exception_from,
    failure_from,
)
from vezne.link.messages import (
    Answer,
    Asked,
    Notice,
    Question,
    Sender,
    Told,
    answer_type,
    sender_from,
)
from vezne.link.sockets import ForeignPeer, check_peer

# A body of the largest size that the edge accepts, written less compactly, and much to spare for
# long lists of answers.
FRAME_BYTES_MAX: Final = 16 * 1024 * 1024
# What may wait for the other side to read it. More than this, and it does not keep up.
UNREAD_BYTES_MAX: Final = 2 * FRAME_BYTES_MAX
# How exact the time limit of a question is.
TICK_S: Final = 0.5
_LENGTH_BYTES: Final = 4

_Asks = TypeVar("_Asks")
_Tells = TypeVar("_Tells")

_log = EventLog(__name__)


class _Ask(msgspec.Struct, Generic[_Asks], frozen=True, array_like=True, tag=True):
    number: int
    sender: Sender
    question: _Asks


class _Tell(msgspec.Struct, Generic[_Tells], frozen=True, array_like=True, tag=True):
    notice: _Tells


class _Reply(msgspec.Struct, frozen=True, array_like=True, tag=True):
    number: int
    value: msgspec.Raw


class _Fail(msgspec.Struct, frozen=True, array_like=True, tag=True):
    number: int
    failure: Failure


_Frame = _Ask[Any] | _Tell[Any] | _Reply | _Fail


class Tongue(NamedTuple):
    """What is understood on a connection, how long a frame may be, and who may be at the other end.

    `check` raises ForeignPeer for others.
    """

    frames: Any
    frame_bytes_max: int
    check: Callable[[asyncio.BaseTransport], None]


def tongue(
    questions: Any, notices: Any, frame_bytes_max: int, check: Callable[..., None]
) -> Tongue:
    """How those speak who ask such questions and tell such notices: unions of their types."""
    frames = _Ask[questions] | _Tell[notices] | _Reply | _Fail
    return Tongue(frames, frame_bytes_max, check)


# Between the vault's process and its gateway.
OF_LINK: Final = tongue(Question, Notice, FRAME_BYTES_MAX, check_peer)


class Office(msgspec.Struct, frozen=True):
    """What answers the other side's questions and hears its notices, and is told of the end.

    `origin_of` finds for whom a question is answered. Which questions and notices there are is the
    tongue's to say.
    """

    origin_of: Callable[[Sender], Origin]
    answer: Callable[["Peer", Any], Awaitable[object]]
    hear: Callable[["Peer", Any], None]
    lost: Callable[["Peer"], None]
    tongue: Tongue = OF_LINK


class Peer(asyncio.Protocol):
    """A connection to another process. `timeout_s` is how long an answer may take."""

    def __init__(self, office: Office, timeout_s: float) -> None:
        self._office = office
        self._timeout_s = timeout_s
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._asked: dict[int, tuple[asyncio.Future[msgspec.Raw], float]] = {}
        self._last_number = 0
        self._serving: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Whether the other side can be asked."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def is_behind(self) -> bool:
        """Whether more waits for the other side to read it than may."""
        transport = self._transport
        return transport is not None and transport.get_write_buffer_size() > UNREAD_BYTES_MAX

    async def ask(self, question: Asked[Answer], sender: Sender | None = None) -> Answer:
        """The other side's answer, for the current origin unless another sender is named.

        Raises LinkFailure, and what the answer itself raised there.
        """
        if self.is_behind:
            raise LinkDown("the other side does not keep up", is_sent=False)
        self._last_number += 1
        number = self._last_number
        asked_by = sender or sender_from(current_origin())
        self._write(_Ask(number, asked_by, question))
        future: asyncio.Future[msgspec.Raw] = self._loop.create_future()
        self._asked[number] = future, self._loop.time() + self._timeout_s
        if self._timer is None:
            self._timer = self._loop.call_later(TICK_S, self._expire)
        try:
            value = await future
        finally:
            self._asked.pop(number, None)
        answer: Answer = decode(value, answer_type(type(question)))
        return answer

    def tell(self, notice: Told) -> None:
        """Send a notice, if anybody is there to hear it."""
        with suppress(LinkDown):
            self._write(_Tell(notice))

    def close(self) -> None:
        """End the connection, once what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    async def finish(self, grace_s: float) -> None:
        """Wait for the answers under way to be written, so long at most."""
        if self._serving:
            await asyncio.wait(self._serving, timeout=grace_s)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the connection, unless somebody is at the other end who must not be."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        try:
            self._office.tongue.check(transport)
        except ForeignPeer as error:
            self._abort(str(error))

    def data_received(self, data: bytes) -> None:
        """Read every frame that is whole. What cannot be read ends the connection."""
        received = self._received
        received += data
        start = 0
        while len(received) - start >= _LENGTH_BYTES:
            end = start + _LENGTH_BYTES
            length = int.from_bytes(received[start:end], "big")
            if length > self._office.tongue.frame_bytes_max:
                return self._abort("a frame is too large")
            if len(received) < end + length:
                break
            frame = bytes(received[end : end + length])
            start = end + length
            try:
                self._read(decode(frame, self._office.tongue.frames))
            except (msgspec.DecodeError, ValueError):
                return self._abort("a frame cannot be read")
        del received[:start]
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits for an answer gets none. What is being answered goes on to its end."""
        del exc
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        self._fail_all(lambda _: True, "the link is lost")
        self._office.lost(self)

    def _read(self, frame: _Frame) -> None:
        if isinstance(frame, _Ask):
            task = self._loop.create_task(self._serve(frame))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        elif isinstance(frame, _Tell):
            self._office.hear(self, frame.notice)
        else:
            future, _ = self._asked.get(frame.number, (None, 0.0))
            if future is None or future.done():
                return
            if isinstance(frame, _Reply):
                future.set_result(frame.value)
            else:
                future.set_exception(exception_from(frame.failure))

    async def _serve(self, asked: _Ask[Any]) -> None:
        """Answer a question for whoever it was asked for."""
        begin_origin(self._office.origin_of(asked.sender))
        try:
            answer = await self._office.answer(self, asked.question)
            reply: _Reply | _Fail = _Reply(asked.number, msgspec.Raw(encoder.encode(answer)))
        except Exception as error:  # noqa: BLE001 - the asker gets every failure as an answer
            failure = failure_from(error)
            if failure is None:
                asked_for = type(asked.question).__name__
                _log.error("fault", question=asked_for, **describe_fault(error))
                failure = Failure(RemoteFault.__name__)
            reply = _Fail(asked.number, failure)
        try:
            self._write(reply)
        except LinkDown:
            # Who asked is gone.
            return
        except FrameTooLarge as error:
            self._write(_Fail(asked.number, Failure(type(error).__name__)))

    def _write(self, frame: _Frame) -> None:
        """Raises LinkDown, FrameTooLarge; then nothing was sent."""
        if self._transport is None or self._transport.is_closing():
            raise LinkDown("the link is down", is_sent=False)
        encoded = encoder.encode(frame)
        if len(encoded) > self._office.tongue.frame_bytes_max:
            raise FrameTooLarge(f"a message of {len(encoded)} bytes", is_ours=True)
        self._transport.write(len(encoded).to_bytes(_LENGTH_BYTES, "big") + encoded)

    def _abort(self, why: str) -> None:
        """The other side does not speak our language: end at once, and say so in the log."""
        _log.error("link broken off", why=why)
        self._received.clear()
        if self._transport is not None:
            self._transport.abort()

    def _expire(self) -> None:
        """Give up on questions that have waited too long; all wait equally long, in their order."""
        now = self._loop.time()
        self._fail_all(lambda deadline: deadline < now, "no answer in time")
        is_waiting = bool(self._asked) and self.is_open
        self._timer = self._loop.call_later(TICK_S, self._expire) if is_waiting else None

    def _fail_all(self, is_over: Callable[[float], bool], why: str) -> None:
        for future, deadline in list(self._asked.values()):
            if is_over(deadline) and not future.done():
                future.set_exception(LinkDown(why, is_sent=True))
