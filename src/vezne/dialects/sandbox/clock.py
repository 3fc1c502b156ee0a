"""The merchant's clock: what it says, and how it is moved."""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from vezne.core.merchant import Merchant
from vezne.dialects.sandbox import errors
from vezne.dialects.sandbox.durations import duration_ms, moment_ms, moment_text
from vezne.dialects.sandbox.endpoint import Answer, Call, read
from vezne.dialects.sandbox.errors import Failure
from vezne.flows.due import catch_up
from vezne.flows.merchant_time import ports_at
from vezne.flows.move_clock import (
    ClockContested,
    ClockGoesBack,
    ClockTooFar,
    advance_clock,
    reset_clock,
    set_clock,
)

# Settling these takes seconds; the rest follows in the background.
LOOKED_AT_MAX: Final = 10_000
_ONE_OF: Final = "advance | set | reset: true"


class ClockMove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /sandbox/clock: one of the three."""

    advance: str | None = None
    moment: str | None = msgspec.field(default=None, name="set")
    reset: bool = False


class ClockAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What time it is for the merchant, and how far that is ahead of everybody's.

    After a move: how many due payments were looked at before this was said, and whether those were
    all.
    """

    now: str
    now_ms: int
    offset_ms: int
    looked_at: int | UnsetType = UNSET
    is_complete: bool | UnsetType = UNSET


async def show(call: Call) -> Answer:
    """GET /sandbox/clock."""
    merchant = await call.desk.clocks.find_merchant(call.merchant.id)
    return Answer(_shown(call, merchant or call.merchant))


async def move(call: Call) -> Answer:
    """POST /sandbox/clock: move the time, and do at once what is due by then.

    Raises Failure: BODY_INVALID, DURATION_INVALID, MOMENT_INVALID, CLOCK_GOES_BACK, CLOCK_TOO_FAR,
    CLOCK_CONTESTED.
    """
    wish = read(ClockMove, call.payload)
    try:
        merchant = await _moved(call, wish)
    except ClockGoesBack:
        raise Failure(errors.CLOCK_GOES_BACK) from None
    except ClockTooFar:
        raise Failure(errors.CLOCK_TOO_FAR) from None
    except ClockContested:
        raise Failure(errors.CLOCK_CONTESTED) from None
    looked_at = await catch_up(merchant, call.desk.ports, count_max=LOOKED_AT_MAX)
    shown = _shown(call, merchant)
    return Answer(
        msgspec.structs.replace(shown, looked_at=looked_at, is_complete=looked_at < LOOKED_AT_MAX)
    )


async def _moved(call: Call, wish: ClockMove) -> Merchant:
    """Do what is asked for. Raises Failure, and what the flows raise."""
    desk, merchant_id = call.desk, call.merchant.id
    given = (wish.advance is not None, wish.moment is not None, wish.reset)
    if sum(given) != 1:
        raise Failure(errors.BODY_INVALID, _ONE_OF)
    if wish.advance is not None:
        try:
            by_ms = duration_ms(wish.advance)
        except ValueError:
            raise Failure(errors.DURATION_INVALID) from None
        return await advance_clock(merchant_id, by_ms, desk.clocks)
    if wish.moment is not None:
        try:
            at_ms = moment_ms(wish.moment)
        except ValueError:
            raise Failure(errors.MOMENT_INVALID) from None
        return await set_clock(merchant_id, at_ms, desk.clocks, desk.ports.clock)
    return await reset_clock(merchant_id, desk.clocks, desk.ports)


def _shown(call: Call, merchant: Merchant) -> ClockAnswer:
    now_ms = ports_at(merchant, call.desk.ports).clock.now_ms()
    return ClockAnswer(now=moment_text(now_ms), now_ms=now_ms, offset_ms=merchant.clock_offset_ms)
