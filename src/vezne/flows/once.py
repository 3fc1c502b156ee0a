"""Do a request once: a repetition under its key gets the first answer, or is told why not.

The key is claimed before the work starts. The claim is then tied to the work's first write, in one
batch: as long as the books hold nothing of the work, a repetition may do it; from then on nobody
but the first one can say what the answer is. What ends as a refusal with nothing written gives the
key back. Times are those of the machine, also where a merchant's clock was moved.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, cast

import msgspec

from vezne.core.changes import (
    AddOnceKey,
    Change,
    ChangeOnceKey,
    Conflict,
    EndOnceLeases,
    RemoveOnceKey,
)
from vezne.core.merchant import Merchant
from vezne.core.once import KeptAnswer, OnceKey, OnceState
from vezne.core.ports import Books, NameBox, Ports
from vezne.core.refusal import Reason, Refusal

KEY_LENGTH_MAX: Final = 255
# What callers of the best-known payment services expect.
KEPT_MS: Final = 24 * 60 * 60 * 1000
# Longer than a server lets requests in flight finish when it stops.
LEASE_MS: Final = 60_000
# Twenty seconds in all: longer than a bank may take, and less than clients wait for an answer.
PAUSES_S: Final = (0.02, 0.04, 0.08, 0.16, 0.3, *(0.5,) * 38, 0.4)

_PURPOSE_KEY: Final = "once key"
_PURPOSE_REQUEST: Final = "once request"


class Worked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the work. `is_refused` says that its answer is an error."""

    answer: KeptAnswer
    is_refused: bool


class OnceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a request. `is_replayed` says that it was given before."""

    answer: KeptAnswer
    is_replayed: bool


class Once(msgspec.Struct, frozen=True, kw_only=True):
    """A request with its caller's key.

    `digest` tells it apart from other requests; `scope` is that of `OnceKey`.
    """

    merchant: Merchant
    scope: str
    key: str
    digest: bytes


# Gets the books that the work must use.
Work = Callable[[Books], Awaitable[Worked]]


async def once(
    command: Once,
    work: Work,
    names: NameBox,
    ports: Ports,
    *,
    pauses_s: Sequence[float] = PAUSES_S,
) -> OnceAnswer:
    """Do the work unless it was done before; `pauses_s` is how long to wait for who is doing it.

    Every answer is kept but a refusal that left nothing in the books. Raises what the work raises,
    and Refusal: ONCE_KEY_MALFORMED; ONCE_KEY_REUSED for the key of another request;
    ONCE_KEY_IN_FLIGHT while that is still being done; ONCE_OUTCOME_UNKNOWN when whoever did it has
    ended without an answer.
    """
    claim = _claim_of(command, names, ports)
    claimed = await _claim(claim, ports, pauses_s)
    if claimed.answer is not None:
        return OnceAnswer(answer=claimed.answer, is_replayed=True)
    books = OnceBooks(claimed, ports)
    try:
        # What the class has not itself, it takes from the books.
        worked = await work(cast("Books", books))
    except Exception:
        await _give_up(books.held, ports)
        raise
    await _keep(books.held, worked, ports)
    return OnceAnswer(answer=worked.answer, is_replayed=False)


async def end_once_leases(ports: Ports) -> None:
    """Whoever works on a request is gone: for a start when there is no other server."""
    await ports.books.apply([EndOnceLeases(ports.clock.now_ms())])


class OnceBooks:
    """The books, whose first write also says that the work has begun.

    `held` is the key as it was written last.
    """

    def __init__(self, held: OnceKey, ports: Ports) -> None:
        self.held = held
        self._ports = ports

    def __getattr__(self, name: str) -> object:
        return getattr(self._ports.books, name)

    async def apply(self, changes: Sequence[Change]) -> None:
        """Write all changes or none. Raises Conflict.

        Raises Refusal(ONCE_KEY_IN_FLIGHT) when the work took so long to begin that somebody else
        has it now.
        """
        books, held = self._ports.books, self.held
        if held.state is OnceState.BEGUN:
            await books.apply(changes)
            return
        lease_ms = self._ports.clock.now_ms() + LEASE_MS
        begun = _next(held, OnceState.BEGUN, lease_ms)
        try:
            await books.apply([*changes, ChangeOnceKey(begun)])
        except Conflict:
            stored = await _find(held, self._ports)
            if stored is None or stored.version != held.version:
                raise Refusal(Reason.ONCE_KEY_IN_FLIGHT) from None
            raise
        self.held = begun


def _claim_of(command: Once, names: NameBox, ports: Ports) -> OnceKey:
    """The key of a request as nobody used it before. Raises Refusal(ONCE_KEY_MALFORMED)."""
    key = command.key
    is_visible = key.isascii() and key.isprintable() and " " not in key
    if not is_visible or not 1 <= len(key) <= KEY_LENGTH_MAX:
        raise Refusal(Reason.ONCE_KEY_MALFORMED)
    now_ms = ports.clock.now_ms()
    merchant_id = command.merchant.id
    return OnceKey(
        merchant_id=merchant_id,
        scope=command.scope,
        key=names.seal(merchant_id, _PURPOSE_KEY, key.encode()),
        version=1,
        state=OnceState.CLAIMED,
        request=names.seal(merchant_id, _PURPOSE_REQUEST, command.digest),
        created_ms=now_ms,
        expires_ms=now_ms + KEPT_MS,
        lease_ms=now_ms + LEASE_MS,
    )


async def _claim(claim: OnceKey, ports: Ports, pauses_s: Sequence[float]) -> OnceKey:
    """The key claimed for this call, or as it was done before. Raises Refusal."""
    # Most keys are new.
    if await _is_claimed(AddOnceKey(claim), ports):
        return claim
    for pause_s in (*pauses_s, None):
        held = await _claim_again(claim, ports)
        if held is not None:
            return held
        if pause_s is not None:
            await asyncio.sleep(pause_s)
    raise Refusal(Reason.ONCE_KEY_IN_FLIGHT)


async def _claim_again(claim: OnceKey, ports: Ports) -> OnceKey | None:
    """A key that was used before: claimed now, or done; None while somebody works on it.

    Raises Refusal: ONCE_KEY_REUSED, ONCE_OUTCOME_UNKNOWN.
    """
    stored = await _find(claim, ports)
    now_ms = ports.clock.now_ms()
    fresh = msgspec.structs.replace(
        claim, created_ms=now_ms, expires_ms=now_ms + KEPT_MS, lease_ms=now_ms + LEASE_MS
    )
    if stored is None:
        # Whoever had it has given it back.
        return fresh if await _is_claimed(AddOnceKey(fresh), ports) else None
    if not stored.is_over(now_ms):
        if stored.request != claim.request:
            raise Refusal(Reason.ONCE_KEY_REUSED)
        if stored.answer is not None:
            return stored
        if stored.is_worked_on(now_ms):
            return None
        if stored.state is OnceState.BEGUN:
            raise Refusal(Reason.ONCE_OUTCOME_UNKNOWN)
    taken = msgspec.structs.replace(fresh, version=stored.version + 1)
    return taken if await _is_claimed(ChangeOnceKey(taken), ports) else None


async def _is_claimed(change: AddOnceKey | ChangeOnceKey, ports: Ports) -> bool:
    """Write a claim; False when somebody else was first.

    A failure leaves none, also where it was written and only the word of it was lost. Should it be
    somebody's who claimed the key alike in the same millisecond, their first write conflicts.
    """
    claim = change.once
    try:
        return await _is_written(change, ports)
    except Exception:
        if await _find(claim, ports) == claim:
            await _is_written(RemoveOnceKey(claim), ports)
        raise


async def _give_up(held: OnceKey, ports: Ports) -> None:
    """The work broke off: a repetition may do it, or is told at once that nobody knows."""
    if held.state is OnceState.CLAIMED:
        if await _is_written(RemoveOnceKey(held), ports):
            return
        # The first write was made, and only the word of it was lost; or somebody else has the key.
        stored = await _find(held, ports)
        if stored is None or stored != _next(held, OnceState.BEGUN, stored.lease_ms):
            return
        held = stored
    ended = _next(held, OnceState.BEGUN, ports.clock.now_ms())
    await _is_written(ChangeOnceKey(ended), ports)


async def _keep(held: OnceKey, worked: Worked, ports: Ports) -> None:
    """Keep the answer, unless it is a refusal and nothing was done."""
    if worked.is_refused and held.state is OnceState.CLAIMED:
        await _is_written(RemoveOnceKey(held), ports)
        return
    done = msgspec.structs.replace(_next(held, OnceState.DONE, lease_ms=None), answer=worked.answer)
    await _is_written(ChangeOnceKey(done), ports)


def _next(held: OnceKey, state: OnceState, lease_ms: int | None) -> OnceKey:
    return msgspec.structs.replace(held, version=held.version + 1, state=state, lease_ms=lease_ms)


async def _find(held: OnceKey, ports: Ports) -> OnceKey | None:
    """What is stored under a key."""
    return await ports.books.find_once_key(held.merchant_id, held.scope, held.key)


async def _is_written(change: Change, ports: Ports) -> bool:
    """Write one change; False when somebody else was first."""
    try:
        await ports.books.apply([change])
    except Conflict:
        return False
    return True
